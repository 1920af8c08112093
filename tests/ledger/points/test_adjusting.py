"""Adjustment (조정): points put right by a person, by two persons above a limit."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import (
    FourEyesNeeded,
    InsufficientPoints,
    InvalidAmount,
    InvalidText,
    InvalidTime,
    LimitReached,
    UnknownAccount,
)
from ledger.points import limits
from ledger.points.commands import Adjust
from ledger.points.events import PointsAdjustedDown, PointsAdjustedUp, PointsMovedToSuspense
from ledger.points.limits import CLOCK_SKEW_MAX, POINTS_MAX
from tests.ledger.points.given import ACTOR, Story, lots_of, program, sealed, seoul

WHY = {"reason": "till error"}


def test_points_are_added_as_a_lot_with_the_reason_and_what_it_corrects() -> None:
    story, wrong = Story(), uuid4()

    (added,) = story.act(
        Adjust[Sealed],
        "2024-04-01",
        points=100,
        reason="till error",
        corrects=wrong,
        funder="p-1",
        kind="paid",
        memo=sealed(1),
    )

    assert isinstance(added, PointsAdjustedUp)
    assert (added.reason, added.corrects, added.approver, added.memo) == ("till error", wrong, None, sealed(1))
    lot = added.lot
    assert (lot.lot_id, lot.points, lot.funder, lot.kind) == (added.id, 100, "p-1", "paid")
    assert (lot.earned_at, lot.usable_at, lot.expires_on) == (seoul("2024-04-01"),) * 2 + (date(2025, 4, 1),)


def test_added_points_may_have_a_last_day_of_today_but_not_of_yesterday() -> None:
    story = Story()

    story.act(Adjust[Sealed], "2024-04-01", points=1, expires_on=date(2024, 4, 1), **WHY)
    refused = story.refusal(Adjust[Sealed], "2024-04-01", points=1, expires_on=date(2024, 3, 31), **WHY)

    assert isinstance(refused, InvalidTime)


def test_points_of_one_kind_and_funder_are_taken_in_spending_order() -> None:
    story = Story()
    late = story.accrue(50, expires_on=date(2024, 9, 1))
    soon = story.accrue(50, expires_on=date(2024, 5, 1))
    story.accrue(50, funder="p-1", expires_on=date(2024, 4, 2))
    story.accrue(50, kind="paid", expires_on=date(2024, 4, 2))

    (taken,) = story.act(Adjust[Sealed], "2024-04-01", points=-80, memo=sealed(1), **WHY)

    assert isinstance(taken, PointsAdjustedDown)
    assert (taken.points, taken.owed, taken.funder, taken.memo) == (80, 0, "operator", sealed(1))
    assert lots_of(taken) == [(soon.id, 50), (late.id, 30)]
    assert {each.compensated for each in taken.draws} == {0}
    refused = story.refusal(Adjust[Sealed], "2024-04-01", points=-21, **WHY)
    assert (type(refused), refused.available) == (InsufficientPoints, 20)
    assert story.act(Adjust[Sealed], "2024-04-01", points=-50, kind="paid", **WHY)[0].draws[0].kind == "paid"


def test_what_is_not_there_may_be_owed_if_a_second_person_approves() -> None:
    story = Story()
    story.accrue(30)
    owing = {"points": -50, "may_owe": True, **WHY}

    assert isinstance(story.refusal(Adjust[Sealed], "2024-04-01", **owing), FourEyesNeeded)
    (taken,) = story.act(Adjust[Sealed], "2024-04-01", approver="boss", **owing)

    assert (taken.points, taken.owed, story.state.deficit) == (30, 20, 20)
    assert story.state.aside.owing == (taken.id,)
    earned, repaid = story.act(Adjust[Sealed], "2024-04-02", points=50, **WHY)
    assert (repaid.points, repaid.repaid[0].owed_by, story.state.deficit) == (20, taken.id, 0)
    assert lots_of(repaid) == [(earned.id, 20)]


def test_everything_may_be_owed_and_nothing_taken() -> None:
    story = Story()

    (taken,) = story.act(Adjust[Sealed], "2024-04-01", points=-5, may_owe=True, approver="boss", **WHY)

    assert (taken.points, taken.draws, taken.owed) == (0, (), 5)


def test_bought_points_are_never_owed() -> None:
    refused = Story().refusal(
        Adjust[Sealed], "2024-04-01", points=-5, may_owe=True, approver="boss", kind="paid", **WHY
    )

    assert isinstance(refused, InvalidAmount)


@pytest.mark.parametrize("sign", [1, -1])
def test_one_person_adjusts_up_to_the_limit_and_two_above_it(sign: int) -> None:
    story = Story(program(adjust_alone_max=100))
    story.accrue(1_000)

    story.act(Adjust[Sealed], "2024-04-01", points=sign * 100, **WHY)
    assert isinstance(story.refusal(Adjust[Sealed], "2024-04-01", points=sign * 101, **WHY), FourEyesNeeded)
    story.act(Adjust[Sealed], "2024-04-01", points=sign * 101, approver="boss", **WHY)


@pytest.mark.parametrize("approver", [ACTOR, f" {ACTOR} ", "", "  "])
def test_oneself_and_nobody_are_no_second_person(approver: str) -> None:
    refused = Story().refusal(Adjust[Sealed], "2024-04-01", points=10_001, approver=approver, **WHY)

    assert isinstance(refused, FourEyesNeeded)


def test_who_approves_must_be_another_also_where_nobody_is_needed() -> None:
    assert isinstance(Story().refusal(Adjust[Sealed], "2024-04-01", points=1, approver=ACTOR, **WHY), FourEyesNeeded)


def test_after_leaving_an_adjustment_goes_to_suspense() -> None:
    story = Story()
    story.leave("2024-04-01")

    _, suspended = story.act(Adjust[Sealed], "2024-04-02", points=10, **WHY)

    assert isinstance(suspended, PointsMovedToSuspense)


def test_refusals_come_in_their_documented_order(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story()
    future = seoul("2024-06-01") + CLOCK_SKEW_MAX + timedelta(microseconds=1)

    def refusal(at: Any = "2024-04-01", **content: Any) -> type[Any]:
        return type(story.refusal(Adjust[Sealed], at, **{"points": 10_001, **WHY, **content}))

    assert refusal(future, of=None, reason="\0") is UnknownAccount
    assert refusal(future, reason="\0") is refusal(expires_on=date(2024, 3, 1), reason="\0") is InvalidTime
    for text in (
        {"reason": "\0"},
        {"reason": " "},
        {"reason": ""},
        {"approver": "\0"},
        {"funder": "\0"},
        {"actor": "\0"},
    ):
        assert refusal(**{"points": 0, **text}) is InvalidText
    assert (
        refusal(points=0)
        is refusal(points=POINTS_MAX + 1)
        is refusal(points=1.5)
        is refusal(points=True)
        is InvalidAmount
    )
    assert refusal() is FourEyesNeeded
    assert refusal(points=-1) is InsufficientPoints
    monkeypatch.setattr(limits, "OPEN_LOTS_MAX", 0)
    assert refusal(points=1) is LimitReached
