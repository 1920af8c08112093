"""Clawback (적립취소): where the points are found, and what becomes of those that are not."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import InvalidAmount, InvalidText, InvalidTime, UnknownAccount
from ledger.points.commands import Accrue, Charge, ClawBack, Confirm, Hold, Release, Transfer
from ledger.points.decide import transfer
from ledger.points.errors import AlreadyClawedBack, PaidForPoints, UnknownAccrual
from ledger.points.events import AccrualCancelled, DeficitRepaid, PointsClawedBack
from ledger.points.limits import CLOCK_SKEW_MAX
from ledger.points.movements import Money
from tests.ledger.points.given import Story, lots_of, program, seoul, stamp


def parts(event: PointsClawedBack) -> tuple[int, int, int, int, int]:
    """Found, lapsed, owed, offset, dropped."""
    return event.points, event.lapsed, event.owed, event.offset, event.dropped


def test_points_that_are_still_there_are_taken_from_their_own_lot() -> None:
    story = Story()
    other = story.accrue(50, expires_on=date(2024, 5, 1))
    accrued = story.accrue(100)

    (clawed,) = story.act(ClawBack, "2024-04-01", accrual_id=accrued.id, reason="returned")

    assert parts(clawed) == (100, 0, 0, 0, 0)
    assert lots_of(clawed) == [(accrued.id, 100)]
    assert clawed.reason == "returned"
    assert story.points_by_lot() == {other.id: 50}


def test_what_was_spent_is_taken_from_other_free_lots_of_the_funder_and_the_rest_is_owed() -> None:
    story = Story()
    accrued = story.accrue(100, expires_on=date(2024, 5, 1))
    story.pay(90)
    same = story.accrue(30)
    others = story.accrue(30, funder="p-1")
    bought = story.accrue(30, kind="paid")

    (clawed,) = story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

    assert parts(clawed) == (40, 0, 60, 0, 0)
    assert lots_of(clawed) == [(accrued.id, 10), (same.id, 30)]
    assert story.points_by_lot() == {others.id: 30, bought.id: 30}
    assert story.balance("2024-04-02").deficit == story.state.deficit == 60


def test_other_funders_points_are_taken_where_the_program_reaches_so_far_but_bought_ones_never() -> None:
    story = Story(program(clawback_reach="any_funder"))
    accrued = story.accrue(100, expires_on=date(2024, 5, 1))
    story.pay(100)
    others = story.accrue(30, funder="p-1", expires_on=date(2024, 5, 2))
    same = story.accrue(30)
    story.accrue(30, kind="paid")

    (clawed,) = story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

    assert lots_of(clawed) == [(same.id, 30), (others.id, 30)]  # the funder's own first
    assert {each.funder for each in clawed.draws} == {"operator", "p-1"}
    assert clawed.owed == 40


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("deficit", (0, 0, 70, 0, 0)), ("offset_refund", (0, 0, 0, 70, 0)), ("clamp", (0, 0, 0, 0, 70))],
)
def test_what_is_not_found_is_owed_offset_or_dropped_as_the_program_says(policy: str, expected: Any) -> None:
    story = Story(program(clawback_policy=policy))
    accrued = story.accrue(70)
    story.pay(70)

    (clawed,) = story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

    assert parts(clawed) == expected
    assert story.state.deficit == expected[2]


def test_nobody_owes_what_had_expired_and_no_other_lot_stands_in_for_it() -> None:
    story = Story()
    accrued = story.accrue(100, expires_on=date(2024, 3, 31))
    story.pay(30, "2024-03-20")
    story.sweep("2024-04-01")
    other = story.accrue(50, "2024-04-01")

    (clawed,) = story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

    assert parts(clawed) == (30, 70, 0, 0, 0)
    assert story.points_by_lot() == {other.id: 20}


def test_what_has_expired_and_no_sweep_took_is_still_in_the_lot() -> None:
    story = Story()
    accrued = story.accrue(100, expires_on=date(2024, 3, 31))

    (clawed,) = story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

    assert parts(clawed) == (100, 0, 0, 0, 0)
    assert story.sweep("2024-04-03") == ()


@pytest.mark.parametrize(("last", "found"), [("2024-04-01", 0), ("2024-04-02", 50)])
def test_a_lot_stands_in_to_its_last_day(last: str, found: int) -> None:
    story = Story()
    accrued = story.accrue(50, expires_on=date(2024, 3, 20))
    story.pay(50, "2024-03-20")
    story.accrue(50, expires_on=date.fromisoformat(last))

    (clawed,) = story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

    assert (clawed.points, clawed.owed) == (found, 50 - found)


def test_parts_add_up_to_the_accrual_and_no_further() -> None:
    story = Story()
    accrued = story.accrue(100)

    story.act(ClawBack, "2024-04-01", accrual_id=accrued.id, points=30)
    story.act(ClawBack, "2024-04-01", accrual_id=accrued.id, points=50)

    refused = story.refusal(ClawBack, "2024-04-01", accrual_id=accrued.id, points=21)
    assert (type(refused), refused.left) == (AlreadyClawedBack, 20)
    story.act(ClawBack, "2024-04-01", accrual_id=accrued.id)
    assert story.refusal(ClawBack, "2024-04-01", accrual_id=accrued.id).left == 0
    assert story.state.open_points == 0


def test_parts_count_what_lapsed_once() -> None:
    story = Story()
    accrued = story.accrue(100, expires_on=date(2024, 3, 31))
    story.pay(60, "2024-03-20")
    story.sweep("2024-04-01")

    (one,) = story.act(ClawBack, "2024-04-02", accrual_id=accrued.id, points=30)
    (two,) = story.act(ClawBack, "2024-04-02", accrual_id=accrued.id, points=70)

    assert (parts(one), parts(two)) == ((0, 30, 0, 0, 0), (0, 10, 60, 0, 0))


def test_a_pending_accrual_is_cancelled_and_nothing_available_is_touched() -> None:
    story = Story()
    there = story.accrue(50)
    pended = story.accrue(100, pending=True)

    (part,) = story.act(ClawBack, "2024-04-01", accrual_id=pended.id, points=40)
    assert (story.balance("2024-04-01").pending, story.balance("2024-04-01").available) == (60, 50)
    (rest,) = story.act(ClawBack, "2024-04-01", accrual_id=pended.id)

    assert isinstance(part, AccrualCancelled)
    assert (part.points, rest.points, rest.reason) == (40, 60, "purchase cancelled")
    assert story.points_by_lot() == {there.id: 50}
    assert story.refusal(ClawBack, "2024-04-01", accrual_id=pended.id).left == 0


def test_the_place_of_a_cancelled_accrual_in_the_order_is_not_given_away_again() -> None:
    """Two lots in one place were merged: the second's points were counted as the first's."""
    story = Story()
    pended = story.accrue(10, pending=True, expires_on=date(2024, 12, 1))
    first = story.accrue(20, expires_on=date(2024, 12, 1))
    story.act(ClawBack, "2024-03-08", accrual_id=pended.id)
    second = story.accrue(30, expires_on=date(2024, 12, 1))

    assert story.points_by_lot() == {first.id: 20, second.id: 30}


def test_a_confirmed_accrual_is_clawed_back_of_what_was_confirmed() -> None:
    story = Story()
    pended = story.accrue(100, pending=True)
    story.act(ClawBack, "2024-03-08", accrual_id=pended.id, points=40)
    story.act(Confirm, "2024-03-09", accrual_id=pended.id)

    assert isinstance(story.refusal(ClawBack, "2024-04-01", accrual_id=pended.id, points=61), AlreadyClawedBack)
    assert story.act(ClawBack, "2024-04-01", accrual_id=pended.id)[0].points == 60


def test_points_given_away_are_owed_by_who_earned_them() -> None:
    giver, taker = Story(), Story()
    accrued = giver.accrue(50)
    command = giver.command(Transfer[Sealed], seoul("2024-04-01"), to_account_id=taker.account_id, points=50)
    stamps = stamp(command.occurred_at, command), stamp(command.occurred_at)
    sent, received = transfer(giver.state, taker.state, command, giver.program, stamps)
    giver.append(sent)
    taker.append(received)

    (clawed,) = giver.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

    assert clawed.owed == 50
    assert taker.balance("2024-04-02").available == 50


def test_held_points_are_not_found() -> None:
    story = Story()
    accrued = story.accrue(50)
    (held,) = story.act(Hold, "2024-04-01", points=50)

    (clawed,) = story.act(ClawBack, "2024-04-01", accrual_id=accrued.id)
    _, repaid = story.act(Release, "2024-04-01", hold_id=held.id)

    assert clawed.owed == 50
    assert isinstance(repaid, DeficitRepaid)
    assert (story.state.open_points, story.state.deficit) == (0, 0)


def test_a_late_clawback_occurs_when_the_last_of_what_it_takes_came_in() -> None:
    """As of the days between, the account would have had less than nothing."""
    story = Story()
    accrued = story.accrue(50)
    paid = story.pay(50, "2024-04-01")
    story.refund(paid.id, "2024-04-05")

    (late,) = story.do(story.command(ClawBack, seoul("2024-04-03"), accrual_id=accrued.id), seoul("2024-04-06"))

    assert late.occurred_at == seoul("2024-04-05")


def test_a_stand_in_that_was_earned_later_moves_the_clawback_too() -> None:
    story = Story()
    accrued = story.accrue(50)
    story.pay(50, "2024-03-20")
    story.accrue(50, "2024-04-04")

    (late,) = story.do(story.command(ClawBack, seoul("2024-04-03"), accrual_id=accrued.id), seoul("2024-04-06"))

    assert (late.points, late.occurred_at) == (50, seoul("2024-04-04"))


def test_refusals_come_in_their_documented_order() -> None:
    story = Story()
    accrued = story.accrue(100)
    pended = story.accrue(5, pending=True)
    story.act(ClawBack, "2024-03-08", accrual_id=pended.id)
    (charged,) = story.act(Charge[Sealed], "2024-03-08", points=10, money=Money(10))
    future = seoul("2024-06-01") + CLOCK_SKEW_MAX + timedelta(microseconds=1)
    early = accrued.occurred_at - CLOCK_SKEW_MAX - timedelta(microseconds=1)

    def refusal(at: Any = "2024-04-01", **content: Any) -> type[Any]:
        return type(story.refusal(ClawBack, at, **{"accrual_id": accrued.id, **content}))

    assert refusal(future, of=None, accrual_id=uuid4()) is UnknownAccount
    assert refusal(future, accrual_id=uuid4()) is UnknownAccrual
    assert refusal(future, accrual_id=charged.id) is refusal(early, actor="\0") is InvalidTime
    assert refusal(future, accrual_id=pended.id) is InvalidTime
    assert refusal(accrual_id=charged.id, actor="\0") is refusal(reason="\0") is InvalidText
    assert refusal(accrual_id=charged.id, points=0) is PaidForPoints
    assert refusal(points=0) is refusal(points=-1) is InvalidAmount
    assert refusal(points=101) is refusal(accrual_id=pended.id) is AlreadyClawedBack


def test_an_accrual_after_a_clawback_pays_the_debt_first() -> None:
    story = Story()
    accrued = story.accrue(50)
    story.pay(50)
    story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

    earned, repaid = story.act(Accrue[Sealed], "2024-04-03", points=80, funder="p-9")

    assert (repaid.points, lots_of(repaid)) == (50, [(earned.id, 50)])
    assert [(each.owed_by, each.funder, each.points) for each in repaid.repaid] == [(accrued.id, "operator", 50)]
    assert story.balance("2024-04-03").available == 30
    assert story.state.deficit == 0
