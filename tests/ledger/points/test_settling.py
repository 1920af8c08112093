"""What follows when points come in: debts are paid, stand-ins go home, what is past its day expires."""

from datetime import date
from typing import Any

from crypto_shredding import Sealed
from ledger.points.commands import Accrue, Adjust, Charge, ClawBack, Confirm, Refund
from ledger.points.events import ClawbackReturned, DeficitRepaid, PointsExpired, PointsMovedToSuspense, RefundClaimed
from ledger.points.movements import Money
from tests.ledger.points.given import Story, lots_of, program, seoul


def indebted(**rules: Any) -> tuple[Story, Any, Any]:
    """An account that owes 50: it was clawed back after everything was spent."""
    story = Story(program(**rules))
    accrued = story.accrue(50)
    paid = story.pay(50)
    story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)
    assert story.state.deficit == 50
    return story, accrued, paid


def kinds(events: tuple[Any, ...]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_points_back_in_their_own_lot_pay_its_debt() -> None:
    story, accrued, paid = indebted()

    refunded, repaid = story.refund(paid.id, "2024-04-03")

    assert isinstance(repaid, DeficitRepaid)
    assert (repaid.points, lots_of(repaid)) == (50, [(accrued.id, 50)])
    assert (story.state.open_points, story.state.deficit, story.state.aside.owing) == (0, 0, ())
    assert refunded.points == 50


def test_a_debt_of_more_than_comes_back_is_paid_in_part() -> None:
    story, accrued, paid = indebted()

    story.refund(paid.id, "2024-04-03", points=20)
    assert story.state.deficit == 30
    story.refund(paid.id, "2024-04-03")

    assert (story.state.open_points, story.state.deficit) == (0, 0)
    assert story.state.aside.clawed[accrued.id].stand_ins == ()


def test_points_back_in_their_own_lot_send_the_stand_ins_home_the_last_taken_first() -> None:
    story = Story()
    accrued = story.accrue(50, expires_on=date(2024, 5, 1))
    paid = story.pay(50)
    first = story.accrue(30, expires_on=date(2024, 6, 1))
    second = story.accrue(30, expires_on=date(2024, 7, 1))
    story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)
    assert story.points_by_lot() == {second.id: 10}

    _, returned = story.refund(paid.id, "2024-04-03", points=25)

    assert isinstance(returned, ClawbackReturned)
    assert (returned.points, lots_of(returned)) == (25, [(accrued.id, 25)])
    assert [(each.lot_id, each.points) for each in returned.given] == [(second.id, 20), (first.id, 5)]
    story.refund(paid.id, "2024-04-03")
    assert story.points_by_lot() == {first.id: 30, second.id: 30}


def test_a_stand_in_that_went_past_its_day_meanwhile_expires_when_it_comes_home() -> None:
    story = Story()
    accrued = story.accrue(50)
    paid = story.pay(50)
    brief = story.accrue(50, expires_on=date(2024, 4, 10))
    story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

    events = story.refund(paid.id, "2024-04-11")

    assert kinds(events) == ["PointsRefunded", "ClawbackReturned", "PointsExpired"]
    assert lots_of(events[2]) == [(brief.id, 50)]


def test_a_stand_in_whose_lot_was_clawed_back_too_pays_that_lots_debt() -> None:
    story = Story()
    one = story.accrue(50, expires_on=date(2024, 5, 1))
    paid = story.pay(50)
    two = story.accrue(50)
    story.act(ClawBack, "2024-04-02", accrual_id=one.id)  # the second stands in for the first
    story.act(ClawBack, "2024-04-02", accrual_id=two.id)  # so that the second's own clawback finds nothing
    assert story.state.deficit == 50

    events = story.refund(paid.id, "2024-04-03")

    assert kinds(events) == ["PointsRefunded", "ClawbackReturned", "DeficitRepaid"]
    assert (story.state.open_points, story.state.deficit) == (0, 0)


def test_an_accrual_pays_any_funders_debt_the_oldest_first_and_names_each() -> None:
    story, accrued, _ = indebted()
    other = story.accrue(40, "2024-04-02", funder="p-1", pending=True)
    story.act(Adjust[Sealed], "2024-04-03", points=-30, reason="error", approver="boss", may_owe=True, funder="p-2")
    assert story.state.deficit == 80

    _, repaid = story.act(Accrue[Sealed], "2024-04-04", points=60, funder="p-1")

    assert [(each.owed_by == accrued.id, each.funder, each.points) for each in repaid.repaid] == [
        (True, "operator", 50),
        (False, "p-2", 10),
    ]
    _, more = story.act(Confirm, "2024-04-05", accrual_id=other.id)
    assert (more.points, story.state.deficit, story.balance("2024-04-05").available) == (20, 0, 20)


def test_points_that_come_back_pay_no_further_than_a_clawback_reaches() -> None:
    """Else an account that undoes its spending first would end otherwise than one that is clawed back first."""
    for reach, left in (("same_funder", 30), ("any_funder", 0)):
        story = Story(program(clawback_reach=reach))
        story.accrue(30, funder="p-1", expires_on=date(2024, 5, 1))
        paid = story.pay(30)
        accrued = story.accrue(50)
        story.pay(50)
        story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

        story.refund(paid.id, "2024-04-03")

        assert story.balance("2024-04-03").available == left
        assert story.state.deficit == 50 - 30 + left


