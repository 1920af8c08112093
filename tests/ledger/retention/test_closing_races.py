"""Recording against the closing of its period: one wins, the other is told, and nothing comes behind the closing."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from crypto_shredding import Shredded
from ledger import PeriodEnded, Receipt, start_of
from tests.ledger.desk.holding import appends_queue
from tests.ledger.office import Addresses, Office

BOUGHT = datetime(2024, 3, 7, 9, tzinfo=UTC)
DUE = date(2029, 3, 8)
LATE = """
    SELECT count(*) FROM ledger.events AS e INNER JOIN ledger.closed_period AS p
    ON p.class = 3 AND e.position > p.position WHERE e.topic = 'points.accrued.v1' AND e.stream = %s
"""
GUARDS = {
    "ledger.append": (r"cardinality\(use_entry\) > 0 AND", "false AND"),
    "ledger.judge": (r"ELSIF is_ended THEN", "ELSIF false THEN"),
}


async def bought(office: Office) -> UUID:
    """An account with a purchase of the day that is due; the office has the period's key at hand."""
    office.now = BOUGHT
    _, (account,) = await office.member(0)
    office.now = start_of(DUE)
    await office.do(office.accrual(account, 1, detail="what was agreed", occurred_at=BOUGHT))
    return account


async def both_queued(first: Any, second: Any, dsn: str) -> list[Any]:
    """Two appends of two processes, in this order."""
    with appends_queue(dsn) as queue:
        one = asyncio.create_task(first)
        await queue.reaches(1)
        two = asyncio.create_task(second)
        await queue.reaches(2)
    return list(await asyncio.gather(one, two, return_exceptions=True))


async def points(office: Office, account: UUID) -> int:
    """What was bought, before it expired."""
    return (await office.ledger.balance(account, BOUGHT)).available


def late(dsn: str, account: UUID) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(LATE, [account]).fetchone()
    assert row is not None
    return int(row[0])


async def test_sealed_before_the_closing_and_appended_after_it_is_refused(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    account = await bought(office)
    other.now = office.now
    sealed = office.accrual(account, 5, detail="what was agreed", occurred_at=BOUGHT)

    answers = await both_queued(other.retention.run(DUE, actor="test"), office.do(sealed), ledger_dsn)

    assert isinstance(answers[1], PeriodEnded)
    assert late(ledger_dsn, account) == 0
    assert await points(office, account) == 1


async def test_appended_before_the_closing_it_is_stored_and_destroyed_with_the_period(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    account = await bought(office)
    other.now = office.now
    sealed = office.accrual(account, 5, detail="what was agreed", occurred_at=BOUGHT)

    answers = await both_queued(office.do(sealed), other.retention.run(DUE, actor="test"), ledger_dsn)

    assert isinstance(answers[0], Receipt)
    details = [each for retention, each in await office.boxes(account) if retention.name == "contract"]
    assert len(details) == 2
    assert all(isinstance(each, Shredded) for each in office.opened(details))
    assert await points(office, account) == 6


async def test_without_the_check_under_the_lock_a_record_comes_behind_the_closing(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    """The first test above, in a database whose append function does not ask: so that it can fail."""
    account = await bought(office)
    other.now = office.now
    with psycopg.connect(ledger_dsn, autocommit=True) as connection:
        for function, (check, instead) in GUARDS.items():
            [body] = connection.execute("SELECT pg_get_functiondef(%s::regproc)", [function]).fetchone() or [""]
            without, removed = re.subn(check, instead, body)
            assert removed == 1, function
            connection.execute(without.encode())
    sealed = office.accrual(account, 5, detail="what was agreed", occurred_at=BOUGHT)

    answers = await both_queued(other.retention.run(DUE, actor="test"), office.do(sealed), ledger_dsn)

    assert isinstance(answers[1], Receipt)
    assert late(ledger_dsn, account) == 1


async def test_another_process_that_records_that_day_all_the_time_loses_nothing_and_brings_nothing_back(
    office: Office, addresses: Addresses, ledger_dsn: str
) -> None:
    account = await bought(office)
    arguments = [addresses.ledger, addresses.keys, addresses.root, office.now.isoformat(), account, BOUGHT.isoformat()]
    command = [sys.executable, "-m", "tests.ledger.retention.backdating", *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"\n"
        await office.retention.run(DUE, actor="test")
        await asyncio.sleep(0.1)
        output, _ = await asyncio.wait_for(process.communicate(b""), 60)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    told = Counter(json.loads(output))

    assert [each for each in told if each.startswith("fault")] == []
    assert told["ended"] > 0
    assert late(ledger_dsn, account) == 0
    assert await points(office, account) == 1 + told["appended"]
    details = [each for retention, each in await office.boxes(account) if retention.name == "contract"]
    assert len(details) == 1 + told["appended"]
    assert all(isinstance(each, Shredded) for each in office.opened(details))


async def test_a_day_that_nobody_closed_is_open_however_long_ago_it_was(office: Office) -> None:
    account = await bought(office)
    await office.retention.run(DUE, actor="test")

    longer_ago = BOUGHT - timedelta(days=400)
    receipt = await office.do(office.accrual(account, 1, detail="what was agreed", occurred_at=longer_ago))
    report = await office.retention.run(DUE, actor="test")

    assert receipt.points == 1
    assert [each.first_day for each in report.periods] == [date(2023, 2, 2)]
