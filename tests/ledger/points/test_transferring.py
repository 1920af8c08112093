"""Transfer (선물) and conversion (전환): both accounts or neither."""

from datetime import date, timedelta
from typing import Any

import pytest

from crypto_shredding import Sealed
from ledger.errors import (
    AccountNotActive,
    InsufficientPoints,
    InvalidAmount,
    InvalidText,
    InvalidTime,
    LimitReached,
    Refused,
    UnknownAccount,
)
from ledger.points import limits
from ledger.points.commands import ClawBack, Convert, Freeze, Pay, Suspend, Transfer
from ledger.points.decide import convert, transfer
from ledger.points.errors import NotTransferable
from ledger.points.events import DeficitRepaid, PointsConvertedIn, PointsConvertedOut, PointsReceived, PointsSent
from ledger.points.limits import CLOCK_SKEW_MAX, POINTS_MAX
from ledger.points.program import Conversion
from tests.ledger.points.given import Story, lots_of, program, sealed, seoul, stamp

OTHER = program(code="OTHER", expires_after=None)
RATED = program(conversions=(Conversion("OTHER", 3, 2),))


def give(giver: Story, taker: Story, points: int, at: Any = "2024-04-01", **content: Any) -> tuple[Any, Any]:
    """What happens to both, appended to both; converted if they are of two programs."""
    when = seoul(at) if isinstance(at, str) else at
    of, to = content.pop("of", giver.account), content.pop("to", taker.account)
    kind: Any = Transfer[Sealed] if content.pop("as_gift", giver.program.code == taker.program.code) else Convert
    command = giver.command(kind, when, to_account_id=taker.account_id, points=points, **content)
    stamps = stamp(seoul("2024-06-01"), command), stamp(seoul("2024-06-01"))
    if kind is Convert:
        sent, came = convert(of, to, command, (giver.program, taker.program), stamps)
    else:
        sent, came = transfer(of, to, command, giver.program, stamps)
    return giver.append(sent), taker.append(came)


def test_lots_keep_their_last_day_kind_and_funder_on_the_other_side() -> None:
    giver, taker = Story(), Story()
    one = giver.accrue(50, funder="p-1", supplier="1-2-3", priority=-1, expires_on=date(2024, 9, 1))
    two = giver.accrue(50, kind="paid", own_use="p-7", expires_on=date(2024, 8, 1))
    taker.accrue(5)

    (sent,), (received,) = give(giver, taker, 80, memo=sealed(1), receiver_memo=sealed(2))

    assert isinstance(sent, PointsSent)
    assert isinstance(received, PointsReceived)
    assert lots_of(sent) == [(one.id, 50), (two.id, 30)]
    assert (sent.transfer_id, received.transfer_id) == (sent.id, sent.id)
    assert (sent.memo, received.memo) == (sealed(1), sealed(2))
    told = [
        (lot.points, lot.kind, lot.funder, lot.supplier, lot.priority, lot.expires_on, lot.own_use)
        for lot in received.lots
    ]
    assert told == [
        (50, "free", "p-1", "1-2-3", -1, date(2024, 9, 1), None),
        (30, "paid", "operator", None, 0, date(2024, 8, 1), "p-7"),
    ]
    assert [lot.sequence for lot in received.lots] == [2, 3]
    assert {lot.earned_at for lot in received.lots} == {one.occurred_at}
    assert (giver.balance("2024-04-01").available, taker.balance("2024-04-01").available) == (20, 85)


def test_ids_on_the_other_side_follow_from_the_transfer_and_are_new() -> None:
    giver, taker = Story(), Story()
    giver.accrue(50)
    (first,), (one,) = give(giver, taker, 20)
    _, (two,) = give(giver, taker, 20)

    assert len({first.id, one.lots[0].lot_id, two.lots[0].lot_id, *giver.state.lots}) == 4


def test_points_given_back_and_forth_keep_their_last_day() -> None:
    giver, taker = Story(), Story()
    giver.accrue(50, expires_on=date(2024, 9, 1))
    give(giver, taker, 50)
    _, (back,) = give(taker, giver, 50)

    assert back.lots[0].expires_on == date(2024, 9, 1)
    assert giver.balance("2024-04-01").available == 50


def test_a_payment_of_before_the_transfer_may_not_use_what_came_by_it() -> None:
    """The lot was earned and usable long before, but on another account."""
    giver, taker = Story(), Story()
    giver.accrue(50, "2024-03-07")
    give(giver, taker, 50, "2024-04-05")

    assert isinstance(taker.refusal(Pay[Sealed], "2024-04-04", points=1), InsufficientPoints)
    taker.pay(50, "2024-04-05")


def test_a_late_clawback_takes_received_points_no_earlier_than_they_came() -> None:
    giver, taker = Story(), Story()
    giver.accrue(50, "2024-03-07")
    accrued = taker.accrue(50, "2024-03-08")
    taker.pay(50, "2024-03-09")
    give(giver, taker, 50, "2024-04-05")

    (late,) = taker.act(ClawBack, "2024-04-01", accrual_id=accrued.id)

    assert (late.points, late.occurred_at) == (50, seoul("2024-04-05"))


