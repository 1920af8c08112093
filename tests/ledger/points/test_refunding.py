"""Refund (사용취소): points back to the exact lots."""

from datetime import date, timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import (
    AlreadyRefunded,
    InsufficientPoints,
    InvalidText,
    InvalidTime,
    Refused,
    UnknownAccount,
    UnknownSpending,
)
from ledger.points.commands import Refund
from ledger.points.decide import decide
from ledger.points.events import PointsExpired, PointsRefunded
from ledger.points.limits import CLOCK_SKEW_MAX
from ledger.points.movements import Money
from tests.ledger.points.given import Story, lots_of, program, sealed, seoul, stamp


def test_a_refund_returns_points_to_the_exact_lots_the_last_drawn_first() -> None:
    story = Story()
    first = story.accrue(100, expires_on=date(2024, 12, 1))
    second = story.accrue(100, expires_on=date(2024, 12, 2))
    before = story.state.open_lots
    paid = story.pay(150, cash=Money(900), redeemer="p-2")

    (refunded,) = story.refund(paid.id, memo=sealed(1))

    assert lots_of(refunded) == [(second.id, 50), (first.id, 100)]
    assert [draw.compensated for draw in refunded.draws] == [50, 100]
    assert (refunded.points, refunded.cash, refunded.memo) == (150, Money(900), sealed(1))
    assert refunded.spending_id == paid.id
    assert story.state.open_lots == before


def test_an_exchange_is_refunded_like_a_payment() -> None:
    story = Story()
    accrued = story.accrue(100)
    exchanged = story.exchange(40)

    story.refund(exchanged.id)

    assert story.points_by_lot() == {accrued.id: 100}


def test_points_of_an_expired_lot_expire_again_in_the_same_decision_where_no_grace_is_given() -> None:
    story = Story()
    gone = story.accrue(100, expires_on=date(2024, 4, 30))
    good = story.accrue(100, expires_on=date(2024, 6, 30))
    paid = story.pay(120, "2024-04-01")

    refunded, expired = story.refund(paid.id, "2024-05-01")

    assert isinstance(refunded, PointsRefunded)
    assert isinstance(expired, PointsExpired)
    assert refunded.points == 120
    assert lots_of(expired) == [(gone.id, 100)]
    assert (expired.points, expired.as_of) == (100, date(2024, 5, 1))
    assert story.points_by_lot() == {good.id: 100}


def test_on_the_last_usable_day_itself_a_refund_expires_nothing() -> None:
    story = Story()
    story.accrue(100, expires_on=date(2024, 4, 30))
    paid = story.pay(100, "2024-04-01")

    assert len(story.refund(paid.id, "2024-04-30")) == 1
    assert story.balance("2024-04-30").available == 100


def test_the_rest_of_an_expired_lot_that_no_sweep_took_stays_for_the_sweep() -> None:
    story = Story()
    lot = story.accrue(100, expires_on=date(2024, 4, 30))
    paid = story.pay(60, "2024-04-01")

    story.refund(paid.id, "2024-05-01")

    assert story.balance("2024-05-01").available == 0
    assert story.points_by_lot() == {lot.id: 40}
    assert story.sweep("2024-05-02")[0].points == 40


def test_with_grace_only_the_points_that_came_back_live_on_and_for_so_many_days() -> None:
    story = Story(program(refund_grace_days=10))
    lot = story.accrue(100, expires_on=date(2024, 4, 30))
    paid = story.pay(60, "2024-04-01")

    (refunded,) = story.refund(paid.id, "2024-05-01")

    assert [draw.expires_on for draw in refunded.draws] == [date(2024, 5, 11)]
    assert story.balance("2024-05-11").available == 60
    assert story.balance("2024-05-11").next_expiry_on == date(2024, 5, 11)
    assert story.balance("2024-05-12").available == 0
    swept = story.sweep("2024-05-01")
    assert [(draw.points, draw.expires_on) for draw in swept[0].draws] == [(40, date(2024, 4, 30))]
    assert story.points_by_lot() == {lot.id: 60}


