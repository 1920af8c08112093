"""ADR 0401: an event is accepted behind the one it was decided on, and the check that says so is needed."""

from __future__ import annotations

import asyncio
import re
from itertools import accumulate
from typing import Any
from uuid import UUID

import psycopg
import pytest

from ledger import Receipt, decode
from ledger.points.conservation import points_of
from ledger.store.appender import Appender
from tests.ledger.desk.holding import appends_queue, submitted
from tests.ledger.office import Office

# The base by identity, in the look that finds a batch without refusals and in the verdict on each entry.
BY_IDENTITY = {
    "ledger.append": r"AND coalesce\(v\.base = coalesce\(v\.previous_event, h\.event\), "
    r"v\.base IS NULL AND v\.version = 1\)",
    "ledger.judge": r"AND coalesce\(\s*event_base\[event_last\] = head_event\[n\], "
    r"event_base\[event_last\] IS NULL AND head_version\[n\] = 0\s*\)",
}


async def the_counter_example(p: Office, q: Office, dsn: str) -> tuple[UUID, list[Any]]:
    """P decides A, +100, and on top of it B, -150, for another batch; Q's D, -10, takes A's place. Of 100 points."""
    _, (account,) = await p.member(100)
    await q.available(account)
    with appends_queue(dsn) as queue:
        d = asyncio.create_task(q.do(q.payment(account, 10)))
        await queue.reaches(1)
        a = asyncio.create_task(p.do(p.accrual(account, 100)))
        await queue.reaches(2)
        b = asyncio.create_task(p.do(p.payment(account, 150)))
        await submitted(p, account, 2)
    return account, list(await asyncio.gather(d, a, b, return_exceptions=True))


def points_after_each_event(dsn: str, account: UUID) -> list[int]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT topic, state FROM ledger.events WHERE stream = %s ORDER BY version", [account]
        ).fetchall()
    return list(accumulate(points_of(decode(topic, state)) for topic, state in rows))  # type: ignore[arg-type]


async def test_what_was_decided_on_a_refused_event_is_decided_again(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    account, answers = await the_counter_example(office, other, ledger_dsn)

    after = points_after_each_event(ledger_dsn, account)
    assert min(after) >= 0
    # B may come before A is decided again, and is then told that 90 points are left.
    assert after[:3] == [0, 100, 90]
    assert all(isinstance(each, Receipt) for each in answers[:2])
    assert await office.available(account) == await other.available(account) == after[-1]
    assert after[-1] == (40 if isinstance(answers[2], Receipt) else 190)


async def test_without_the_check_by_identity_the_account_is_overdrawn(
    office: Office, other: Office, ledger_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same, in a database whose append function asks for the version alone: so the test above can fail.

    And by an appender that does not drop what waits behind a refused entry, which is the second guard.
    """
    monkeypatch.setattr(Appender, "_drop_followers", lambda *_: None)
    with psycopg.connect(ledger_dsn, autocommit=True) as connection:
        for function, check in BY_IDENTITY.items():
            [body] = connection.execute("SELECT pg_get_functiondef(%s::regproc)", [function]).fetchone() or [""]
            without, removed = re.subn(check, "", body)
            assert removed == 1, function
            connection.execute(without.encode())

    account, _ = await the_counter_example(office, other, ledger_dsn)

    assert min(points_after_each_event(ledger_dsn, account)) == -60
