"""Real processes that carry commands out, begun at one moment; and ones that die at a chosen one."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.pool import Pool
from typing import TYPE_CHECKING, Any

from ledger import Command, LedgerError, Receipt
from ledger.store.appender import Appender
from tests.ledger.office import Addresses, Office

if TYPE_CHECKING:
    from multiprocessing.context import SpawnProcess
    from multiprocessing.synchronize import Barrier

SPAWN = multiprocessing.get_context("spawn")
# A process that does not come by then has died; the test is told instead of waiting.
MEETING_SECONDS_MAX = 60.0

Answer = Receipt | str
"""A receipt, or the name of the error that was raised."""

_meeting: Barrier | None = None


@dataclass(frozen=True)
class Pair:
    """Two processes that stay: each opens a desk of its own for each piece of work."""

    pool: Pool

    async def both(self, addresses: Addresses, *works: Sequence[Command]) -> list[list[Answer]]:
        """Each process carries out one of two sequences of commands, all at once, beginning when both are ready."""
        jobs = [(addresses, list(work)) for work in works]
        assert len(jobs) == 2
        return await asyncio.to_thread(self.pool.starmap, _carry_out, jobs, 1)


@contextmanager
def pair() -> Iterator[Pair]:
    """Two processes, until the block ends."""
    meeting = SPAWN.Barrier(2)
    with SPAWN.Pool(2, initializer=_join_meeting, initargs=(meeting,)) as pool:
        yield Pair(pool)
        pool.close()
        pool.join()


def start_dying(addresses: Addresses, commands: Sequence[Command]) -> SpawnProcess:
    """A process that is killed when its first batch is committed and nobody has been told."""
    process = SPAWN.Process(target=_die_after_commit, args=(addresses, list(commands)))
    process.start()
    return process


def start(addresses: Addresses, commands: Sequence[Command]) -> SpawnProcess:
    """A process that carries commands out, to be killed by the test."""
    process = SPAWN.Process(target=_run, args=(addresses, list(commands)))
    process.start()
    return process


async def killed(process: SpawnProcess) -> None:
    """Wait for the end of a process that was killed."""
    await asyncio.to_thread(process.join)
    assert process.exitcode == -signal.SIGKILL
    process.close()


def _join_meeting(meeting: Barrier) -> None:
    global _meeting  # noqa: PLW0603 - what a pool's process is given when it begins
    _meeting = meeting


def _carry_out(addresses: Addresses, commands: list[Command]) -> list[Answer]:
    async def work() -> list[Answer]:
        async with await Office.open(addresses) as office:
            assert _meeting is not None
            await asyncio.to_thread(_meeting.wait, MEETING_SECONDS_MAX)
            return await asyncio.gather(*(_answer(office, command) for command in commands))

    return asyncio.run(work())


async def _answer(office: Office, command: Command) -> Answer:
    try:
        return await office.do(command)
    except LedgerError as error:
        return type(error).__name__


def _run(addresses: Addresses, commands: list[Command]) -> None:
    async def work() -> None:
        async with await Office.open(addresses) as office:
            await asyncio.gather(*(office.do(command) for command in commands))

    asyncio.run(work())


def _die_after_commit(addresses: Addresses, commands: list[Command]) -> None:
    called = Appender._call

    async def call_and_die(self: Appender, call: Any, entries: int) -> Any:
        await called(self, call, entries)
        os.kill(os.getpid(), signal.SIGKILL)

    Appender._call = call_and_die  # type: ignore[method-assign]
    _run(addresses, commands)
