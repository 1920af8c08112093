"""Validity from the last activity: what counts as one, what it reaches, and what points that come back get of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.calendar import Span, day_of
from ledger.points.commands import (
    Accrue,
    Capture,
    Charge,
    Confirm,
    Exchange,
    Hold,
    Pay,
    Refund,
    Release,
    Transfer,
    Void,
)
from ledger.points.decide import transfer
from ledger.points.events import AccountKeptAlive
from ledger.points.evolve import evolve
from ledger.points.movements import Money
from ledger.points.program import Program
from tests.ledger.points.given import Story, program, seoul, stamp
from tests.ledger.points.given_activity import ALIVE, TEN, YEAR, accrued, days, extended, late, paid
from tests.ledger.points.given_rules import RuledStory, versions

# What an activity reaches.


def test_points_live_from_activity_to_activity() -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")

    payment, kept, extension = story.act(Pay[Sealed], "2024-09-01", points=10)

    assert (kept.day, kept.until) == (date(2024, 9, 1), date(2025, 9, 1))
    assert (extension.cause, extension.points) == ("activity", 90)
    assert story.balance("2025-09-01").available == 90
    assert story.balance("2025-09-02").available == 0
    assert story.refolded() == story.account
    assert payment.points == 10


def test_an_activity_leaves_a_stated_last_day_as_it_is() -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07", expires_on=date(2024, 12, 31))

    paid(story, 10, "2024-09-01")

    assert days(story) == [(90, "2024-12-31")]


def test_an_accrual_keeps_all_points_alive_and_a_second_activity_of_a_day_adds_no_event() -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")

    assert [each.TOPIC for each in story.act(Accrue[Sealed], "2024-09-01", points=50)] == [
        "points.accrued.v1", "points.kept-alive.v1", "points.extended.v1"
    ]  # fmt: skip
    assert len(story.act(Pay[Sealed], "2024-09-01", points=10)) == 1
    assert {lot.expires_on for lot in story.state.open_lots} == {date(2025, 9, 1)}


def test_no_activity_revives_what_is_past_and_no_backdated_one_shortens() -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")
    accrued(story, 50, "2024-09-01")

    paid(story, 10, "2024-08-01")
    accrued(story, 10, "2025-09-02")

    assert story.balance("2025-09-02").available == 10
    assert sorted(day for _, day in days(story)) == ["2025-09-01", "2025-09-01", "2026-09-02"]


@pytest.mark.parametrize("pending", [False, True])
def test_an_accrual_is_an_activity_also_while_its_points_are_promised(pending: bool) -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")

    accrued(story, 10, "2024-09-01", pending=pending)

    assert (100, "2025-09-01") in days(story)


def test_what_is_no_activity_leaves_last_days_alone() -> None:
    story = Story(replace(ALIVE, adjust_alone_max=1_000))
    accrued(story, 100, "2024-03-07")
    promised = accrued(story, 10, "2024-03-07", pending=True)
    payment = paid(story, 10, "2024-03-07")
    held = story.act(Hold, "2024-09-01", points=10)[0]

    story.act(Release, "2024-09-02", hold_id=held.id)
    story.act(Confirm, "2024-09-02", accrual_id=promised.id)
    story.act(Charge[Sealed], "2024-09-02", points=10, money=Money(10))
    story.act(Refund[Sealed], "2024-09-02", spending_id=payment.id)
    give(story, Story(ALIVE), 10, "2024-09-02")

    assert not [each for each in story.events if isinstance(each, AccountKeptAlive) and each.day.month == 9]


def test_a_capture_that_is_asked_for_again_is_no_activity() -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")
    held = story.act(Hold, "2024-04-01", points=10)[0]
    story.act(Capture[Sealed], "2024-04-02", hold_id=held.id)

    assert story.act(Capture[Sealed], "2024-05-02", hold_id=held.id) == ()
    assert days(story) == [(90, "2025-04-02")]


def test_points_are_not_extended_before_the_capture_that_a_clock_behind_was_lifted_to() -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")
    held = story.act(Hold, seoul("2024-04-01", "12:00"), points=10)[0]

    captured, *rest = story.act(Capture[Sealed], seoul("2024-04-01", "11:57"), hold_id=held.id)

    assert {each.occurred_at for each in rest} == {captured.occurred_at} == {seoul("2024-04-01", "12:00")}


# Late activities.


def test_a_late_activity_extends_what_came_back_after_it_when_that_came_back() -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")
    payment = paid(story, 50, "2024-03-07")
    story.act(Refund[Sealed], "2024-04-10", spending_id=payment.id)

    events = late(story, Pay[Sealed], "2024-04-01", "2024-04-11", points=10)

    assert extended(events) == [
        (40, "activity", seoul("2024-04-01")),
        (50, "return", seoul("2024-04-10")),
    ]
    assert days(story) == [(90, "2025-04-01")]
    assert as_of(story, "2024-04-05") == {date(2025, 4, 1): 40}
    assert as_of(story, "2024-04-10") == {date(2025, 4, 1): 90}


def test_an_activity_does_not_reach_points_that_were_earned_after_it() -> None:
    story = RuledStory(versions(
        ("2024-01-01", program(version=1, expires_after=YEAR, expiry_from="activity")),
        ("2024-06-01", program(version=2, expires_after=Span(days=30), expiry_from="activity")),
    ))  # fmt: skip
    accrued(story, 100, "2024-06-10")

    late(story, Accrue[Sealed], "2024-05-01", "2024-06-11", points=10)

    assert sorted(days(story)) == [(10, "2025-05-01"), (100, "2024-07-10")]


@pytest.mark.parametrize("order", ["as they came", "the first comes late"])
def test_which_activity_is_told_first_makes_no_difference(order: str) -> None:
    """The second alone finds the points past their day; with the first before it they had lived."""
    story = Story(TEN)
    accrued(story, 100, "2024-03-01")
    first = story.command(Accrue[Sealed], seoul("2024-03-09"), points=1)
    second = story.command(Accrue[Sealed], seoul("2024-03-15"), points=1)

    for command in (first, second) if order == "as they came" else (second, first):
        story.do(command, recorded_at=seoul("2024-03-16"))

    assert sorted(days(story)) == [(1, "2024-03-25"), (1, "2024-03-25"), (100, "2024-03-25")]


def test_a_late_accrual_gets_the_day_that_activities_after_it_gave() -> None:
    story = Story(TEN)
    accrued(story, 100, "2024-03-15")

    late(story, Accrue[Sealed], "2024-03-09", "2024-03-16", points=10)

    assert days(story) == [(10, "2024-03-25"), (100, "2024-03-25")]


# By which version a lot was dated; gifts.


CHANGED = versions(
    ("2024-01-01", program(version=1, expires_after=YEAR, expiry_from="activity")),
    ("2024-06-01", program(version=2, expires_after=Span(months=18), expiry_from="activity")),
)


def test_an_activity_reaches_lots_that_an_earlier_version_dated() -> None:
    story = RuledStory(CHANGED)
    accrued(story, 100, "2024-03-07")

    paid(story, 10, "2024-07-01")

    assert days(story) == [(90, "2026-01-01")]


def test_a_promise_of_an_earlier_version_is_counted_again_when_it_is_confirmed() -> None:
    story = RuledStory(versions(
        ("2024-01-01", program(version=1, expires_after=YEAR)),
        ("2024-06-01", program(version=2, expires_after=Span(years=2))),
    ))  # fmt: skip
    promised = accrued(story, 10, "2024-05-20", pending=True)

    story.confirm(promised.id, "2024-06-10")

    assert days(story) == [(10, "2026-06-10")]


def give(giver: Story, taker: Story, points: int, at: str, rules: Program | None = None) -> None:
    command = giver.command(Transfer[Sealed], seoul(at), points=points, to_account_id=taker.account_id)
    stamps = stamp(command.occurred_at, command), stamp(command.occurred_at)
    history = giver.history if isinstance(giver, RuledStory) else None
    sent, came = transfer(giver.state, taker.state, command, rules or giver.program, stamps, history)
    giver.append(sent)
    taker.append(came)


@pytest.mark.parametrize("had_moved", [False, True])
def test_a_gift_keeps_its_last_day_until_its_new_account_has_an_activity(had_moved: bool) -> None:
    giver, taker = Story(ALIVE), Story(ALIVE)
    accrued(giver, 100, "2024-03-07")
    if had_moved:
        paid(giver, 10, "2024-04-01")
    accrued(taker, 10, "2024-05-20")

    give(giver, taker, 50, "2024-05-25")

    assert days(taker)[0] == (50, "2025-04-01" if had_moved else "2025-03-07")
    late(taker, Accrue[Sealed], "2024-05-24", "2024-05-26", points=1)
    assert days(taker)[0][0] == 50
    assert days(taker)[0][1] < "2025-05-01"
    paid(taker, 5, "2024-06-01")
    assert days(taker)[0] == (45, "2025-06-01")


def test_a_gift_of_points_with_a_stated_day_keeps_it_for_ever() -> None:
    giver, taker = Story(ALIVE), Story(ALIVE)
    accrued(giver, 100, "2024-03-07", expires_on=date(2024, 12, 31))

    give(giver, taker, 50, "2024-05-01")
    accrued(taker, 10, "2024-06-01")

    assert days(taker)[0] == (50, "2024-12-31")


def test_a_gift_is_dated_by_the_version_of_its_earning() -> None:
    giver, taker = RuledStory(CHANGED), RuledStory(CHANGED)
    accrued(giver, 100, "2024-03-07")
    paid(giver, 10, "2024-04-01")

    give(giver, taker, 50, "2024-07-01", CHANGED.newest)
    accrued(taker, 10, "2024-08-01")

    assert days(taker)[0] == (50, "2026-02-01")


def test_a_gift_that_is_told_late_lives_by_activities_of_later_days_that_were_told_before() -> None:
    giver, taker = Story(ALIVE), Story(ALIVE)
    accrued(giver, 100, "2024-03-07")
    accrued(taker, 10, "2024-06-01")

    give(giver, taker, 50, "2024-05-25")

    assert days(taker) == [(50, "2025-06-01"), (10, "2025-06-01")]


LONGER = program(version=2, expires_after=Span(years=3), expiry_from="activity", extends_earlier=True)


def test_a_longer_validity_goes_for_gifts_whose_day_an_activity_had_moved() -> None:
    history = versions(("2024-01-01", replace(ALIVE, version=1)), ("2024-06-01", LONGER))
    giver, taker = RuledStory(history), RuledStory(history)
    accrued(giver, 100, "2024-03-07")
    paid(giver, 10, "2024-04-01")
    give(giver, taker, 50, "2024-05-01", replace(ALIVE, version=1))

    taker.extend("2024-06-02")

    assert days(taker) == [(50, "2027-03-07")]


def test_a_longer_validity_brings_points_to_activities_of_before_the_sweep() -> None:
    second = replace(LONGER, expires_after=Span(days=20))
    story = RuledStory(versions(("2024-01-01", replace(TEN, version=1)), ("2024-05-28", second)))
    accrued(story, 100, "2024-05-20")  # to 05-30; by the longer validity to 06-09
    accrued(story, 1, "2024-06-05")

    story.extend("2024-06-06")

    assert days(story) == [(100, "2024-06-25"), (1, "2024-06-25")]


def test_a_shorter_span_takes_nothing_from_what_earlier_activities_gave() -> None:
    second = program(version=2, expires_after=Span(days=30), expiry_from="activity")
    story = RuledStory(versions(("2024-01-01", replace(ALIVE, version=1)), ("2024-06-01", second)))
    accrued(story, 100, "2024-01-10")
    payment = paid(story, 100, "2024-01-11")
    accrued(story, 1, "2024-05-20")
    accrued(story, 1, "2024-06-10")

    story.act(Refund[Sealed], "2024-07-20", spending_id=payment.id)

    assert sorted(days(story)) == [(1, "2024-07-10"), (1, "2025-05-20"), (100, "2025-05-20")]


# Undoing, and logs of before.


def test_an_activity_that_is_undone_was_one_all_the_same() -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")
    payment = story.command(Pay[Sealed], seoul("2024-09-01"), points=10)
    story.do(payment)

    story.act(Void, "2024-09-02", voided_key=payment.key)

    assert days(story) == [(100, "2025-09-01")]


def test_an_exchange_is_an_activity_and_a_log_of_before_still_says_so() -> None:
    """Before there was an event of its own, an activity was told by what it extended."""
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")
    story.act(Exchange[Sealed], "2024-09-01", points=40, coupon="C", coupon_id=uuid4())
    before = [each for each in story.events if not isinstance(each, AccountKeptAlive)]
    account = None
    for event in before:
        account = evolve(account, event)

    assert account is not None
    assert [(str(each.latest), str(each.until)) for each in account.aside.stretches] == [("2024-09-01", "2025-09-01")]


def test_an_account_of_a_program_without_it_keeps_nothing() -> None:
    story = Story(program(refund_grace_days=3))
    accrued(story, 100, "2024-03-07")
    payment = paid(story, 10, "2024-03-08")
    story.act(Refund[Sealed], "2025-03-10", spending_id=payment.id)

    aside = story.state.aside
    assert (aside.stretches, len(aside.since), len(aside.gifts)) == ((), 0, 0)


def as_of(story: Story, day: str) -> dict[date | None, int]:
    """Points by last day as of the end of a day, from what occurred until then."""
    found: dict[date | None, int] = {}
    for event in story.events:
        if day_of(event.occurred_at).isoformat() <= day:
            for sign, pieces in (
                (1, getattr(event, "given", ())),
                (1, (event.lot,) if hasattr(event, "lot") else ()),
                (1 if event.TOPIC == "points.refunded.v1" else -1, getattr(event, "draws", ())),
            ):
                for each in pieces:
                    found[each.expires_on] = found.get(each.expires_on, 0) + sign * each.points
    return {last: points for last, points in found.items() if points}
