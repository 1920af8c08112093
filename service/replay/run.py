"""Replay: the plan's steps sent through the ledger's public commands, many in flight, each household in its own order.

The ledger itself is the record of what is done. A replay that was killed reads which of its receipts exist and goes on
behind the last one of each household; whatever was in flight is sent again with the same key and has one effect.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import assert_never
from uuid import UUID

from ledger import Command, InsufficientPoints, Receipt
from service.replay import rules
from service.replay.mapping import Identity
from service.replay.people import Person
from service.replay.plan import Arrival, Plan, Purchase, Spending, Step, Sweep, TakingBack

IN_FLIGHT = 512  # a replay has nobody waiting for one answer, so more than the 64 that fill a group commit

Execute = Callable[[Command], Awaitable[Receipt]]
Done = Mapping[UUID, Mapping[str, UUID]]
"""Account → reference of a command that has its receipt → the receipt's id."""


class SimulatedClock:
    """The business clock of a replay: it stands at the latest step that was sent, and never goes back."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def __call__(self) -> datetime:
        return self._now

    def move_to(self, instant: datetime) -> None:
        """Let time pass until the instant."""
        self._now = max(self._now, instant.astimezone(UTC))


@dataclass(slots=True)
class Tally:
    """What became of the steps of one run."""

    joined: int = 0
    accrued: int = 0
    spent: int = 0
    refused: int = 0
    taken_back: int = 0
    not_taken_back: int = 0
    swept: int = 0
    done_before: int = 0
    forgotten: int = 0
    skipped: int = 0
    refusals: list[tuple[datetime, InsufficientPoints]] = field(default_factory=list)

    @property
    def sent(self) -> int:
        """Commands that were sent; an arrival is two, and a refused one was sent as well."""
        return 2 * self.joined + self.accrued + self.spent + self.refused + self.taken_back + self.swept

    def counts(self) -> dict[str, int]:
        """Every count by its name."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "refusals"}


class Replay:
    """One run of a plan. Nothing is kept beside the ledger and the mapping."""

    def __init__(
        self,
        plan: Plan,
        identities: Mapping[int, Identity],
        *,
        execute: Execute,
        clock: SimulatedClock,
        done: Done,
        advance: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.tally = Tally(skipped=plan.skipped)
        self._advance = advance
        self._plan, self._identities = plan, identities
        self._execute, self._clock, self._done = execute, clock, done
        self._spendings: dict[UUID, UUID] = {}
        self._queues: dict[int, deque[Step]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(IN_FLIGHT)
        self._failure: BaseException | None = None

    async def run(self) -> Tally:
        """Send everything that is not done yet. Any error but an expected refusal ends the run and is raised."""
        month = None
        remaining = self._remaining()
        self._advance(len(self._plan.steps) - len(remaining))
        for step in remaining:
            if month != (month := (step.at.year, step.at.month)):
                # Lots end with months: nobody may still be spending in an old one when the clock enters the next.
                await self._settle()
            await self._room.acquire()
            if self._failure is not None:
                break
            self._clock.move_to(step.at)
            self._send(step)
        await self._settle()
        return self.tally

    def _remaining(self) -> list[Step]:
        """The steps behind the last one of each household that has a receipt: a refused one before it stays refused."""
        last = self._last_done()
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
        """Household → number of its last step that has a receipt; learns the receipts of spendings on the way."""
        last: dict[int, int] = {}
        if not self._done:
            return last
        for number, step in enumerate(self._plan.steps):
            ids = self._identities.get(step.household)
            receipts = self._done.get(ids.account) if ids else None
            if ids is None or receipts is None:
                continue
            receipt_id = receipts.get(_reference(step) or "")
            if receipt_id is not None:
                last[step.household] = number
                if isinstance(step, Spending):
                    self._spendings[rules.redemption_key(step.redemption, ids)] = receipt_id
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
                await self._carry_out(queue[0])
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

    async def _carry_out(self, step: Step) -> None:
        who, ids = self._plan.people[step.household], self._identities[step.household]
        match step:
            case Arrival():
                await self._execute(rules.join(who, ids, step.at))
                await self._execute(rules.open_account(ids, step.at))
                self.tally.joined += 1
            case Purchase():
                await self._execute(rules.purchase(step.basket, who, ids))
                self.tally.accrued += 1
            case Spending():
                await self._spend(step, who, ids)
            case TakingBack():
                await self._take_back(step, who, ids)
            case Sweep():
                await self._execute(rules.sweep(ids, step.on))
                self.tally.swept += 1
            case _:
                assert_never(step)

    async def _spend(self, step: Spending, who: Person, ids: Identity) -> None:
        try:
            receipt = await self._execute(rules.redeem(step.redemption, who, ids))
        except InsufficientPoints as refusal:
            self.tally.refused += 1
            self.tally.refusals.append((step.at, refusal))
        else:
            self.tally.spent += 1
            self._spendings[rules.redemption_key(step.redemption, ids)] = receipt.receipt_id

    async def _take_back(self, step: TakingBack, who: Person, ids: Identity) -> None:
        spending = self._spendings.get(rules.redemption_key(step.redemption, ids))
        if spending is None:
            self.tally.not_taken_back += 1
            return
        await self._execute(rules.take_back(step.redemption, spending, who, ids))
        self.tally.taken_back += 1


def _reference(step: Step) -> str | None:
    if isinstance(step, Purchase):
        return str(rules.purchase_reference(step.basket))
    if isinstance(step, Spending):
        return str(rules.redemption_reference(step.redemption))
    return None
