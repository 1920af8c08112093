"""The same commands in two real processes at once, and in a process that is killed: one effect, equal receipts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger import BusinessReference, Command, OpenAccount, Receipt
from tests.ledger.desk import processes
from tests.ledger.desk.holding import appends_queue
from tests.ledger.desk.processes import Pair
from tests.ledger.office import PROGRAM, Addresses, Office

SLIP = BusinessReference(source="pos", store="330", terminal="4", receipt="17", business_date=date(2024, 3, 7))


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Two processes for all tests of this module: to start them is what takes time."""
    with processes.pair() as pair:
        yield pair


def log_of(dsn: str) -> list[tuple[UUID, int, str]]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT stream, version, topic FROM ledger.events ORDER BY position")
        return [(stream, version, topic) for stream, version, topic in rows]


def only_one(answers: list[list[processes.Answer]]) -> Receipt:
    different = {answer for process in answers for answer in process}
    assert len(different) == 1, different
    receipt = different.pop()
    assert isinstance(receipt, Receipt)
    return receipt


async def test_the_same_payment_racing_in_two_processes_has_one_effect(
    office: Office, addresses: Addresses, pair: Pair, ledger_dsn: str
) -> None:
    _, (account,) = await office.member(100)
    payment = office.full_payment(account, 60)

    receipt = only_one(await pair.both(addresses, [payment] * 8, [payment] * 8))

    assert receipt == await office.do(payment)
    assert await office.available(account) == 40
    assert [topic for stream, _, topic in log_of(ledger_dsn) if stream == account][2:] == ["points.paid.v1"]


async def test_many_payments_each_sent_by_both_processes_are_each_made_once(
    office: Office, addresses: Addresses, pair: Pair, ledger_dsn: str
) -> None:
    _, (account,) = await office.member(1_000)
    payments = [office.payment(account, 1 + number) for number in range(40)]  # 820 points

    there, here = await pair.both(addresses, payments, payments[::-1])

    assert there == here[::-1]
    assert [each.points for each in there if isinstance(each, Receipt)] == list(range(1, 41))
    assert await office.available(account) == 180
    assert [version for stream, version, _ in log_of(ledger_dsn) if stream == account] == list(range(1, 43))


async def test_a_key_that_races_with_other_content_has_one_effect_and_the_other_is_told(
    office: Office, addresses: Addresses, pair: Pair
) -> None:
    _, (account,) = await office.member(100)
    payment = office.payment(account, 10)

    answers = await pair.both(addresses, [payment], [replace(payment, points=20)])

    [receipt] = [each for [each] in answers if isinstance(each, Receipt)]
    assert "KeyReused" in [each for [each] in answers]
    assert await office.available(account) == 100 - receipt.points


async def test_joining_in_two_processes_at_once_makes_one_member(
    office: Office, addresses: Addresses, pair: Pair, ledger_dsn: str
) -> None:
    joining = office.joining(uuid4())

    receipt = only_one(await pair.both(addresses, [joining] * 4, [joining] * 4))

    assert receipt == await office.do(joining)
    assert [stream for stream, _, _ in log_of(ledger_dsn)].count(joining.member_id) == 1


async def test_a_member_id_that_two_commands_race_for_is_given_once(
    office: Office, addresses: Addresses, pair: Pair, ledger_dsn: str
) -> None:
    member = uuid4()

    answers = await pair.both(addresses, [office.joining(member)], [office.joining(member)])

    assert sorted(str(each) if isinstance(each, str) else "" for [each] in answers) == ["", "MemberExists"]
    assert [stream for stream, _, _ in log_of(ledger_dsn)].count(member) == 1


async def test_opening_in_two_processes_at_once_makes_one_account_with_one_holder(
    office: Office, addresses: Addresses, pair: Pair, ledger_dsn: str
) -> None:
    member, _ = await office.member()
    opening = OpenAccount(**office.stamp(), account_id=uuid4(), program=PROGRAM, holder=str(member))

    receipt = only_one(await pair.both(addresses, [opening] * 4, [opening] * 4))

    assert receipt == await office.do(opening)
    assert [stream for stream, _, _ in log_of(ledger_dsn)].count(opening.account_id) == 1
    assert await office.ledger.reader.accounts_of(member) == [opening.account_id]


async def test_a_business_receipt_that_races_under_two_keys_counts_once(
    office: Office, addresses: Addresses, pair: Pair
) -> None:
    _, (account,) = await office.member(0)
    online, in_the_file = (office.accrual(account, 50, reference=SLIP) for _ in range(2))

    receipt = only_one(await pair.both(addresses, [online] * 2, [in_the_file] * 2))

    assert receipt.key in (online.key, in_the_file.key)
    assert await office.available(account) == 50


Making = Callable[[Office, UUID, UUID], Command]
KILLED: dict[str, Making] = {
    "joining": lambda office, member, account: office.joining(uuid4()),
    "opening": lambda office, member, account: OpenAccount(
        **office.stamp(), account_id=uuid4(), program=PROGRAM, holder=str(member)
    ),
    "accruing": lambda office, member, account: office.accrual(account, 50, reference=SLIP, memo="a memo"),
    "paying everything": lambda office, member, account: office.full_payment(account, 100),
}


@pytest.mark.parametrize("kind", KILLED)
async def test_what_a_killed_process_had_committed_is_found_by_two_others_at_once(
    kind: str, office: Office, addresses: Addresses, pair: Pair, ledger_dsn: str
) -> None:
    member, (account,) = await office.member(100)
    command = KILLED[kind](office, member, account)

    await processes.killed(processes.start_dying(addresses, [command]))
    committed = log_of(ledger_dsn)
    receipt = only_one(await pair.both(addresses, [command], [command]))

    assert committed[-1][0] == receipt.stream, "the process died after its commit"
    assert receipt.position == len(committed)
    assert log_of(ledger_dsn) == committed, "retries add nothing"


async def test_a_process_killed_while_its_statement_runs_is_not_overtaken_by_the_retry(
    office: Office, addresses: Addresses, ledger_dsn: str
) -> None:
    """PostgreSQL finishes what a dead client sent: the retry comes while that may still happen."""
    _, (account,) = await office.member(100)
    payment = office.payment(account, 70)

    with appends_queue(ledger_dsn) as queue:
        process = await asyncio.to_thread(processes.start, addresses, [payment])
        await queue.reaches(1)
        process.kill()
        await processes.killed(process)
        retry = asyncio.create_task(office.do(payment))
        await queue.reaches(2)

    receipt = await retry
    assert receipt.points == 70
    assert receipt.balance is not None
    assert receipt.balance.available == await office.available(account) == 30
    assert [topic for stream, _, topic in log_of(ledger_dsn) if stream == account].count("points.paid.v1") == 1
