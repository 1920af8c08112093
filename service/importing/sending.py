"""Sending: many rows in flight, those of one member or account one after another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Final
from uuid import UUID

from ledger import Command, KeyReused, LedgerError, PeriodEnded, Receipt, ReferenceReused, Refused
from service.importing.commands import Commands
from service.importing.judge import Accepted
from service.importing.reasons import Reason, RowRejected

LANES: Final = 512
"""In flight. Nobody waits for one answer, so more than the 64 that fill a group commit."""

WAITING_MAX: Final = 4
"""Rows that wait in a lane; the reader waits when they are more."""

Execute = Callable[[Command], Awaitable[Receipt]]


class Outcome(Enum):
    """What became of a row that was sent."""

    NEW = "new"
    REPEATED = "repeated"
    PAST_RETENTION = "past retention"
    REJECTED = "rejected"


Told = Callable[[Accepted, Outcome, "RowRejected | None"], None]


class Sending:
    """Rows go in by `put`; `settled` waits for all answers. Any error but a refusal ends it and is raised there."""

    def __init__(self, execute: Execute, commands: Commands, told: Told) -> None:
        self._execute = execute
        self._commands = commands
        self._told = told
        self._lanes: list[asyncio.Queue[Accepted]] = [asyncio.Queue(WAITING_MAX) for _ in range(LANES)]
        self._workers = [asyncio.create_task(self._work_off(lane)) for lane in self._lanes]
        self._failure: BaseException | None = None

    async def put(self, accepted: Accepted) -> None:
        """Send a row after those of the same stream; waits while too many wait. Raises what ended the sending."""
        if self._failure is not None:
            raise self._failure
        await self._lane_of(accepted.stream).put(accepted)

    async def settled(self) -> None:
        """Wait for every answer. Raises what ended the sending."""
        await asyncio.gather(*(lane.join() for lane in self._lanes))
        if self._failure is not None:
            raise self._failure

    async def aclose(self) -> None:
        """Let go; what is in flight has its effect or not, and is sent again by the next run."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)

    def _lane_of(self, stream: UUID) -> asyncio.Queue[Accepted]:
        return self._lanes[stream.int % LANES]

    async def _work_off(self, lane: asyncio.Queue[Accepted]) -> None:
        while True:
            accepted = await lane.get()
            try:
                if self._failure is None:
                    await self._send(accepted)
            except Exception as error:  # the reader is told, and the other lanes run empty
                self._failure = error
            finally:
                lane.task_done()

    async def _send(self, accepted: Accepted) -> None:
        repeated = True
        try:
            for command in self._commands.of(accepted):
                receipt = await self._execute(command)
                repeated = repeated and receipt.repeated
        except PeriodEnded:
            self._told(accepted, Outcome.PAST_RETENTION, None)
        except (Refused, KeyReused, ReferenceReused) as error:
            self._told(accepted, Outcome.REJECTED, _rejected(error))
        else:
            self._told(accepted, Outcome.REPEATED if repeated else Outcome.NEW, None)


def _rejected(error: LedgerError) -> RowRejected:
    if isinstance(error, KeyReused):
        return RowRejected(Reason.CHANGED)
    return RowRejected(Reason.REFUSED, rule=type(error).__name__)
