"""Books run ahead of the database; nobody is told what the database does not hold."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ledger import (
    MEMBERSHIP,
    PAYMENT,
    Expire,
    InsufficientPoints,
    Money,
    Pay,
    Span,
    StoreUnavailable,
)
from ledger.desk import books as books_module
from ledger.store import Entry, Outcome
from ledger.store.appender import Appender, OnSettled
from tests.ledger.desk.holding import appends_queue, submitted
from tests.ledger.office import Addresses, Office


@contextmanager
def entries_seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Entry]]:
    """What is submitted in the block."""
    seen: list[Entry] = []
    submit = Appender.submit

    def note(self: Appender, entry: Entry, on_settled: OnSettled | None = None) -> asyncio.Future[Outcome]:
        seen.append(entry)
        return submit(self, entry, on_settled)

    with monkeypatch.context() as patched:
        patched.setattr(Appender, "submit", note)
        yield seen


async def test_a_balance_shows_nothing_that_is_not_stored(office: Office, ledger_dsn: str) -> None:
    _, (account,) = await office.member(100)

    with appends_queue(ledger_dsn):
        paying = asyncio.create_task(office.do(office.payment(account, 60)))
        await submitted(office, account, 1)
        asked = asyncio.create_task(office.ledger.balance(account))
        told_early, _ = await asyncio.wait([asked], timeout=0.1)

    assert not told_early, "the payment may still be refused"
    await paying
    assert (await asked).available == 40


async def test_a_balance_that_rested_on_a_refused_event_is_struck_again(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    """The first of two payments loses its place to another process; what both left was never true."""
    _, (account,) = await office.member(100)
    await other.available(account)

    with appends_queue(ledger_dsn) as queue:
        rival = asyncio.create_task(other.do(other.payment(account, 50)))
        await queue.reaches(1)
        paying = asyncio.create_task(office.do(office.payment(account, 60)))
        await submitted(office, account, 1)
        asked = asyncio.create_task(office.ledger.balance(account))

    answers = await asyncio.gather(rival, paying, return_exceptions=True)
    assert (await asked).available in (40, 50), "one of the two payments, never both"
    assert sum(isinstance(each, InsufficientPoints) for each in answers) == 1


async def test_an_account_opened_here_is_guarded_like_one_that_was_read(
    office: Office, other: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, (account,) = await office.member(100)

    with entries_seen(monkeypatch) as seen:
        for desk in (office, other):
            await desk.do(desk.payment(account, 1))

    assert [entry.guards for entry in seen] == [((member, MEMBERSHIP.code), (member, PAYMENT.code))] * 2


async def test_a_stale_book_does_not_find_that_nothing_is_due(addresses: Addresses) -> None:
    async with await Office.open(addresses) as office, await Office.open(addresses) as other:
        await office.program(expires_after=Span(days=10))
        _, (account,) = await office.member(0)
        await other.available(account)
        await office.do(office.accrual(account, 100))
        other.now += timedelta(days=40)

        swept = await other.do(Expire(account_id=account, as_of=date(2024, 4, 16), **other.stamp()))

        assert swept.points == 100


async def test_books_that_have_to_go_are_read_again_and_nothing_is_lost(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(books_module, "BOOKS_MAX", 3)
    _, accounts = await office.member(*[50] * 12)

    payments = [office.payment(account, 1) for account in accounts for _ in range(10)]
    receipts = await asyncio.gather(*(office.do(each) for each in payments))

    assert len({each.receipt_id for each in receipts}) == 120
    assert [await office.available(each) for each in accounts] == [40] * 12
    assert len(office.ledger.shelf._books) <= 4, "three, and one that was put there after the last reading"


async def test_a_batch_without_an_answer_leaves_the_books_usable(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (account,) = await office.member(100)
    called = Appender._call

    async def lost(self: Appender, parameters: Any, entries: int) -> Any:
        raise StoreUnavailable(entries, 0)

    lost_payments = [office.payment(account, 10, cash=Money(1)) for _ in range(5)]
    monkeypatch.setattr(Appender, "_call", lost)
    failed = await asyncio.gather(*(office.do(each) for each in lost_payments), return_exceptions=True)
    monkeypatch.setattr(Appender, "_call", called)
    after_failing = await office.available(account)
    retried = [await office.do(each) for each in lost_payments]

    assert [type(each) for each in failed] == [StoreUnavailable] * 5
    assert after_failing == 100
    assert [each.balance.available for each in retried if each.balance] == [90, 80, 70, 60, 50]


async def test_a_batch_stored_without_an_answer_is_found_by_its_keys(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (account,) = await office.member(100)
    called = Appender._call

    async def answer_lost(self: Appender, parameters: Any, entries: int) -> Any:
        await called(self, parameters, entries)
        raise StoreUnavailable(entries, 0)

    payments = [office.payment(account, 30) for _ in range(3)]
    monkeypatch.setattr(Appender, "_call", answer_lost)
    failed = await asyncio.gather(*(office.do(each) for each in payments), return_exceptions=True)
    monkeypatch.setattr(Appender, "_call", called)
    retried = [await office.do(each) for each in payments]

    assert [type(each) for each in failed] == [StoreUnavailable] * 3
    assert sorted(each.balance.available for each in retried if each.balance) == [10, 40, 70]
    assert await office.available(account) == 10


async def test_cancelled_callers_lose_nothing_and_block_nobody(office: Office, ledger_dsn: str) -> None:
    """Cancelled while reading, while deciding and while waiting for the answer."""
    _, (account,) = await office.member(1_000)
    payments: list[Pay[str]] = [office.full_payment(account, 10) for _ in range(20)]
    with appends_queue(ledger_dsn):
        callers = [asyncio.create_task(office.do(each)) for each in payments]
        await submitted(office, account, 10)
        for caller in callers[::2]:
            caller.cancel()

    answers = await asyncio.gather(*callers, return_exceptions=True)
    again = [await office.do(each) for each in payments]

    assert [isinstance(each, asyncio.CancelledError) for each in answers[::2]] == [True] * 10
    assert answers[1::2] == again[1::2]
    assert len({each.receipt_id for each in again}) == 20
    assert await office.available(account) == 800
    assert await office.ledger.reader.find_receipt(account, uuid4()) is None
