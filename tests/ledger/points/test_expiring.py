"""Expiry (기간만료 소멸): the sweep."""

from datetime import date, timedelta

import pytest

from ledger.errors import InvalidTime, UnknownAccount
from ledger.points.commands import Expire
from ledger.points.decide import decide
from ledger.points.limits import CLOCK_SKEW_MAX
from tests.ledger.points.given import PROGRAM, Story, lots_of, program, seoul, stamp


def test_a_sweep_takes_what_is_past_its_last_day_and_nothing_else() -> None:
    story = Story()
    past = story.accrue(10, expires_on=date(2024, 3, 31))
    last_day = story.accrue(20, expires_on=date(2024, 4, 1))

    (expired,) = story.sweep("2024-04-01")

    assert lots_of(expired) == [(past.id, 10)]
    assert (expired.points, expired.as_of) == (10, date(2024, 4, 1))
    assert story.points_by_lot() == {last_day.id: 20}


def test_a_second_sweep_posts_nothing() -> None:
    story = Story()
    story.accrue(10, expires_on=date(2024, 3, 31))
    story.sweep("2024-04-01")

    assert story.sweep("2024-04-01") == ()
    assert story.sweep("2024-05-01") == ()


def test_a_sweep_takes_only_what_is_left_of_a_lot() -> None:
    story = Story()
    lot = story.accrue(10, expires_on=date(2024, 4, 30))
    story.pay(4, "2024-04-01")

    (expired,) = story.sweep("2024-05-01")

    assert lots_of(expired) == [(lot.id, 6)]


def test_points_that_never_expire_are_never_swept() -> None:
    story = Story(program(expires_after=None))
    story.accrue(10)

    assert story.sweep("2999-01-01") == ()


def test_a_sweep_for_a_day_to_come_is_refused() -> None:
    story = Story()
    story.accrue(10, expires_on=date(2024, 4, 1))

    with pytest.raises(InvalidTime):
        story.sweep("2024-04-02", at="2024-04-01")


def test_a_callers_clock_that_runs_ahead_brings_no_day_forward() -> None:
    story = Story()
    story.accrue(10, expires_on=date(2024, 4, 1))
    recorded_at = seoul("2024-04-01", "23:59")
    command = story.command(Expire, seoul("2024-04-02", "00:01"), as_of=date(2024, 4, 2))

    assert command.occurred_at - recorded_at < CLOCK_SKEW_MAX
    with pytest.raises(InvalidTime):
        story.do(command, recorded_at)


def test_the_day_is_the_programs_not_utcs() -> None:
    story = Story()
    story.accrue(10, expires_on=date(2024, 4, 1))
    just_past_midnight = seoul("2024-04-02", "00:00")  # 15:00 of the day before in UTC

    assert len(story.do(story.command(Expire, just_past_midnight, as_of=date(2024, 4, 2)))) == 1


def test_an_account_that_was_left_has_nothing_to_sweep_and_refuses_no_sweep() -> None:
    story = Story()
    story.accrue(10, expires_on=date(2024, 3, 31))
    story.leave("2024-03-20")

    assert story.sweep("2024-04-01") == ()


def test_refusals_come_in_their_documented_order() -> None:
    story = Story()
    now = seoul("2024-04-01")
    future = now + CLOCK_SKEW_MAX + timedelta(microseconds=1)

    with pytest.raises(UnknownAccount):
        decide(None, story.command(Expire, future, as_of=date(2025, 1, 1)), PROGRAM, stamp(now))
    with pytest.raises(InvalidTime, match="recorded"):
        story.do(story.command(Expire, future, as_of=date(2025, 1, 1)), now)
