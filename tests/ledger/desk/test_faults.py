"""Lost connections, data that cannot be stored, callers who give up: the account stays usable and the sums right."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from crypto_shredding import TEXT_BYTES_MAX, TextRefused
from ledger import (
    BusinessReference,
    Command,
    DefineProgram,
    Exchange,
    Expire,
    InsufficientPoints,
    InvalidAmount,
    InvalidProgram,
    InvalidText,
    Money,
    OpenAccount,
    Pay,
    Program,
    Receipt,
    Refund,
    StoreError,
    StoreUnavailable,
    UnknownMember,
)
from ledger.store import EntryRejected, EntryTooLarge
from ledger.store.appender import BATCH_BYTES_MAX, Appender
from projections import Projector
from service.embedded_postgres import EmbeddedPostgres
from tests.ledger.desk.holding import appends_queue, submitted
from tests.ledger.office import PROGRAM, Addresses, Office
from tests.ledger.store.proxy import Proxy

TERMINATE = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = ANY(%s)
"""


def terminate(dsn: str, *names: str) -> int:
    """End the sessions of these names; how many there were."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(TERMINATE, [list(names)]).fetchone()
        assert row is not None
        count: int = row[0]
        return count


def payments_of(dsn: str, account: UUID) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT count(*) FROM ledger.events WHERE stream = %s AND topic = 'points.paid.v1'", [account]
        ).fetchone()
        assert row is not None
        count: int = row[0]
        return count


def events_in(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM ledger.events").fetchone()
        assert row is not None
        count: int = row[0]
        return count


def slip_of(receipt: str) -> BusinessReference:
    return BusinessReference(source="pos", store="330", terminal="4", receipt=receipt, business_date=date(2024, 3, 7))


async def test_a_session_that_is_terminated_in_the_middle_of_an_append_is_made_again(
    office: Office, ledger_dsn: str
) -> None:
    _, (account,) = await office.member(100)

    with appends_queue(ledger_dsn) as queue:
        paying = asyncio.create_task(office.do(office.payment(account, 60)))
        await queue.reaches(1)
        resting = asyncio.create_task(office.do(office.payment(account, 30)))
        await submitted(office, account, 2)
        assert terminate(ledger_dsn, "ledger appender") == 1

    receipts = await asyncio.gather(paying, resting)
    assert [each.balance.available for each in receipts if each.balance] == [40, 10]
    assert await office.available(account) == 10
    assert payments_of(ledger_dsn, account) == 2


async def test_sessions_that_are_terminated_again_and_again_cost_no_point_and_no_caller(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    _, (account,) = await office.member(500)
    ended = 0

    async def caller(desk: Office) -> list[Receipt | InsufficientPoints]:
        answers: list[Receipt | InsufficientPoints] = []
        for _ in range(20):
            try:
                answers.append(await desk.do(desk.payment(account, 3)))
            except InsufficientPoints as error:
                answers.append(error)
        return answers

    async def saboteur() -> None:
        nonlocal ended
        while True:
            ended += await asyncio.to_thread(terminate, ledger_dsn, "ledger appender", "ledger reader")
            await asyncio.sleep(0.03)

    sabotage = asyncio.create_task(saboteur())
    answers = [each for caller in await asyncio.gather(*map(caller, [office, other] * 8)) for each in caller]
    sabotage.cancel()
    await asyncio.wait([sabotage])

    receipts = [each for each in answers if isinstance(each, Receipt)]
    assert ended >= 4
    assert len(answers) == 320
    assert len({each.receipt_id for each in receipts}) == len(receipts) == 166 == payments_of(ledger_dsn, account)
    assert {each.available for each in answers if isinstance(each, InsufficientPoints)} == {2}
    assert await office.available(account) == await other.available(account) == 2


async def test_a_commit_whose_answer_never_comes_is_found_by_another_process(
    server: EmbeddedPostgres,
    ledger_database: str,
    office: Office,
    addresses: Addresses,
    ledger_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, (account,) = await office.member(100)
    monkeypatch.setattr(Appender, "open", staticmethod(partial(Appender.open, patience=0.3)))
    async with Proxy(server.socket_dir) as proxy:
        through = replace(addresses, ledger=proxy.dsn(ledger_database, "ledger_app"))
        async with await Office.open(through) as far:
            await far.available(account)
            payment = far.payment(account, 70)
            proxy.answers_to_lose, proxy.refuses = 1, True

            with pytest.raises(StoreUnavailable):
                await far.do(payment)
            elsewhere = await office.do(payment)
            proxy.refuses = False
            again = await far.do(payment)
            rest = await far.do(far.payment(account, 30))

    assert elsewhere == again
    assert rest.balance is not None
    assert rest.balance.available == await office.available(account) == 0
    assert payments_of(ledger_dsn, account) == 2


async def test_a_request_that_never_arrived_leaves_the_account_usable(
    server: EmbeddedPostgres,
    ledger_database: str,
    office: Office,
    addresses: Addresses,
    ledger_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All who rested on the lost payment are told that the outcome is unknown; each may come again."""
    _, (account,) = await office.member(100)
    monkeypatch.setattr(Appender, "open", staticmethod(partial(Appender.open, patience=0.3)))
    async with Proxy(server.socket_dir) as proxy:
        through = replace(addresses, ledger=proxy.dsn(ledger_database, "ledger_app"))
        async with await Office.open(through) as far:
            await far.available(account)
            proxy.requests_to_lose, proxy.refuses = 1, True
            payments = [far.payment(account, 30) for _ in range(4)]

            lost = await asyncio.gather(*map(far.do, payments), return_exceptions=True)
            before = await office.available(account)
            proxy.refuses = False
            again = await asyncio.gather(*map(far.do, payments), return_exceptions=True)

    assert [type(each) for each in lost[:3]] == [StoreUnavailable] * 3
    assert before == 100
    assert sorted(type(each).__name__ for each in again) == ["InsufficientPoints", "Receipt", "Receipt", "Receipt"]
    assert await office.available(account) == 10
    assert payments_of(ledger_dsn, account) == 3


