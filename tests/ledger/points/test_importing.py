"""Import: what another system owes is owed here from the cut-over on; what it remembers is told and moves nothing."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.calendar import Span
from ledger.errors import AccountNotActive, InvalidAmount, InvalidText, InvalidTime
from ledger.points.commands import (
    Accrue,
    Capture,
    ClawBack,
    Expire,
    ImportCoupon,
    ImportHistory,
    ImportHold,
    ImportLot,
    LotPoints,
    RedeemCoupon,
    Refund,
    Release,
    Suspend,
    TimeOutHolds,
)
from ledger.points.conservation import EFFECTS, movements, points_of
from ledger.points.decide import PointsCommand
from ledger.points.errors import NotInLot
from ledger.points.events import (
    CouponRedeemed,
    DeficitRepaid,
    HistoryImported,
    HoldCaptured,
    HoldImported,
    HoldReleased,
    PointsExpired,
    PointsImported,
)
from tests.ledger.points.given import Story, program, sealed, seoul

CUT_OVER = "2024-06-01"


def lot(story: Story, points: int, earned: str = "2023-03-07", **content: Any) -> Any:
    """A lot of the other system at the cut-over."""
    told = {"source": "old", "points": points, "earned_at": seoul(earned), "expires_on": date(2025, 3, 7)}
    return story.do(story.command(ImportLot, seoul(CUT_OVER), **(told | content)))[0]


def hold(story: Story, *parts: tuple[Any, int], **content: Any) -> Any:
    """An open hold of the other system."""
    named = tuple(LotPoints(each.id, points) for each, points in parts)
    told = {"source": "old", "parts": named, "held_at": seoul("2024-05-31"), "times_out_at": seoul("2024-06-02")}
    return story.do(story.command(ImportHold, seoul(CUT_OVER), **(told | content)))[0]


def coupon(story: Story, points: int = 300, **content: Any) -> Any:
    """A coupon that the other system issued."""
    told = {
        "source": "old",
        "coupon": "COFFEE",
        "coupon_id": uuid4(),
        "points": points,
        "issued_at": seoul("2024-05-01"),
        "expires_on": date(2024, 7, 31),
        "points_expire_on": date(2025, 3, 7),
        "code": sealed(77),
    }
    return story.do(story.command(ImportCoupon[Sealed], seoul(CUT_OVER), **(told | content)))[0]


def history(story: Story, movement: str, points: int, on: str, **content: Any) -> Any:
    """A line that the other system remembers."""
    told = {"source": "old", "movement": movement, "points": points}
    command = story.command(ImportHistory[Sealed], seoul(on), **(told | content))
    return story.do(command, recorded_at=seoul(CUT_OVER))[0]


def test_a_lot_keeps_the_day_it_was_earned_and_its_last_day_and_is_owed_from_the_cut_over_on() -> None:
    story = Story()

    event = lot(story, 700, kind="paid", funder="bakery", priority=-1)

    assert isinstance(event, PointsImported)
    assert (event.lot.earned_at, event.lot.expires_on) == (seoul("2023-03-07"), date(2025, 3, 7))
    assert (event.occurred_at, event.lot.lot_id, event.source) == (seoul(CUT_OVER), event.id, "old")
    assert story.balance(CUT_OVER).available == 700
    assert (story.state.payment_at, story.state.contract_at) == (None, None)


def test_lots_are_spent_in_the_order_in_which_they_were_earned_elsewhere() -> None:
    story = Story()
    younger = lot(story, 100, "2023-05-01")
    older = lot(story, 100, "2023-04-01")

    paid = story.pay(150, "2024-06-02")

    assert [(each.lot_id, each.points) for each in paid.draws] == [(older.id, 100), (younger.id, 50)]


def test_a_lot_past_its_day_is_taken_over_and_the_next_sweep_expires_it() -> None:
    story = Story()
    lot(story, 250, expires_on=date(2024, 5, 31))

    assert story.balance(CUT_OVER).available == 0
    (swept,) = story.sweep("2024-06-01")

    assert isinstance(swept, PointsExpired)
    assert swept.points == 250


def test_a_lot_that_was_taken_over_can_be_clawed_back_by_its_receipt() -> None:
    story = Story()
    event = lot(story, 250)

    story.do(story.command(ClawBack, seoul("2024-06-02"), accrual_id=event.id))

    assert story.balance("2024-06-02").available == 0


def test_a_lot_pays_what_the_account_has_come_to_owe_here() -> None:
    story = Story()
    earned = story.accrue(100)
    story.pay(100)
    story.do(story.command(ClawBack, seoul("2024-04-05"), accrual_id=earned.id))

    story.do(story.command(ImportLot, seoul(CUT_OVER), source="old", points=250, earned_at=seoul("2023-03-07")))

    assert isinstance(story.events[-1], DeficitRepaid)
    assert (story.state.deficit, story.state.open_points) == (0, 150)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        ({"earned_at": seoul("2024-06-02")}, InvalidTime),
        ({"usable_at": seoul("2023-03-06")}, InvalidTime),
        ({"expires_on": date(2023, 3, 6)}, InvalidTime),
        ({"source": "o\0ld"}, InvalidText),
        ({"points": 0}, InvalidAmount),
        ({"priority": 2_000_000}, InvalidAmount),
    ],
)
def test_a_lot_that_cannot_have_been_is_refused(content: dict[str, Any], refusal: type[Exception]) -> None:
    story = Story()
    before = story.state

    with pytest.raises(refusal):
        lot(story, **({"points": 100} | content))

    assert story.state is before


def test_a_hold_goes_on_as_if_it_had_been_placed_here() -> None:
    story = Story(program(refund_grace_days=0))
    first, second = lot(story, 500), lot(story, 500, "2023-04-01")
    held = hold(story, (first, 500), (second, 100), store="S1")
    assert (story.balance(CUT_OVER).available, story.state.held) == (400, 600)

    captured = story.do(story.command(Capture[Sealed], seoul("2024-06-01"), hold_id=held.id, points=550))

    assert isinstance(captured[0], HoldCaptured)
    assert isinstance(captured[1], HoldReleased)
    assert (story.state.held, story.state.open_points) == (0, 450)


def test_a_hold_of_points_past_their_day_may_still_be_captured() -> None:
    story = Story()
    gone = lot(story, 500, expires_on=date(2024, 5, 31))
    held = hold(story, (gone, 500))

    story.do(story.command(Capture[Sealed], seoul("2024-06-01"), hold_id=held.id))

    assert (story.state.held, story.state.open_points) == (0, 0)


def test_an_authorising_hold_stays_so_and_does_not_time_out() -> None:
    story = Story()
    held = hold(story, (lot(story, 500), 500), authorising=True, times_out_at=None)

    late = story.do(story.command(TimeOutHolds, seoul("2024-09-01")))

    assert late == ()
    assert story.state.aside.holds[held.id].status == "authorising"


def test_an_open_hold_without_a_time_lasts_from_the_cut_over_as_long_as_the_programs_do() -> None:
    story = Story(program(hold_minutes=30))
    hold(story, (lot(story, 500), 500), times_out_at=None)

    assert story.do(story.command(TimeOutHolds, seoul(CUT_OVER, "12:29"))) == ()
    assert len(story.do(story.command(TimeOutHolds, seoul(CUT_OVER, "12:30")))) == 1


def test_a_hold_takes_no_more_than_its_lots_have_however_often_they_are_named() -> None:
    story = Story()
    event = lot(story, 500)

    with pytest.raises(NotInLot) as refused:
        hold(story, (event, 300), (event, 300))

    assert (refused.value.asked, refused.value.left) == (300, 200)


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        ({"held_at": seoul("2024-06-02")}, InvalidTime),
        ({"times_out_at": seoul("2024-05-30")}, InvalidTime),
        ({"parts": ()}, InvalidAmount),
        ({"parts": (LotPoints(uuid4(), 1),)}, NotInLot),
    ],
)
def test_a_hold_that_cannot_be_is_refused(content: dict[str, Any], refusal: type[Exception]) -> None:
    story = Story()
    event = lot(story, 500)

    with pytest.raises(refusal):
        hold(story, (event, 100), **content)


def test_a_coupon_is_redeemed_here_at_what_was_exchanged_for_it() -> None:
    story = Story()
    issued = coupon(story, 300, funder="bakery")
    assert story.state.contract_at == seoul("2024-05-01")

    (redeemed,) = story.do(
        story.command(RedeemCoupon, seoul("2024-06-02"), spending_id=issued.id, redeemer="123-45-67890")
    )

    assert isinstance(redeemed, CouponRedeemed)
    assert [(each.points, each.funder, each.compensated) for each in redeemed.draws] == [(300, "bakery", 300)]
    assert story.state.open_points == 0


def test_a_refunded_coupon_gives_its_points_back_with_the_last_day_that_they_had() -> None:
    story = Story()
    issued = coupon(story, 300)
    assert (story.state.open_points, movements(issued)) == (0, ())

    story.refund(issued.id, "2024-06-02")

    assert [(each.points, each.expires_on) for each in story.state.open_lots] == [(300, date(2025, 3, 7))]


@pytest.mark.parametrize("undo", ["release", "capture", "refund"])
def test_what_was_taken_over_is_not_undone_before_the_cut_over(undo: str) -> None:
    story = Story()
    held = hold(story, (lot(story, 500), 500))
    issued = coupon(story, 300)
    before = seoul("2024-05-31")
    commands: dict[str, PointsCommand] = {
        "release": story.command(Release, before, hold_id=held.id),
        "capture": story.command(Capture[Sealed], before, hold_id=held.id),
        "refund": story.command(Refund[Sealed], before, spending_id=issued.id),
    }

    with pytest.raises(InvalidTime, match="lies before"):
        story.do(commands[undo], recorded_at=seoul("2024-06-02"))


def test_a_hold_is_taken_over_no_earlier_than_its_lots() -> None:
    story = Story()
    named = (LotPoints(lot(story, 500).id, 200),)

    held = story.do(
        story.command(ImportHold, seoul("2024-05-30"), source="old", parts=named, held_at=seoul("2024-05-29")),
        recorded_at=seoul("2024-06-02"),
    )[0]

    assert held.occurred_at == seoul(CUT_OVER)


def test_a_hold_takes_all_parts_of_a_lot_whatever_their_last_days() -> None:
    story = Story(program(refund_grace_days=10))
    event = lot(story, 100, expires_on=date(2024, 6, 5))
    paid = story.pay(30, "2024-06-03")
    story.refund(paid.id, "2024-06-06")
    parts = [(each.points, each.expires_on) for each in story.state.open_lots]
    assert parts == [(70, date(2024, 6, 5)), (30, date(2024, 6, 16))]

    held = story.do(
        story.command(
            ImportHold,
            seoul("2024-06-06"),
            source="old",
            parts=(LotPoints(event.id, 80),),
            held_at=seoul("2024-05-31"),
        )
    )[0]

    assert [(each.points, each.expires_on) for each in held.draws] == [(70, date(2024, 6, 5)), (10, date(2024, 6, 16))]


def test_history_is_told_and_moves_nothing() -> None:
    story = Story(opened_at=seoul("2020-01-01"))
    lot(story, 500)
    before = story.balance(CUT_OVER)

    event = history(story, "pay", -300, "2022-01-01", paid=sealed(3), store="S1")

    assert isinstance(event, HistoryImported)
    assert (event.points, event.occurred_at) == (-300, seoul("2022-01-01"))
    assert story.balance(CUT_OVER) == before
    assert points_of(event) == 0
    assert story.state.payment_at == seoul("2022-01-01")


@pytest.mark.parametrize(
    ("movement", "contract", "payment"),
    [("accrue", True, False), ("exchange", True, False), ("refund", False, True), ("expire", False, False)],
)
def test_a_line_of_history_is_a_record_of_the_kind_that_its_movement_is(
    movement: str, contract: bool, payment: bool
) -> None:
    story = Story(opened_at=seoul("2020-01-01"))

    history(story, movement, 1, "2022-01-01")

    assert (story.state.contract_at is not None, story.state.payment_at is not None) == (contract, payment)


@pytest.mark.parametrize(("movement", "field"), [("pay", "detail"), ("accrue", "paid")])
def test_a_record_under_the_wrong_law_is_refused(movement: str, field: str) -> None:
    story = Story(opened_at=seoul("2020-01-01"))

    with pytest.raises(InvalidText):
        history(story, movement, 1, "2022-01-01", **{field: sealed(3)})


def test_a_suspended_account_is_taken_over_and_one_that_was_left_is_not() -> None:
    story = Story()
    story.do(story.command(Suspend, seoul("2024-02-01"), reason="card lost"))
    event = lot(story, 500)
    held = hold(story, (event, 100))
    story.do(story.command(Release, seoul("2024-06-02"), hold_id=held.id))
    story.leave("2024-06-03")

    for attempt in (lot, coupon):
        with pytest.raises(AccountNotActive):
            attempt(story, 100)


def test_what_is_taken_over_adds_up() -> None:
    story = Story()
    first = lot(story, 500)
    hold(story, (first, 200))
    coupon(story)
    history(story, "accrue", 900, "2024-01-05")

    assert sum(map(points_of, story.events)) == story.state.open_points == 300
    held = [each.points for each in story.events if isinstance(each, HoldImported) and EFFECTS[HoldImported].held]
    assert held == [story.state.held] == [200]


def test_a_lot_that_was_taken_over_lives_by_activities_also_where_nothing_is_owed() -> None:
    story = Story(program(expires_after=Span(years=1), expiry_from="activity"))
    story.act(Accrue[Sealed], "2024-06-01", points=5)

    earned = seoul("2024-03-07")
    told = {"source": "old", "points": 95, "earned_at": earned, "kind": "free", "funder": "operator"}
    story.do(story.command(ImportLot, seoul("2024-06-02"), expires_on=date(2025, 3, 7), **told))

    assert [(each.points, each.expires_on) for each in story.state.open_lots] == [
        (95, date(2025, 6, 1)), (5, date(2025, 6, 1)),
    ]  # fmt: skip


def test_what_was_taken_over_expires_no_earlier_than_the_cut_over() -> None:
    story = Story()
    lot(story, 100, expires_on=date(2024, 5, 1))

    swept = story.do(
        story.command(Expire, seoul("2024-05-15"), as_of=date(2024, 5, 15)), recorded_at=seoul("2024-06-02")
    )

    assert [(each.points, each.occurred_at) for each in swept] == [(100, seoul(CUT_OVER))]
