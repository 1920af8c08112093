"""What an account may do: suspended (정지), frozen (동결), reinstated."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import AccountNotActive, InvalidText, InvalidTime, UnknownAccount
from ledger.points.commands import (
    Accrue,
    Adjust,
    Authorise,
    Capture,
    CashOut,
    Charge,
    ClawBack,
    Confirm,
    Exchange,
    Expire,
    ExpireCoupons,
    Freeze,
    Hold,
    Pay,
    RedeemCoupon,
    Refund,
    Reinstate,
    Release,
    Suspend,
    TimeOutHolds,
    Void,
)
from ledger.points.events import AccountFrozen, AccountReinstated, AccountSuspended
from ledger.points.limits import CLOCK_SKEW_MAX
from ledger.points.movements import Money
from tests.ledger.points.given import Story, program, seoul

WHY = {"reason": "card lost"}


def busy() -> tuple[Story, dict[type[Any], dict[str, Any]]]:
    """An account in the middle of everything, and a command of every verb that it takes."""
    story = Story(program())
    accrued, pended = story.accrue(500), story.accrue(5, pending=True)
    (charged,) = story.act(Charge[Sealed], "2024-03-08", points=100, money=Money(100))
    paid, exchanged = story.pay(10, "2024-03-09"), story.exchange(10, "2024-03-09")
    one, two, three = (story.act(Hold, "2024-03-09", points=10)[0] for _ in range(3))
    assert charged
    return story, {
        Accrue: {"points": 1},
        Confirm: {"accrual_id": pended.id},
        ClawBack: {"accrual_id": accrued.id, "points": 1},
        Charge: {"points": 1, "money": Money(1)},
        Adjust: {"points": 1, **WHY},
        Pay: {"points": 1},
        Exchange: {"points": 1, "coupon": "C", "coupon_id": uuid4()},
        Refund: {"spending_id": paid.id},
        Hold: {"points": 1},
        Authorise: {"hold_id": one.id},
        Capture: {"hold_id": two.id},
        Release: {"hold_id": three.id},
        TimeOutHolds: {},
        Void: {"voided_key": uuid4()},
        CashOut: {"points": 1},
        RedeemCoupon: {"spending_id": exchanged.id},
        ExpireCoupons: {"as_of": date(2024, 4, 1)},
        Expire: {"as_of": date(2024, 4, 1)},
    }


NEW_BUSINESS = {Pay, Exchange, Hold, Authorise, Charge}
EARNED_OR_BEGUN = {Accrue, RedeemCoupon}
STANDS = {"active": set(), "suspended": NEW_BUSINESS, "frozen": NEW_BUSINESS | EARNED_OR_BEGUN}


@pytest.mark.parametrize("status", STANDS)
def test_each_verb_is_taken_or_refused_as_the_account_stands(status: str) -> None:
    story, commands = busy()
    if status != "active":
        story.act(Suspend if status == "suspended" else Freeze, "2024-03-30", **WHY)

    refused = set()
    for kind, content in commands.items():
        try:
            story.act(kind, "2024-04-01", **content)
        except AccountNotActive:
            refused.add(kind)

    assert refused == STANDS[status]


def test_an_account_that_was_left_takes_what_undoes_settles_or_ends_something() -> None:
    story = Story()
    accrued = story.accrue(50)
    paid = story.pay(10)
    story.leave("2024-04-02")

    for kind, content in busy()[1].items():
        if kind in NEW_BUSINESS | EARNED_OR_BEGUN:
            assert isinstance(story.refusal(kind, "2024-04-03", **content), AccountNotActive)
    for kind in (Suspend, Freeze, Reinstate):
        assert isinstance(story.refusal(kind, "2024-04-03", **WHY), AccountNotActive)
    story.refund(paid.id, "2024-04-03")
    story.act(ClawBack, "2024-04-03", accrual_id=accrued.id)
    story.act(Void, "2024-04-03", voided_key=uuid4())
    assert story.state.status == "left"
    assert story.state.open_points == 0


@pytest.mark.parametrize(
    ("kind", "event", "status"),
    [
        (Suspend, AccountSuspended, "suspended"),
        (Freeze, AccountFrozen, "frozen"),
        (Reinstate, AccountReinstated, "active"),
    ],
)
def test_an_account_stands_as_it_was_told_from_any_standing_and_once(kind: Any, event: Any, status: str) -> None:
    for before in (Suspend, Freeze, Reinstate):
        story = Story()
        story.act(before, "2024-03-01", reason="before")
        if before is kind:
            continue
        changed = story.act(kind, "2024-04-01", **WHY)

        assert story.state.status == status
        assert story.act(kind, "2024-04-02", **WHY) == ()
        if changed:
            assert isinstance(changed[0], event)
            assert changed[0].reason == "card lost"


def test_reinstated_it_spends_again() -> None:
    story = Story()
    story.accrue(10)
    story.act(Suspend, "2024-03-08", **WHY)
    story.act(Reinstate, "2024-03-09", reason="found")

    story.pay(10)


@pytest.mark.parametrize("kind", [Suspend, Freeze, Reinstate])
def test_refusals_come_in_their_documented_order(kind: type[Any]) -> None:
    story, left = Story(), Story()
    left.leave("2024-03-01")
    future = seoul("2024-06-01") + CLOCK_SKEW_MAX + timedelta(microseconds=1)

    def refusal(at: Any = "2024-04-01", **content: Any) -> type[Any]:
        return type(story.refusal(kind, at, **{**WHY, **content}))

    assert refusal(future, of=None, reason="") is UnknownAccount
    assert refusal(future, of=left.account, reason="") is AccountNotActive
    assert refusal(future, reason="") is InvalidTime
    assert refusal(reason="") is refusal(actor="\0") is InvalidText


@pytest.mark.parametrize("reason", ["", " ", "김영수 사망", "Kim has died", "a\nb", "x" * 41, "-x", "e.g. lost"])
def test_a_reason_is_a_code_since_it_is_stored_in_plain_for_ever(reason: str) -> None:
    story = Story()
    accrued = story.accrue(5)
    kinds: tuple[Any, ...] = (Freeze, {}), (Adjust[Sealed], {"points": 1}), (ClawBack, {"accrual_id": accrued.id})

    for kind, content in kinds:
        refused = story.refusal(kind, "2024-04-01", reason=reason, **content)
        assert (type(refused), refused.field) == (InvalidText, "reason")
        assert "김영수" not in str(refused)
    story.act(Freeze, "2024-04-01", reason="x" * 40)
