"""An account with as many open lots as it may have: what is done with all of them at once fits into one entry."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from benchmarks.history import Log
from ledger import OPEN_LOTS_MAX, LimitReached, Lot, PointsAccrued, Refund, Transfer
from ledger.calendar import last_retention_day
from ledger.retention import CONTRACT
from tests.ledger.office import Office

PARTNER = "2148801234"


async def fill(office: Office, account: UUID, ledger_dsn: str) -> None:
    """Lots up to the limit, each with every term that a lot may have."""
    book = await office.ledger.shelf.book(account)
    assert book.last_event is not None
    assert CONTRACT.span is not None
    last = last_retention_day(office.now, CONTRACT.span)
    events = []
    for number in range(OPEN_LOTS_MAX):
        event_id, at = uuid4(), office.now + timedelta(microseconds=number)
        terms: dict[str, Any] = {"supplier": PARTNER, "own_use": PARTNER}
        lot = Lot(event_id, number + 1, 65_432, "free", PARTNER, earned_at=at, usable_at=at, expires_on=last,
                  priority=0, **terms)  # fmt: skip
        events.append((account, PointsAccrued(id=event_id, occurred_at=at, recorded_at=at, actor="test", lot=lot)))
    log = Log(ledger_dsn)
    log.goes_on(account, book.version, book.last_event)
    await asyncio.to_thread(log.append, events)
    office.ledger.shelf.forget(book)
    office.now += timedelta(minutes=1)


async def test_all_lots_of_a_full_account_are_paid_with_refunded_and_given_at_once(
    office: Office, ledger_dsn: str
) -> None:
    _, [giver, receiver] = await office.member(0, 0)
    await fill(office, giver, ledger_dsn)
    points = await office.available(giver)
    assert points == OPEN_LOTS_MAX * 65_432

    with pytest.raises(LimitReached):
        await office.do(office.accrual(giver, 1))
    paid = await office.do(office.payment(giver, points, redeemer=PARTNER))
    assert await office.available(giver) == 0
    await office.do(
        Refund(key=uuid4(), occurred_at=office.now, actor="test", account_id=giver, spending_id=paid.receipt_id)
    )
    assert await office.available(giver) == points
    await office.do(
        Transfer(
            key=uuid4(), occurred_at=office.now, actor="test", account_id=giver, to_account_id=receiver, points=points
        )
    )

    assert (await office.available(giver), await office.available(receiver)) == (0, points)
    stored = await office.ledger.shelf.book(receiver)
    office.ledger.shelf.forget(stored)
    assert (await office.ledger.shelf.book(receiver)).state == stored.state
