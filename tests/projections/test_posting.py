"""Every event posts a balanced entry, and every kind of event has its place."""

from __future__ import annotations

import pytest

from benchmarks.history import History
from ledger import encode, fields_of, topics
from projections import BY_WORD, COLUMNS, BadEvent, NoPlace, Posting, post
from projections.journal.chart import DEFAULT_CHART, REDEMPTION_CLEARING
from projections.journal.post import CONTRA, CONTRA_OF_PAID
from projections.movements import MOVEMENTS, STILL


def draws(*parts: tuple[int, str, str]) -> list[dict[str, object]]:
    return [
        {"lot_id": str(n), "points": points, "kind": kind, "funder": funder, "expires_on": None}
        for n, (points, kind, funder) in enumerate(parts)
    ]


def test_every_kind_of_event_either_moves_points_or_is_known_not_to() -> None:
    assert MOVEMENTS.keys() | STILL == topics().keys()
    assert not MOVEMENTS.keys() & STILL


def test_every_kind_of_event_that_carries_points_has_a_column_in_the_roll_forward() -> None:
    carries_points = {name for name, kind in topics().items() if kind.model_fields.keys() & {"lot", "draws", "points"}}

    assert carries_points == MOVEMENTS.keys()
    assert {MOVEMENTS[name].word for name in carries_points} == set(COLUMNS)


def test_every_movement_but_a_refund_has_an_account_of_the_chart_against_it() -> None:
    assert CONTRA.keys() == CONTRA_OF_PAID.keys() == BY_WORD.keys() - {"refund"}
    assert set(CONTRA.values()) | set(CONTRA_OF_PAID.values()) <= DEFAULT_CHART.keys()


def test_an_accrual_is_an_expense_of_its_funder() -> None:
    lot = {"points": 100, "kind": "free", "funder": "1208147521"}

    assert post("points.accrued.v1", {"lot": lot}) == (
        Posting("member_points", "free", "1208147521", -100),
        Posting("points_expense", "free", "1208147521", 100),
    )


def test_points_that_were_charged_stand_against_the_money_not_an_expense() -> None:
    lot = {"points": 100, "kind": "paid", "funder": "operator"}

    assert post("points.accrued.v1", {"lot": lot})[1] == Posting("cash_clearing", "paid", "operator", 100)


def test_a_payment_takes_from_each_kind_and_funder_what_was_drawn_from_it() -> None:
    moved = draws((30, "free", "operator"), (20, "free", "a partner"), (5, "free", "operator"), (7, "paid", "operator"))

    assert post("points.paid.v1", {"points": 62, "draws": moved}) == (
        Posting("member_points", "free", "operator", 35),
        Posting("redemption_clearing", "free", "operator", -35),
        Posting("member_points", "free", "a partner", 20),
        Posting("redemption_clearing", "free", "a partner", -20),
        Posting("member_points", "paid", "operator", 7),
        Posting("redemption_clearing", "paid", "operator", -7),
    )


@pytest.mark.parametrize(
    ("topic", "code"),
    [
        ("points.exchanged.v1", "coupon_liability"),
        ("points.expired.v1", "breakage_expired"),
        ("points.forfeited.v1", "breakage_forfeited"),
    ],
)
def test_what_is_exchanged_expired_or_forfeited_has_an_account_of_its_own(topic: str, code: str) -> None:
    moved = draws((10, "free", "operator"))

    assert post(topic, {"points": 10, "draws": moved})[1] == Posting(code, "free", "operator", -10)


def test_a_refund_undoes_the_posting_of_its_spending() -> None:
    state = {"points": 50, "draws": draws((30, "free", "operator"), (20, "paid", "operator"))}

    spent = post("points.paid.v1", state)
    refunded = post("points.refunded.v1", state, REDEMPTION_CLEARING)

    assert [line._replace(points=-line.points) for line in spent] == list(refunded)


def test_an_event_of_a_new_kind_is_refused() -> None:
    with pytest.raises(NoPlace):
        post("points.gifted.v1", {"points": 1})


@pytest.mark.parametrize(
    "state",
    [
        {"points": 11, "draws": draws((10, "free", "operator"))},
        {"points": 0, "draws": []},
        {"points": 10, "draws": draws((20, "free", "operator"), (-10, "free", "operator"))},
    ],
)
def test_draws_that_do_not_make_the_points_of_the_event_are_refused(state: dict[str, object]) -> None:
    with pytest.raises(BadEvent):
        post("points.paid.v1", state)


def test_every_entry_of_a_long_history_sums_to_zero_for_each_kind_and_funder() -> None:
    history = History(seed=3)
    history.run(3_000, accounts=20)

    entries = 0
    for _, event in history.events:
        topic, fields = fields_of(event.TOPIC, encode(event))
        sums: dict[tuple[str, str], int] = {}
        for line in post(topic, fields, "redemption_clearing" if topic == "points.refunded.v1" else None):
            sums[line.kind, line.funder] = sums.get((line.kind, line.funder), 0) + line.points
        assert not any(sums.values())
        entries += bool(sums)

    assert entries > 2_900
