"""Batches: each command alone, or all of them as one; and no command twice, however it is sent again."""

from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import KeyStoreUnavailable
from ledger import (
    BATCH_COMMANDS_MAX,
    AccountNotActive,
    BatchRefused,
    BusinessReference,
    Command,
    DefineProgram,
    Expire,
    InsufficientPoints,
    InvalidCommand,
    KeyReused,
    Program,
    Receipt,
    ReferenceReused,
    Refund,
    Suspend,
    Transfer,
    UnknownAccount,
    Void,
)
from ledger.calendar import day_of
from ledger.desk.receipts import NOTHING
from ledger.store.appender import Appender
from tests.ledger.desk import processes
from tests.ledger.desk.holding import appends_queue
from tests.ledger.desk.test_refusals import contents
from tests.ledger.office import PROGRAM, Addresses, Office


async def all_or_none(office: Office, *commands: Command) -> list[Any]:
    return await office.ledger.execute_all(commands, atomic=True)


def slip(number: int) -> BusinessReference:
    return BusinessReference(
        source="file", store="1", terminal="1", receipt=str(number), business_date=date(2024, 3, 7)
    )


async def test_each_alone_has_its_receipt_or_its_refusal_in_order(office: Office) -> None:
    _, (one, two) = await office.member(0, 10)
    commands = [
        office.accrual(one, 100, memo="a memo"),
        office.payment(two, 11),
        office.payment(one, 60),  # of what the first line gave
        office.payment(uuid4(), 1),
        office.payment(one, 60),
        DefineProgram(program=Program(PROGRAM, "again", 2), **office.stamp()),
    ]

    answers = await office.ledger.execute_all(commands, atomic=False)

    kinds = [Receipt, InsufficientPoints, Receipt, UnknownAccount, InsufficientPoints, Receipt]
    assert [type(each) for each in answers] == kinds
    assert [await office.available(each) for each in (one, two)] == [40, 10]


@pytest.mark.parametrize("wrong", [None, "pay", Command, 5], ids=repr)
async def test_what_is_no_command_has_its_refusal_where_its_receipt_would_be(office: Office, wrong: Any) -> None:
    _, (one, two) = await office.member(100, 100)
    no_id: Any = []
    commands: list[Any] = [
        office.payment(one, 60),
        wrong,
        office.payment(two, 30),
        replace(office.payment(two, 30), account_id=no_id),
        office.leave(uuid4()),
    ]

    answers = await office.ledger.execute_all(commands, atomic=False)

    assert [type(each) for each in answers] == [Receipt, InvalidCommand, Receipt, InvalidCommand, InvalidCommand]
    assert [str(each).split()[0] for each in answers[1::2]] == ["command", "account_id"]
    assert [await office.available(each) for each in (one, two)] == [40, 70]
    with pytest.raises(InvalidCommand, match="not taken in an atomic batch"):
        await all_or_none(office, *commands[:3])
    assert [await office.available(each) for each in (one, two)] == [40, 70]


async def test_a_batch_that_is_no_list_is_refused_as_a_whole(office: Office) -> None:
    wrong: Any
    for wrong in (None, 5, {office.payment(uuid4(), 1)}):
        with pytest.raises(InvalidCommand, match="commands are a list"):
            await office.ledger.execute_all(wrong, atomic=False)


