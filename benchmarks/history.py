"""An invented log: accounts that accrue, spend, refund, expire and leave, made without the ledger's deciders.

For tests and benchmarks of the read models. Every event is legal, and the same seed makes the same history, but the ids
of the programs.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from crypto_shredding import Sealed, SlotId
from ledger import (
    AccountLeft,
    AccountOpened,
    Draw,
    Event,
    Lot,
    PointsAccrued,
    PointsExchanged,
    PointsExpired,
    PointsForfeited,
    PointsPaid,
    PointsRefunded,
    Program,
    ProgramDefined,
    encode,
)
from ledger.points.movements import Kind
from ledger.store import Appender, Entry, NewEvent, Status

Happened = tuple[UUID, Event]
"""A stream and what happened on it."""

Boxes = Mapping[UUID, Sequence[tuple[int, bytes]]]

BEGINNING = datetime(2017, 1, 1, 3, tzinfo=UTC)
FUNDERS = ("operator", "operator", "operator", "1208147521", "2148801234")


class History:
    """Writes events and keeps the lots that they leave, so that the next event can be legal."""

    def __init__(self, seed: int = 0, *, programs: Sequence[str] = ("ACME",)) -> None:
        self.random = random.Random(seed)
        self.now = BEGINNING
        self.events: list[Happened] = []
        self.lots: defaultdict[UUID, dict[tuple[UUID, date | None], Lot]] = defaultdict(dict)
        self.spendings: dict[UUID, dict[UUID, tuple[Draw, ...]]] = {}
        self.programs = tuple(programs)
        for code in programs:
            self._add(self.id(), ProgramDefined, program=Program(code, code.title(), 1))

    def id(self) -> UUID:
        """A random id, the same for the same seed."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def sealed(self) -> Sealed:
        """A reference to a value that nobody sealed."""
        return Sealed(SlotId(self.random.randint(1, 1 << 40)), SlotId(0), self.random.randbytes(32))

    def open(self, program: str | None = None) -> UUID:
        """A new account."""
        account = self.id()
        self._add(
            account,
            AccountOpened,
            account_id=account,
            program=program or self.programs[0],
            membership_slot=SlotId(1),
            contract_slot=SlotId(2),
            payment_slot=SlotId(3),
            holder=self.sealed(),
        )
        self.spendings[account] = {}
        return account

    def accrue(
        self,
        account: UUID,
        points: int,
        *,
        kind: Kind = "free",
        funder: str = "operator",
        expires_on: date | None = None,
        usable_at: datetime | None = None,
        memo: Sealed | None = None,
        detail: Sealed | None = None,
        occurred_at: datetime | None = None,
        reference: str | None = None,
        event_id: UUID | None = None,
    ) -> UUID:
        """A new lot. ``event_id`` is given by who sealed something for it."""
        lot = Lot(self.id(), 1, points, kind, funder, None, self.now, usable_at or self.now, expires_on, 0)
        self.lots[account][lot.lot_id, expires_on] = lot
        return self._add(
            account, PointsAccrued, occurred_at, event_id, lot=lot, memo=memo, detail=detail, reference=reference
        )

    def pay(
        self,
        account: UUID,
        points: int,
        *,
        memo: Sealed | None = None,
        store: str | None = None,
        event_id: UUID | None = None,
    ) -> UUID:
        """A payment from the lots in their order."""
        draws = self._draw(account, points)
        paid = self._add(account, PointsPaid, None, event_id, points=points, draws=draws, memo=memo, store=store)
        self.spendings[account][paid] = draws
        return paid

    def exchange(self, account: UUID, points: int, *, memo: Sealed | None = None) -> UUID:
        """A coupon for points."""
        draws = self._draw(account, points)
        exchanged = self._add(
            account, PointsExchanged, points=points, draws=draws, coupon="COFFEE", coupon_id=self.id(), memo=memo
        )
        self.spendings[account][exchanged] = draws
        return exchanged

    def refund(self, account: UUID, spending: UUID, *, expires_on: date | None = None) -> UUID:
        """Everything back; with ``expires_on`` the points get that last day in the place of their lot's."""
        draws = self.spendings[account].pop(spending)
        if expires_on is not None:
            draws = tuple(Draw(each.lot_id, each.points, each.kind, each.funder, expires_on) for each in draws)
        merged: dict[tuple[UUID, date | None], Draw] = {}
        for each in draws:
            terms = next(lot for (lot_id, _), lot in self.lots[account].items() if lot_id == each.lot_id)
            key = each.lot_id, each.expires_on
            there = self.lots[account].get(key)
            self.lots[account][key] = terms.part((there.points if there else 0) + each.points, each.expires_on)
            merged[key] = each
        return self._add(
            account, PointsRefunded, spending_id=spending, points=sum(each.points for each in draws), draws=draws
        )

    def expire(self, account: UUID, as_of: date) -> UUID | None:
        """Sweep; None when nothing is due."""
        draws = self._take_all(account, lambda lot: lot.expires_on is not None and lot.expires_on < as_of)
        if not draws:
            return None
        return self._add(account, PointsExpired, as_of=as_of, points=sum(each.points for each in draws), draws=draws)

    def leave(self, account: UUID) -> None:
        """Forfeit what is left, then leave."""
        draws = self._take_all(account, lambda lot: True)
        if draws:
            self._add(account, PointsForfeited, points=sum(each.points for each in draws), draws=draws)
        self._add(account, AccountLeft)
        self.spendings[account].clear()

    def points(self, account: UUID) -> int:
        """What is left, expired or not."""
        return sum(lot.points for lot in self.lots[account].values())

    def run(self, events: int, accounts: int) -> None:
        """Let random things happen until there are so many events; one in ten accounts is in the last program."""
        live = [self.open(self.programs[-1] if number % 10 == 9 else None) for number in range(accounts)]
        while len(self.events) < events:
            self.now += timedelta(minutes=self.random.randint(1, 20))
            self._happen(live, self.random.choice(live))

    def _happen(self, live: list[UUID], account: UUID) -> None:
        dice = self.random.random()
        available = self.points(account)
        spendings = self.spendings[account]
        memo = self.sealed() if self.random.random() < 0.5 else None
        if dice < 0.75 or (dice < 0.95 and available == 0):
            self.accrue(
                account,
                self.random.randint(1, 500),
                kind="paid" if self.random.random() < 0.1 else "free",
                funder=self.random.choice(FUNDERS),
                expires_on=self.now.date() + timedelta(days=self.random.choice((30, 90, 365))),
                memo=memo,
                detail=self.sealed(),
                occurred_at=self.now - timedelta(days=self.random.choice((0, 0, 0, 0, 1, 40))),
            )
        elif dice < 0.87:
            points, store = self.random.randint(1, min(available, 900)), f"S{self.random.randint(1, 40)}"
            self.pay(account, points, memo=memo, store=store)
        elif dice < 0.92:
            self.exchange(account, self.random.randint(1, min(available, 900)), memo=memo)
        elif dice < 0.95 and spendings:
            grace = self.now.date() + timedelta(days=10) if self.random.random() < 0.2 else None
            self.refund(account, self.random.choice(list(spendings)), expires_on=grace)
        elif dice < 0.995:
            self.expire(account, self.now.date())
        elif len(live) > 2:
            self.leave(account)
            live.remove(account)

    def _draw(self, account: UUID, points: int) -> tuple[Draw, ...]:
        draws = []
        for key, lot in list(self.lots[account].items()):
            taken = min(points, lot.points)
            if taken:
                draws.append(Draw(lot.lot_id, taken, lot.kind, lot.funder, lot.expires_on))
                self.lots[account][key] = lot.part(lot.points - taken, lot.expires_on)
                points -= taken
        assert points == 0, "the history spends points that are not there"
        return tuple(draws)

    def _take_all(self, account: UUID, is_taken: Callable[[Lot], bool]) -> tuple[Draw, ...]:
        draws = []
        for key, lot in list(self.lots[account].items()):
            if lot.points and is_taken(lot):
                draws.append(Draw(lot.lot_id, lot.points, lot.kind, lot.funder, lot.expires_on))
                self.lots[account][key] = lot.part(0, lot.expires_on)
        return tuple(draws)

    def _add(
        self,
        stream: UUID,
        kind: type[Event],
        occurred_at: datetime | None = None,
        event_id: UUID | None = None,
        **fields: object,
    ) -> UUID:
        event_id = event_id or self.id()
        known: dict[str, Any] = fields
        event = kind(id=event_id, occurred_at=occurred_at or self.now, recorded_at=self.now, actor="test", **known)
        self.events.append((stream, event))
        return event_id


