"""The sweep: what the calendar does to accounts by itself, one account after the other.

```
accounts in the order of opening ─► holds whose time is over ─► coupons past their day ─► longer validity
                                    ─► notices of expiry ─► points past their day
```
Each step is a command like any other: decided on the account as it is, in competition with business, and nothing where
nothing is due. So a sweep may be repeated, run twice at once, or be killed at any point; the next one does the rest.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ledger.calendar import day_of, zone_of
from ledger.desk.ledger import Ledger
from ledger.desk.receipts import NOTHING
from ledger.desk.stamping import FreshIds, stamp
from ledger.errors import InvalidTime, LedgerError, Refused
from ledger.points.account import Account
from ledger.points.commands import AccountCommand, Expire, ExpireCoupons, Extend, NotifyExpiry, TimeOutHolds
from ledger.points.decide import decide
from ledger.points.events import AccountOpened, PointsExpired
from ledger.points.noticing import InTime
from ledger.points.program import Program

ACCOUNTS_A_PAGE = 500
"""Accounts that are read in one query."""

ACCOUNTS_AT_ONCE_MAX = 50
"""Commands of a sweep share batches of the appender, and leave room in them for business."""

Progress = Callable[[int, int], None]
"""Called with how many accounts were swept so far, and the position from which a sweep could go on."""


@dataclass(frozen=True, slots=True)
class Unnoticed:
    """Points that expired although the last notice of it had not been given."""

    account_id: UUID
    expires_on: date
    points: int


@dataclass(frozen=True, slots=True)
class BlockedAccount:
    """An account of which something was due and not done, and the refusal that says why."""

    account_id: UUID
    why: LedgerError


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What a sweep did; of a dry run, what it would have done, each step on the account as it is.

    ``done`` counts steps that changed something by their topic, ``points`` what they moved. ``position``: where the
    next sweep would go on, had this one stopped here.
    """

    as_of: date
    dry_run: bool
    accounts: int
    done: dict[str, int]
    points: dict[str, int]
    unnoticed: tuple[Unnoticed, ...]
    blocked: tuple[BlockedAccount, ...]
    position: int


