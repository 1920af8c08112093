"""Many callers, one account: never overdrawn, nothing lost, every refused one told why."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from uuid import UUID

import psycopg
import pytest

from ledger import InsufficientPoints, PointsPaid, Receipt, decode
from ledger.store import Entry, NewEvent, Status
from ledger.store.appender import Appender
from tests.ledger.office import Addresses, Office

CALLERS, EACH, POINTS = 16, 30, 7


def versions_of(dsn: str, account: UUID) -> list[int]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT version FROM ledger.events WHERE stream = %s ORDER BY version", [account])
        return [version for (version,) in rows]


async def test_sixteen_callers_in_each_of_two_processes_never_overdraw_one_account(
    office: Office, addresses: Addresses, ledger_dsn: str
) -> None:
    enough_for = 500
    _, (account,) = await office.member(enough_for * POINTS + 3)
    command = [
        sys.executable, "-m", "tests.ledger.desk.spender",
        addresses.ledger, addresses.keys, str(addresses.root), str(account), str(CALLERS), str(EACH), str(POINTS),
    ]  # fmt: skip

    ran = await asyncio.gather(
        *(asyncio.to_thread(subprocess.run, command, stdout=subprocess.PIPE, text=True, check=True) for _ in range(2))
    )
    told = [json.loads(each.stdout) for each in ran]

    paid = sum(each["paid"] for each in told)
    refused = [available for each in told for available in each["refused"]]
    assert paid == enough_for
    assert paid + len(refused) == 2 * CALLERS * EACH
    assert set(refused) == {3}, "each refused one is told what is available"
    assert await office.available(account) == 3
    assert versions_of(ledger_dsn, account) == list(range(1, 2 + enough_for + 1))
    rows, _ = await office.ledger.reader.read([(account, 0)])
    events = [decode(row.topic, row.state) for row in rows]
    assert sorted(str(each.id) for each in events if isinstance(each, PointsPaid)) == sorted(
        receipt for each in told for receipt in each["receipts"]
    )


async def test_callers_of_one_process_spend_an_account_to_the_last_point(office: Office) -> None:
    _, (account,) = await office.member(100)

    answers = await asyncio.gather(
        *(office.do(office.full_payment(account, 3)) for _ in range(64)), return_exceptions=True
    )

    receipts = [each for each in answers if isinstance(each, Receipt)]
    refusals = [each for each in answers if isinstance(each, InsufficientPoints)]
    assert (len(receipts), len(refusals)) == (33, 31)
    assert sorted(each.balance.available for each in receipts if each.balance) == list(range(1, 100, 3))
    assert {each.available for each in refusals} == {1}


async def test_an_event_is_not_accepted_behind_another_than_the_one_it_was_decided_on(
    office: Office, addresses: Addresses
) -> None:
    """ADR 0401: P decides A and, on top of it, B; Q's D takes A's place; B must not follow D."""
    _, (account,) = await office.member(10)
    book = await office.ledger.shelf.book(account)
    version, base = book.version, book.last_event
    a, b, d = (office.payment(account, 1).key for _ in range(3))

    def event(at: int, event_id: UUID, base: UUID | None) -> NewEvent:
        return NewEvent(account, at, event_id, base, "points.account-left.v1", b"{}")

    def entry(new: NewEvent) -> Entry:
        return Entry(stream=account, key=new.event_id, fingerprint=b"f", receipt=new.event_id.bytes, events=(new,))

    async with await Appender.open(addresses.ledger) as p, await Appender.open(addresses.ledger) as q:
        stored = await q.submit(entry(event(version + 1, d, base)))
        refused = await p.submit(entry(event(version + 1, a, base)))
        follows = await p.submit(entry(event(version + 2, b, a)))

    assert stored.status is Status.APPENDED
    assert refused.status is Status.CONFLICT
    assert follows.status is Status.CONFLICT, "its version fits, its base does not"


async def test_a_stale_book_does_not_refuse_what_another_process_has_paid_in(office: Office, other: Office) -> None:
    _, (account,) = await office.member(5)
    await other.available(account)
    await office.do(office.accrual(account, 100))

    receipt = await other.do(other.payment(account, 90))

    assert receipt.balance is not None
    assert receipt.balance.available == 15


async def test_a_stale_book_does_not_spend_what_another_process_has_spent(office: Office, other: Office) -> None:
    _, (account,) = await office.member(100)
    await other.available(account)
    await office.do(office.payment(account, 90))

    with pytest.raises(InsufficientPoints) as refused:
        await other.do(other.payment(account, 20))

    assert refused.value.available == 10


async def test_folding_the_stream_again_gives_the_balance_that_the_receipts_told(office: Office, other: Office) -> None:
    _, accounts = await office.member(1_000, 1_000, 1_000)
    desks = (office, other)

    receipts = await asyncio.gather(
        *(
            desk.do(desk.full_payment(account, 1 + number % 7) if number % 3 else desk.accrual(account, number + 1))
            for number in range(60)
            for desk in desks
            for account in accounts
        )
    )

    for account in accounts:
        last = max((each for each in receipts if each.stream == account), key=lambda each: each.position)
        assert last.balance is not None
        assert last.balance.available == await office.available(account) == await other.available(account)
