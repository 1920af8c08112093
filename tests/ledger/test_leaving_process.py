"""Leaving: what was shown is given up, all accounts at once, and of the identity stays only what a law demands."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Shredded
from ledger import (
    RETAINED_IDENTITY,
    ConfirmationNeeded,
    MemberLeft,
    MemberNotActive,
    OpenAccount,
    Receipt,
    Refused,
    UnknownMember,
    decode,
)
from ledger.points.account import Account
from tests.ledger.desk.holding import submitted
from tests.ledger.office import PROGRAM, Office


async def test_the_points_that_leaving_costs_must_be_confirmed_to_the_point(office: Office) -> None:
    member, accounts = await office.member(30, 12)

    for wrong in (0, 41, 43):
        with pytest.raises(ConfirmationNeeded) as refused:
            await office.leaving.leave(office.leave(member, wrong))
        assert refused.value.forfeits == 42
    assert [await office.available(each) for each in accounts] == [30, 12]

    await office.leaving.leave(office.leave(member, 42))

    assert [await office.available(each) for each in accounts] == [0, 0]


async def test_leaving_twice_with_one_key_is_leaving_once(office: Office, other: Office) -> None:
    member, _ = await office.member(5)
    leave = office.leave(member, 5)

    receipts = await asyncio.gather(*(desk.leaving.leave(leave) for desk in (office, other) for _ in range(3)))

    assert len(set(receipts)) == 1
    with pytest.raises(MemberNotActive):
        await office.leaving.leave(office.leave(member, 5))


async def test_bought_points_are_not_forfeited_but_owed_in_money(office: Office) -> None:
    member, (account,) = await office.member(7)
    await office.do(office.accrual(account, 50, kind="paid"))

    receipt = await office.leaving.leave(office.leave(member, 7))

    assert receipt.points == 7
    left: Account = (await office.ledger.shelf.book(account)).state
    assert [(each.points, each.money.amount) for each in left.aside.claims.values()] == [(50, 50)]


async def test_a_stranger_cannot_leave(office: Office) -> None:
    with pytest.raises(UnknownMember):
        await office.leaving.leave(office.leave(uuid4()))


async def test_name_and_mail_stay_readable_as_retained_identity_when_the_profile_is_gone(office: Office) -> None:
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))

    await office.leaving.leave(office.leave(member, 90))
    await office.erasures.erase(office.erase(member))

    values = await office.boxes(member)
    opened = dict(zip(range(len(values)), office.opened([each for _, each in values]), strict=True))
    retained = [opened[n] for n, (retention, _) in enumerate(values) if retention is RETAINED_IDENTITY]
    profile = [opened[n] for n, (retention, _) in enumerate(values) if retention is not RETAINED_IDENTITY]
    assert sorted(retained) == sorted([f"name of {member}", f"{member}@example.org"])
    assert len(profile) == 3
    assert all(isinstance(each, Shredded) for each in profile)


async def test_nothing_is_retained_of_a_member_without_records_that_a_law_keeps(office: Office) -> None:
    member, _ = await office.member(0)

    await office.leaving.leave(office.leave(member))

    assert [each for each, _ in await office.boxes(member) if each is RETAINED_IDENTITY] == []


async def test_leaving_in_the_middle_of_business_gives_up_what_was_confirmed_and_nothing_else(
    office: Office, other: Office
) -> None:
    """Whoever wins each race, the points that came, went and were given up add up."""
    member, accounts = await office.member(50, 50)

    async def trade(desk: Office, number: int) -> int:
        account = accounts[number % 2]
        command = desk.accrual(account, 7) if number % 3 else desk.payment(account, 5)
        try:
            await desk.do(command)
        except Refused:
            return 0
        return 7 if number % 3 else -5

    async def leave() -> Receipt:
        shown = 0
        while True:
            try:
                return await office.leaving.leave(office.leave(member, shown))
            except ConfirmationNeeded as refused:
                shown = refused.forfeits

    leaving = asyncio.create_task(leave())
    moved = await asyncio.gather(*(trade(desk, number) for number in range(40) for desk in (office, other)))
    left = await leaving

    rows = list((await office.ledger.reader.read([(member, 0)]))[0])
    assert [row.topic for row in rows] == ["members.joined.v1", "members.left.v1"]
    assert left.position > 0
    totals = [await office.available(each) for each in accounts]
    assert totals == [0, 0]
    forfeited = 100 + sum(moved)
    event = decode(rows[-1].topic, rows[-1].state)
    assert isinstance(event, MemberLeft)
    assert event.forfeited == forfeited


async def test_what_is_retained_is_sealed_by_the_joining_that_was_stored(
    office: Office, other: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process has sent the same joining, with slots of its own, and has no answer yet."""
    member, account, answered = uuid4(), uuid4(), asyncio.Event()
    joining = office.joining(member)
    await office.member()  # brings the index's first key, which would be in the way below
    call = office.ledger._appender._call

    async def late(*arguments: Any) -> Any:
        await answered.wait()
        return await call(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(office.ledger._appender, "_call", late)
        here = asyncio.create_task(office.do(joining))
        await submitted(office, member, 1)
        await other.do(joining)
        await other.do(OpenAccount(**other.stamp(), account_id=account, program=PROGRAM, holder=str(member)))
        await other.do(other.accrual(account, 10))
        await other.do(other.payment(account, 10))
        leaving = asyncio.create_task(office.leaving.leave(office.leave(member)))
        await asyncio.wait([leaving], timeout=0.2)
        answered.set()
        await asyncio.gather(here, leaving)

    [stored] = await other.ledger.shelf.stored([member])
    retained = [each for retention, each in await other.boxes(member) if retention is RETAINED_IDENTITY]
    assert other.opened(retained) == [f"name of {member}", f"{member}@example.org"]
    assert {each.sealed.subject_slot for each in retained} == {stored.identity_slot}
