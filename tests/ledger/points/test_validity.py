"""Validity: how the last day is counted, what makes it later, and that nothing ever makes it earlier."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_shredding import Sealed
from ledger.calendar import Span, last_retention_day
from ledger.errors import InsufficientPoints, InvalidTime
from ledger.points.commands import Accrue
from ledger.points.conservation import movements
from ledger.points.expiry import last_usable_day
from ledger.points.program import Program
from ledger.points.stretches import lives_until, with_activity
from tests.ledger.points.given import Story, program, seoul
from tests.ledger.points.given_rules import RuledStory, versions

YEAR = Span(years=1)


@pytest.mark.parametrize(
    ("rules", "earned", "last"),
    [
        ({"expires_after": YEAR}, "2024-03-07", "2025-03-07"),
        ({"expires_after": YEAR, "counts_first_day": True}, "2024-03-07", "2025-03-06"),
        ({"expires_after": Span(days=30), "counts_first_day": True}, "2024-03-07", "2024-04-05"),
        ({"expires_after": Span(days=30)}, "2024-03-07", "2024-04-06"),
        ({"expires_after": Span(months=1), "rounding": "end_of_month"}, "2024-01-30", "2024-02-29"),
        ({"expires_after": YEAR, "rounding": "end_of_year"}, "2024-03-07", "2025-12-31"),
        ({"fixed_expiry_on": date(2024, 12, 31)}, "2024-03-07", "2024-12-31"),
        ({"fixed_expiry_on": date(2024, 12, 31)}, "2024-12-31", "2024-12-31"),
    ],
    ids=str,
)
def test_the_last_day_follows_from_the_programs_policy(rules: dict[str, Any], earned: str, last: str) -> None:
    assert last_usable_day(program(**rules), seoul(earned)) == date.fromisoformat(last)


def test_points_earned_after_the_fixed_day_are_refused_until_the_next_version() -> None:
    story = Story(program(fixed_expiry_on=date(2024, 3, 6)))

    with pytest.raises(InvalidTime, match="define its next"):
        story.accrue(10, "2024-03-07")


@given(st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.times(), st.integers(1, 60))
def test_expiry_and_retention_count_by_one_function(day: date, clock: time, months: int) -> None:
    instant = datetime.combine(day, clock, UTC)
    span = Span(months=months)

    assert last_usable_day(program(expires_after=span), instant) == last_retention_day(instant, span)


def story_of(first: Program, second: Program) -> RuledStory:
    return RuledStory(versions(("2024-01-01", first), ("2024-06-01", second)))


SHORT = program(version=1, expires_after=YEAR)
LONG = program(version=2, expires_after=Span(years=3), extends_earlier=True)


def test_a_changed_policy_goes_for_what_is_earned_after_it() -> None:
    account = story_of(SHORT, program(version=2, expires_after=Span(years=3)))
    before = account.accrue(10, "2024-05-31")

    assert account.extend("2024-06-02") == ()
    assert account.accrue(10, "2024-06-01").lot.expires_on == date(2027, 6, 1)
    assert account.state.lots[before.id].expires_on == date(2025, 5, 31)
    assert account.balance("2025-06-01").available == 10


def test_a_longer_validity_that_says_so_goes_for_earlier_points_as_well() -> None:
    account = story_of(SHORT, LONG)
    account.accrue(10, "2024-05-31")

    (extended,) = account.extend("2024-06-02")

    assert (extended.points, extended.cause) == (10, "policy")
    [lot_id] = account.state.lots
    assert movements(extended) == ((lot_id, -10), (lot_id, 10))
    assert [each.expires_on for each in extended.given] == [date(2027, 5, 31)]
    assert account.extend("2024-06-03") == ()
    assert account.balance("2027-05-31").available == 10
    assert account.refolded() == account.account


def test_points_that_shall_never_expire_any_more_have_no_last_day() -> None:
    account = story_of(SHORT, program(version=2, expires_after=None, extends_earlier=True))
    account.accrue(10, "2024-05-31")

    (extended,) = account.extend("2024-06-02")

    assert [each.expires_on for each in extended.given] == [None]


def test_a_shorter_validity_takes_nothing_from_earlier_points() -> None:
    account = story_of(LONG, program(version=2, expires_after=Span(days=30), extends_earlier=True))
    account.accrue(10, "2024-05-31")

    assert account.extend("2024-06-02") == ()


def test_a_stated_last_day_and_points_that_were_past_theirs_stay_as_they_are() -> None:
    account = story_of(program(version=1, expires_after=Span(days=10)), LONG)
    account.accrue(10, "2024-05-30", expires_on=date(2024, 6, 20))
    account.accrue(10, "2024-05-21")  # to 05-31
    account.accrue(10, "2024-05-22")  # to 06-01, when the longer validity is in force

    (extended,) = account.extend("2024-06-05")

    assert [each.expires_on for each in extended.draws] == [date(2024, 6, 1)]


def test_a_confirmed_promise_that_was_counted_from_its_confirmation_is_extended_from_there() -> None:
    account = story_of(SHORT, LONG)
    (promised,) = account.do(account.command(Accrue[Sealed], seoul("2024-05-01"), points=10, pending=True))
    account.confirm(promised.id, "2024-05-20")

    (extended,) = account.extend("2024-06-02")

    assert [each.expires_on for each in extended.given] == [date(2027, 5, 20)]


def test_a_sweep_does_not_take_what_the_longer_validity_keeps() -> None:
    account = story_of(program(version=1, expires_after=Span(days=10)), LONG)
    account.accrue(10, "2024-05-25")

    assert account.sweep("2024-07-01") == ()
    account.extend("2024-07-01")
    assert account.balance("2024-07-01").available == 10


def test_a_backdated_accrual_of_the_old_rules_is_extended_like_the_others() -> None:
    account = story_of(SHORT, LONG)

    account.accrue(10, "2024-05-31")
    assert account.state.open_lots[0].expires_on == date(2025, 5, 31)
    account.extend("2024-06-10")

    assert account.state.open_lots[0].expires_on == date(2027, 5, 31)


def test_a_payment_before_a_return_does_not_use_what_came_back_and_was_extended() -> None:
    account = story_of(SHORT, LONG)
    account.accrue(100, "2024-03-07")
    payment = account.pay(60, "2024-04-01")
    account.refund(payment.id, "2024-05-01")
    account.extend("2024-06-02")

    with pytest.raises(InsufficientPoints):
        account.pay(41, "2024-04-15")
    assert account.pay(40, "2024-04-15").points == 40
    assert account.refolded() == account.account


def test_what_a_shorter_span_dated_and_let_die_is_not_alive_by_the_longer_span_of_others() -> None:
    long, short = date(2026, 3, 1), date(2025, 7, 2)
    stretches = with_activity((), date(2024, 3, 1), long)
    stretches = with_activity(stretches, date(2024, 7, 2), short)

    stretches = with_activity(stretches, date(2025, 12, 2), date(2026, 12, 2))

    assert lives_until(stretches, date(2024, 7, 2), short) == short
    assert lives_until(stretches, date(2024, 3, 1), long) == date(2026, 12, 2)


def test_a_last_day_that_nobody_can_count_from_is_refused() -> None:
    with pytest.raises(InvalidTime, match="never expire"):
        Story().accrue(10, expires_on=date(9999, 12, 31))
