"""Void (망취소): what a key did is undone; a key that was never seen is barred for ever."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import InvalidText, InvalidTime, UnknownAccount
from ledger.points.commands import (
    Accrue,
    Capture,
    Charge,
    ClawBack,
    Confirm,
    Exchange,
    ExpireCoupons,
    Freeze,
    Hold,
    Pay,
    RedeemCoupon,
    Refund,
    Release,
    Transfer,
    Void,
)
from ledger.points.decide import decide, transfer
from ledger.points.errors import CouponClosed, KeyVoided, NotVoidable
from ledger.points.events import AccrualCancelled, HoldReleased, KeyBarred, PointsClawedBack, PointsRefunded
from ledger.points.limits import CLOCK_SKEW_MAX
from ledger.points.movements import Money
from tests.ledger.points.given import Story, program, seoul, stamp

COUPON: dict[str, Any] = {"coupon": "COFFEE", "coupon_id": uuid4(), "expires_on": date(2024, 4, 10)}


def keyed(story: Story, kind: type[Any], at: str = "2024-04-01", **content: Any) -> tuple[Any, Any]:
    """A command's key and its first event."""
    command: Any = story.command(kind, seoul(at), **content)
    event, *_ = story.do(command)
    return command.key, event


def funded(**rules: Any) -> Story:
    story = Story(program(**rules))
    story.accrue(100, expires_on=date(2024, 5, 1))
    return story


def test_a_voided_payment_is_refunded_points_and_cash() -> None:
    story = funded()
    key, paid = keyed(story, Pay[Sealed], points=60, cash=Money(900))

    (refunded,) = story.act(Void, "2024-04-01", voided_key=key)

    assert isinstance(refunded, PointsRefunded)
    assert (refunded.spending_id, refunded.points, refunded.cash) == (paid.id, 60, Money(900))
    assert refunded.fault == "operator"
    assert story.balance("2024-04-01").available == 100


def test_what_was_refunded_in_part_is_refunded_to_the_end() -> None:
    story = funded()
    key, paid = keyed(story, Pay[Sealed], points=60, cash=Money(900))
    story.refund(paid.id, points=20, cash=900)

    (refunded,) = story.act(Void, "2024-04-03", voided_key=key)

    assert (refunded.points, refunded.cash) == (40, Money(0))


@pytest.mark.parametrize("left", ["points", "cash"])
def test_points_or_cash_alone_may_be_what_is_left(left: str) -> None:
    story = funded()
    key, paid = keyed(story, Pay[Sealed], points=60, cash=Money(900))
    back: dict[str, Any] = {"cash": 900} if left == "points" else {"points": 60}
    story.refund(paid.id, **back)

    (refunded,) = story.act(Void, "2024-04-03", voided_key=key)

    assert (refunded.points, refunded.cash) == ((60, Money(0)) if left == "points" else (0, Money(900)))


def test_a_void_is_repeatable_and_does_its_work_once() -> None:
    story = funded()
    keys = [
        keyed(story, Pay[Sealed], points=10)[0],
        keyed(story, Exchange[Sealed], points=10, **COUPON)[0],
        keyed(story, Hold, points=10)[0],
        keyed(story, Accrue[Sealed], points=10)[0],
        keyed(story, Accrue[Sealed], points=10, pending=True)[0],
        uuid4(),
    ]

    for key in keys:
        assert len(story.act(Void, "2024-04-02", voided_key=key)) == 1
        assert story.act(Void, "2024-04-03", voided_key=key) == ()
    assert (story.balance("2024-04-03").available, story.state.held, story.state.pending) == (100, 0, 0)


def test_a_voided_hold_is_released_also_while_it_is_authorising_and_refunded_once_it_was_captured() -> None:
    story = funded()
    key, held = keyed(story, Hold, points=60)
    other, captured = keyed(story, Hold, points=40)
    story.act(Capture[Sealed], "2024-04-01", hold_id=captured.id)

    (released,) = story.act(Void, "2024-04-01", voided_key=key)
    (refunded,) = story.act(Void, "2024-04-01", voided_key=other)

    assert isinstance(released, HoldReleased)
    assert (released.cause, released.hold_id) == ("voided", held.id)
    assert isinstance(refunded, PointsRefunded)
    assert story.balance("2024-04-01").available == 100


