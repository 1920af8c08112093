"""A storm of commands from two processes, and then: what the stream says is what the balance answers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger import (
    SEOUL,
    Balance,
    DefineProgram,
    Exchange,
    Expire,
    KeyReused,
    PointsAccrued,
    PointsExchanged,
    PointsExpired,
    PointsPaid,
    PointsRefunded,
    Program,
    Receipt,
    Refund,
    Refused,
    Span,
    day_of,
    decode,
)
from ledger.evolution import evolve
from ledger.points.balance import balance
from ledger.points.commands import AccountCommand
from tests.ledger.office import PROGRAM, Addresses, Office

ROUNDS, COMMANDS_A_ROUND, DAYS_A_ROUND_MAX, LIFE_DAYS = 12, 40, 15, 30


def stream_of(dsn: str, account: UUID) -> list[Any]:
    """The account's events as the table has them."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT version, topic, state FROM ledger.events WHERE stream = %s ORDER BY version", [account]
        ).fetchall()
    assert [version for version, _, _ in rows] == list(range(1, len(rows) + 1))
    return [decode(topic, state) for _, topic, state in rows]


def counted(events: list[Any], at: datetime) -> int:
    """What is available, counted from movements alone: points by lot and last day, none ever below zero."""
    left: Counter[tuple[UUID, date | None]] = Counter()
    usable_at: dict[UUID, datetime] = {}
    for event in events:
        if isinstance(event, PointsAccrued):
            left[event.lot.lot_id, event.lot.expires_on] += event.lot.points
            usable_at[event.lot.lot_id] = event.lot.usable_at
        for draw in getattr(event, "draws", ()):
            left[draw.lot_id, draw.expires_on] += draw.points if isinstance(event, PointsRefunded) else -draw.points
            assert left[draw.lot_id, draw.expires_on] >= 0, "overdrawn"
    today = day_of(at, SEOUL)
    return sum(
        points for (lot, last), points in left.items() if usable_at[lot] <= at and (last is None or last >= today)
    )


class Storm:
    """Draws commands by chance: new ones, ones that were sent before, and ones whose key comes with other content."""

    def __init__(self, chance: random.Random, office: Office, accounts: list[UUID]) -> None:
        self.chance, self.office, self.accounts = chance, office, accounts
        self.sent: list[AccountCommand] = []
        self.spendings: list[tuple[UUID, UUID]] = []

    def draw(self) -> AccountCommand:
        if self.sent and self.chance.random() < 0.2:
            return self.chance.choice(self.sent)
        command = self._new()
        if self.sent and self.chance.random() < 0.05:
            earlier = self.chance.choice(self.sent)
            return replace(command, key=earlier.key, account_id=earlier.account_id)
        self.sent.append(command)
        return command

    def _new(self) -> AccountCommand:
        account, points, office = self.chance.choice(self.accounts), self.chance.randint(1, 120), self.office
        kind = self.chance.random()
        if kind < 0.3:
            later = timedelta(days=self.chance.choice((0, 0, 0, 3, 20)))
            return office.accrual(account, points, usable_at=office.now + later, priority=self.chance.randint(0, 1))
        if kind < 0.6:
            return office.full_payment(account, points)
        if kind < 0.75:
            return Exchange(
                account_id=account, points=points, coupon="coffee", coupon_id=uuid4(), memo="a memo", **office.stamp()
            )
        if kind < 0.9 and self.spendings:
            account, spending = self.chance.choice(self.spendings)
            return Refund(account_id=account, spending_id=spending, **office.stamp())
        return Expire(account_id=account, as_of=day_of(office.now, SEOUL), **office.stamp())


@pytest.fixture
async def desks(addresses: Addresses) -> AsyncIterator[tuple[Office, Office]]:
    """Two processes in a program whose points expire within the storm and come back with grace."""
    async with await Office.open(addresses) as office, await Office.open(addresses) as other:
        rules = Program(PROGRAM, "a program", 1, expires_after=Span(days=LIFE_DAYS), refund_grace_days=7)
        await office.do(DefineProgram(**office.stamp(), program=rules))
        yield office, other


@pytest.mark.parametrize("seed", range(3))
async def test_after_a_storm_of_commands_each_stream_says_what_its_balance_answers(
    seed: int, desks: tuple[Office, Office], ledger_dsn: str
) -> None:
    chance = random.Random(seed)
    office, other = desks
    _, accounts = await office.member(300, 300, 0, 0)
    storm = Storm(chance, office, accounts)
    receipts: dict[tuple[UUID, UUID], Receipt] = {}
    told: Counter[str] = Counter()

    async def send(commands: list[AccountCommand]) -> None:
        answers = await asyncio.gather(
            *(chance.choice(desks).do(command) for command in commands), return_exceptions=True
        )
        for command, answer in zip(commands, answers, strict=True):
            told[type(answer).__name__] += 1
            if isinstance(answer, Receipt) and answer.event_ids:
                assert receipts.setdefault((command.account_id, command.key), answer) == answer
                if answer.topic in (PointsPaid.TOPIC, PointsExchanged.TOPIC):
                    storm.spendings.append((answer.stream, answer.receipt_id))
            else:
                assert isinstance(answer, Receipt | Refused | KeyReused), repr(answer)

    def days_pass(days: int) -> None:
        office.now = other.now = office.now + timedelta(days=days)

    for _ in range(ROUNDS):
        await send([storm.draw() for _ in range(COMMANDS_A_ROUND)])
        days_pass(chance.randint(0, DAYS_A_ROUND_MAX))
    # Chance may have spent every lot before its last day: these are not, and every account is swept.
    await send([office.accrual(account, 50) for account in accounts])
    days_pass(2 * LIFE_DAYS)
    await send([Expire(account_id=each, as_of=day_of(office.now, SEOUL), **office.stamp()) for each in accounts])

    assert min(told[each] for each in ("Receipt", "InsufficientPoints", "KeyReused", "AlreadyRefunded")) > 0, told
    for account in accounts:
        events = stream_of(ledger_dsn, account)
        state: Any = None
        for event in events:
            state = evolve(state, event)
        folded: Balance = balance(state, office.now)
        assert folded.available == counted(events, office.now)
        assert [await desk.ledger.balance(account) for desk in desks] == [folded, folded]
        by_receipts = [event for (stream, _), each in receipts.items() if stream == account for event in each.event_ids]
        given = {event.id for event in events[: len(events) - len(by_receipts)]}
        assert len(by_receipts) == len(set(by_receipts))
        assert set(by_receipts) == {event.id for event in events} - given
        assert sum(
            each.points
            for (stream, _), each in receipts.items()
            if stream == account and each.topic == PointsPaid.TOPIC
        ) == sum(event.points for event in events if isinstance(event, PointsPaid))
        assert any(isinstance(event, PointsExpired) for event in events)
        assert folded.available == 0
