"""Coupons: issued by an exchange, redeemed once, expired, or cancelled by the refund."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import AccountNotActive, InvalidText, InvalidTime, UnknownAccount, UnknownSpending
from ledger.points.commands import Exchange, ExpireCoupons, Freeze, RedeemCoupon, Refund, Suspend
from ledger.points.errors import CouponClosed, NoCoupon
from ledger.points.events import CouponExpired, CouponRedeemed
from ledger.points.limits import CLOCK_SKEW_MAX
from tests.ledger.points.given import Story, program, sealed, seoul

FUTURE = seoul("2024-06-01") + CLOCK_SKEW_MAX + timedelta(microseconds=1)


def issued(**content: Any) -> tuple[Story, Any]:
    """An account with a coupon of the 1st of April, for 40 points of two funders at 2 won each."""
    story = Story(program(unit_value=2))
    story.accrue(30, expires_on=date(2024, 5, 1))
    story.accrue(30, funder="p-1", expires_on=date(2024, 6, 1))
    return story, story.exchange(40, **{"expires_on": date(2024, 4, 10), **content})


def test_an_exchange_seals_the_code_and_states_the_last_day() -> None:
    story, exchanged = issued(code=sealed(3))

    assert (exchanged.code, exchanged.expires_on) == (sealed(3), date(2024, 4, 10))
    coupon = story.state.spendings[exchanged.id].coupon
    assert coupon is not None
    assert (coupon.coupon_id, coupon.status) == (exchanged.coupon_id, "issued")
    assert {each.compensated for each in exchanged.draws} == {0}  # nobody has taken it yet


def test_who_takes_the_coupon_is_compensated_but_not_by_itself() -> None:
    story, exchanged = issued()

    (redeemed,) = story.act(RedeemCoupon, "2024-04-02", spending_id=exchanged.id, store="s-1", redeemer="p-1")

    assert isinstance(redeemed, CouponRedeemed)
    assert (redeemed.points, redeemed.store) == (40, "s-1")
    assert [(each.points, each.redeemer, each.compensated) for each in redeemed.draws] == [
        (30, "p-1", 60),
        (10, "p-1", 0),
    ]
    assert story.balance("2024-04-02").available == 20


def test_a_coupon_is_redeemed_once() -> None:
    story, exchanged = issued()
    story.act(RedeemCoupon, "2024-04-02", spending_id=exchanged.id)

    for kind in (RedeemCoupon, Refund[Sealed]):
        refused = story.refusal(kind, "2024-04-03", spending_id=exchanged.id)
        assert (type(refused), refused.status) == (CouponClosed, "redeemed")


def test_a_refunded_coupon_is_cancelled() -> None:
    story, exchanged = issued()
    story.refund(exchanged.id)

    assert story.refusal(RedeemCoupon, "2024-04-03", spending_id=exchanged.id).status == "cancelled"
    assert story.act(ExpireCoupons, "2024-04-12", as_of=date(2024, 4, 12)) == ()


def test_a_coupon_is_good_to_the_last_microsecond_of_its_last_day_in_the_programs_zone() -> None:
    midnight = seoul("2024-04-11", "00:00")
    story, exchanged = issued()

    assert isinstance(story.refusal(RedeemCoupon, midnight, spending_id=exchanged.id), InvalidTime)
    story.act(RedeemCoupon, midnight - timedelta(microseconds=1), spending_id=exchanged.id)


def test_a_coupon_without_a_last_day_never_ends() -> None:
    story, exchanged = issued(expires_on=None)

    assert story.act(ExpireCoupons, "2024-06-01", as_of=date(2024, 6, 1)) == ()
    story.act(RedeemCoupon, "2024-06-01", spending_id=exchanged.id)


def test_coupons_past_their_day_are_closed_once_the_oldest_first() -> None:
    story, first = issued()
    second = story.exchange(10, "2024-04-02", expires_on=date(2024, 4, 10))
    story.exchange(5, "2024-04-02", expires_on=date(2024, 4, 11))

    closed = story.act(ExpireCoupons, "2024-04-11", as_of=date(2024, 4, 11))

    assert [type(each) for each in closed] == [CouponExpired] * 2
    assert [(each.spending_id, each.points, each.as_of) for each in closed] == [
        (first.id, 40, date(2024, 4, 11)),
        (second.id, 10, date(2024, 4, 11)),
    ]
    assert {(each.redeemer, each.compensated) for each in closed[0].draws} == {(None, 0)}
    assert story.act(ExpireCoupons, "2024-04-11", as_of=date(2024, 4, 11)) == ()
    assert story.refusal(Refund[Sealed], "2024-04-11", spending_id=first.id).status == "expired"


def test_coupons_are_not_closed_for_a_day_that_has_not_come() -> None:
    story, _ = issued()
    tonight = seoul("2024-04-10", "23:58")

    with pytest.raises(InvalidTime):
        story.do(story.command(ExpireCoupons, tonight + timedelta(minutes=4), as_of=date(2024, 4, 11)), tonight)


def test_a_suspended_account_may_still_use_its_coupon_and_a_frozen_one_not() -> None:
    story, exchanged = issued()
    story.act(Freeze, "2024-04-01", reason="died")
    assert isinstance(story.refusal(RedeemCoupon, "2024-04-02", spending_id=exchanged.id), AccountNotActive)
    story.act(Suspend, "2024-04-01", reason="lost")

    story.act(RedeemCoupon, "2024-04-02", spending_id=exchanged.id)


def test_leaving_ends_the_coupons_that_were_not_used() -> None:
    story, exchanged = issued(expires_on=None)

    ended, forfeited, _ = story.leave("2024-04-02")

    assert isinstance(ended, CouponExpired)
    assert (ended.spending_id, forfeited.points) == (exchanged.id, 20)
    assert story.refusal(Refund[Sealed], "2024-04-03", spending_id=exchanged.id).status == "expired"


def test_a_coupons_last_day_does_not_lie_before_its_first() -> None:
    story, _ = issued()
    content = {"points": 1, "coupon": "C", "coupon_id": uuid4()}

    refused = story.refusal(Exchange[Sealed], "2024-04-02", expires_on=date(2024, 4, 1), **content)

    assert isinstance(refused, InvalidTime)
    story.act(Exchange[Sealed], "2024-04-02", expires_on=date(2024, 4, 2), **content)


def test_refusals_of_redeeming_come_in_their_documented_order() -> None:
    story, exchanged = issued()
    paid = story.pay(5)
    frozen = Story()
    frozen.act(Freeze, "2024-02-01", reason="died")
    story.act(RedeemCoupon, "2024-04-02", spending_id=exchanged.id)
    early = exchanged.occurred_at - CLOCK_SKEW_MAX - timedelta(microseconds=1)

    def refusal(at: Any = "2024-04-03", **content: Any) -> type[Any]:
        return type(story.refusal(RedeemCoupon, at, **{"spending_id": exchanged.id, **content}))

    assert refusal(FUTURE, of=None, spending_id=uuid4()) is UnknownAccount
    assert refusal(FUTURE, of=frozen.account, spending_id=uuid4()) is AccountNotActive
    assert refusal(FUTURE, spending_id=uuid4()) is UnknownSpending
    assert refusal(FUTURE, spending_id=paid.id) is NoCoupon
    assert refusal(FUTURE, store="\0") is refusal(early, store="\0") is InvalidTime
    assert refusal("2024-04-11", store="\0") is InvalidTime
    assert refusal(store="\0") is refusal(redeemer="\0") is refusal(actor="\0") is InvalidText
    assert refusal() is CouponClosed


def test_refusals_of_closing_come_in_their_documented_order() -> None:
    story, _ = issued()
    tomorrow = {"as_of": date(2024, 4, 4)}

    assert type(story.refusal(ExpireCoupons, FUTURE, of=None, **tomorrow)) is UnknownAccount
    assert type(story.refusal(ExpireCoupons, FUTURE, actor="\0", **tomorrow)) is InvalidTime
    assert type(story.refusal(ExpireCoupons, "2024-04-03", actor="\0", **tomorrow)) is InvalidTime
    assert type(story.refusal(ExpireCoupons, "2024-04-04", actor="\0", **tomorrow)) is InvalidText
