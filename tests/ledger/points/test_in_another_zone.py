"""Every verb counts days in its program's zone. At noon in Seoul it is still the day before in New York."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from crypto_shredding import Sealed
from ledger.errors import InsufficientPoints, InvalidTime
from ledger.points.balance import balance
from ledger.points.commands import (
    Accrue,
    Adjust,
    Capture,
    CashOut,
    Charge,
    ClawBack,
    Confirm,
    Convert,
    Exchange,
    Expire,
    ExpireCoupons,
    Hold,
    Pay,
    RedeemCoupon,
    Refund,
    Release,
    Transfer,
)
from ledger.points.decide import convert, forfeits, leave_account, transfer
from ledger.points.expiry import last_usable_day
from ledger.points.movements import Money
from ledger.points.program import Conversion
from tests.ledger.points.given import Story, program, seoul, stamp

LAST = date(2024, 3, 31)
THEN = seoul("2024-04-01", "12:00")
"""The 1st of April in Seoul; the 31st of March, 23:00, in New York."""
PAST = seoul("2024-04-01", "13:00")
"""Midnight in New York."""


def new_york(points: int = 100, kind: str = "free", **rules: Any) -> Story:
    """An account with points whose last day is the 31st of March."""
    story = Story(program(zone="America/New_York", conversions=(Conversion("OTHER", 1, 1),), **rules))
    story.accrue(points, expires_on=LAST, kind=kind)
    return story


def spendings(story: Story) -> list[tuple[type[Any], dict[str, Any]]]:
    return [
        (Pay[Sealed], {"points": 1}),
        (Hold, {"points": 1}),
        (Exchange[Sealed], {"points": 1, "coupon": "C", "coupon_id": story.account_id, "expires_on": LAST}),
        (Adjust[Sealed], {"points": -1, "reason": "test"}),
    ]


def test_points_are_taken_to_midnight_there_and_not_after() -> None:
    story = new_york()
    for kind, content in spendings(story):
        assert story.act(kind, THEN, **content)[0].points == 1
        refused = story.refusal(kind, PAST, **{**content, **({"expires_on": None} if kind is Exchange else {})})
        assert isinstance(refused, InsufficientPoints)


def test_bought_points_are_cashed_out_to_midnight_there() -> None:
    story = new_york(kind="paid")

    story.act(CashOut[Sealed], THEN, points=1)
    assert isinstance(story.refusal(CashOut[Sealed], PAST, points=1), InsufficientPoints)


@pytest.mark.parametrize("kind", [Transfer[Sealed], Convert])
def test_points_are_given_away_to_midnight_there(kind: Any) -> None:
    giver = new_york()
    taker = Story(giver.program if kind is Transfer else program(code="OTHER"))

    def give(at: Any) -> Any:
        command = giver.command(kind, at, to_account_id=taker.account_id, points=1)
        stamps = stamp(at, command), stamp(at)
        if kind is Convert:
            return convert(giver.state, taker.state, command, (giver.program, taker.program), stamps)
        return transfer(giver.state, taker.state, command, giver.program, stamps)

    assert give(THEN)
    with pytest.raises(InsufficientPoints):
        give(PAST)


def test_a_sweep_for_a_day_waits_for_that_day_there() -> None:
    story = new_york()
    story.exchange(5, "2024-03-20", expires_on=LAST)

    for kind in (Expire, ExpireCoupons):
        assert isinstance(story.refusal(kind, THEN, as_of=date(2024, 4, 1)), InvalidTime)
        assert len(story.act(kind, PAST, as_of=date(2024, 4, 1))) == 1


def test_what_comes_back_expires_by_the_day_there() -> None:
    for at, events in ((THEN, 1), (PAST, 2)):
        story = new_york()
        paid = story.pay(10, "2024-03-20")
        (held,) = story.act(Hold, "2024-03-20", points=10)
        (other,) = story.act(Hold, "2024-03-20", points=10)

        assert len(story.act(Refund[Sealed], at, spending_id=paid.id)) == events
        assert len(story.act(Release, at, hold_id=held.id)) == events
        assert len(story.act(Capture[Sealed], at, hold_id=other.id, points=9)) == events + 1


def test_grace_is_counted_there() -> None:
    story = new_york(refund_grace_days=3)
    paid = story.pay(10, "2024-03-20")

    (refunded,) = story.act(Refund[Sealed], PAST, spending_id=paid.id)

    assert refunded.draws[0].expires_on == date(2024, 4, 3)  # midnight there begins a day that counts


def test_a_late_capture_finds_points_by_the_day_there() -> None:
    for at, paid in ((THEN, True), (PAST, False)):
        story = new_york()
        (held,) = story.act(Hold, "2024-03-20", points=10)
        story.act(Release, "2024-03-20", hold_id=held.id)
        if paid:
            story.act(Capture[Sealed], at, hold_id=held.id)
        else:
            assert story.refusal(Capture[Sealed], at, hold_id=held.id).available == 0


def test_a_coupon_is_good_to_midnight_there() -> None:
    story = new_york()
    exchanged = story.exchange(5, "2024-03-20", expires_on=LAST)

    assert isinstance(story.refusal(RedeemCoupon, PAST, spending_id=exchanged.id), InvalidTime)
    assert story.refusal(Refund[Sealed], PAST, spending_id=exchanged.id).status == "expired"
    story.act(RedeemCoupon, THEN, spending_id=exchanged.id)


def test_a_lot_stands_in_to_midnight_there() -> None:
    for at, owed in ((THEN, 0), (PAST, 50)):
        story = Story(program(zone="America/New_York"))
        accrued = story.accrue(50, "2024-03-07", expires_on=date(2024, 3, 20))
        story.pay(50, "2024-03-08")
        story.accrue(50, expires_on=LAST)

        assert story.act(ClawBack, at, accrual_id=accrued.id)[0].owed == owed


def test_points_pay_a_debt_to_midnight_there() -> None:
    for at, deficit in ((THEN, 0), (PAST, 50)):
        story = Story(program(zone="America/New_York", refund_grace_days=0))
        other = story.accrue(50, expires_on=LAST)
        paid = story.pay(50, "2024-03-20")
        accrued = story.accrue(50, "2024-03-20")
        story.pay(50, "2024-03-20")
        story.act(ClawBack, "2024-03-21", accrual_id=accrued.id)

        story.act(Refund[Sealed], at, spending_id=paid.id)

        assert (story.state.deficit, story.points_by_lot().get(other.id, 0)) == (deficit, 0)


def test_a_last_day_of_today_there_is_taken_and_one_of_yesterday_not() -> None:
    story = new_york()
    pended = story.accrue(5, pending=True)
    bonus = {"points": 1, "money": Money(1), "bonus": 1}

    for at, fits in ((THEN, True), (PAST, False)):
        asked: list[tuple[type[Any], dict[str, Any]]] = [
            (Accrue[Sealed], {"points": 1, "expires_on": LAST}),
            (Adjust[Sealed], {"points": 1, "expires_on": LAST, "reason": "test"}),
            (Charge[Sealed], {**bonus, "bonus_expires_on": LAST}),
            (Exchange[Sealed], {"points": 1, "coupon": "C", "coupon_id": story.account_id, "expires_on": LAST}),
        ]
        for kind, content in asked:
            if fits:
                story.act(kind, at, **content)
            else:
                assert isinstance(story.refusal(kind, at, **content), InvalidTime)
    assert isinstance(story.refusal(Confirm, PAST, accrual_id=pended.id, expires_on=LAST), InvalidTime)
    story.act(Confirm, THEN, accrual_id=pended.id, expires_on=LAST)


def test_leaving_forfeits_to_midnight_there_and_expires_after() -> None:
    for at, kinds in ((THEN, ["PointsForfeited", "AccountLeft"]), (PAST, ["PointsExpired", "AccountLeft"])):
        story = new_york()

        assert forfeits(story.state, story.program, at) == (100 if at is THEN else 0)
        events = leave_account(story.state, story.program, stamp(at), occurred_at=at, actor="a")
        assert [type(event).__name__ for event in events] == kinds


def test_a_balance_and_a_span_are_counted_there() -> None:
    story = new_york()
    there = ZoneInfo("America/New_York")

    assert (balance(story.state, THEN, there).available, balance(story.state, PAST, there).available) == (100, 0)
    assert last_usable_day(story.program, THEN) == date(2025, 3, 31)
    assert last_usable_day(story.program, PAST) == date(2025, 3, 31)  # midnight: the day that begins counts