def test_a_voided_capture_is_refunded_and_a_released_hold_stays_so() -> None:
    story = funded()
    key, held = keyed(story, Hold, points=60)
    captured, _ = keyed(story, Capture[Sealed], hold_id=held.id)
    other, let_go = keyed(story, Hold, points=40)
    story.act(Release, "2024-04-01", hold_id=let_go.id)

    assert [event.points for event in story.act(Void, "2024-04-01", voided_key=captured)] == [60]
    assert story.act(Void, "2024-04-01", voided_key=key) == ()
    assert story.act(Void, "2024-04-01", voided_key=other) == ()


def test_a_voided_accrual_is_clawed_back_of_what_is_left_of_it() -> None:
    story = Story()
    key, accrued = keyed(story, Accrue[Sealed], points=100)
    story.act(ClawBack, "2024-04-01", accrual_id=accrued.id, points=30)

    (clawed,) = story.act(Void, "2024-04-01", voided_key=key)

    assert isinstance(clawed, PointsClawedBack)
    assert (clawed.points, clawed.accrual_id, clawed.reason) == (70, accrued.id, "void")


def test_a_voided_pending_accrual_is_cancelled_and_a_confirmed_one_clawed_back() -> None:
    story = Story()
    pending, _ = keyed(story, Accrue[Sealed], points=100, pending=True)
    key, accrued = keyed(story, Accrue[Sealed], points=50, pending=True)
    story.act(Confirm, "2024-04-02", accrual_id=accrued.id)

    (cancelled,) = story.act(Void, "2024-04-03", voided_key=pending)
    (clawed,) = story.act(Void, "2024-04-03", voided_key=key)

    assert isinstance(cancelled, AccrualCancelled)
    assert (cancelled.points, cancelled.reason, clawed.points) == (100, "void", 50)


def test_a_key_that_was_never_seen_is_barred_so_that_its_command_is_refused() -> None:
    story = funded()
    late: Any = story.command(Pay[Sealed], seoul("2024-04-01"), points=10)

    (barred,) = story.act(Void, "2024-04-01", voided_key=late.key)

    assert isinstance(barred, KeyBarred)
    with pytest.raises(KeyVoided) as refused:
        story.do(late)
    assert refused.value.key == late.key
    story.act(Pay[Sealed], "2024-04-01", points=10)  # another key pays


def test_a_barred_key_is_refused_before_any_other_refusal_and_in_every_verb() -> None:
    story, other = funded(), Story()
    late: Any = story.command(Pay[Sealed], seoul("2024-04-01"), points=10**9)
    gift: Any = story.command(Transfer[Sealed], seoul("2024-04-01"), to_account_id=other.account_id, points=10**9)
    for each in (late, gift):
        story.act(Void, "2024-04-01", voided_key=each.key)

    with pytest.raises(KeyVoided):
        decide(story.account, late, story.program, stamp(seoul("2024-04-01"), late))
    stamps = stamp(seoul("2024-04-01"), gift), stamp(seoul("2024-04-01"))
    with pytest.raises(KeyVoided):
        transfer(story.state, other.state, gift, story.program, stamps)


def test_a_key_is_barred_on_one_account_alone() -> None:
    story, other = funded(), funded()
    key = uuid4()
    story.act(Void, "2024-04-01", voided_key=key)

    assert len(other.act(Pay[Sealed], "2024-04-01", points=1, key=key)) == 1


