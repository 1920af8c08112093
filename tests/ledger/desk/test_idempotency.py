"""The same command twice, at any moment, with any crash between: one effect, one receipt."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger import (
    AccountExists,
    BusinessReference,
    Expire,
    InsufficientPoints,
    KeyReused,
    MemberExists,
    OpenAccount,
    Receipt,
    Span,
)
from service.embedded_postgres import EmbeddedPostgres
from tests.ledger.office import MORNING, PROGRAM, Addresses, Office
from tests.ledger.store.proxy import Proxy


def events_of(dsn: str, stream: UUID) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM ledger.events WHERE stream = %s", [stream]).fetchone()
        assert row is not None
        count: int = row[0]
        return count


async def test_the_same_payment_again_is_answered_with_its_first_receipt(office: Office, ledger_dsn: str) -> None:
    _, (account,) = await office.member(100)
    payment = office.full_payment(account, 60)
    first = await office.do(payment)

    again = await office.do(payment)

    assert again == first
    assert await office.available(account) == 40
    assert events_of(ledger_dsn, account) == 3


async def test_the_same_payment_many_times_at_once_in_two_processes_has_one_effect(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    _, (account,) = await office.member(100)
    payment = office.full_payment(account, 60)

    receipts = await asyncio.gather(*(desk.do(payment) for _ in range(8) for desk in (office, other)))

    assert len(set(receipts)) == 1
    assert events_of(ledger_dsn, account) == 3


async def test_a_key_with_other_content_is_refused(office: Office) -> None:
    _, (account,) = await office.member(100)
    payment = office.payment(account, 10)
    await office.do(payment)

    for other_content in (replace(payment, points=11), replace(payment, store="another")):
        with pytest.raises(KeyReused):
            await office.do(other_content)

    assert await office.available(account) == 90


async def test_other_personal_text_is_no_other_content(office: Office) -> None:
    """A fingerprint of a text could be matched against guesses after it was erased."""
    _, (account,) = await office.member(100)
    payment = office.payment(account, 10, memo="one text")
    first = await office.do(payment)

    assert await office.do(replace(payment, memo="another text")) == first


async def test_a_receipt_answers_before_the_points_are_looked_at(office: Office, other: Office) -> None:
    _, (account,) = await office.member(100)
    payment = office.payment(account, 80)
    first = await office.do(payment)
    await other.do(other.payment(account, 20))

    assert await office.do(payment) == first
    with pytest.raises(InsufficientPoints):
        await office.do(office.payment(account, 80))


async def test_a_receipt_answers_across_an_expiry_boundary(addresses: Addresses) -> None:
    async with await Office.open(addresses) as office:
        await office.program(expires_after=Span(days=10))
        _, (account,) = await office.member(100)
        payment = office.payment(account, 30)
        first = await office.do(payment)

        office.now += timedelta(days=40)
        again = await office.do(payment)

        assert again == first
        with pytest.raises(InsufficientPoints):
            await office.do(office.payment(account, 1))


async def test_a_sweep_twice_posts_nothing_the_second_time(addresses: Addresses, ledger_dsn: str) -> None:
    async with await Office.open(addresses) as office:
        await office.program(expires_after=Span(days=10))
        _, (account,) = await office.member(100)
        office.now += timedelta(days=40)
        day = date(2024, 4, 16)

        swept = await office.do(Expire(account_id=account, as_of=day, **office.stamp()))
        again = await office.do(Expire(account_id=account, as_of=day, **office.stamp()))

        assert (swept.points, again.points) == (100, 0)
        assert events_of(ledger_dsn, account) == 3


async def test_the_same_sweep_again_is_answered_with_its_first_receipt(addresses: Addresses, ledger_dsn: str) -> None:
    async with await Office.open(addresses) as office, await Office.open(addresses) as other:
        await office.program(expires_after=Span(days=10))
        _, (account,) = await office.member(100)
        office.now = other.now = office.now + timedelta(days=40)
        sweep = Expire(account_id=account, as_of=date(2024, 4, 16), **office.stamp())

        receipts = await asyncio.gather(*(desk.do(sweep) for _ in range(4) for desk in (office, other)))

        assert set(receipts) == {await office.do(sweep)}
        assert receipts[0].points == 100
        with pytest.raises(KeyReused):
            await office.do(replace(sweep, as_of=date(2024, 4, 15)))
        assert events_of(ledger_dsn, account) == 3


async def test_a_receipt_answers_after_leaving_and_after_erasure(office: Office, other: Office) -> None:
    member, (account,) = await office.member(100)
    joining = office.joining(uuid4())
    joined = await office.do(joining)
    payment = office.full_payment(account, 60)
    first = await office.do(payment)

    await office.leaving.leave(office.leave(member, 40))
    after_leaving = [await desk.do(payment) for desk in (office, other)]
    await office.erasures.erase(office.erase(member))
    await office.erasures.erase(office.erase(joining.member_id))
    after_erasure = [await desk.do(payment) for desk in (office, other)]

    assert set(after_leaving) == set(after_erasure) == {first}
    assert await other.do(joining) == joined


async def test_a_process_killed_between_commit_and_answer_leaves_its_receipt(
    office: Office, addresses: Addresses, ledger_dsn: str
) -> None:
    _, (account,) = await office.member(100)
    payment = office.payment(account, 70)
    arguments = [addresses.ledger, addresses.keys, addresses.root, account, payment.key, office.now.isoformat(), 70]
    command = [sys.executable, "-m", "tests.ledger.desk.dying", *map(str, arguments)]

    died = await asyncio.to_thread(subprocess.run, command, check=False)
    retried = await office.do(payment)

    assert died.returncode == -signal.SIGKILL
    assert retried.balance is not None
    assert retried.balance.available == 30
    assert events_of(ledger_dsn, account) == 3, "opened, accrued, paid once"


async def test_a_lost_answer_is_found_by_the_process_that_lost_it(
    server: EmbeddedPostgres, ledger_database: str, office: Office, addresses: Addresses, ledger_dsn: str
) -> None:
    _, (account,) = await office.member(100)
    async with Proxy(server.socket_dir) as proxy:
        through = replace(addresses, ledger=proxy.dsn(ledger_database, "ledger_app"))
        async with await Office.open(through) as far:
            await far.available(account)
            proxy.answers_to_lose = 1

            receipt = await far.do(far.payment(account, 70))

            assert proxy.lost.is_set()
            assert receipt.balance is not None
            assert receipt.balance.available == await far.available(account) == 30
    assert events_of(ledger_dsn, account) == 3


async def test_joining_twice_makes_one_member_also_from_two_processes_at_once(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    joining = office.joining(uuid4())

    receipts = await asyncio.gather(*(desk.do(joining) for _ in range(4) for desk in (office, other)))

    assert len(set(receipts)) == 1
    assert events_of(ledger_dsn, joining.member_id) == 1
    with pytest.raises(MemberExists):
        await office.do(replace(joining, key=uuid4()))


async def test_opening_twice_makes_one_account_also_from_two_processes_at_once(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    member, _ = await office.member()
    opening = OpenAccount(**office.stamp(), account_id=uuid4(), program=PROGRAM, holder=str(member))

    receipts = await asyncio.gather(*(desk.do(opening) for _ in range(4) for desk in (office, other)))

    assert len(set(receipts)) == 1
    assert events_of(ledger_dsn, opening.account_id) == 1
    with pytest.raises(AccountExists):
        await office.do(replace(opening, key=uuid4()))


async def test_the_same_business_receipt_under_two_keys_counts_once(office: Office, other: Office) -> None:
    _, (account,) = await office.member(0)
    slip = BusinessReference(source="pos", store="330", terminal="4", receipt="17", business_date=date(2024, 3, 7))

    online = await office.do(office.accrual(account, 50, reference=slip))
    in_the_file = await other.do(other.accrual(account, 50, reference=slip))

    assert in_the_file == online
    assert await office.available(account) == 50


async def test_one_key_on_two_accounts_is_two_commands(office: Office) -> None:
    _, (one, another) = await office.member(10, 10)
    payment = office.payment(one, 5)

    receipts = [await office.do(payment), await office.do(replace(payment, account_id=another))]

    assert all(isinstance(each, Receipt) for each in receipts)
    assert [await office.available(each) for each in (one, another)] == [5, 5]


async def test_a_sweep_that_found_nothing_holds_its_key(office: Office, other: Office, ledger_dsn: str) -> None:
    _, (account,) = await office.member(100)
    day = date(2024, 3, 7)
    sweep = Expire(account_id=account, as_of=day, **office.stamp())

    receipts = await asyncio.gather(*(desk.do(sweep) for _ in range(4) for desk in (office, other)))
    for desk in (office, other):
        with pytest.raises(KeyReused):
            await desk.do(desk.payment(account, 10, key=sweep.key))
        with pytest.raises(KeyReused):
            await desk.do(replace(sweep, as_of=date(2024, 3, 6)))
    past = {"occurred_at": MORNING - timedelta(days=9), "expires_on": date(2024, 3, 6)}
    late = await other.do(other.accrual(account, 5, **past))
    again = await office.do(sweep)

    assert (receipts[0].topic, receipts[0].points) == ("nothing", 0)
    assert set(receipts) == {again}, "although points have come that are past their day"
    assert again.position < late.position
    assert events_of(ledger_dsn, account) == 3
    assert (await office.do(replace(sweep, key=uuid4()))).points == 5


async def test_a_sweep_that_found_nothing_leaves_its_reference_to_the_one_that_does(office: Office) -> None:
    _, (account,) = await office.member(100)
    slip = BusinessReference(source="batch", store="", terminal="", receipt="1", business_date=date(2024, 3, 7))
    sweep = Expire(account_id=account, as_of=date(2024, 3, 7), reference=slip, **office.stamp())
    await office.do(sweep)
    await office.do(office.accrual(account, 5, occurred_at=MORNING - timedelta(days=9), expires_on=date(2024, 3, 6)))

    swept = await office.do(replace(sweep, key=uuid4()))

    assert swept.points == 5


async def test_an_account_that_is_left_is_swept_of_nothing_as_before(office: Office) -> None:
    member, (account,) = await office.member(0)
    await office.leaving.leave(office.leave(member))

    assert (await office.do(Expire(account_id=account, as_of=date(2024, 3, 7), **office.stamp()))).topic == "nothing"
