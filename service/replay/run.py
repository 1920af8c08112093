"""Replay: the plan's steps sent through the ledger's public commands, many in flight, each household in its own order.

The ledger itself is the record of what is done. A replay that was killed reads which of its receipts exist and goes on
behind the last one of each household; whatever was in flight is sent again with the same key and has one effect.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from ledger import SEOUL, SweepReport, day_of
from service.replay.carrying import Carrier, Execute, Tally, reference_of
from service.replay.mapping import Identity
from service.replay.plan import Plan
from service.replay.steps import Arrival, Step

IN_FLIGHT = 512  # a replay has nobody waiting for one answer, so more than the 64 that fill a group commit

Done = Mapping[UUID, Mapping[str, UUID]]
"""Account → reference of a command that has its receipt → the receipt's id."""

SweepAccounts = Callable[[date, Sequence[UUID]], Awaitable[SweepReport]]


class SimulatedClock:
    """The business clock of a replay: it stands at the latest step that was sent, and never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Let time pass until the instant."""
        self._now = max(self._now, instant.astimezone(UTC))


class Replay:
    """One run of a plan. Nothing is kept beside the ledger and the mapping."""

    def __init__(
        self,
        plan: Plan,
        identities: Mapping[int, Identity],
        *,
        execute: Execute,
        sweep: SweepAccounts,
        clock: SimulatedClock,
        done: Done,
        advance: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.tally = Tally(skipped=plan.skipped)
        self._advance = advance
        self._plan, self._identities = plan, identities
        self._carrier = Carrier(plan.people, identities, execute, self.tally)
        self._sweep_accounts, self._clock, self._done = sweep, clock, done
        self._queues: dict[int, deque[Step]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._failure: BaseException | None = None

    async def run(self) -> Tally:
        """Send everything that is not done yet. Any error but an expected refusal ends the run and is raised."""
        month = None
        sweeps = deque(self._plan.sweeps)
        last_done = self._last_done()
        remaining = self._remaining(last_done)
        self._advance(len(self._plan.steps) - len(remaining))
        for step in remaining:
            while sweeps and sweeps[0] <= step.at:
                await self._sweep(sweeps.popleft(), last_done)
            if month != (month := (step.at.year, step.at.month)):
                # Lots end with months: nobody may still be spending in an old one when the clock enters the next.
                await self._settle()
            await self._room.acquire()
            if self._failure is not None:
                break
            self._clock.move_to(step.at)
            self._send(step)
        while sweeps:
            await self._sweep(sweeps.popleft(), last_done)
        await self._settle()
        return self.tally

    async def _sweep(self, at: datetime, last_done: Mapping[int, int]) -> None:
        """Everybody who has joined and, in an earlier run, has done nothing after it; once all before have answers."""
        await self._settle()
        steps = self._plan.steps
        accounts = [
            self._identities[step.household].account
            for step in steps
            if isinstance(step, Arrival)
            and step.at < at
            and step.household in self._identities
            and (step.household not in last_done or steps[last_done[step.household]].at < at)
        ]
        self._clock.move_to(at)
        report = await self._sweep_accounts(day_of(at, SEOUL), accounts)
        if report.blocked:
            raise report.blocked[0].why
        self.tally.add_sweep(report)

    def _remaining(self, last: Mapping[int, int]) -> list[Step]:
        """The steps behind the last one of each household that has a receipt: a refused one before it stays refused."""
        remaining = []
        for number, step in enumerate(self._plan.steps):
            if step.household not in self._identities:
                self.tally.forgotten += 1
            elif number <= last.get(step.household, -1):
                self.tally.done_before += 1
            else:
                remaining.append(step)
        return remaining

    def _last_done(self) -> dict[int, int]:
        """Household → number of its last step that has a receipt; learns which spendings there were on the way."""
        last: dict[int, int] = {}
        if not self._done:
            return last
        for number, step in enumerate(self._plan.steps):
            ids = self._identities.get(step.household)
            receipts = self._done.get(ids.account) if ids else None
            if ids is None or receipts is None:
                continue
            if (reference_of(step) or "") in receipts:
                last[step.household] = number
                self._carrier.learn(step, ids)
        return last

    def _send(self, step: Step) -> None:
        queue = self._queues.get(step.household)
        if queue is not None:
            queue.append(step)
            return
        self._queues[step.household] = deque((step,))
        task = asyncio.create_task(self._work_off(step.household))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    async def _work_off(self, household: int) -> None:
        queue = self._queues[household]
        try:
            while queue:
                await self._carrier.carry_out(queue[0])
                queue.popleft()
                self._room.release()
                self._advance(1)
        finally:
            del self._queues[household]

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None and self._failure is None:
            self._failure = task.exception()
            self._room.release()

    async def _settle(self) -> None:
        while self._tasks and self._failure is None:
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
        if self._failure is not None:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            raise self._failure