def test_the_receivers_debts_are_paid_first() -> None:
    giver, taker = Story(), Story()
    giver.accrue(50, funder="p-1")
    accrued = taker.accrue(30)
    taker.pay(30)
    taker.act(ClawBack, "2024-04-01", accrual_id=accrued.id)

    _, (received, repaid) = give(giver, taker, 50)

    assert isinstance(repaid, DeficitRepaid)
    assert lots_of(repaid) == [(received.lots[0].lot_id, 30)]
    assert taker.balance("2024-04-01").available == 20


def test_a_conversion_rounds_each_lot_down_and_gives_the_other_programs_days() -> None:
    giver, taker = Story(RATED), Story(OTHER)
    one = giver.accrue(50, funder="p-1", expires_on=date(2024, 5, 1))
    two = giver.accrue(50, kind="paid", expires_on=date(2024, 6, 1))

    (out,), (came,) = give(giver, taker, 70)

    assert isinstance(out, PointsConvertedOut)
    assert isinstance(came, PointsConvertedIn)
    assert lots_of(out) == [(one.id, 50), (two.id, 20)]
    assert [(lot.points, lot.kind, lot.funder, lot.expires_on) for lot in came.lots] == [
        (33, "free", "p-1", None),
        (13, "paid", "operator", None),
    ]
    assert came.points == 46
    assert {lot.earned_at for lot in came.lots} == {lot.usable_at for lot in came.lots} == {seoul("2024-04-01")}


def test_free_points_get_the_last_day_of_their_new_program_and_bought_ones_none() -> None:
    giver, taker = Story(RATED), Story(program(code="OTHER"))
    giver.accrue(30)
    giver.accrue(30, kind="paid")

    _, (came,) = give(giver, taker, 60)

    assert [lot.expires_on for lot in came.lots] == [date(2025, 4, 1), None]


def test_a_lot_that_converts_to_nothing_makes_none() -> None:
    giver, taker = Story(RATED), Story(OTHER)
    giver.accrue(1, expires_on=date(2024, 5, 1))
    giver.accrue(30)

    _, (came,) = give(giver, taker, 31)

    assert [(lot.points, lot.sequence) for lot in came.lots] == [(20, 1)]


def test_points_that_convert_to_nothing_at_all_stay() -> None:
    giver, taker = Story(RATED), Story(OTHER)
    giver.accrue(1)
    before = giver.state, taker.state

    with pytest.raises(InvalidAmount, match="less than one point"):
        give(giver, taker, 1)

    assert (giver.state, taker.state) == before


def test_no_more_points_come_out_of_a_conversion_than_one_movement_may_have() -> None:
    giver, taker = Story(program(conversions=(Conversion("OTHER", 1, 2),))), Story(OTHER)
    giver.accrue(POINTS_MAX)
    before = giver.state

    with pytest.raises(InvalidAmount, match="at most"):
        give(giver, taker, POINTS_MAX)

    assert giver.state is before
    give(giver, taker, POINTS_MAX // 2)


def test_a_suspended_account_receives_but_does_not_give() -> None:
    giver, taker = Story(), Story()
    giver.accrue(50)
    taker.act(Suspend, "2024-03-08", reason="lost")
    give(giver, taker, 10)
    giver.act(Suspend, "2024-04-01", reason="lost")

    with pytest.raises(AccountNotActive):
        give(giver, taker, 10)


def test_the_receiver_needs_room_for_every_lot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OPEN_LOTS_MAX", 2)
    giver, taker = Story(), Story()
    giver.accrue(5, expires_on=date(2024, 5, 1))
    giver.accrue(5)
    taker.accrue(5)

    with pytest.raises(LimitReached):
        give(giver, taker, 6)
    give(giver, taker, 5)


def test_refusals_of_a_transfer_come_in_their_documented_order() -> None:
    giver, taker, frozen, other = Story(RATED), Story(RATED), Story(RATED), Story(OTHER)
    giver.accrue(50)
    frozen.act(Freeze, "2024-02-01", reason="died")
    future = seoul("2024-06-01") + CLOCK_SKEW_MAX + timedelta(microseconds=1)

    def refusal(points: int = 51, to: Any = taker, at: Any = "2024-04-01", **content: Any) -> type[Refused]:
        with pytest.raises(Refused) as refused:
            give(giver, to, points, at, **content)
        return type(refused.value)

    assert (
        refusal(0, at=future, of=None) is refusal(0, at=future, to=taker, actor="\0", of=None) is UnknownAccount
    )
    assert refusal(0, at=future, of=frozen.account) is AccountNotActive
    assert refusal(0, frozen, at=future) is AccountNotActive
    assert refusal(0, other, at=future, as_gift=True) is NotTransferable
    assert refusal(0, taker, at=future, as_gift=False) is NotTransferable  # no rate into one's own program
    assert refusal(0, giver, at=future) is NotTransferable
    assert refusal(0, at=future, actor="\0") is InvalidTime
    assert refusal(0, actor="\0") is InvalidText
    assert refusal(0) is refusal(POINTS_MAX + 1) is InvalidAmount
    assert refusal() is refusal(to=other) is InsufficientPoints
