"""What is refused leaves no trace, and harms nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from crypto_shredding import NO_SLOT, TEXT_BYTES_MAX, Shredder, TextRefused
from ledger import (
    AccountExists,
    AccountNotActive,
    AlreadyRefunded,
    BusinessReference,
    DefineProgram,
    InsufficientPoints,
    InvalidAmount,
    InvalidText,
    InvalidTime,
    KeyReused,
    LedgerError,
    MemberExists,
    MemberNotActive,
    OpenAccount,
    PeriodEnded,
    Program,
    Refund,
    UnknownAccount,
    UnknownMember,
    UnknownProgram,
    UnknownSpending,
)
from ledger.calendar import SEOUL
from ledger.desk.engine import Task
from ledger.desk.receipts import receipt_of
from ledger.desk.stamping import FreshIds, stamp
from ledger.points.decide import decide
from ledger.points.fingerprint import fingerprint
from ledger.points.limits import WORD_CHARACTERS_MAX
from ledger.store import EntryRejected, EntryTooLarge
from ledger.store.appender import BATCH_BYTES_MAX
from tests.ledger.office import MORNING, PROGRAM, Office

TABLES = "SELECT relname FROM pg_class WHERE relnamespace = 'ledger'::regnamespace AND relkind IN ('r', 'p', 'S')"


def contents(dsn: str) -> dict[str, object]:
    """Rows and a checksum of every table of the schema, whatever tables there are."""
    with psycopg.connect(dsn) as connection:
        tables = [table for (table,) in connection.execute(TABLES)]
        assert {"events", "box", "receipt", "closed_class", "account_holder", "shard"} <= set(tables)
        return {
            table: connection.execute(
                f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM ledger.{table} AS t"  # noqa: S608
            ).fetchone()
            for table in tables
        }


async def test_a_refused_command_leaves_every_table_as_it_was(office: Office, ledger_dsn: str) -> None:
    member, (account, left) = await office.member(10, 0)
    gone, _ = await office.member()
    await office.leaving.leave(office.leave(gone))
    stranger = uuid4()
    joining = office.joining(uuid4())
    await office.do(joining)
    spent = office.full_payment(account, 3)
    spending = (await office.do(spent)).receipt_id
    await office.do(Refund(account_id=account, spending_id=spending, **office.stamp()))
    tomorrow = office.now + timedelta(days=1)
    slip = BusinessReference(
        source="pos", store="330", terminal="4", receipt=token_hex(16_000), business_date=date(2024, 3, 7)
    )
    before = contents(ledger_dsn)

    refused = [
        (InsufficientPoints, office.full_payment(account, 11)),
        (InvalidAmount, office.payment(account, 0)),
        (InvalidAmount, office.payment(account, -5)),
        (UnknownAccount, office.payment(stranger, 1)),
        (UnknownSpending, Refund(account_id=account, spending_id=stranger, **office.stamp())),
        (UnknownProgram, OpenAccount(**office.stamp(), account_id=stranger, program="?", holder=str(member))),
        (UnknownMember, OpenAccount(**office.stamp(), account_id=stranger, program=PROGRAM, holder=str(uuid4()))),
        (MemberNotActive, OpenAccount(**office.stamp(), account_id=stranger, program=PROGRAM, holder=str(gone))),
        (TextRefused, office.payment(account, 1, memo="x" * (TEXT_BYTES_MAX + 1))),
        (AlreadyRefunded, Refund(account_id=account, spending_id=spending, **office.stamp())),
        (KeyReused, replace(spent, points=4)),
        (KeyReused, replace(joining, occurred_at=tomorrow)),
        (MemberExists, replace(joining, key=uuid4())),
        (AccountExists, OpenAccount(**office.stamp(), account_id=account, program=PROGRAM, holder=str(member))),
        (InvalidTime, office.payment(account, 1, occurred_at=tomorrow)),
        (InvalidText, office.payment(account, 1, store="x" * (WORD_CHARACTERS_MAX + 1))),
        (InvalidText, office.payment(account, 1, actor="")),
        (EntryTooLarge, office.payment(account, 1, reference=replace(slip, receipt="x" * BATCH_BYTES_MAX))),
        (EntryRejected, office.payment(account, 1, reference=slip)),
    ]
    for error, command in refused:
        with pytest.raises(error):
            await office.do(command)

    assert contents(ledger_dsn) == before
    assert await office.available(account) == 10
    assert await office.available(left) == 0


async def test_a_refusal_while_an_own_payment_is_unanswered_waits_for_the_answer(office: Office) -> None:
    _, (account,) = await office.member(10)

    first, second = await asyncio.gather(
        office.do(office.payment(account, 10)), office.do(office.payment(account, 1)), return_exceptions=True
    )

    assert not isinstance(first, BaseException)
    assert isinstance(second, InsufficientPoints)
    assert second.available == 0


async def test_an_entry_that_cannot_be_stored_leaves_the_account_usable(office: Office) -> None:
    _, (account,) = await office.member(100)

    with pytest.raises(LedgerError):  # PostgreSQL's text has no U+0000; the reference is stored as text
        await office.ledger.engine.carry_out(await _task_with_a_nul(office, account))
    receipt = await office.do(office.payment(account, 40))

    assert receipt.balance is not None
    assert receipt.balance.available == 60


async def _task_with_a_nul(office: Office, account: UUID) -> Task:
    command: Any = office.payment(account, 1)
    program = await office.ledger.programs.named(PROGRAM)
    return Task(
        key=command.key,
        fingerprint=fingerprint(command),
        streams=(command.account_id,),
        decide=lambda books: [
            (books[0], event)
            for event in decide(books[0].state, command, program, stamp(FreshIds(), lambda: office.now))
        ],
        answer=partial(receipt_of, command.account_id, command, SEOUL),
        reference="nul\0",
    )


async def test_a_cancelled_caller_loses_nothing_and_blocks_nobody(office: Office) -> None:
    _, (account,) = await office.member(100)
    payment = office.payment(account, 60)
    caller = asyncio.create_task(office.do(payment))
    await asyncio.sleep(0)

    caller.cancel()
    refused = await asyncio.gather(office.do(office.payment(account, 60)), return_exceptions=True)
    receipt = await office.do(payment)

    assert isinstance(refused[0], InsufficientPoints), "the payment was on its way"
    assert receipt.points == 60
    assert await office.available(account) == 40


async def test_a_left_account_says_that_it_is_left(office: Office, other: Office) -> None:
    member, (account,) = await office.member(0)
    await other.available(account)
    await office.leaving.leave(office.leave(member))

    for desk in (office, other):
        with pytest.raises(AccountNotActive) as refused:
            await desk.do(desk.accrual(account, 5))
        assert refused.value.status == "left"


NO_ZONE = MORNING.replace(tzinfo=None)
TEXTS: list[dict[str, Any]] = [{}, {"memo": "a memo"}, {"memo": "a memo", "detail": "bought", "instrument": "**** 1"}]


async def refusal_of(office: Office, account: UUID, points: int, given: dict[str, Any]) -> type[BaseException]:
    [answer] = await asyncio.gather(office.do(office.payment(account, points, **given)), return_exceptions=True)
    assert isinstance(answer, BaseException)
    return type(answer)


async def test_a_command_with_texts_is_refused_as_one_without_them(office: Office, other: Office) -> None:
    """Also where the keys are gone with the member, and in a process that has not heard of it."""
    member, (account,) = await office.member(10)
    await other.do(other.full_payment(account, 1))
    future = {"occurred_at": office.now + timedelta(days=1)}
    active = [
        [await refusal_of(office, account, points, texts | given) for texts in TEXTS]
        for points, given in ((-1, {}), (10, {}), (1, future), (-1, future), (1, {"store": "\0"}))
    ]
    await office.erasures.erase(office.erase(member, 9))

    assert active == [[each] * 3 for each in (InvalidAmount, InsufficientPoints, InvalidTime, InvalidTime, InvalidText)]
    for desk in (other, office):
        for points in (1, -1, 10):
            assert [await refusal_of(desk, account, points, texts) for texts in TEXTS] == [AccountNotActive] * 3


async def test_a_text_that_cannot_be_sealed_is_told_after_every_other_refusal(office: Office) -> None:
    _, (account,) = await office.member(10)
    stored = office.payment(account, 1, memo="a memo")
    first = await office.do(stored)

    for memo in ("x" * (TEXT_BYTES_MAX + 1), "\ud800"):
        assert await refusal_of(office, account, -1, {"memo": memo}) is InvalidAmount
        assert await refusal_of(office, account, 10, {"memo": memo}) is InsufficientPoints
        assert await refusal_of(office, account, 9, {"memo": memo}) is TextRefused
        assert await office.do(replace(stored, memo=memo)) == first, "texts are no part of what a key holds"


async def test_a_day_whose_retention_has_ended_is_told_after_every_other_refusal_and_as_such(office: Office) -> None:
    _, (account,) = await office.member(10)
    stored = office.full_payment(account, 1)
    first = await office.do(stored)
    periods = {each.sealed.period_slot for _, each in await office.boxes(account)} - {NO_SLOT}
    shredder = Shredder(office.keyring)
    doomed = shredder.doom(sorted(periods), reason="retention has ended", at=office.now)
    shredder.wait_until_unreadable(doomed)
    shredder.shred(doomed, at=office.now)
    detail = {"detail": "what was bought"}

    assert await refusal_of(office, account, -1, detail) is InvalidAmount
    assert await refusal_of(office, account, 10, detail) is InsufficientPoints
    assert await refusal_of(office, account, 9, detail) is PeriodEnded
    assert await office.do(stored) == first
    with pytest.raises(KeyReused):
        await office.do(replace(stored, points=2))
    assert (await office.do(office.payment(account, 9, memo="not of that class"))).points == 9


@pytest.mark.parametrize("at", [NO_ZONE, datetime(1, 1, 1, tzinfo=SEOUL), datetime.max.replace(tzinfo=UTC)])
async def test_what_is_no_instant_is_refused_by_every_verb(office: Office, at: datetime) -> None:
    member, (account,) = await office.member(10)
    given: dict[str, Any] = {"occurred_at": at}
    verbs: list[Coroutine[Any, Any, Any]] = [
        *(office.do(office.payment(account, -1, **given, **texts)) for texts in TEXTS),
        office.do(office.accrual(account, -1, detail="bought", **given)),
        office.do(office.joining(uuid4(), **given)),
        office.do(OpenAccount(**office.stamp(**given), account_id=uuid4(), program=PROGRAM, holder=str(member))),
        office.do(DefineProgram(**office.stamp(**given), program=Program("OTHER", "other", 1))),
        office.leaving.leave(replace(office.leave(member, 10), **given)),
        office.erasures.erase(office.erase(member, 10, **given)),
    ]

    answers = await asyncio.gather(*verbs, return_exceptions=True)

    assert {type(each) for each in answers} == {InvalidTime}
    await office.leaving.leave(office.leave(member, 10))