class Sweeps:
    """Carries sweeps out. Made for one ledger; any number of processes may run at once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def run(
        self,
        as_of: date,
        *,
        actor: str,
        accounts: Sequence[UUID] | None = None,
        after: int = 0,
        dry_run: bool = False,
        progress: Progress = lambda *_: None,
    ) -> SweepReport:
        """Do everything that is due on the day, in all accounts opened after a position, or in those that are named.

        The day is one in Seoul; where it has not come yet in a program's zone, its accounts are swept for the day that
        has. Holds end by the business clock. An account that refuses is reported, and the others go on. Raises, in this
        order: `InvalidTime` (a day to come), `StoreUnavailable`, `ContendedAccount`.
        """
        now = self._ledger.clock()
        if as_of > day_of(now):
            raise InvalidTime(as_of, f"a sweep is for today, {day_of(now).isoformat()}, or an earlier day")
        tally = _Tally(as_of, dry_run)
        at_once = asyncio.Semaphore(ACCOUNTS_AT_ONCE_MAX)

        async def sweep(account_id: UUID, state: Account) -> None:
            async with at_once:
                await self._sweep(account_id, state, actor, tally)

        pages = self._named(accounts) if accounts is not None else self._opened(after)
        position = after
        async for position, page in pages:
            states = await self._ledger.shelf.stored(page)
            there = [(one, state) for one, state in zip(page, states, strict=True) if isinstance(state, Account)]
            # All of a page are done before one of them stops the sweep: what it reports as swept is.
            answers = await asyncio.gather(*(sweep(one, state) for one, state in there), return_exceptions=True)
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer
            tally.accounts += len(there)
            progress(tally.accounts, position)
        return tally.report(position)

    async def _sweep(self, account_id: UUID, state: Account, actor: str, tally: "_Tally") -> None:
        history = await self._ledger.programs.history(state.program)
        for kind in STEPS:
            now = self._ledger.clock()
            program = history.at(now)
            # West of Seoul the sweep's day may not have come yet.
            as_of = min(tally.as_of, day_of(now, zone_of(program.zone)))
            command = _command(kind, account_id, actor, now, as_of)
            before = state
            try:
                due = decide(state, command, program, stamp(FreshIds(), self._ledger.clock), history)
                if not due:
                    continue
                if tally.dry_run:
                    tally.count(due[0].TOPIC, sum(getattr(event, "points", 0) for event in due))
                    continue
                receipt = await self._ledger.execute(command)
            except Refused as why:
                tally.blocked.append(BlockedAccount(account_id, why))
                return
            if receipt.topic == NOTHING:
                continue  # business was faster
            tally.count(receipt.topic, receipt.points)
            if receipt.topic == PointsExpired.TOPIC:
                tally.unnoticed += _unnoticed(before, program, as_of)
            # What this process knows, without a look at the store: another's command is decided on by `execute` anyway.
            state = (await self._ledger.shelf.answered_book(account_id)).state

    async def _opened(self, after: int) -> AsyncIterator[tuple[int, list[UUID]]]:
        while True:
            rows = await self._ledger.reader.page_of_topics(
                [AccountOpened.TOPIC], after=after, limit=ACCOUNTS_A_PAGE
            )
            if rows:
                after = rows[-1].position
                yield after, [row.stream for row in rows]
            if len(rows) < ACCOUNTS_A_PAGE:
                return

    async def _named(self, accounts: Sequence[UUID]) -> AsyncIterator[tuple[int, list[UUID]]]:
        for first in range(0, len(accounts), ACCOUNTS_A_PAGE):
            yield 0, list(accounts[first : first + ACCOUNTS_A_PAGE])


STEPS: tuple[type[AccountCommand], ...] = (TimeOutHolds, ExpireCoupons, Extend, NotifyExpiry, Expire)
"""In this order: points of a hold that ends are there to be noticed, and nothing expires that lives on."""


class _Tally:
    def __init__(self, as_of: date, dry_run: bool) -> None:
        self.as_of, self.dry_run = as_of, dry_run
        self.accounts = 0
        self.unnoticed: list[Unnoticed] = []
        self.blocked: list[BlockedAccount] = []
        self._done: Counter[str] = Counter()
        self._points: Counter[str] = Counter()

    def count(self, topic: str, points: int) -> None:
        self._done[topic] += 1
        self._points[topic] += points

    def report(self, position: int) -> SweepReport:
        return SweepReport(
            self.as_of,
            self.dry_run,
            self.accounts,
            dict(self._done),
            dict(self._points),
            tuple(self.unnoticed),
            tuple(self.blocked),
            position,
        )


def _command(kind: type[AccountCommand], account_id: UUID, actor: str, at: datetime, as_of: date) -> Any:
    # A key of its own each time: what is due follows from the account, not from which sweep asks.
    fields: dict[str, Any] = {"key": FreshIds()[0], "occurred_at": at, "actor": actor}
    if kind is not TimeOutHolds:
        fields["as_of"] = as_of
    return kind(account_id=account_id, **fields)


def _unnoticed(account: Account, program: Program, as_of: date) -> list[Unnoticed]:
    """Of what expired, the days of which the last stage's notice was not given, though there had been time for it."""
    if not program.expiry_notices:
        return []
    stage, in_time = program.expiry_notices[-1], InTime(account, program)
    found: dict[date, int] = {}
    for lot in account.open_lots.past(as_of):
        last = lot.expires_on
        if last is None or last >= as_of or (last, stage.name) in account.aside.noticed:
            continue
        if in_time.had(lot, stage):
            found[last] = found.get(last, 0) + lot.points
    return [Unnoticed(account.account_id, last, points) for last, points in sorted(found.items())]
