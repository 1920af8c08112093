"""Leaving against everything else that happens: what it closes is what was shown, and nothing is half closed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import NO_SLOT, Shredded
from ledger import (
    PROFILE,
    RETAINED_IDENTITY,
    AccountNotActive,
    ConfirmationNeeded,
    Event,
    MemberLeft,
    MemberNotActive,
    OpenAccount,
    PointsForfeited,
    decode,
)
from ledger.points.commands import Hold
from ledger.points.errors import HoldsOpen
from tests.ledger.office import PROGRAM, Office

Meanwhile = Callable[[], Awaitable[Any]]


def overtake(office: Office, monkeypatch: pytest.MonkeyPatch, meanwhile: Meanwhile) -> None:
    """Let something happen once, elsewhere, after leaving has read the accounts and before it is decided."""
    plan = office.leaving._plan
    waiting = [meanwhile]

    async def plan_and_be_overtaken(*arguments: Any) -> Any:
        task = await plan(*arguments)
        if waiting:
            await waiting.pop()()
        return task

    monkeypatch.setattr(office.leaving, "_plan", plan_and_be_overtaken)


async def history(office: Office, *streams: Any) -> list[tuple[int, Event]]:
    """What happened on the streams, by position."""
    rows, _ = await office.ledger.reader.read([(stream, 0) for stream in streams])
    return sorted(((row.position, decode(row.topic, row.state)) for row in rows), key=lambda each: each[0])


async def test_all_accounts_are_left_in_one_go_and_the_parts_make_the_whole(office: Office) -> None:
    member, accounts = await office.member(30, 0, 12, 7)

    receipt = await office.leaving.leave(office.leave(member, 49))

    happened = await history(office, member, *accounts)
    told = [(place, event) for place, event in happened if event.id in receipt.event_ids]
    (left,) = [event for _, event in told if isinstance(event, MemberLeft)]
    places = [place for place, _ in told]
    assert places == list(range(places[0], places[0] + len(receipt.event_ids)))
    assert left.forfeited == 49
    assert sorted(each.points for _, each in told if isinstance(each, PointsForfeited)) == [7, 12, 30]
    assert [each.TOPIC for _, each in told].count("points.account-left.v1") == len(accounts)


async def test_a_hold_on_one_account_leaves_every_account_as_it_was(office: Office) -> None:
    member, (free, busy) = await office.member(30, 5)
    await office.do(Hold(account_id=busy, points=5, **office.stamp()))
    before = await history(office, member, free, busy)

    with pytest.raises(HoldsOpen) as refused:
        await office.leaving.leave(office.leave(member, 30))

    assert (refused.value.account_id, refused.value.holds) == (busy, 1)
    assert await history(office, member, free, busy) == before
    await office.do(office.payment(free, 30))


async def test_points_that_came_in_between_are_shown_and_not_forfeited(
    office: Office, other: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, (first, second) = await office.member(10, 20)
    overtake(office, monkeypatch, lambda: other.do(other.accrual(second, 5)))

    with pytest.raises(ConfirmationNeeded) as refused:
        await office.leaving.leave(office.leave(member, 30))

    assert refused.value.forfeits == 35
    assert [await office.available(each) for each in (first, second)] == [10, 25]


async def test_points_that_were_spent_in_between_are_not_given_up_once_more(
    office: Office, other: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, (account,) = await office.member(10)
    overtake(office, monkeypatch, lambda: other.do(other.payment(account, 4)))

    with pytest.raises(ConfirmationNeeded) as refused:
        await office.leaving.leave(office.leave(member, 10))

    assert refused.value.forfeits == 6
    assert await office.available(account) == 6


async def test_a_record_that_came_in_between_is_kept_though_the_points_are_the_same(
    office: Office, other: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first plan knew no record that a law keeps; the identity behind the new one must not be missing."""
    member, (account,) = await office.member(10)

    async def buy_and_earn() -> None:
        await other.do(other.full_payment(account, 5))
        await other.do(other.accrual(account, 5))

    overtake(office, monkeypatch, buy_and_earn)
    await office.leaving.leave(office.leave(member, 10))

    retained = [each for retention, each in await office.boxes(member) if retention is RETAINED_IDENTITY]
    assert sorted(office.opened(retained)) == sorted([f"name of {member}", f"{member}@example.org"])


async def test_an_account_opened_in_between_is_not_forgotten(
    office: Office, other: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, (known,) = await office.member(10)
    opened: list[Any] = []

    async def open_another() -> None:
        opened.append(await other.account(member, 5))

    overtake(office, monkeypatch, open_another)
    with pytest.raises(ConfirmationNeeded) as refused:
        await office.leaving.leave(office.leave(member, 10))

    assert refused.value.forfeits == 15
    assert [await office.available(each) for each in (known, *opened)] == [10, 5]


async def test_nothing_is_opened_or_moved_for_somebody_who_left(office: Office, other: Office) -> None:
    member, (account,) = await office.member(10)
    await other.available(account)  # the other process knows the account from before
    await office.leaving.leave(office.leave(member, 10))

    for desk in (office, other):
        with pytest.raises((AccountNotActive, MemberNotActive)):
            await desk.do(desk.accrual(account, 5, memo="a memo"))
        with pytest.raises((AccountNotActive, MemberNotActive)):
            await desk.do(desk.full_payment(account, 1))
        with pytest.raises(MemberNotActive):
            await desk.do(OpenAccount(**desk.stamp(), account_id=uuid4(), program=PROGRAM, holder=str(member)))
    assert len(await history(office, account)) == 4  # opened, accrued, forfeited, left


async def test_the_retained_identity_lies_under_a_slot_and_a_period_of_its_own(office: Office) -> None:
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))
    await office.leaving.leave(office.leave(member, 90))

    boxes = await office.boxes(member)
    profile = {each.sealed.subject_slot for retention, each in boxes if retention is PROFILE}
    retained = [each.sealed for retention, each in boxes if retention is RETAINED_IDENTITY]
    (of_account,) = [each for _, each in await history(office, member) if isinstance(each, MemberLeft)]
    assert len(retained) == 2
    assert len({each.subject_slot for each in retained}) == 1
    assert not {each.subject_slot for each in retained} & profile
    assert all(each.period_slot != NO_SLOT for each in retained)
    assert RETAINED_IDENTITY.code in {each.retention_code for each in of_account.kept}


async def test_another_process_reads_the_retained_identity_when_the_profile_is_gone(
    office: Office, other: Office
) -> None:
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))

    await office.erasures.erase(office.erase(member, 90))

    boxes = await other.boxes(member)
    retained = other.opened([each for retention, each in boxes if retention is RETAINED_IDENTITY])
    assert sorted(retained) == sorted([f"name of {member}", f"{member}@example.org"])
    profile = other.opened([each for retention, each in boxes if retention is PROFILE])
    assert profile
    assert all(isinstance(each, Shredded) for each in profile)