class Log:
    """Appends histories through the store, in order, and knows where each stream stands."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._heads: dict[UUID, tuple[int, UUID | None]] = {}

    def append(self, events: Iterable[Happened], boxes: Boxes | None = None) -> None:
        """One command an event; ``boxes`` by event id, with their field ids."""
        asyncio.run(self._append(events, boxes or {}))

    def goes_on(self, stream: UUID, version: int, last_event: UUID) -> None:
        """A stream that others have begun, and where it stands."""
        self._heads[stream] = version, last_event

    async def _append(self, events: Iterable[Happened], boxes: Boxes) -> None:
        async with await Appender.open(self._dsn) as appender:
            answers = [appender.submit(self._entry(stream, event, boxes.get(event.id, ()))) for stream, event in events]
            for answer in answers:
                assert (await answer).status is Status.APPENDED

    def _entry(self, stream: UUID, event: Event, boxes: Sequence[tuple[int, bytes]]) -> Entry:
        version, base = self._heads.get(stream, (0, None))
        self._heads[stream] = version + 1, event.id
        new = NewEvent(stream, version + 1, event.id, base, event.TOPIC, encode(event), tuple(boxes))
        return Entry(stream, event.id, b"", b"", (new,))


def append(dsn: str, events: Iterable[Happened]) -> None:
    """Append a history whose streams are all new."""
    Log(dsn).append(events)
