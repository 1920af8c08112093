"""Unregistered accounts: known by a card, they earn; claimed once, they are a member's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
import pytest

from crypto_shredding import IndexKind, Shredded
from ledger import (
    AccountNotActive,
    AlreadyClaimed,
    Claim,
    InvalidCommand,
    MemberNotActive,
    OpenAccount,
    Receipt,
    Suspend,
    UnknownAccount,
    UnknownMember,
)
from tests.ledger.office import PROGRAM, Office

CARD = "8710 1234-5678"


async def unregistered(office: Office, points: int = 0, card: str = CARD) -> UUID:
    account = uuid4()
    await office.do(OpenAccount(**office.stamp(), account_id=account, program=PROGRAM, card=card))
    if points:
        await office.do(office.accrual(account, points, memo="a memo", detail="goods"))
    return account


def claim(office: Office, account: UUID, member: UUID) -> Claim[str]:
    return Claim(account_id=account, holder=str(member), **office.stamp())


async def test_an_account_is_found_by_its_card_earns_and_may_not_spend(office: Office, other: Office) -> None:
    account = await unregistered(office, 100)

    assert await other.ledger.find_accounts("871012345678") == [account]
    assert await other.ledger.find_accounts("871012345679") == []
    for desk in (office, other):
        with pytest.raises(AccountNotActive, match="unregistered"):
            await desk.do(desk.payment(account, 1))
    assert await other.available(account) == 100


async def test_a_claimed_account_is_the_members_with_all_that_it_has_and_is_still_found(
    office: Office, other: Office
) -> None:
    account = await unregistered(office, 100)
    member, _ = await office.member()
    await other.available(account)
    claiming = claim(office, account, member)

    receipt = await office.do(claiming)
    again = await asyncio.gather(office.do(claiming), other.do(claiming))

    assert again == [receipt] * 2
    assert (receipt.topic, receipt.balance and receipt.balance.available) == ("points.account-claimed.v1", 100)
    await other.do(other.full_payment(account, 40))
    assert await office.available(account) == 60
    assert await office.ledger.find_accounts(CARD) == [account]
    assert await office.ledger.reader.accounts_of(member) == [account]
    # What finds a card finds no member by mistake.
    assert await office.find(IndexKind.PHONE, CARD) == []


async def test_of_many_who_claim_it_in_two_processes_one_wins(office: Office, other: Office) -> None:
    account = await unregistered(office, 10)
    members = [(await office.member())[0] for _ in range(8)]
    await other.available(account)

    answers = await asyncio.gather(
        *(desk.do(claim(desk, account, each)) for each in members for desk in (office, other)), return_exceptions=True
    )

    won = [each for each in answers if isinstance(each, Receipt)]
    assert len(won) == 1
    assert {type(each) for each in answers} == {Receipt, AlreadyClaimed}
    links = [await office.ledger.reader.accounts_of(each) for each in members]
    assert sorted(map(len, links)) == [0] * 7 + [1]


async def test_an_erasure_takes_card_index_and_link_along(office: Office, ledger_dsn: str) -> None:
    account = await unregistered(office, 100)
    member, _ = await office.member()
    await office.do(claim(office, account, member))
    office.now = office.now.replace(year=2035)  # so that no law keeps the record of what was bought

    await office.erasures.erase(office.erase(member))

    assert all(isinstance(each, Shredded) for each in office.opened([each for _, each in await office.boxes(account)]))
    assert await office.ledger.find_accounts(CARD) == []
    with psycopg.connect(ledger_dsn) as connection:
        counts = connection.execute(
            "SELECT (SELECT count(*) FROM ledger.blind_index), (SELECT count(*) FROM ledger.account_holder)"
        ).fetchone()
    assert counts == (0, 0)


async def test_the_index_of_an_unclaimed_card_moves_to_a_new_key(office: Office) -> None:
    account = await unregistered(office)

    report = await office.rekeying.rekey(actor="test")

    assert report is not None
    assert report.tagged_anew == 1
    assert await office.ledger.find_accounts(CARD) == [account]


async def test_a_claim_and_the_leaving_of_its_member_leave_no_account_behind(office: Office, other: Office) -> None:
    for _ in range(20):
        account = await unregistered(office, card=str(uuid4()))
        member, _ = await office.member()
        await other.available(account)

        claimed, left = await asyncio.gather(
            office.do(claim(office, account, member)),
            other.leaving.leave(other.leave(member)),
            return_exceptions=True,
        )

        assert isinstance(left, Receipt)
        assert isinstance(claimed, Receipt | MemberNotActive)
        book = await office.ledger.shelf.stored([account])
        assert book[0].status == ("left" if isinstance(claimed, Receipt) else "active")


async def test_the_refusals_of_a_claim_come_in_their_order(office: Office) -> None:
    account = await unregistered(office)
    member, (theirs,) = await office.member(0)
    with pytest.raises(UnknownMember):
        await office.do(claim(office, uuid4(), uuid4()))
    with pytest.raises(UnknownAccount):
        await office.do(claim(office, uuid4(), member))
    with pytest.raises(AlreadyClaimed):
        await office.do(claim(office, theirs, member))
    with pytest.raises(InvalidCommand):
        await office.do(OpenAccount(**office.stamp(), account_id=uuid4(), program=PROGRAM))
    with pytest.raises(InvalidCommand):
        await office.do(replace(claim(office, account, member), holder="nobody"))
    # A card that was lost before anybody registered it: stopped, then claimed and still stopped.
    await office.do(Suspend(account_id=account, reason="a lost card", **office.stamp()))
    await office.do(claim(office, account, member))
    with pytest.raises(AccountNotActive, match="suspended"):
        await office.do(office.payment(account, 1))