def test_points_with_grace_are_spent_and_refunded_as_any_others() -> None:
    story = Story(program(refund_grace_days=10))
    lot = story.accrue(100, expires_on=date(2024, 4, 30))
    paid = story.pay(60, "2024-04-01")
    story.refund(paid.id, "2024-05-01")

    again = story.pay(25, "2024-05-05")
    story.refund(again.id, "2024-05-06")

    assert [(part.lot_id, part.points, part.expires_on) for part in story.state.open_lots] == [
        (lot.id, 40, date(2024, 4, 30)),
        (lot.id, 60, date(2024, 5, 11)),
    ]


def test_nothing_is_refunded_before_it_was_spent() -> None:
    story = Story()
    story.accrue(100)
    paid = story.pay(60, "2024-04-02")

    with pytest.raises(InvalidTime):
        story.refund(paid.id, "2024-04-01")

    assert story.balance("2024-04-03").available == 40


def test_a_clock_behind_the_one_that_paid_refunds_at_the_instant_of_the_payment() -> None:
    story = Story()
    story.accrue(100)
    paid = story.pay(60)
    behind = story.command(Refund[Sealed], paid.occurred_at - CLOCK_SKEW_MAX, spending_id=paid.id)

    (refunded,) = story.do(behind)

    assert refunded.occurred_at == paid.occurred_at


def test_a_payment_that_comes_late_spends_nothing_that_came_back_after_it() -> None:
    """Else the account would have had 20 points less than nothing on the 5th."""
    story = Story()
    story.accrue(100, "2024-04-01")
    paid = story.pay(60, "2024-04-05")
    story.refund(paid.id, "2024-04-10")

    with pytest.raises(InsufficientPoints) as refused:
        story.pay(60, "2024-04-03")
    late = story.pay(40, "2024-04-03")
    story.pay(60, "2024-04-10")

    assert refused.value.available == 40
    assert late.points == 40
    assert story.state.open_points == 0


def test_refunds_in_any_order_end_in_one_state() -> None:
    def ended(order: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
        story = Story()
        for month in (10, 11, 12):
            story.accrue(100, expires_on=date(2024, month, 1))
        spent = [story.pay(70), story.exchange(80), story.pay(90)]
        for number in order:
            story.refund(spent[number].id)
        return tuple((lot.sequence, lot.points) for lot in story.state.open_lots)

    assert {ended(order) for order in permutations(range(3))} == {((1, 100), (2, 100), (3, 100))}


def test_refusals_come_in_their_documented_order() -> None:
    story, left = Story(), Story()
    story.accrue(10)
    paid = story.pay(10)
    story.refund(paid.id)
    left.leave("2024-03-01")
    now = seoul("2024-04-08")
    future = now + CLOCK_SKEW_MAX + timedelta(microseconds=1)

    def refusal(of: Story | None, **content: Any) -> type[Refused]:
        command = story.command(Refund[Sealed], content.pop("at", now), **content)
        with pytest.raises(Refused) as refused:
            decide(of.account if of else None, command, story.program, stamp(now))
        return type(refused.value)

    assert refusal(None, at=future, spending_id=uuid4()) is UnknownAccount
    assert refusal(left, at=future, spending_id=uuid4()) is UnknownSpending  # also after leaving money comes back
    assert refusal(story, at=future, spending_id=uuid4()) is UnknownSpending
    assert refusal(story, at=future, spending_id=paid.id) is InvalidTime
    assert refusal(story, at=paid.occurred_at - timedelta(days=1), spending_id=paid.id) is InvalidTime
    assert refusal(story, actor="\0", spending_id=paid.id) is InvalidText
    assert refusal(story, spending_id=uuid4()) is UnknownSpending
    assert refusal(story, spending_id=paid.id) is AlreadyRefunded


def test_a_payment_is_refunded_once() -> None:
    story = Story()
    accrued = story.accrue(100)
    paid = story.pay(100)
    story.refund(paid.id)

    with pytest.raises(AlreadyRefunded):
        story.refund(paid.id)

    assert story.points_by_lot() == {accrued.id: 100}
