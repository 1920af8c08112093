"""Leaving with an account (탈퇴 소멸)."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import AccountNotActive, InvalidTime, Refused
from ledger.points.commands import Hold, SettleClaim
from ledger.points.decide import forfeits, leave_account
from ledger.points.errors import ClaimSettledBefore, HoldsOpen, UnknownClaim
from ledger.points.events import AccountLeft, PointsExpired, PointsForfeited
from ledger.points.limits import CLOCK_SKEW_MAX
from ledger.points.movements import Money
from tests.ledger.points.given import ACTOR, Story, lots_of, program, sealed, seoul, stamp


def test_leaving_forfeits_the_free_points_and_the_books_are_at_zero() -> None:
    story = Story()
    usable = story.accrue(70)
    not_yet = story.accrue(30, usable_at=seoul("2024-05-01"))
    assert forfeits(story.state, story.program, seoul("2024-04-01")) == 100

    forfeited, left = story.leave("2024-04-01")

    assert isinstance(forfeited, PointsForfeited)
    assert isinstance(left, AccountLeft)
    assert (forfeited.points, dict(lots_of(forfeited))) == (100, {usable.id: 70, not_yet.id: 30})
    assert (story.state.status, len(story.state.open_lots), story.state.open_points) == ("left", 0, 0)


def test_points_past_their_day_expire_and_are_not_called_forfeited() -> None:
    story = Story()
    past = story.accrue(70, expires_on=date(2024, 3, 31))
    story.accrue(30, expires_on=date(2024, 4, 1))
    assert forfeits(story.state, story.program, seoul("2024-04-01")) == 30

    expired, forfeited, _ = story.leave("2024-04-01")

    assert isinstance(expired, PointsExpired)
    assert lots_of(expired) == [(past.id, 70)]
    assert forfeited.points == 30
    assert len({event.id for event in story.events}) == len(story.events)


def test_nobody_leaves_before_the_latest_event_of_the_account() -> None:
    """Else the books of the day between would owe less than nothing."""
    story = Story()
    story.accrue(100, "2024-03-07")
    story.pay(30, "2024-04-02")

    for told in (lambda: story.leave("2024-04-01"), lambda: forfeits(story.state, story.program, seoul("2024-04-01"))):
        with pytest.raises(InvalidTime):
            told()

    assert story.leave("2024-04-02")[0].points == 70


def test_who_leaves_right_after_paying_where_a_clock_runs_ahead_leaves_at_that_instant() -> None:
    story = Story()
    story.accrue(100, "2024-03-07")
    paid = story.pay(30, "2024-04-02")
    at = paid.occurred_at - CLOCK_SKEW_MAX
    assert forfeits(story.state, story.program, at) == 70

    events = leave_account(story.state, story.program, stamp(at), occurred_at=at, actor=ACTOR)

    assert {event.occurred_at for event in events} == {paid.occurred_at}


def test_an_empty_account_is_left_with_one_event() -> None:
    assert len(Story().leave("2024-04-01")) == 1


def test_bought_points_are_not_forfeited_but_become_a_claim_that_is_settled_once() -> None:
    story = Story(program(cash_out_fee=1_000))
    story.accrue(10)
    story.accrue(25, kind="paid")

    claimed, forfeited, _ = story.leave("2024-04-01")

    assert (claimed.points, claimed.money, forfeited.points) == (25, Money(23), 10)
    command = story.command(SettleClaim[Sealed], seoul("2024-04-02"), claim_id=claimed.id, payee=sealed(5))
    (settled,) = story.do(command)
    assert (settled.money, settled.payee) == (Money(23), sealed(5))
    with pytest.raises(ClaimSettledBefore):
        story.do(story.command(SettleClaim[Sealed], seoul("2024-04-03"), claim_id=claimed.id))
    with pytest.raises(UnknownClaim):
        story.do(story.command(SettleClaim[Sealed], seoul("2024-04-03"), claim_id=uuid4()))


def test_bought_points_past_their_day_do_not_hold_the_member_back() -> None:
    story = Story()
    story.accrue(25, kind="paid", expires_on=date(2024, 3, 31))

    assert [type(event) for event in story.leave("2024-04-01")] == [PointsExpired, AccountLeft]


def test_refusals_come_in_their_documented_order() -> None:
    left, rich = Story(), Story()
    left.leave("2024-03-01")
    rich.accrue(25)
    rich.do(rich.command(Hold, seoul("2024-03-31"), points=25))
    now = seoul("2024-04-01")
    future = now + CLOCK_SKEW_MAX + timedelta(microseconds=1)

    def refusal(story: Story, occurred_at: object) -> type[Refused]:
        with pytest.raises(Refused) as refused:
            leave_account(story.state, story.program, stamp(now), occurred_at=occurred_at, actor=ACTOR)  # type: ignore[arg-type]
        return type(refused.value)

    assert refusal(left, future) is AccountNotActive
    assert refusal(rich, future) is InvalidTime
    assert refusal(rich, seoul("2024-03-06")) is InvalidTime
    assert refusal(rich, now) is HoldsOpen


def test_what_was_promised_is_cancelled_in_the_order_of_earning() -> None:
    story = Story()
    second = story.accrue(5, "2024-03-08", pending=True)
    first = story.accrue(7, "2024-03-07", pending=True)

    cancelled, _ = story.leave("2024-04-01")

    assert (cancelled.points, cancelled.reason, cancelled.TOPIC) == (12, "left", "points.accrual-cancelled.v1")
    assert lots_of(cancelled) == [(second.id, 5), (first.id, 7)]
    assert (story.state.pending, len(story.state.aside.pending)) == (0, 0)
