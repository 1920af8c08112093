"""A hold against the closing of its period, and against an erasure: one wins, and the other is told."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from crypto_shredding import Shredded
from ledger import NothingToHold, PeriodEnded, Receipt, RetentionReport, decode, start_of
from tests.ledger.desk.holding import appends_queue
from tests.ledger.holds.held import held_values
from tests.ledger.office import Addresses, Office

DUE = date(2029, 3, 8)
GUARDS = {
    "ledger.append": (r"cardinality\(use_entry\) > 0 AND", "false AND"),
    "ledger.judge": (r"ELSIF is_ended THEN", "ELSIF false THEN"),
}


async def paid(office: Office) -> tuple[UUID, UUID, UUID]:
    """A member who stays, with one payment that has a record and no memo."""
    member, (account,) = await office.member(100)
    receipt = await office.do(office.payment(account, 10, detail="what was bought"))
    return member, account, receipt.receipt_id


async def in_order(first: Any, second: Any, dsn: str) -> list[Any]:
    """Two appends of two processes, in this order, both made up before either is stored."""
    with appends_queue(dsn) as queue:
        one = asyncio.create_task(first)
        await queue.reaches(1)
        two = asyncio.create_task(second)
        await queue.reaches(2)
    return list(await asyncio.gather(one, two, return_exceptions=True))


async def test_a_hold_behind_the_closing_of_its_period_is_told(office: Office, other: Office, ledger_dsn: str) -> None:
    member, _, record = await paid(office)
    office.now = other.now = start_of(DUE)
    hold = office.hold(member, record)

    run = other.retention.run(DUE, actor="test")
    answers = await in_order(run, office.holds.place(hold), ledger_dsn)

    assert isinstance(answers[0], RetentionReport)
    assert isinstance(answers[1], PeriodEnded)
    assert await held_values(office, member, hold.hold_id) == {}


async def test_a_hold_before_the_closing_keeps_its_copy(office: Office, other: Office, ledger_dsn: str) -> None:
    member, account, record = await paid(office)
    office.now = other.now = start_of(DUE)
    hold = office.hold(member, record)

    run = other.retention.run(DUE, actor="test")
    answers = await in_order(office.holds.place(hold), run, ledger_dsn)

    assert isinstance(answers[0], Receipt)
    assert isinstance(answers[1], RetentionReport)
    assert (await held_values(office, member, hold.hold_id))["value_2"] == "what was bought"
    originals = [each for retention, each in await office.boxes(account) if retention.name == "payment"]
    assert all(isinstance(each, Shredded) for each in office.opened(originals))


async def test_without_the_check_under_the_lock_a_hold_keeps_what_a_closed_period_had(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    """The first test above can fail."""
    member, _, record = await paid(office)
    office.now = other.now = start_of(DUE)
    with psycopg.connect(ledger_dsn, autocommit=True) as connection:
        for function, (check, instead) in GUARDS.items():
            [body] = connection.execute("SELECT pg_get_functiondef(%s::regproc)", [function]).fetchone() or [""]
            without, removed = re.subn(check, instead, body)
            assert removed == 1, function
            connection.execute(without.encode())
    hold = office.hold(member, record)

    run = other.retention.run(DUE, actor="test")
    answers = await in_order(run, office.holds.place(hold), ledger_dsn)

    assert isinstance(answers[1], Receipt)
    assert (await held_values(office, member, hold.hold_id))["value_2"] == "what was bought"


async def joined(office: Office) -> tuple[UUID, UUID]:
    """A member who has left, and the record of their joining."""
    member, _ = await office.member()
    await office.leaving.leave(office.leave(member))
    rows, _ = await office.ledger.reader.read([(member, 0)])
    first = next(iter(rows))
    return member, decode(first.topic, first.state).id


async def test_a_hold_behind_the_fence_is_told_and_nothing_of_it_is_kept(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    member, record = await joined(office)
    hold = office.hold(member, record)
    await request_only(other, member)

    answers = await in_order(other.erasures.resume(actor="test"), office.holds.place(hold), ledger_dsn)

    assert isinstance(answers[1], NothingToHold)
    [report] = answers[0]
    assert report.legal_holds == ()
    assert await held_values(office, member, hold.hold_id) == {}


async def test_a_hold_before_the_fence_is_in_its_event_and_stays_readable(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    """The fence was decided before the hold was stored: it is decided again, under the lock."""
    member, record = await joined(office)
    hold = office.hold(member, record)
    await request_only(other, member)
    await office.ledger.shelf.stored([member])  # so that the hold is decided on what the store holds

    answers = await in_order(office.holds.place(hold), other.erasures.resume(actor="test"), ledger_dsn)

    assert isinstance(answers[0], Receipt)
    [report] = answers[1]
    assert report.legal_holds == (hold.hold_id,)
    assert (await held_values(office, member, hold.hold_id))["value_3"] == f"name of {member}"
    profile = [each for retention, each in await office.boxes(member) if retention.name == "profile"]
    assert all(isinstance(each, Shredded) for each in office.opened(profile))


async def request_only(office: Office, member: UUID) -> None:
    await office.erasures._request(office.erase(member))


@asynccontextmanager
async def placing(
    addresses: Addresses, office: Office, wanted: Sequence[tuple[UUID, UUID, UUID]]
) -> AsyncIterator[dict[str, str]]:
    """Another process places the holds while the block runs; what it was told is there when the block has ended."""
    arguments = [addresses.ledger, addresses.keys, addresses.root, office.now.isoformat()]
    command = [sys.executable, "-m", "tests.ledger.holds.racing", *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    told: dict[str, str] = {}
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([[str(each) for each in ids] for ids in wanted]).encode() + b"\n")
        assert await process.stdout.readline() == b"\n"
        process.stdin.write(b"go\n")
        yield told
        output, _ = await asyncio.wait_for(process.communicate(b""), 60)
        told.update(json.loads(output))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("delay", [0.05, 0.1])
async def test_another_process_races_the_closing_and_each_hold_is_kept_or_told(
    office: Office, addresses: Addresses, delay: float
) -> None:
    wanted = [(member, record, uuid4()) for member, _, record in [await paid(office) for _ in range(12)]]
    office.now = start_of(DUE)

    async with placing(addresses, office, wanted) as told:
        await asyncio.sleep(delay)
        await office.retention.run(DUE, actor="test")

    await kept_or_told(office, wanted, told, {"PeriodEnded", "NothingToHold"}, "value_2")


async def test_another_process_races_erasures_and_each_hold_is_kept_or_told(
    office: Office, addresses: Addresses
) -> None:
    wanted = [(member, record, uuid4()) for member, record in [await joined(office) for _ in range(12)]]

    async with placing(addresses, office, wanted) as told:
        await asyncio.sleep(0.05)
        reports = [await office.erasures.erase(office.erase(member)) for member, _, _ in reversed(wanted)]

    await kept_or_told(office, wanted, told, {"NothingToHold"}, "value_1")
    listed = {hold for report in reports for hold in report.legal_holds}
    assert listed == {UUID(hold) for hold, what in told.items() if what == "placed"}


async def kept_or_told(
    office: Office, wanted: Sequence[tuple[UUID, UUID, UUID]], told: dict[str, str], refusals: set[str], value: str
) -> None:
    assert len(told) == len(wanted)
    for member, _, hold in wanted:
        held = await held_values(office, member, hold)
        if told[str(hold)] == "placed":
            assert isinstance(held[value], str)
        else:
            assert told[str(hold)] in refusals
            assert held == {}