def test_a_void_whose_clock_is_behind_occurs_no_earlier_than_what_it_undoes() -> None:
    story = funded()
    key, paid = keyed(story, Pay[Sealed], points=60)
    hold_key, held = keyed(story, Hold, points=10)
    accrual_key, accrued = keyed(story, Accrue[Sealed], points=10)
    pending_key, pended = keyed(story, Accrue[Sealed], points=10, pending=True)

    for each, done in ((key, paid), (hold_key, held), (accrual_key, accrued), (pending_key, pended)):
        (undone,) = story.act(Void, "2024-03-20", voided_key=each)
        assert undone.occurred_at == done.occurred_at


def test_a_refund_by_void_grants_the_grace_of_an_operators_fault() -> None:
    story = Story(program(fault_grace_days=7))
    story.accrue(100, expires_on=date(2024, 4, 1))
    key, _ = keyed(story, Pay[Sealed], points=60)

    (refunded,) = story.act(Void, "2024-04-02", voided_key=key)

    assert refunded.draws[0].expires_on == date(2024, 4, 9)


@pytest.mark.parametrize("closed", ["redeemed", "expired", "expired, not swept yet"])
def test_an_exchange_whose_coupon_was_used_or_has_ended_is_not_voided(closed: str) -> None:
    story = funded()
    key, exchanged = keyed(story, Exchange[Sealed], points=10, **COUPON)
    if closed == "redeemed":
        story.act(RedeemCoupon, "2024-04-02", spending_id=exchanged.id)
    elif closed == "expired":
        story.act(ExpireCoupons, "2024-04-11", as_of=date(2024, 4, 11))

    refused = story.refusal(Void, "2024-04-12", voided_key=key)

    assert (type(refused), refused.status) == (CouponClosed, closed.split(",", maxsplit=1)[0])


def test_a_void_that_comes_again_after_the_coupons_last_day_is_answered_as_before() -> None:
    story = funded()
    key, _ = keyed(story, Exchange[Sealed], points=10, **COUPON)
    story.act(Void, "2024-04-10", voided_key=key)

    assert story.act(Void, "2024-04-12", voided_key=key) == ()


def test_points_that_were_charged_are_cashed_out_and_not_voided() -> None:
    story = Story()
    key, _ = keyed(story, Charge[Sealed], points=10, money=Money(10))

    assert story.refusal(Void, "2024-04-02", voided_key=key).key == key


def test_a_void_works_on_accounts_that_are_frozen_or_left() -> None:
    story = funded()
    key, _ = keyed(story, Pay[Sealed], points=60)
    story.act(Freeze, "2024-04-01", reason="died")
    story.act(Void, "2024-04-01", voided_key=uuid4())
    story.leave("2024-04-02")

    refunded, suspended = story.act(Void, "2024-04-03", voided_key=key)

    assert (refunded.points, suspended.points) == (60, 60)


def test_a_refund_that_is_voided_before_it_comes_never_happens() -> None:
    story = funded()
    _, paid = keyed(story, Pay[Sealed], points=60)
    refund: Any = story.command(Refund[Sealed], seoul("2024-04-02"), spending_id=paid.id)
    story.act(Void, "2024-04-02", voided_key=refund.key)

    with pytest.raises(KeyVoided):
        story.do(refund)


def test_refusals_come_in_their_documented_order() -> None:
    story = funded()
    used, exchanged = keyed(story, Exchange[Sealed], points=10, **COUPON)
    story.act(RedeemCoupon, "2024-04-02", spending_id=exchanged.id)
    charged, _ = keyed(story, Charge[Sealed], points=10, money=Money(10))
    future = seoul("2024-06-01") + CLOCK_SKEW_MAX + timedelta(microseconds=1)

    assert type(story.refusal(Void, future, of=None, voided_key=used)) is UnknownAccount
    assert type(story.refusal(Void, future, voided_key=used, actor="\0")) is InvalidTime
    assert type(story.refusal(Void, "2024-04-03", voided_key=used, actor="\0")) is InvalidText
    assert type(story.refusal(Void, "2024-04-03", voided_key=used)) is CouponClosed
    assert type(story.refusal(Void, "2024-04-03", voided_key=charged)) is NotVoidable
