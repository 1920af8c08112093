"""Notices of expiry: two months, one month and three days before, once each, and what follows where none was given."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_shredding import Sealed
from ledger.calendar import Span
from ledger.errors import InvalidTime
from ledger.points.commands import Accrue, Extend, Hold, NotifyExpiry, Release
from ledger.points.expiry import notice_due_on
from ledger.points.noticing import InTime
from ledger.points.program import EXPIRY_NOTICES, NoticeStage
from tests.ledger.points.given import program, seoul
from tests.ledger.points.given_rules import RuledStory, versions


def story(**rules: Any) -> RuledStory:
    return RuledStory(versions(("2024-01-01", program(version=1, **{"expires_after": Span(years=1), **rules}))))


def told(events: tuple[Any, ...]) -> list[tuple[str, str, int]]:
    return [(event.stage, event.expires_on.isoformat(), event.points) for event in events]


@pytest.mark.parametrize(
    ("last", "two_months", "one_month", "three_days"),
    [
        ("2025-03-07", "2025-01-07", "2025-02-07", "2025-03-04"),
        ("2024-12-31", "2024-10-31", "2024-11-30", "2024-12-28"),
        ("2025-04-30", "2025-02-28", "2025-03-30", "2025-04-27"),
        ("2024-02-29", "2023-12-29", "2024-01-29", "2024-02-26"),
    ],
)
def test_a_stage_is_due_whole_months_or_days_before_the_last_day(
    last: str, two_months: str, one_month: str, three_days: str
) -> None:
    day = date.fromisoformat(last)

    due = [notice_due_on(stage, day).isoformat() for stage in EXPIRY_NOTICES]

    assert due == [two_months, one_month, three_days]


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 12))
def test_whole_months_lie_between_a_notice_and_the_expiry(last: date, months: int) -> None:
    due = notice_due_on(NoticeStage("s", months=months), last)

    # The day after the last one, so many months earlier, is the first that the months count; the notice is before it.
    after = last + timedelta(days=1)
    year, month = divmod(after.year * 12 + after.month - 1 - months, 12)
    assert (due.year, due.month) <= (year, month + 1)
    assert due < after
    assert (due.year * 12 + due.month - 1, due.day) <= (last.year * 12 + last.month - 1 - months, last.day)


def test_each_stage_is_told_once_from_its_first_day_on() -> None:
    account = story()
    account.accrue(60, "2024-03-07")
    account.accrue(40, "2024-03-07")

    heard = {}
    day = date(2024, 12, 1)
    while day <= date(2025, 3, 8):
        if events := account.notify(day.isoformat()):
            heard[day.isoformat()] = told(events)
        day += timedelta(days=1)

    assert heard == {
        "2024-12-31": [("two_months", "2025-03-07", 100)],
        "2025-01-31": [("one_month", "2025-03-07", 100)],
        "2025-03-02": [("three_days", "2025-03-07", 100)],
    }
    assert account.refolded() == account.account


def test_a_notice_names_its_channels_and_the_day_on_which_it_was_due() -> None:
    account = story(notice_channels=("sms", "email"))
    account.accrue(60, "2024-03-07")

    (late,) = account.notify("2025-01-20")

    assert (late.channels, late.due_on, late.as_of) == (("sms", "email"), date(2025, 1, 7), date(2025, 1, 20))


def test_after_a_pause_the_latest_stage_alone_is_told() -> None:
    account = story()
    account.accrue(60, "2024-03-07")

    assert told(account.notify("2025-03-06")) == [("three_days", "2025-03-07", 60)]
    assert account.notify("2025-03-07") == ()


def test_points_that_come_when_a_stage_is_over_are_no_part_of_it() -> None:
    account = story()
    account.accrue(60, "2024-03-07")
    account.accrue(5, "2025-01-10", expires_on=date(2025, 3, 7))

    assert told(account.notify("2025-01-12")) == [("two_months", "2025-03-07", 60)]
    assert told(account.notify("2025-02-07")) == [("one_month", "2025-03-07", 65)]


def test_points_spent_meanwhile_and_points_that_never_expire_are_not_told() -> None:
    account = story()
    account.accrue(60, "2024-03-07")
    account.pay(60, "2024-04-01")
    account.accrue(10, "2024-04-02", kind="paid", expires_on=None)

    assert account.notify("2025-01-07") == ()


def test_nothing_is_told_of_a_day_to_come() -> None:
    account = story()

    with pytest.raises(InvalidTime):
        account.do(account.command(NotifyExpiry, seoul("2025-01-01"), as_of=date(2025, 1, 2)))


def test_points_of_which_no_last_notice_was_given_in_time_live_on_where_the_program_says_so() -> None:
    account = story(unnoticed_days=30)
    account.accrue(60, "2024-03-07")

    assert account.extend("2025-03-04") == ()  # the day on which it is still in time
    (extended,) = account.extend("2025-03-05")

    assert (extended.cause, extended.points) == ("unnoticed", 60)
    assert [each.expires_on for each in extended.given] == [date(2025, 4, 4)]
    assert told(account.notify("2025-04-01")) == [("three_days", "2025-04-04", 60)]
    assert account.extend("2025-04-03") == ()
    assert [event.points for event in account.sweep("2025-04-05")] == [60]


def test_a_sweep_leaves_unnoticed_points_past_their_day_to_their_extension() -> None:
    account = story(unnoticed_days=30)
    account.accrue(60, "2024-03-07")

    assert account.sweep("2025-03-10") == ()
    account.extend("2025-03-10")
    assert account.balance("2025-03-10").available == 60


def test_a_notice_of_points_that_wait_to_be_swept_is_remembered_beyond_their_day() -> None:
    account = story(unnoticed_days=30)
    account.accrue(60, "2024-03-07")
    account.accrue(40, "2024-03-20")
    account.notify("2025-03-04")
    account.notify("2025-03-16")

    assert account.extend("2025-03-16") == ()
    assert [event.points for event in account.sweep("2025-03-16")] == [60]


def test_points_that_came_too_late_for_any_notice_expire_without() -> None:
    account = story(unnoticed_days=30)
    account.accrue(60, "2025-03-05", expires_on=date(2025, 3, 7))

    assert account.extend("2025-03-07") == ()
    assert [event.points for event in account.sweep("2025-03-08")] == [60]


def test_without_that_rule_they_expire_on_their_day() -> None:
    account = story()
    account.accrue(60, "2024-03-07")

    assert account.extend("2025-03-05") == ()
    assert [event.points for event in account.sweep("2025-03-08")] == [60]


# Points that were not there while there was time.


def test_points_that_came_back_too_late_for_any_notice_expire_without() -> None:
    account = story(unnoticed_days=30, refund_grace_days=2)
    account.accrue(100, "2024-03-07")
    payment = account.pay(100)
    account.refund(payment.id, "2025-04-01")  # with grace to 04-03, of which notice would be due on 03-31

    assert account.extend("2025-04-02") == ()
    assert [event.points for event in account.sweep("2025-04-04")] == [100]


def test_a_lot_of_which_some_points_came_back_late_lives_on_as_a_whole() -> None:
    account = story(unnoticed_days=30)
    account.accrue(100, "2024-03-07")
    payment = account.pay(40)
    account.refund(payment.id, "2025-03-05")  # a day after the notice was due

    assert account.sweep("2025-03-08") == ()
    (extended,) = account.extend("2025-03-08")
    assert [(each.points, str(each.expires_on)) for each in extended.given] == [(100, "2025-04-07")]


def test_a_notice_is_of_points_that_came_back_while_it_was_in_time() -> None:
    account = story()
    account.accrue(10, "2024-03-07")
    account.accrue(20, "2024-03-07")
    early, late = account.pay(10), account.pay(20)
    account.refund(early.id, "2025-01-07")  # the last day of the stage
    account.refund(late.id, "2025-01-08")

    assert told(account.notify("2025-01-09")) == [("two_months", "2025-03-07", 10)]
    assert told(account.notify("2025-02-07")) == [("one_month", "2025-03-07", 30)]


def test_what_was_there_in_time_is_a_question_of_the_programs_zone() -> None:
    """Earned at noon of the 28th in Seoul, which is the 27th in New York, the last day of the notice."""
    account = story(zone="America/New_York", unnoticed_days=30)
    account.accrue(10, "2024-04-28", expires_on=date(2024, 4, 30))
    [lot] = account.state.open_lots
    rules = account.program

    assert InTime(account.state, rules).had(lot, rules.expiry_notices[-1])
    when = seoul("2024-05-02")
    assert [each.points for each in account.do(account.command(Extend, when, as_of=date(2024, 5, 1)))] == [10]


def test_activities_count_for_unnoticed_points_from_when_they_were_found() -> None:
    account = story(unnoticed_days=5, expiry_from="activity", expires_after=Span(days=10))
    account.do(account.command(Accrue[Sealed], seoul("2024-03-01"), points=100))
    account.do(account.command(Accrue[Sealed], seoul("2024-03-13"), points=1))
    account.extend("2024-03-14")  # those of the first day are past it, and live to 03-19
    (held,) = account.do(account.command(Hold, seoul("2024-03-15"), points=100))
    account.do(account.command(Release, seoul("2024-03-15"), hold_id=held.id))

    assert [(lot.points, str(lot.expires_on)) for lot in account.state.open_lots] == [
        (100, "2024-03-19"), (1, "2024-03-23")
    ]  # fmt: skip
    account.do(account.command(Accrue[Sealed], seoul("2024-03-19"), points=1))
    assert {str(lot.expires_on) for lot in account.state.open_lots} == {"2024-03-29"}
    assert account.refolded() == account.account


def test_unnoticed_points_that_were_not_past_their_day_live_by_activities_that_are_told_late() -> None:
    account = story(unnoticed_days=5, expiry_from="activity", expires_after=Span(days=10))
    account.do(account.command(Accrue[Sealed], seoul("2024-03-01"), points=100))
    account.extend("2024-03-11")  # their last day; the notice was due on 03-08

    account.do(account.command(Accrue[Sealed], seoul("2024-03-10"), points=1), recorded_at=seoul("2024-03-11"))

    assert {str(lot.expires_on) for lot in account.state.open_lots} == {"2024-03-20"}