async def test_keys_out_of_reach_for_one_command_lose_no_receipt_of_another(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (one, two) = await office.member(100, 100)

    seal = office.ledger.sealing.seal

    async def away(command: Any, *rest: Any) -> Any:
        if command.memo is not None:
            raise KeyStoreUnavailable("away")
        return await seal(command, *rest)

    monkeypatch.setattr(office.ledger.sealing, "seal", away)
    commands = [office.payment(one, 60), office.payment(two, 10, memo="a memo"), office.payment(two, 30)]

    answers = await office.ledger.execute_all(commands, atomic=False)

    assert [type(each) for each in answers] == [Receipt, KeyStoreUnavailable, Receipt]


async def test_all_of_them_happen_in_order_each_on_what_the_ones_before_leave(office: Office, other: Office) -> None:
    _, (one, two) = await office.member(0, 0)
    accrual = office.accrual(one, 100, memo="a memo")
    commands = [
        accrual,
        office.full_payment(one, 60),
        Transfer(account_id=one, to_account_id=two, points=15, receiver_memo="a gift", **office.stamp()),
        office.payment(two, 15),
        Expire(account_id=one, as_of=day_of(office.now), **office.stamp()),
    ]

    receipts = await all_or_none(office, *commands)

    assert [each.balance.available for each in receipts] == [100, 40, 25, 0, 25]
    assert receipts[4].topic == NOTHING
    positions = [each.position for each in receipts[:4]]
    assert positions == [positions[0], positions[0] + 1, positions[0] + 3, positions[0] + 4]
    assert {"a memo", "a gift", "what was bought"} <= set(
        office.opened([each for _, each in await office.boxes(one, two)])
    )
    assert [await other.available(each) for each in (one, two)] == [25, 0]
    assert [await other.do(each) for each in commands] == receipts  # each alone, by its key
    assert await all_or_none(other, *commands) == receipts


async def test_one_refusal_leaves_every_table_as_it_was_and_the_books_too(office: Office, ledger_dsn: str) -> None:
    _, (one, two) = await office.member(100, 0)
    before = contents(ledger_dsn)

    with pytest.raises(BatchRefused) as refused:
        await all_or_none(office, office.payment(one, 60), office.accrual(two, 5), office.payment(one, 41))

    assert refused.value.number == 2
    assert isinstance(refused.value.__cause__, InsufficientPoints)
    assert contents(ledger_dsn) == before
    receipt = await office.do(office.payment(one, 100))
    assert receipt.balance is not None
    assert receipt.balance.available == 0


async def test_a_command_that_was_carried_out_alone_has_no_second_effect_in_a_batch(
    office: Office, other: Office
) -> None:
    _, (account,) = await office.member(100)
    alone, fresh = office.payment(account, 60), office.payment(account, 40)
    first = await office.do(alone)

    receipts = await all_or_none(other, fresh, alone)

    assert receipts[1] == first
    assert await office.available(account) == await other.available(account) == 0
    assert await all_or_none(office, alone, fresh) == [first, receipts[0]]


async def test_two_batches_with_one_command_in_common_raced_by_two_processes_have_it_once(
    office: Office, other: Office
) -> None:
    _, accounts = await office.member(*[100] * 20)
    for account in accounts:
        common, mine, theirs = (office.payment(account, points) for points in (10, 20, 30))

        one, two = await asyncio.gather(all_or_none(office, mine, common), all_or_none(other, common, theirs))

        assert one[1] == two[0]
        assert await other.available(account) == await office.available(account) == 40


async def test_a_batch_that_meets_other_writers_is_decided_again_as_a_whole(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    _, (one, two) = await office.member(100, 0)
    await other.available(one)
    with appends_queue(ledger_dsn) as queue:
        rival = asyncio.create_task(office.do(office.payment(one, 50)))
        await queue.reaches(1)
        whole = asyncio.create_task(all_or_none(other, other.accrual(two, 7), other.payment(one, 50)))
        await queue.reaches(2)
        behind = asyncio.create_task(other.do(other.payment(two, 7)))  # decided on what the batch gives

    _, receipts, told = await asyncio.gather(rival, whole, behind, return_exceptions=True)
    # It may be decided again before the batch is, and then finds nothing there.
    left = 0 if isinstance(told, Receipt) else 7
    assert [each.balance.available for each in receipts] == [7, 0]
    assert [await office.available(each) for each in (one, two)] == [0, left]


async def test_a_batch_whose_answer_was_lost_is_found_when_it_is_sent_again(
    office: Office, other: Office, addresses: Addresses
) -> None:
    _, (account,) = await office.member(100)
    commands = [office.payment(account, 10 + number) for number in range(3)]
    process = processes.SPAWN.Process(target=_die_after_the_batch, args=(addresses, commands, office.now))
    process.start()
    await processes.killed(process)

    receipts = await asyncio.gather(*(all_or_none(desk, *commands) for desk in (office, other)))

    assert receipts[0] == receipts[1]
    assert all(each.repeated for each in receipts[0])
    assert await office.available(account) == 100 - 33


def _die_after_the_batch(addresses: Addresses, commands: list[Command], now: Any) -> None:
    called = Appender._call

    async def call_and_die(self: Appender, call: Any, entries: int) -> Any:
        await called(self, call, entries)
        os.kill(os.getpid(), signal.SIGKILL)

    async def work() -> None:
        async with await Office.open(addresses, now) as office:
            await all_or_none(office, *commands)

    Appender._call = call_and_die  # type: ignore[method-assign]
    asyncio.run(work())


async def test_what_stands_in_no_atomic_batch_is_refused_before_anything(office: Office) -> None:
    _, (account,) = await office.member(10)
    payment = office.payment(account, 1)
    twice = office.payment(account, 2, key=payment.key)
    same_slip: list[Command] = [office.accrual(account, 1, reference=slip(1)) for _ in range(2)]
    wrong: list[list[Command]] = [
        [office.joining(uuid4())],
        [Void(account_id=account, voided_key=uuid4(), **office.stamp())],
        [payment, twice],
        same_slip,
    ]
    for commands in wrong:
        with pytest.raises(InvalidCommand):
            await all_or_none(office, *commands)
    for atomic in (True, False):
        with pytest.raises(InvalidCommand, match="commands"):
            await office.ledger.execute_all([payment] * (BATCH_COMMANDS_MAX + 1), atomic=atomic)
    assert await all_or_none(office) == []
    assert await office.available(account) == 10


async def test_a_key_with_other_content_or_a_reference_with_another_amount_refuses_the_batch(office: Office) -> None:
    _, (account,) = await office.member(100)
    first = office.payment(account, 1)
    await office.do(first)
    await office.do(office.accrual(account, 5, reference=slip(2)))

    for command, why in (
        (office.payment(account, 2, key=first.key), KeyReused),
        (office.accrual(account, 6, reference=slip(2)), ReferenceReused),
    ):
        with pytest.raises(BatchRefused) as refused:
            await all_or_none(office, office.payment(account, 3), command)
        assert (refused.value.number, type(refused.value.why)) == (1, why)
    seen = await all_or_none(office, office.accrual(account, 5, reference=slip(2)), office.payment(account, 3))
    assert seen[0].repeated
    assert await office.available(account) == 101


async def test_a_member_who_leaves_meanwhile_takes_the_whole_batch_along(office: Office, other: Office) -> None:
    leaver, (one,) = await office.member(10)
    _, (two,) = await office.member(10)
    await asyncio.gather(*(other.available(each) for each in (one, two)))
    await office.leaving.leave(office.leave(leaver, 10))

    with pytest.raises(BatchRefused) as refused:
        await all_or_none(other, other.payment(two, 4), other.accrual(one, 4))

    assert isinstance(refused.value.why, AccountNotActive)
    assert await other.available(two) == 10


async def test_batches_and_single_commands_of_two_processes_lose_nothing(office: Office, other: Office) -> None:
    _, (one, two) = await office.member(300, 300)
    refused = 0

    async def batch(desk: Office, number: int) -> int:
        nonlocal refused
        commands: list[Command] = [desk.payment(one, 3), desk.payment(two, 4)]
        if number % 3 == 0:
            commands.append(desk.payment(one, 10_000))
        try:
            await all_or_none(desk, *commands)
        except BatchRefused:
            refused += 1
            return 0
        return 7

    async def single(desk: Office) -> int:
        await desk.do(desk.payment(one, 1))
        return 1

    work = [batch(desk, number) for number in range(12) for desk in (office, other)]
    work += [single(desk) for _ in range(10) for desk in (office, other)]
    paid = sum(await asyncio.gather(*work))

    assert refused == 8
    assert sum([await office.available(each) for each in (one, two)]) == 600 - paid


async def test_a_thousand_lines_go_as_one(office: Office) -> None:
    _, accounts = await office.member(*[0] * 5)
    lines = [office.accrual(accounts[number % 5], 1) for number in range(BATCH_COMMANDS_MAX)]

    receipts = await all_or_none(office, *lines)

    positions = [each.position for each in receipts]
    assert positions == list(range(positions[0], positions[0] + BATCH_COMMANDS_MAX))
    assert [await office.available(each) for each in accounts] == [200] * 5


async def test_a_refund_and_a_suspension_go_with_the_rest(office: Office) -> None:
    _, (account,) = await office.member(50)
    spent = await office.do(office.payment(account, 50))

    receipts = await all_or_none(
        office,
        Refund(account_id=account, spending_id=spent.receipt_id, **office.stamp()),
        Suspend(account_id=account, reason="fraud", **office.stamp()),
    )

    assert [each.topic for each in receipts] == ["points.refunded.v1", "points.account-suspended.v1"]
    with pytest.raises(BatchRefused):
        await all_or_none(office, office.payment(account, 1))
