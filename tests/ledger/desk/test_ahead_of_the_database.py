"""ADR 0401, step by step: what is decided ahead rests on what the database took, or is decided again."""

from __future__ import annotations

import asyncio
from datetime import date
from uuid import uuid4

import psycopg

from ledger import BusinessReference, InsufficientPoints, OpenAccount, Receipt
from tests.ledger.desk.holding import appends_queue, submitted
from tests.ledger.erasure.state import assert_nothing_opens
from tests.ledger.office import PROGRAM, Office


async def test_a_payment_that_rests_on_a_refused_one_is_refused_in_turn(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    """P decides A (version 3) and on it B (version 4); Q's D becomes version 3. By its version alone B would fit."""
    _, (account,) = await office.member(100)
    await other.available(account)

    with appends_queue(ledger_dsn) as queue:
        d = asyncio.create_task(other.do(other.payment(account, 90)))
        await queue.reaches(1)
        a = asyncio.create_task(office.do(office.payment(account, 10)))
        await queue.reaches(2)
        b = asyncio.create_task(office.do(office.payment(account, 80)))
        await submitted(office, account, 2)

    stored, paid, refused = await asyncio.gather(d, a, b, return_exceptions=True)
    assert isinstance(stored, Receipt)
    assert isinstance(paid, Receipt)
    assert isinstance(refused, InsufficientPoints)
    assert (refused.asked, refused.available) in ((80, 10), (80, 0)), "10 were left, and A may have had them by then"
    assert stored.position < paid.position
    assert [await each.available(account) for each in (office, other)] == [0, 0]
    with psycopg.connect(ledger_dsn) as connection:
        rows = connection.execute("SELECT version FROM ledger.events WHERE stream = %s ORDER BY 1", [account])
        assert rows.fetchall() == [(1,), (2,), (3,), (4,)]


async def test_a_payment_that_rests_on_an_accrual_stored_by_another_is_decided_again(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    """The same slip comes twice: the accrual under this process's payment is another event than the one stored."""
    _, (account,) = await office.member(0)
    await other.available(account)
    slip = BusinessReference(source="pos", store="330", terminal="4", receipt="17", business_date=date(2024, 3, 7))

    with appends_queue(ledger_dsn) as queue:
        there = asyncio.create_task(other.do(other.accrual(account, 100, reference=slip)))
        await queue.reaches(1)
        here = asyncio.create_task(office.do(office.accrual(account, 100, reference=slip)))
        await queue.reaches(2)
        spent = asyncio.create_task(office.do(office.payment(account, 70)))
        await submitted(office, account, 2)

    first, again, paid = await asyncio.gather(there, here, spent)
    assert first == again
    assert paid.balance is not None
    assert paid.balance.available == await office.available(account) == await other.available(account) == 30


async def test_a_refusal_waits_for_the_unanswered_payment_that_it_rests_on(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    """The book says 2 points; but the payment of 8 is refused, since another process paid 100 in before it."""
    _, (account,) = await office.member(10)
    await other.available(account)

    with appends_queue(ledger_dsn) as queue:
        paid_in = asyncio.create_task(other.do(other.accrual(account, 100)))
        await queue.reaches(1)
        first = asyncio.create_task(office.do(office.payment(account, 8)))
        await queue.reaches(2)
        second = asyncio.create_task(office.do(office.payment(account, 5)))
        told_early, _ = await asyncio.wait([second], timeout=0.1)

    assert not told_early, "nobody knows yet whether the payment of 8 stands"
    await asyncio.gather(paid_in, first, second)
    assert await office.available(account) == await other.available(account) == 97


async def test_what_another_process_spent_is_missing_to_all_that_rested_on_it(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    """The book says 15 points: 10, which are spent elsewhere, and an accrual without an answer."""
    _, (account,) = await office.member(10)
    await other.available(account)

    with appends_queue(ledger_dsn) as queue:
        spent = asyncio.create_task(other.do(other.payment(account, 10)))
        await queue.reaches(1)
        accrued = asyncio.create_task(office.do(office.accrual(account, 5)))
        await queue.reaches(2)
        too_much = asyncio.create_task(office.do(office.payment(account, 15)))
        await submitted(office, account, 2)
        far_too_much = asyncio.create_task(office.do(office.payment(account, 16)))

    await asyncio.gather(spent, accrued)
    answers = await asyncio.gather(too_much, far_too_much, return_exceptions=True)
    assert [type(each) for each in answers] == [InsufficientPoints] * 2
    assert {each.available for each in answers if isinstance(each, InsufficientPoints)} <= {0, 5}
    assert await office.available(account) == await other.available(account) == 5


async def test_a_long_line_of_payments_on_a_refused_one_keeps_its_points(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    """Many batches' worth of commands rest on one event that is refused; each gets through on its own merits."""
    _, (account,) = await office.member(200)
    await other.available(account)

    with appends_queue(ledger_dsn) as queue:
        rival = asyncio.create_task(other.do(other.payment(account, 100)))
        await queue.reaches(1)
        line = [asyncio.create_task(office.do(office.payment(account, 1)))]
        await queue.reaches(2)
        line += [asyncio.create_task(office.do(office.payment(account, 1))) for _ in range(149)]
        await submitted(office, account, 150)

    await rival
    answers = await asyncio.gather(*line, return_exceptions=True)
    assert sum(isinstance(each, Receipt) for each in answers) == 100
    assert {each.available for each in answers if isinstance(each, InsufficientPoints)} == {0}
    assert sum(isinstance(each, InsufficientPoints) for each in answers) == 50
    assert await office.available(account) == 0


async def test_a_memo_behind_an_opening_that_is_not_stored_is_sealed_again_under_the_slots_of_the_one_that_is(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    """Two processes have the same opening in flight, each with slots of its own; the second takes a memo behind it."""
    member, _ = await office.member()
    account = uuid4()
    opening = OpenAccount(**office.stamp(), account_id=account, program=PROGRAM, holder=str(member))
    await other.ledger.shelf.book(member)

    with appends_queue(ledger_dsn) as queue:
        there = asyncio.create_task(other.do(opening))
        await queue.reaches(1)
        here = asyncio.create_task(office.do(opening))
        await queue.reaches(2)
        accrued = asyncio.create_task(office.do(office.accrual(account, 10, memo="a memo", detail="what was bought")))
        await submitted(office, account, 2)

    first, again, receipt = await asyncio.gather(there, here, accrued)
    assert first == again
    assert receipt.points == 10
    slots = (await other.ledger.shelf.stored([account]))[0].slots_by_class
    values = await office.boxes(account)
    assert [sealed.sealed.subject_slot for _, sealed in values] == [slots[each.code] for each, _ in values]
    report = await office.erasures.erase(office.erase(member, 10))
    assert await assert_nothing_opens(office, {each.code for each in report.closed}, member, account) > 0
