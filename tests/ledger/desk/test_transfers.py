"""Transfer and conversion: two accounts, one entry; both or neither."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from crypto_shredding import Shredded
from ledger import (
    AccountNotActive,
    DefineProgram,
    InsufficientPoints,
    MemberNotActive,
    NotTransferable,
    Program,
    Receipt,
    Span,
    Suspend,
    Transfer,
    UnknownAccount,
)
from tests.ledger.desk import processes
from tests.ledger.office import Addresses, Office


def gift(office: Office, account: UUID, to: UUID, points: int = 30) -> Transfer[str]:
    notes: dict[str, Any] = {"memo": "to my sister", "receiver_memo": "from your brother"}
    return Transfer(account_id=account, to_account_id=to, points=points, **notes, **office.stamp())


def entries_of(dsn: str, *accounts: UUID) -> list[tuple[str, int]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT topic, position FROM ledger.events WHERE stream = ANY (%s) ORDER BY position", [list(accounts)]
        ).fetchall()


async def test_both_accounts_move_in_one_entry_and_each_party_has_a_note_of_its_own(
    office: Office, ledger_dsn: str
) -> None:
    giver, (account,) = await office.member(100)
    receiver, (to,) = await office.member(5)

    receipt = await office.do(gift(office, account, to))

    [*_, (sent, first), (received, second)] = entries_of(ledger_dsn, account, to)
    assert (sent, received, second) == ("points.sent.v1", "points.received.v1", first + 1)
    assert receipt.balance is not None
    assert [receipt.balance.available, await office.available(to)] == [70, 35]
    await office.erasures.erase(office.erase(giver, 70))
    mine = office.opened([each for _, each in await office.boxes(account)])
    theirs = office.opened([each for _, each in await office.boxes(to)])
    assert all(isinstance(each, Shredded) for each in mine)
    assert theirs == [str(receiver), "from your brother"]


async def test_a_gift_lives_on_by_activity_though_a_later_version_of_the_program_gives_it(office: Office) -> None:
    rules = {"expiry_from": "activity", "expires_after": Span(years=1)}
    first = Program("ALIVE", "a program", 1, **rules)  # type: ignore[arg-type]
    await office.do(DefineProgram(**office.stamp(), program=first))
    giver, receiver = (await office.member())[0], (await office.member())[0]
    account, to = await office.account(giver, 100, program="ALIVE"), await office.account(receiver, 5, program="ALIVE")
    office.now += timedelta(days=10)
    await office.do(office.payment(account, 10))  # so that no calendar tells the last day any more
    office.now += timedelta(days=10)
    await office.do(DefineProgram(**office.stamp(), program=replace(first, version=2, expires_after=Span(years=2))))
    office.now += timedelta(minutes=1)

    await office.do(gift(office, account, to))
    await office.do(office.payment(to, 1))

    balance = await office.ledger.balance(to)
    assert (balance.next_expiry_on, balance.next_expiry_points) == (date(2026, 3, 27), 34)


async def test_a_killed_transfer_is_whole_when_it_is_found(
    office: Office, other: Office, addresses: Addresses
) -> None:
    _, (account, to) = await office.member(100, 0)
    transfer = gift(office, account, to)
    await processes.killed(processes.start_dying(addresses, [transfer]))

    receipts = await asyncio.gather(office.do(transfer), other.do(transfer))

    assert receipts[0] == receipts[1]
    assert [await other.available(each) for each in (account, to)] == [70, 30]


async def test_gifts_both_ways_and_spenders_in_two_processes_lose_and_make_nothing(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    _, (one, two) = await office.member(60, 60)

    async def move(desk: Office, number: int) -> int:
        giver, receiver = (one, two) if number % 2 else (two, one)
        try:
            if number % 3 == 0:
                await desk.do(desk.payment(receiver, 2))
                return 2
            await desk.do(gift(desk, giver, receiver, 5))
        except InsufficientPoints:
            pass
        return 0

    paid = sum(await asyncio.gather(*(move(desk, number) for number in range(30) for desk in (office, other))))

    left = [await office.available(each) for each in (one, two)]
    assert sum(left) == 120 - paid
    assert min(left) >= 0
    with psycopg.connect(ledger_dsn) as connection:
        [deadlocks] = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone() or [None]
    assert deadlocks == 0


async def test_a_receiver_who_leaves_meanwhile_gets_nothing_and_the_giver_keeps_all(
    office: Office, other: Office
) -> None:
    _, (account,) = await office.member(100)
    receiver, (to,) = await office.member(0)
    await other.available(to)  # what this process knows is older than the leaving
    await office.leaving.leave(office.leave(receiver))

    with pytest.raises((AccountNotActive, MemberNotActive)):
        await other.do(gift(other, account, to))

    assert await other.available(account) == 100


async def test_the_refusals_of_a_transfer_come_in_their_order(office: Office) -> None:
    _, (account, to) = await office.member(10, 0)
    nowhere = UUID(int=7)
    await office.do(Suspend(account_id=account, reason="a lost card", **office.stamp()))
    with pytest.raises(UnknownAccount):
        await office.do(gift(office, account, nowhere))
    with pytest.raises(AccountNotActive, match="suspended"):
        await office.do(gift(office, account, to, 999))
    with pytest.raises(NotTransferable):
        await office.do(gift(office, to, to))
    with pytest.raises(InsufficientPoints):
        await office.do(gift(office, to, account, 999))
    assert isinstance(await office.do(office.accrual(account, 1)), Receipt)
