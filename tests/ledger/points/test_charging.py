"""Charge (충전) and cash-out (환급): points for money and back."""

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
    UnknownAccount,
)
from ledger.points import limits
from ledger.points.commands import CashOut, Charge, Suspend
from ledger.points.events import PointsCashedOut, PointsCharged
from ledger.points.limits import CLOCK_SKEW_MAX, MONEY_MAX, POINTS_MAX
from ledger.points.movements import Money
from tests.ledger.points.given import Story, lots_of, program, sealed, seoul

FUTURE = seoul("2024-06-01") + CLOCK_SKEW_MAX + timedelta(microseconds=1)


def test_a_charge_makes_bought_points_of_the_operator_that_never_expire() -> None:
    story = Story()

    (charged,) = story.act(
        Charge[Sealed],
        "2024-04-01",
        points=10_000,
        money=Money(10_000),
        memo=sealed(1),
        detail=sealed(2),
        instrument=sealed(3),
    )

    assert isinstance(charged, PointsCharged)
    lot = charged.lot
    assert (lot.lot_id, lot.points, lot.kind, lot.funder, lot.expires_on) == (
        charged.id,
        10_000,
        "paid",
        "operator",
        None,
    )
    assert (lot.earned_at, lot.usable_at, lot.priority) == (charged.occurred_at, charged.occurred_at, 0)
    assert (charged.money, charged.memo, charged.detail, charged.instrument) == (
        Money(10_000), sealed(1), sealed(2), sealed(3)
    )  # fmt: skip
    assert story.state.payment_at == charged.occurred_at


def test_a_bonus_is_a_free_lot_of_its_own_that_names_its_charge() -> None:
    story = Story()

    charged, bonus = story.act(Charge[Sealed], "2024-04-01", points=100, money=Money(100), bonus=5)
    _, dated = story.act(
        Charge[Sealed], "2024-04-01", points=100, money=Money(100), bonus=7, bonus_expires_on=date(2024, 4, 1)
    )

    assert (bonus.charge_id, bonus.lot.kind, bonus.lot.points, bonus.lot.lot_id) == (charged.id, "free", 5, bonus.id)
    assert bonus.lot.expires_on == date(2025, 4, 1)  # the program's year
    assert dated.lot.expires_on == date(2024, 4, 1)
    assert sorted(lot.sequence for lot in story.state.lots.values()) == [1, 2, 3, 4]


def test_no_more_points_are_charged_than_the_money_is_worth() -> None:
    story = Story(program(unit_value=2))

    assert isinstance(story.refusal(Charge[Sealed], "2024-04-01", points=51, money=Money(101)), InvalidAmount)
    story.act(Charge[Sealed], "2024-04-01", points=50, money=Money(101))


@pytest.mark.parametrize(("fee", "paid", "kept"), [(0, 999, 0), (100, 990, 9), (1, 999, 0), (10_000, 0, 999)])
def test_a_cash_out_pays_what_bought_points_are_worth_less_the_fee_rounded_down(fee: int, paid: int, kept: int) -> None:
    story = Story(program(cash_out_fee=fee, unit_value=3))
    story.accrue(500)
    (charged,) = story.act(Charge[Sealed], "2024-04-01", points=400, money=Money(1_200))

    (cashed,) = story.act(CashOut[Sealed], "2024-04-02", points=333, memo=sealed(1), payee=sealed(2))

    assert isinstance(cashed, PointsCashedOut)
    assert (cashed.money, cashed.fee) == (Money(paid), kept)
    assert lots_of(cashed) == [(charged.id, 333)]
    assert (cashed.memo, cashed.payee) == (sealed(1), sealed(2))
    assert story.state.payment_at == cashed.occurred_at


def test_free_points_are_never_cashed_out() -> None:
    story = Story()
    story.accrue(500)
    story.act(Charge[Sealed], "2024-04-01", points=100, money=Money(100))

    refused = story.refusal(CashOut[Sealed], "2024-04-02", points=101)

    assert (type(refused), refused.asked, refused.available) == (InsufficientPoints, 101, 100)
    story.act(CashOut[Sealed], "2024-04-02", points=100)


def test_bought_points_of_several_charges_are_cashed_out_in_their_order() -> None:
    story = Story(program(spending_order="free_first"))
    one, two = (story.act(Charge[Sealed], "2024-04-01", points=10, money=Money(10))[0] for _ in range(2))

    assert lots_of(story.act(CashOut[Sealed], "2024-04-02", points=15)[0]) == [(one.id, 10), (two.id, 5)]


def test_a_suspended_account_charges_nothing_but_is_cashed_out() -> None:
    story = Story()
    story.act(Charge[Sealed], "2024-04-01", points=10, money=Money(10))
    story.act(Suspend, "2024-04-01", reason="lost")

    assert isinstance(story.refusal(Charge[Sealed], "2024-04-01", points=1, money=Money(1)), AccountNotActive)
    story.act(CashOut[Sealed], "2024-04-02", points=10)


@pytest.mark.parametrize(("bonus", "fits"), [(0, True), (1, False)])
def test_a_charge_takes_one_place_and_its_bonus_another(
    monkeypatch: pytest.MonkeyPatch, bonus: int, fits: bool
) -> None:
    monkeypatch.setattr(limits, "OPEN_LOTS_MAX", 2)
    story = Story()
    story.accrue(1)
    content: dict[str, Any] = {"points": 1, "money": Money(1), "bonus": bonus}

    if fits:
        story.act(Charge[Sealed], "2024-04-01", **content)
    else:
        assert isinstance(story.refusal(Charge[Sealed], "2024-04-01", **content), LimitReached)


def test_refusals_of_a_charge_come_in_their_documented_order(monkeypatch: pytest.MonkeyPatch) -> None:
    story, stopped = Story(), Story()
    stopped.act(Suspend, "2024-02-01", reason="lost")

    def refusal(at: Any = "2024-04-01", **content: Any) -> type[Any]:
        return type(story.refusal(Charge[Sealed], at, **{"points": 10, "money": Money(10), **content}))

    assert refusal(FUTURE, of=None, points=0) is UnknownAccount
    assert refusal(FUTURE, of=stopped.account, points=0) is AccountNotActive
    assert refusal(FUTURE, actor="\0") is InvalidTime
    assert refusal(bonus=1, bonus_expires_on=date(2024, 3, 31), actor="\0") is InvalidTime
    assert refusal(points=0, actor="\0") is InvalidText
    for wrong in (
        {"points": 0},
        {"points": POINTS_MAX + 1},
        {"money": Money(9)},
        {"money": Money(10, "USD")},
        {"money": Money(MONEY_MAX + 1)},
        {"bonus": -1},
        {"bonus": POINTS_MAX + 1},
        {"bonus": 1.5},
    ):
        assert refusal(**wrong) is InvalidAmount
    monkeypatch.setattr(limits, "OPEN_LOTS_MAX", 0)
    assert refusal() is LimitReached


def test_refusals_of_a_cash_out_come_in_their_documented_order() -> None:
    story = Story()

    def refusal(at: Any = "2024-04-01", **content: Any) -> type[Any]:
        return type(story.refusal(CashOut[Sealed], at, **{"points": 10, **content}))

    assert refusal(FUTURE, of=None, points=0) is UnknownAccount
    assert refusal(FUTURE, actor="\0") is InvalidTime
    assert refusal(points=0, actor="\0") is InvalidText
    assert refusal(points=0) is InvalidAmount
    assert refusal() is InsufficientPoints
