"""Payment (사용) and exchange (교환): which lots are drawn, and what is refused."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import AccountNotActive, InsufficientPoints, InvalidAmount, InvalidTime, Refused, UnknownAccount
from ledger.points.commands import Exchange, Pay
from ledger.points.decide import decide
from ledger.points.limits import CLOCK_SKEW_MAX, POINTS_MAX
from ledger.points.movements import Draw, Money
from tests.ledger.points.given import Story, lots_of, program, sealed, seoul, stamp


def test_the_lot_that_expires_first_is_spent_first() -> None:
    story = Story()
    never_sooner = story.accrue(100, expires_on=date(2026, 1, 1))
    soon = story.accrue(100, expires_on=date(2024, 12, 31))

    paid = story.pay(150)

    assert lots_of(paid) == [(soon.id, 100), (never_sooner.id, 50)]


def test_priority_comes_before_the_last_day_and_never_comes_last() -> None:
    story = Story(program(expires_after=None))
    never = story.accrue(10)
    late = story.accrue(10, expires_on=date(2030, 1, 1))
    soon = story.accrue(10, expires_on=date(2024, 12, 31))
    preferred = story.accrue(10, priority=-1)

    paid = story.pay(40)

    assert lots_of(paid) == [(preferred.id, 10), (soon.id, 10), (late.id, 10), (never.id, 10)]


def test_of_equal_last_days_the_earlier_earned_is_spent_first_then_the_earlier_recorded() -> None:
    story = Story()
    last = date(2025, 1, 1)
    second = story.accrue(10, "2024-03-08", expires_on=last)
    third = story.accrue(10, "2024-03-08", expires_on=last)
    first = story.accrue(10, "2024-03-07", expires_on=last)

    assert lots_of(story.pay(30)) == [(first.id, 10), (second.id, 10), (third.id, 10)]


def test_a_program_may_spend_free_points_before_paid_ones() -> None:
    story = Story(program(spending_order="free_first"))
    paid_soon = story.accrue(10, kind="paid", expires_on=date(2024, 12, 1))
    free_late = story.accrue(10, expires_on=date(2025, 12, 1))
    free_soon = story.accrue(10, expires_on=date(2025, 1, 1))

    assert lots_of(story.pay(25)) == [(free_soon.id, 10), (free_late.id, 10), (paid_soon.id, 5)]


def test_a_draw_repeats_the_lots_terms_and_says_what_the_funder_pays() -> None:
    story = Story(program(unit_value=2))
    operators = story.accrue(10, expires_on=date(2024, 12, 1))
    partners = story.accrue(10, funder="p-1", kind="paid", expires_on=date(2024, 12, 2))

    paid = story.pay(15, redeemer="p-1", store="s-1", cash=Money(3_000))

    assert paid.draws == (
        Draw(operators.id, 10, "free", "operator", date(2024, 12, 1), "p-1", 20),
        Draw(partners.id, 5, "paid", "p-1", date(2024, 12, 2), "p-1", 0),  # nobody pays itself
    )
    assert (paid.points, paid.store, paid.cash) == (15, "s-1", Money(3_000))


def test_an_exchange_names_its_coupon_and_draws_like_a_payment() -> None:
    story = Story()
    accrued = story.accrue(100)
    coupon_id = uuid4()

    exchanged = story.exchange(60, coupon="COFFEE", coupon_id=coupon_id)

    assert (exchanged.coupon, exchanged.coupon_id, exchanged.points) == ("COFFEE", coupon_id, 60)
    assert lots_of(exchanged) == [(accrued.id, 60)]
    assert story.balance("2024-04-01").available == 40


def test_personal_references_pass_into_the_event() -> None:
    story = Story()
    story.accrue(100)

    paid = story.pay(1, memo=sealed(1), detail=sealed(2), instrument=sealed(3))
    exchanged = story.exchange(1, memo=sealed(4), detail=sealed(5))

    assert (paid.memo, paid.detail, paid.instrument) == (sealed(1), sealed(2), sealed(3))
    assert (exchanged.memo, exchanged.detail) == (sealed(4), sealed(5))


def test_points_are_spent_to_the_last_microsecond_of_their_last_day_in_the_programs_zone() -> None:
    story = Story()
    story.accrue(100, expires_on=date(2024, 12, 31))
    midnight = seoul("2025-01-01", "00:00")

    with pytest.raises(InsufficientPoints):
        story.do(story.command(Pay[Sealed], midnight, points=1))
    story.do(story.command(Pay[Sealed], midnight - timedelta(microseconds=1), points=1))

    assert story.points_by_lot() == {story.events[1].id: 99}


def test_points_past_their_day_are_not_spent_though_no_sweep_has_taken_them() -> None:
    story = Story()
    story.accrue(70, expires_on=date(2024, 3, 31))
    good = story.accrue(30, expires_on=date(2024, 4, 1))

    with pytest.raises(InsufficientPoints) as refused:
        story.pay(31, "2024-04-01")
    paid = story.pay(30, "2024-04-01")

    assert (refused.value.asked, refused.value.available) == (31, 30)
    assert lots_of(paid) == [(good.id, 30)]


def test_points_are_not_spent_before_they_are_usable() -> None:
    story = Story()
    story.accrue(70, "2024-03-07", usable_at=seoul("2024-04-02", "00:00"), expires_on=date(2024, 5, 1))
    usable = story.accrue(30, "2024-03-07", expires_on=date(2024, 6, 1))

    with pytest.raises(InsufficientPoints):
        story.pay(31, "2024-04-01")
    assert lots_of(story.pay(10, "2024-04-01")) == [(usable.id, 10)]
    assert story.balance("2024-04-02").available == 90


def test_a_payment_that_occurred_earlier_may_not_use_points_earned_later() -> None:
    story = Story()
    story.accrue(100, "2024-03-07")
    late = story.command(Pay[Sealed], seoul("2024-03-06"), points=1)

    with pytest.raises(InsufficientPoints):
        story.do(late, seoul("2024-03-08"))


@pytest.mark.parametrize("kind", [Pay, Exchange])
def test_refusals_come_in_their_documented_order(kind: type[Any]) -> None:
    story, left = Story(program(minimum_use=100, unit_of_use=10)), Story()
    left.leave("2024-03-01")
    now = seoul("2024-03-08")
    future = now + CLOCK_SKEW_MAX + timedelta(microseconds=1)
    coupon = {"coupon": "C", "coupon_id": uuid4()} if kind is Exchange else {}

    def refusal(of: Story | None, **content: Any) -> Refused:
        command = story.command(kind, content.pop("at", now), **coupon, **content)
        with pytest.raises(Refused) as refused:
            decide(of.account if of else None, command, story.program, stamp(now))
        return refused.value

    assert type(refusal(None, at=future, points=0)) is UnknownAccount
    assert type(refusal(left, at=future, points=0)) is AccountNotActive
    assert type(refusal(story, at=future, points=0)) is InvalidTime
    for wrong, rule in ((0, "whole"), (POINTS_MAX + 1, "at most"), (90, "at least 100"), (105, "units of 10")):
        refused = refusal(story, points=wrong)
        assert isinstance(refused, InvalidAmount)
        assert rule in refused.rule
    assert type(refusal(story, points=100)) is InsufficientPoints


@pytest.mark.parametrize("cash", [Money(-1), Money(1, "USD"), Money(0.5)])  # type: ignore[arg-type]
def test_cash_beside_points_is_whole_and_in_the_programs_currency(cash: Money) -> None:
    story = Story()

    with pytest.raises(InvalidAmount):  # before the points are counted
        story.pay(5, cash=cash)


def test_a_refused_command_leaves_the_account_as_it_was() -> None:
    story = Story()
    story.accrue(10)
    before = story.state

    with pytest.raises(InsufficientPoints):
        story.pay(11)

    assert story.state is before
