"""Balances: what is available at an instant, and what goes next."""

from datetime import date, timedelta

from ledger.points.balance import Balance, balance
from tests.ledger.points.given import Story, program, seoul


def test_a_new_account_has_nothing() -> None:
    assert Story().balance("2024-03-07") == Balance(0, 0, 0, 0, None, 0)


def test_the_next_expiry_is_the_soonest_last_day_and_all_points_of_it() -> None:
    story = Story()
    story.accrue(10, expires_on=date(2024, 12, 31))
    story.accrue(20, expires_on=date(2024, 12, 31))
    story.accrue(40, expires_on=date(2025, 1, 1))

    assert story.balance("2024-04-01") == Balance(70, 0, 0, 0, date(2024, 12, 31), 30)
    assert story.balance("2025-01-01") == Balance(40, 0, 0, 0, date(2025, 1, 1), 40)
    assert story.balance("2025-01-02") == Balance(0, 0, 0, 0, None, 0)


def test_the_next_expiry_is_found_across_priorities() -> None:
    story = Story(program(expires_after=None))
    story.accrue(10, priority=0)
    story.accrue(20, priority=1, expires_on=date(2024, 12, 31))
    story.accrue(40, priority=2, expires_on=date(2024, 12, 31))

    assert story.balance("2024-04-01") == Balance(70, 0, 0, 0, date(2024, 12, 31), 60)
    assert story.balance("2025-04-01") == Balance(10, 0, 0, 0, None, 0)


def test_points_that_never_expire_have_no_next_expiry() -> None:
    story = Story(program(expires_after=None))
    story.accrue(10)

    assert story.balance("2900-01-01") == Balance(10, 0, 0, 0, None, 0)


def test_points_are_available_from_the_instant_they_are_usable() -> None:
    story = Story()
    usable_at = seoul("2024-04-01", "09:00")
    story.accrue(10, "2024-03-07", usable_at=usable_at)

    assert balance(story.state, usable_at - timedelta(microseconds=1)).available == 0
    assert balance(story.state, usable_at).available == 10


def test_a_balance_may_be_asked_in_any_zone_of_the_same_instant() -> None:
    story = Story()
    story.accrue(10, expires_on=date(2024, 4, 1))
    last = seoul("2024-04-02", "00:00") - timedelta(microseconds=1)

    assert balance(story.state, last).available == 10
    assert balance(story.state, last + timedelta(microseconds=1)).available == 0
