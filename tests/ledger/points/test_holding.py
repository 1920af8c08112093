"""Holds (가승인): set aside, captured, released, timed out."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import (
    AccountNotActive,
    InsufficientPoints,
    InvalidAmount,
    InvalidText,
    InvalidTime,
    LimitReached,
    UnknownAccount,
)
from ledger.points import holding
from ledger.points.commands import Authorise, Capture, Hold, Pay, Release, Suspend, TimeOutHolds
from ledger.points.errors import CancelAtPsp, CaptureTooLarge, HoldEnded, UnknownHold
from ledger.points.events import HoldAuthorising, HoldCaptured, HoldReleased, PointsExpired, PointsHeld, PointsPaid
from ledger.points.limits import CLOCK_SKEW_MAX
from ledger.points.movements import Money
from tests.ledger.points.given import Story, lots_of, program, sealed, seoul

NOON = seoul("2024-04-01")
MOMENT = timedelta(microseconds=1)
FUTURE = seoul("2024-06-01") + CLOCK_SKEW_MAX + MOMENT


def placed(points: int = 60, **content: Any) -> tuple[Story, PointsHeld]:
    """An account with 100 points, of which so many are held from the 1st of April."""
    story = Story(content.pop("rules", None) or program())
    story.accrue(100, expires_on=content.pop("last", date(2024, 5, 31)))
    (held,) = story.act(Hold, "2024-04-01", points=points, **content)
    return story, held


def test_held_points_are_there_and_available_to_nothing_else() -> None:
    story, held = placed(60, cash=Money(900), store="s-1", redeemer="p-2")

    told = story.balance("2024-04-01")
    assert (told.available, told.held) == (40, 60)
    assert isinstance(story.refusal(Pay[Sealed], "2024-04-01", points=41), InsufficientPoints)
    assert isinstance(story.refusal(Hold, "2024-04-01", points=41), InsufficientPoints)
    assert [(each.redeemer, each.compensated) for each in held.draws] == [("p-2", 60)]
    assert (held.cash, held.store, held.times_out_at) == (Money(900), "s-1", NOON + timedelta(minutes=30))


def test_a_capture_of_everything_pays_with_the_draws_of_the_hold() -> None:
    story, held = placed(60, cash=Money(900), store="s-1")

    (paid,) = story.act(Capture[Sealed], "2024-04-02", hold_id=held.id, memo=sealed(1), detail=sealed(2))

    assert isinstance(paid, HoldCaptured)
    assert (paid.points, paid.draws, paid.cash, paid.store) == (60, held.draws, Money(900), "s-1")
    assert (paid.memo, paid.detail, paid.instrument) == (sealed(1), sealed(2), None)
    assert story.balance("2024-04-02").held == 0
    assert story.state.payment_at == paid.occurred_at


def test_a_partial_capture_takes_the_first_drawn_and_releases_the_rest() -> None:
    story = Story(program(unit_value=2))
    first = story.accrue(50, expires_on=date(2024, 5, 1))
    second = story.accrue(50, expires_on=date(2024, 5, 2))
    (held,) = story.act(Hold, "2024-04-01", points=80, redeemer="p-1")

    paid, released = story.act(Capture[Sealed], "2024-04-01", hold_id=held.id, points=60, cash=Money(5))

    assert lots_of(paid) == [(first.id, 50), (second.id, 10)]
    assert [each.compensated for each in paid.draws] == [100, 20]
    assert lots_of(released) == [(second.id, 20)]
    assert [each.compensated for each in released.draws] == [40]
    assert (released.cause, paid.cash) == ("rest", Money(5))
    assert story.points_by_lot() == {second.id: 40}


def test_a_captured_hold_is_refunded_like_a_payment() -> None:
    story, held = placed(60)
    (paid,) = story.act(Capture[Sealed], "2024-04-01", hold_id=held.id)

    story.refund(paid.id)

    assert story.balance("2024-04-02").available == 100


def test_a_hold_from_before_the_last_day_is_captured_after_it() -> None:
    story, held = placed(60, last=date(2024, 4, 1))

    (paid,) = story.act(Capture[Sealed], "2024-04-09", hold_id=held.id)

    assert paid.points == 60


def test_on_release_what_has_expired_meanwhile_expires_then() -> None:
    story, held = placed(60, last=date(2024, 4, 1))

    released, expired = story.act(Release, "2024-04-02", hold_id=held.id)

    assert isinstance(released, HoldReleased)
    assert isinstance(expired, PointsExpired)
    assert expired.points == 60
    assert story.balance("2024-04-02").available == 0
    assert story.sweep("2024-04-02")[0].points == 40  # the rest of the lot is the sweep's


def test_to_the_last_microsecond_of_the_last_day_a_release_expires_nothing() -> None:
    story, held = placed(60, last=date(2024, 4, 1))

    assert len(story.act(Release, seoul("2024-04-02", "00:00") - MOMENT, hold_id=held.id)) == 1


def test_the_rest_of_a_late_capture_expires_with_its_lot() -> None:
    story, held = placed(60, last=date(2024, 4, 1))

    _, released, expired = story.act(Capture[Sealed], "2024-04-02", hold_id=held.id, points=59)

    assert (released.points, expired.points) == (1, 1)


def test_release_and_capture_repeated_are_the_same_answer() -> None:
    story, held = placed(60)
    other, kept = placed(60)
    story.act(Release, "2024-04-01", hold_id=held.id)
    other.act(Capture[Sealed], "2024-04-01", hold_id=kept.id, points=50)

    assert story.act(Release, "2024-04-02", hold_id=held.id) == ()
    assert other.act(Capture[Sealed], "2024-04-02", hold_id=kept.id, points=50) == ()
    assert isinstance(other.refusal(Capture[Sealed], "2024-04-02", hold_id=kept.id, points=49), HoldEnded)
    assert other.refusal(Release, "2024-04-02", hold_id=kept.id).status == "captured"


@pytest.mark.parametrize(("asked", "refused"), [(60, False), (61, True), (1, False)])
def test_a_capture_takes_at_most_what_is_held(asked: int, refused: bool) -> None:
    story, held = placed(60)

    if refused:
        refusal = story.refusal(Capture[Sealed], "2024-04-01", hold_id=held.id, points=asked)
        assert (type(refusal), refusal.asked, refusal.held) == (CaptureTooLarge, asked, 60)
    else:
        assert story.act(Capture[Sealed], "2024-04-01", hold_id=held.id, points=asked)[0].points == asked


def test_a_hold_times_out_exactly_at_its_instant_and_once() -> None:
    story, _ = placed(60)
    at = NOON + timedelta(minutes=30)

    assert story.act(TimeOutHolds, at - MOMENT) == ()
    (released,) = story.act(TimeOutHolds, at)
    assert (released.cause, released.points) == ("timed_out", 60)
    assert story.act(TimeOutHolds, at + timedelta(days=9)) == ()
    assert story.balance("2024-04-02").available == 100


def test_the_programs_minutes_count_where_the_hold_says_nothing_and_its_own_instant_where_it_does() -> None:
    assert placed(1, rules=program(hold_minutes=7))[1].times_out_at == NOON + timedelta(minutes=7)
    assert placed(1, times_out_at=NOON + MOMENT)[1].times_out_at == NOON + MOMENT


def test_a_clock_that_runs_ahead_times_nothing_out_before_its_time() -> None:
    story, _ = placed(60)
    due = NOON + timedelta(minutes=30)

    assert story.do(story.command(TimeOutHolds, due + timedelta(minutes=4)), due - MOMENT) == ()
    assert len(story.do(story.command(TimeOutHolds, due + timedelta(minutes=4)), due)) == 1


def test_while_authorising_a_hold_never_times_out_but_may_be_captured_or_released() -> None:
    story, held = placed(60)

    (authorising,) = story.act(Authorise, "2024-04-01", hold_id=held.id)

    assert isinstance(authorising, HoldAuthorising)
    assert story.act(Authorise, "2024-04-01", hold_id=held.id) == ()
    assert story.act(TimeOutHolds, "2024-05-01") == ()
    assert story.balance("2024-05-01").held == 60
    assert len(story.act(Release, "2024-05-01", hold_id=held.id)) == 1


def test_several_holds_time_out_the_oldest_first() -> None:
    story, second = placed(30)
    (first,) = story.do(story.command(Hold, NOON - timedelta(minutes=5), points=20), NOON)

    released = story.act(TimeOutHolds, "2024-04-02")

    assert [each.hold_id for each in released] == [first.id, second.id]


def test_a_late_capture_pays_anew_if_the_points_are_there() -> None:
    story, held = placed(60, redeemer="p-2", cash=Money(9))
    story.act(TimeOutHolds, "2024-04-02")
    late = story.accrue(20, "2024-04-02", expires_on=date(2024, 4, 30))

    (paid,) = story.act(Capture[Sealed], "2024-04-03", hold_id=held.id)

    assert isinstance(paid, PointsPaid)
    assert (paid.late_for, paid.points, paid.cash) == (held.id, 60, Money(9))
    assert lots_of(paid)[0] == (late.id, 20)  # drawn by the order of the day, not the hold's
    assert {each.redeemer for each in paid.draws} == {"p-2"}
    assert story.act(Capture[Sealed], "2024-04-04", hold_id=held.id) == ()


def test_a_late_capture_whose_points_are_spent_is_to_be_cancelled_at_the_psp() -> None:
    story, held = placed(60)
    story.act(TimeOutHolds, "2024-04-02")
    story.pay(41, "2024-04-02")

    refused = story.refusal(Capture[Sealed], "2024-04-03", hold_id=held.id)

    assert (type(refused), refused.asked, refused.available) == (CancelAtPsp, 60, 59)


def test_a_late_capture_takes_no_points_that_are_for_another_place_alone() -> None:
    story = Story()
    story.accrue(50)
    (held,) = story.act(Hold, "2024-04-01", points=50, redeemer="p-1")
    story.act(Release, "2024-04-01", hold_id=held.id)
    story.pay(50)
    own = story.accrue(50, own_use="p-2")

    assert isinstance(story.refusal(Capture[Sealed], "2024-04-02", hold_id=held.id), CancelAtPsp)
    story.accrue(50, own_use="p-1")
    (paid,) = story.act(Capture[Sealed], "2024-04-02", hold_id=held.id)
    assert own.id not in dict(lots_of(paid))


def test_a_suspended_account_finishes_what_had_begun_but_begins_nothing() -> None:
    story, held = placed(60)
    story.act(Suspend, "2024-04-01", reason="card lost")

    assert isinstance(story.refusal(Hold, "2024-04-01", points=1), AccountNotActive)
    assert isinstance(story.refusal(Authorise, "2024-04-01", hold_id=held.id), AccountNotActive)
    assert len(story.act(Capture[Sealed], "2024-04-01", hold_id=held.id)) == 1


def test_a_clock_behind_by_the_skew_captures_at_the_instant_of_the_hold() -> None:
    story, held = placed(60)

    (paid,) = story.act(Capture[Sealed], NOON - CLOCK_SKEW_MAX, hold_id=held.id)

    assert paid.occurred_at == NOON
    assert isinstance(story.refusal(Release, NOON - CLOCK_SKEW_MAX - MOMENT, hold_id=held.id), InvalidTime)


def test_as_many_holds_may_be_open_as_the_limit_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "OPEN_HOLDS_MAX", 2)
    story, held = placed(1)
    story.act(Hold, "2024-04-01", points=1)

    assert isinstance(story.refusal(Hold, "2024-04-01", points=999), LimitReached)
    story.act(Release, "2024-04-01", hold_id=held.id)
    story.act(Hold, "2024-04-01", points=1)


def test_refusals_of_a_hold_come_in_their_documented_order() -> None:
    story = Story(program(minimum_use=10, unit_of_use=10))
    story.accrue(100)
    stopped = Story()
    stopped.act(Suspend, "2024-02-01", reason="lost")

    def refusal(at: str | datetime = "2024-04-01", **content: Any) -> type[Any]:
        return type(story.refusal(Hold, at, **content))

    assert refusal(FUTURE, of=None, points=0) is UnknownAccount
    assert refusal(FUTURE, of=stopped.account, points=0) is AccountNotActive
    assert refusal(FUTURE, points=0, actor="\0") is InvalidTime
    assert refusal(points=0, actor="\0") is InvalidText
    assert refusal(points=0) is refusal(points=5) is refusal(points=25) is InvalidAmount
    assert refusal(points=10, cash=Money(-1)) is InvalidAmount
    assert refusal(points=10, times_out_at=NOON) is InvalidTime
    assert refusal(points=10, times_out_at=datetime(2024, 4, 2)) is InvalidTime  # noqa: DTZ001 - no zone is the point
    assert refusal(points=110) is InsufficientPoints


@pytest.mark.parametrize("kind", [Authorise, Capture[Sealed], Release])
def test_refusals_of_what_ends_a_hold_come_in_their_documented_order(kind: type[Any]) -> None:
    story, held = placed(60)
    before = NOON - timedelta(minutes=6)

    def refusal(at: str | datetime = "2024-04-02", **content: Any) -> type[Any]:
        return type(story.refusal(kind, at, **{"hold_id": held.id, **content}))

    assert refusal(FUTURE, of=None, hold_id=uuid4()) is UnknownAccount
    assert refusal(FUTURE, hold_id=uuid4()) is UnknownHold
    assert refusal(FUTURE) is refusal(before, actor="\0") is InvalidTime
    assert refusal(actor="\0") is InvalidText
    if kind is Capture:
        assert refusal(points=0) is refusal(points=61, cash=Money(-1)) is InvalidAmount
        assert refusal(points=61) is CaptureTooLarge
        assert type(story.refusal(TimeOutHolds, FUTURE, of=None, actor="\0")) is UnknownAccount
        assert type(story.refusal(TimeOutHolds, FUTURE, actor="\0")) is InvalidTime
        assert type(story.refusal(TimeOutHolds, "2024-04-02", actor="\0")) is InvalidText
    if kind is Authorise:
        story.act(Release, "2024-04-01", hold_id=held.id)
        assert refusal(FUTURE) is InvalidTime
        assert refusal(actor="\0") is InvalidText
        assert refusal() is HoldEnded
