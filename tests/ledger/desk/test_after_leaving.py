"""After leaving and after an erasure what undoes goes on, in amounts; no text is added, and nothing else is done."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger import Hold, HoldsOpen, MemberNotActive, Refund, Release, Suspend
from tests.ledger.office import Office


async def test_after_leaving_points_still_come_back_in_amounts_but_take_no_note(office: Office) -> None:
    member, (account,) = await office.member(100)
    spent = await office.do(office.full_payment(account, 60))
    await office.leaving.leave(office.leave(member, 40))
    refund = Refund(account_id=account, spending_id=spent.receipt_id, memo="sorry", **office.stamp())

    with pytest.raises(MemberNotActive):
        await office.do(refund)
    receipt = await office.do(replace(refund, memo=None))

    assert (receipt.topic, receipt.points) == ("points.refunded.v1", 60)
    assert receipt.balance is not None
    assert receipt.balance.available == 0  # it went to its funder's suspense account
    assert len(receipt.event_ids) == 2


async def test_after_an_erasure_undoing_appends_amounts_and_no_text(office: Office, other: Office) -> None:
    member, (account,) = await office.member(100)
    spent = await office.do(office.payment(account, 60))
    await office.erasures.erase(office.erase(member, 40))
    office.now = other.now = office.now.replace(year=2035)
    await office.erasures.erase(office.erase(member))
    boxes = await office.boxes(member, account)

    for desk in (office, other):
        with pytest.raises(MemberNotActive):
            await desk.do(Refund(account_id=account, spending_id=spent.receipt_id, memo="sorry", **desk.stamp()))
    receipt = await other.do(Refund(account_id=account, spending_id=spent.receipt_id, **other.stamp()))

    assert receipt.points == 60
    assert await office.boxes(member, account) == boxes


async def test_between_fence_and_destruction_no_text_is_added_and_amounts_are(
    office: Office, other: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, (account,) = await office.member(100)
    spent = await office.do(office.payment(account, 60))
    office.now = other.now = office.now.replace(year=2035)

    async def crash(*_: object, **__: object) -> None:
        raise OSError("the power went")

    monkeypatch.setattr("ledger.erasure.destroy", crash)
    with pytest.raises(OSError, match="power"):
        await office.erasures.erase(office.erase(member))
    boxes = await office.boxes(account)

    with pytest.raises(MemberNotActive):
        await other.do(Refund(account_id=account, spending_id=spent.receipt_id, memo="sorry", **other.stamp()))

    assert await office.boxes(account) == boxes
    refund = Refund(account_id=account, spending_id=spent.receipt_id, **other.stamp())
    assert (await other.do(refund)).points == 60


async def test_nobody_leaves_in_the_middle_of_a_payment_and_a_suspended_account_is_left_too(office: Office) -> None:
    member, (account, other_account) = await office.member(100, 30)
    hold_id = (await office.do(Hold(account_id=account, points=40, **office.stamp()))).receipt_id
    await office.do(Suspend(account_id=other_account, reason="a lost card", **office.stamp()))

    with pytest.raises(HoldsOpen):
        await office.leaving.leave(office.leave(member, 90))
    await office.do(Release(account_id=account, hold_id=hold_id, **office.stamp()))
    left = await office.leaving.leave(office.leave(member, 130))

    assert left.points == 130
    assert [await office.available(each) for each in (account, other_account)] == [0, 0]