async def test_an_account_is_opened_for_nobody_whose_joining_was_lost(
    office: Office, ledger_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The opening would go in the next batch, and be stored without its member: whom nobody could erase."""
    member, account, lost = uuid4(), uuid4(), asyncio.Event()
    call = office.ledger._appender._call

    async def lose(_: object, entries: int) -> Any:
        await lost.wait()
        monkeypatch.setattr(office.ledger._appender, "_call", call)
        raise StoreUnavailable(entries, 30)

    await office.ledger.programs.named(PROGRAM)
    await office.member()  # brings the index's first key, which would be in the way below
    monkeypatch.setattr(office.ledger._appender, "_call", lose)
    joining = asyncio.create_task(office.do(office.joining(member)))
    await submitted(office, member, 1)
    opening = OpenAccount(**office.stamp(), account_id=account, program=PROGRAM, holder=str(member))
    opened = asyncio.create_task(office.do(opening))
    await asyncio.wait([opened], timeout=0.1)
    lost.set()

    answers = await asyncio.gather(joining, opened, return_exceptions=True)
    assert [type(each) for each in answers] == [StoreUnavailable, UnknownMember]
    assert await office.ledger.reader.accounts_of(member) == []
    await office.do(office.joining(member))
    assert (await office.do(opening)).stream == account, "its key is still free"


async def test_a_payment_that_cannot_be_stored_harms_neither_its_batch_nor_what_rests_on_it(
    office: Office, ledger_dsn: str
) -> None:
    """Its reference is longer than PostgreSQL can index, which only the database knows."""
    _, (account, another) = await office.member(100, 100)
    rejected = office.payment(account, 50, reference=slip_of(secrets.token_hex(16_000)))
    batch: Sequence[Pay[str]] = [
        office.payment(another, 1),
        office.payment(account, 10),
        rejected,
        office.payment(account, 20),
        office.payment(another, 2),
    ]

    with appends_queue(ledger_dsn) as queue:
        first = asyncio.create_task(office.do(office.payment(another, 4)))
        await queue.reaches(1)
        line = [asyncio.create_task(office.do(each)) for each in batch]
        await submitted(office, account, 3)
        await submitted(office, another, 3)

    await first
    answers = await asyncio.gather(*line, return_exceptions=True)
    assert [type(each) for each in answers] == [Receipt, Receipt, EntryRejected, Receipt, Receipt]
    assert (await office.available(account), await office.available(another)) == (70, 93)
    assert (await office.do(replace(rejected, reference=slip_of("short")))).points == 50, "the key is still free"


async def test_giants_are_refused_by_type_and_nothing_of_them_is_stored(office: Office, ledger_dsn: str) -> None:
    _, (account,) = await office.member(100)
    giants: list[tuple[type[Exception], Pay[str], dict[str, Any]]] = [
        (TextRefused, office.full_payment(account, 1), {"memo": "점" * (TEXT_BYTES_MAX // 3 + 1)}),
        (TextRefused, office.full_payment(account, 1), {"detail": "x" * 50_000_000}),
        (InvalidText, office.full_payment(account, 1), {"store": "x" * BATCH_BYTES_MAX}),
        (EntryTooLarge, office.full_payment(account, 1), {"reference": slip_of("x" * BATCH_BYTES_MAX)}),
    ]

    for error, payment, giant in giants:
        with pytest.raises(error):
            await office.do(replace(payment, **giant))

    assert payments_of(ledger_dsn, account) == 0
    assert await office.available(account) == 100
    assert [(await office.do(payment)).points for _, payment, _ in giants] == [1, 1, 1, 1], "their keys are still free"


@pytest.mark.parametrize("unspeakable", ["\ud800", "\0"])
async def test_what_the_log_takes_the_read_models_take(unspeakable: str, office: Office, ledger_dsn: str) -> None:
    """PostgreSQL's text has neither. What is sealed may hold U+0000; every other text is refused before the append."""
    _, (account,) = await office.member(100)
    member, _ = await office.member()
    spent = (await office.do(office.payment(account, 1))).receipt_id
    coupon = Exchange(account_id=account, points=1, coupon=unspeakable, coupon_id=uuid4(), **office.stamp())
    commands: list[tuple[str, Command]] = [
        ("memo", office.payment(account, 1, memo=unspeakable)),
        ("store", office.payment(account, 1, store=unspeakable)),
        ("redeemer", office.payment(account, 1, redeemer=unspeakable)),
        ("coupon", coupon),
        ("funder", office.accrual(account, 1, funder=unspeakable)),
        ("supplier", office.accrual(account, 1, supplier=unspeakable)),
        ("actor", office.accrual(account, 1, actor=unspeakable)),
        ("actor", office.payment(account, 1, actor=unspeakable)),
        ("actor", replace(coupon, coupon="COFFEE", actor=unspeakable)),
        ("actor", Refund(account_id=account, spending_id=spent, **office.stamp(actor=unspeakable))),
        ("actor", Expire(account_id=account, as_of=date(2024, 3, 7), **office.stamp(actor=unspeakable))),
        ("actor", office.joining(uuid4(), actor=unspeakable)),
        ("code", DefineProgram(program=Program(unspeakable, "name", 1), **office.stamp())),
        ("name", DefineProgram(program=Program("OTHER", unspeakable, 1), **office.stamp())),
    ]
    before = events_in(ledger_dsn)

    sealed, *answers = await asyncio.gather(*(office.do(each) for _, each in commands), return_exceptions=True)
    erase = office.erase(member)
    erasures = await asyncio.gather(
        office.erasures.erase(replace(erase, basis=unspeakable)),
        office.erasures.erase(replace(erase, actor=unspeakable)),
        return_exceptions=True,
    )

    assert type(sealed) is (Receipt if unspeakable == "\0" else TextRefused)
    told = [(each.field, type(each)) for each in (*answers, *erasures) if isinstance(each, InvalidText)]
    assert told == [(field, InvalidText) for field in (*(name for name, _ in commands[1:]), "basis", "actor")]
    assert unspeakable not in "".join(map(str, answers))
    assert events_in(ledger_dsn) == before + (unspeakable == "\0"), "nobody has left either"
    with Projector(ledger_dsn) as projector:
        projector.catch_up()
        assert projector.position() == events_in(ledger_dsn)


@pytest.mark.parametrize("beyond", [2**31, 2**53, 2**63, 2**64, 2**70, -(2**70)])
async def test_numbers_beyond_every_column_are_refused(beyond: int, office: Office, ledger_dsn: str) -> None:
    _, (account,) = await office.member(100)
    commands: list[Command] = [
        office.payment(account, beyond),
        office.payment(account, 1, cash=Money(beyond * 10**6)),
        office.accrual(account, beyond),
        office.accrual(account, 1, priority=beyond),
        replace(office.accrual(account, 1), points=None, purchase=Money(beyond * 10**6)),
        DefineProgram(program=Program("BIG", "big", 1, unit_value=beyond), **office.stamp()),
        DefineProgram(program=Program("BIG", "big", beyond), **office.stamp()),
    ]
    before = events_in(ledger_dsn)

    answers = await asyncio.gather(*map(office.do, commands), return_exceptions=True)

    assert [type(each) for each in answers] == [InvalidAmount] * 5 + [InvalidProgram] * 2
    assert events_in(ledger_dsn) == before


@pytest.mark.parametrize("seed", range(3))
async def test_callers_who_give_up_at_any_moment_lose_nothing_and_block_nobody(
    seed: int, office: Office, other: Office, ledger_dsn: str
) -> None:
    """Cancelled in the middle of reading, sealing, a second look, waiting for a batch; half of them are refusals."""
    chance = random.Random(seed)
    _, accounts = await office.member(1_000, 1_000)
    desks = (office, other)
    commands = [office.full_payment(chance.choice(accounts), chance.choice((3, 5_000))) for _ in range(120)]

    async def impatient(number: int, command: Pay[str]) -> Receipt | BaseException:
        caller = asyncio.create_task(desks[number % 2].do(command))
        await asyncio.sleep(chance.random() * 0.02)
        caller.cancel()
        [answer] = await asyncio.gather(caller, return_exceptions=True)
        return answer

    hasty = await asyncio.gather(*(impatient(number, command) for number, command in enumerate(commands)))
    calm = [
        answer
        for command in commands
        for answer in await asyncio.gather(chance.choice(desks).do(command), return_exceptions=True)
    ]

    assert any(isinstance(each, asyncio.CancelledError) for each in hasty)
    for command, early, late in zip(commands, hasty, calm, strict=True):
        assert type(late) is (Receipt if command.points == 3 else InsufficientPoints)
        assert isinstance(early, asyncio.CancelledError) or type(early) is type(late)
        assert not isinstance(early, Receipt) or early == late
    for account in accounts:
        paid = sum(each.points for each in calm if isinstance(each, Receipt) and each.stream == account)
        assert await office.available(account) == await other.available(account) == 1_000 - paid
        assert payments_of(ledger_dsn, account) == paid // 3


async def test_a_closed_desk_says_so(addresses: Addresses, office: Office) -> None:
    _, (account,) = await office.member(10)
    async with await Office.open(addresses) as closed:
        await closed.available(account)

    with pytest.raises(StoreError):
        await closed.do(closed.payment(account, 1))

    assert await office.available(account) == 10