def test_bought_points_pay_no_debt_but_their_bonus_does() -> None:
    story, _, _ = indebted()

    charged, bonus, repaid = story.act(Charge[Sealed], "2024-04-03", points=100, money=Money(100), bonus=20)

    assert (lots_of(repaid), bonus.charge_id) == ([(bonus.id, 20)], charged.id)
    assert story.points_by_lot() == {charged.id: 100}
    assert story.state.deficit == 30


def test_points_past_their_day_pay_no_others_debt() -> None:
    story = Story()
    brief = story.accrue(30, expires_on=date(2024, 4, 2))
    paid = story.pay(30)
    accrued = story.accrue(50)
    story.pay(50)
    story.act(ClawBack, "2024-04-02", accrual_id=accrued.id)

    events = story.refund(paid.id, "2024-04-03")

    assert kinds(events) == ["PointsRefunded", "PointsExpired"]
    assert lots_of(events[1]) == [(brief.id, 30)]
    assert story.state.deficit == 50


def test_a_debt_is_not_repaid_before_it_was_made() -> None:
    """An accrual of the first that is recorded after a clawback of the fifth: as of the third nothing was owed."""
    story = Story()
    accrued = story.accrue(50)
    story.pay(50)
    story.act(ClawBack, "2024-04-05", accrual_id=accrued.id)

    late, repaid = story.do(story.command(Accrue[Sealed], seoul("2024-04-01"), points=50), seoul("2024-04-06"))

    assert (late.occurred_at, repaid.occurred_at) == (seoul("2024-04-01"), seoul("2024-04-05"))


def test_a_late_refund_sends_stand_ins_home_no_earlier_than_they_were_taken() -> None:
    story = Story()
    accrued = story.accrue(50)
    paid = story.pay(50)
    story.accrue(50)
    story.act(ClawBack, "2024-04-05", accrual_id=accrued.id)

    command = story.command(Refund[Sealed], seoul("2024-04-03"), spending_id=paid.id)
    refunded, returned = story.do(command, seoul("2024-04-06"))

    assert (refunded.occurred_at, returned.occurred_at) == (seoul("2024-04-03"), seoul("2024-04-05"))


def test_points_that_had_expired_by_the_day_of_the_debt_do_not_pay_it() -> None:
    story = Story()
    accrued = story.accrue(50)
    story.pay(50)
    story.act(ClawBack, "2024-04-05", accrual_id=accrued.id)
    content = {"points": 50, "expires_on": date(2024, 4, 4)}

    events = story.do(story.command(Accrue[Sealed], seoul("2024-04-01"), **content), seoul("2024-04-06"))

    assert kinds(events) == ["PointsAccrued"]
    assert story.state.deficit == 50


def test_after_leaving_free_points_go_to_suspense_and_bought_ones_become_a_claim() -> None:
    story = Story(program(cash_out_fee=1_000))
    story.accrue(50)
    bought = story.accrue(30, kind="paid")
    paid = story.pay(80)
    story.leave("2024-04-02")

    _, claimed, suspended = story.refund(paid.id, "2024-04-03")

    assert isinstance(claimed, RefundClaimed)
    assert (lots_of(claimed), claimed.money) == ([(bought.id, 30)], Money(27))  # less the fee, as on leaving
    assert isinstance(suspended, PointsMovedToSuspense)
    assert (suspended.points, story.state.open_points) == (50, 0)


def test_what_is_in_suspense_is_not_owed_as_well() -> None:
    """The funder has the points already: whether the refund or the clawback came first is one to the member."""
    for order in ((0, 1), (1, 0)):
        story = Story()
        accrued = story.accrue(50)
        paid = story.pay(50)
        story.leave("2024-04-02")
        undo = ((Refund[Sealed], {"spending_id": paid.id}), (ClawBack, {"accrual_id": accrued.id}))
        for each in order:
            story.act(undo[each][0], "2024-04-03", **undo[each][1])

        assert (story.state.deficit, story.state.open_points) == (0, 0)


def test_after_leaving_a_debt_is_paid_before_anything_goes_to_suspense() -> None:
    story = Story()
    accrued = story.accrue(50)
    other = story.accrue(20, funder="operator")
    paid = story.pay(70)
    story.leave("2024-04-02")
    story.act(ClawBack, "2024-04-03", accrual_id=accrued.id)

    events = story.refund(paid.id, "2024-04-04")

    assert kinds(events) == ["PointsRefunded", "DeficitRepaid", "PointsMovedToSuspense"]
    assert lots_of(events[2]) == [(other.id, 20)]


def test_after_leaving_what_is_past_its_day_expires_and_the_sum_is_one() -> None:
    story = Story()
    story.accrue(50, expires_on=date(2024, 4, 2))
    story.accrue(20)
    paid = story.pay(70)
    story.leave("2024-04-02")

    _, expired, suspended = story.refund(paid.id, "2024-04-03")

    assert isinstance(expired, PointsExpired)
    assert (expired.points, suspended.points) == (50, 20)
