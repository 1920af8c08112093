"""The id of a command's first event follows from its key; what rests on one attempt never rests on another's event."""

from __future__ import annotations

import asyncio
from math import inf
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger import DefineProgram, Program, Receipt, Span
from ledger.points.commands import Accrue
from ledger.points.stamp import first_event_id
from ledger.store.appender import Appender
from tests.ledger.desk.holding import appends_queue, submitted
from tests.ledger.office import PROGRAM, Addresses, Office

JUDGE = "SELECT pg_get_functiondef('ledger.judge'::regproc)"
BEHIND_A_REFUSED = "IF head_event[stream_number[refused]] = event_id[refused] THEN"


async def test_the_first_event_of_a_command_has_the_id_of_its_key(office: Office) -> None:
    _, (account,) = await office.member(100)
    payment = office.payment(account, 30)

    receipt = await office.do(payment)

    assert receipt.receipt_id == first_event_id(account, payment.key)


async def two_attempts(p: Office, q: Office, dsn: str, *, together: bool) -> UUID:
    """P and Q decide one accrual by two versions of the program; P pays out of its own, in the same batch or a later.

    Q's accrual is stored first. Its lot has another last day than the one that P draws from.
    """
    _, (account, elsewhere) = await p.member(0, 0)
    await p.available(account)
    p.ledger.programs._definitions._looked_at = inf  # P does not hear of the new version
    accrual = p.accrual(account, 100)
    await q.do(DefineProgram(**q.stamp(), program=Program(PROGRAM, "a program", 2, expires_after=Span(years=1))))
    with appends_queue(dsn) as queue:
        d = asyncio.create_task(q.do(accrual))
        await queue.reaches(1)
        if together:
            c = asyncio.create_task(p.do(p.accrual(elsewhere, 1)))
            await queue.reaches(2)
        a = asyncio.create_task(p.do(accrual))
        await submitted(p, account, 1)
        if not together:
            await queue.reaches(2)
        b = asyncio.create_task(p.do(p.payment(account, 10)))
        await submitted(p, account, 2)
    answers = await asyncio.gather(d, a, b)
    if together:
        await c
    assert all(isinstance(each, Receipt) for each in answers)
    assert answers[0] == answers[1]
    return account


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
async def test_what_rests_on_an_attempt_that_was_not_stored_is_decided_again(
    office: Office, other: Office, addresses: Addresses, ledger_dsn: str, together: bool
) -> None:
    account = await two_attempts(office, other, ledger_dsn, together=together)

    async with await Office.open(addresses) as newcomer:
        assert await newcomer.available(account) == 90


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "in two batches"])
async def test_without_the_guards_the_history_would_contradict_itself(
    office: Office,
    other: Office,
    addresses: Addresses,
    ledger_dsn: str,
    together: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the test above can fail: each guard taken away where it is the one that holds."""
    if together:
        with psycopg.connect(ledger_dsn, autocommit=True) as connection:
            [body] = connection.execute(JUDGE).fetchone() or [""]
            assert BEHIND_A_REFUSED in body
            connection.execute(body.replace(BEHIND_A_REFUSED, "IF false THEN").encode())
    else:
        monkeypatch.setattr(Appender, "_drop_followers", lambda *_: None)

    account = await two_attempts(office, other, ledger_dsn, together=together)

    async with await Office.open(addresses) as newcomer:
        with pytest.raises(Exception, match="it takes points from a lot that has none"):
            await newcomer.available(account)


async def test_a_key_of_one_account_is_another_id_on_another(office: Office) -> None:
    _, (one, two) = await office.member(0, 0)
    key = uuid4()

    receipts = [await office.do(Accrue(account_id=each, points=5, **office.stamp(key=key))) for each in (one, two)]

    assert receipts[0].receipt_id != receipts[1].receipt_id
