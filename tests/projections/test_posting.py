"""Every event posts a balanced entry, and every kind of event has its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.history import Happened, History
from ledger import encode, fields_of
from projections import BY_WORD, BadEvent, NoPlace, Posting, post
from projections.journal.chart import DEFAULT_CHART, REDEMPTION_CLEARING
from projections.journal.post import CONTRA_OF_PAID, SIDES, SILENT, STAYING, WENT_TO
from projections.journal.post_owed import OWED_ENTRIES
from projections.movements import MOVEMENTS
from tests.projections.rich_log import RichLog


def draws(*parts: tuple[int, str, str]) -> list[dict[str, object]]:
    return [
        {"lot_id": str(n), "points": points, "kind": kind, "funder": funder, "expires_on": None}
        for n, (points, kind, funder) in enumerate(parts)
    ]


def entries_of(events: Iterable[Happened]) -> Iterator[tuple[Posting, ...]]:
    """The entries of a log, each refund back to where its spending went."""
    went_to: dict[str, str] = {}
    for _, event in events:
        topic, state = fields_of(event.TOPIC, encode(event))
        movement = MOVEMENTS.get(topic)
        if movement is not None and movement.word in WENT_TO:
            went_to[state["id"]] = WENT_TO[movement.word]
        yield post(topic, state, went_to[state["spending_id"]] if topic == "points.refunded.v1" else None)


def net(lines: Iterable[tuple[Posting, ...]]) -> dict[tuple[str, str], int]:
    """What stands on each account, by funder."""
    sums: dict[tuple[str, str], int] = {}
    for line in (line for entry in lines for line in entry):
        sums[line.account_code, line.funder] = sums.get((line.account_code, line.funder), 0) + line.points
    return {owner: points for owner, points in sums.items() if points}


def test_every_movement_has_an_entry_on_accounts_of_the_chart() -> None:
    codes = {code for sides in SIDES.values() for code in (sides.account, sides.contra)} - {""}

    assert SIDES.keys() | OWED_ENTRIES.keys() | SILENT | STAYING == BY_WORD.keys()
    assert not SIDES.keys() & OWED_ENTRIES.keys()
    assert codes | set(CONTRA_OF_PAID.values()) <= DEFAULT_CHART.keys()


def test_every_account_of_the_chart_is_posted_to_and_nothing_else_is() -> None:
    log = RichLog(seed=4)
    log.run(1_500)

    posted = {line.account_code for lines in entries_of(log.events) for line in lines}

    assert posted == DEFAULT_CHART.keys()


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


ONE = {"points": 10, "draws": draws((10, "free", "operator"))}
LOT = {"points": 10, "kind": "free", "funder": "operator"}
LOTS = {"points": 10, "lots": [LOT]}


@pytest.mark.parametrize(
    ("topic", "state", "debit", "credit"),
    [
        ("points.accrual-pended.v1", {"lot": LOT}, "points_expense", "pending_points"),
        ("points.accrual-confirmed.v1", {"lot": LOT}, "pending_points", "member_points"),
        ("points.accrual-cancelled.v1", ONE, "pending_points", "points_expense"),
        ("points.adjusted-up.v1", {"lot": LOT}, "adjustments", "member_points"),
        ("points.charged.v1", {"lot": LOT}, "cash_clearing", "member_points"),
        ("points.cashed-out.v1", ONE, "member_points", "cash_clearing"),
        ("points.refund-claimed.v1", ONE, "member_points", "refund_claims"),
        ("points.claim-settled.v1", ONE, "refund_claims", "cash_clearing"),
        ("points.exchanged.v1", ONE, "member_points", "coupon_liability"),
        ("points.coupon-redeemed.v1", ONE, "coupon_liability", "redemption_clearing"),
        ("points.coupon-expired.v1", ONE, "coupon_liability", "breakage_expired"),
        ("points.held.v1", ONE, "member_points", "held_points"),
        ("points.hold-captured.v1", ONE, "held_points", "redemption_clearing"),
        ("points.hold-released.v1", ONE, "held_points", "member_points"),
        ("points.sent.v1", ONE, "member_points", "transfer_clearing"),
        ("points.received.v1", LOTS, "transfer_clearing", "member_points"),
        ("points.converted-out.v1", ONE, "member_points", "conversion_clearing"),
        ("points.converted-in.v1", LOTS, "conversion_clearing", "member_points"),
        ("points.expired.v1", ONE, "member_points", "breakage_expired"),
        ("points.forfeited.v1", ONE, "member_points", "breakage_forfeited"),
        ("points.moved-to-suspense.v1", ONE, "member_points", "suspense"),
    ],
)
def test_a_movement_debits_one_account_and_credits_another(
    topic: str, state: dict[str, Any], debit: str, credit: str
) -> None:
    assert sorted(post(topic, state)) == sorted(
        [Posting(debit, "free", "operator", 10), Posting(credit, "free", "operator", -10)]
    )


def test_pending_points_that_were_bought_stand_against_the_money_too() -> None:
    paid = {"points": 10, "draws": draws((10, "paid", "operator"))}

    assert post("points.accrual-cancelled.v1", paid)[1] == Posting("cash_clearing", "paid", "operator", -10)


CLAWED = {"funder": "B", "lapsed": 7, "owed": 5, "offset": 3, "dropped": 9, "points": 30}


def test_a_clawback_undoes_the_expense_and_settles_with_the_funder_that_stood_in() -> None:
    clawed = post("points.clawed-back.v1", {**CLAWED, "draws": draws((20, "free", "B"), (10, "free", "A"))})

    assert net([clawed]) == {
        ("member_points", "B"): 20,
        ("member_points", "A"): 10,
        ("partner_payable", "A"): -10,
        ("partner_receivable", "B"): 10,
        ("deficits", "B"): 5,
        ("cash_clearing", "B"): 3,
        ("points_expense", "B"): -38,
    }


def test_a_clawback_that_found_nothing_and_dropped_the_rest_posts_nothing() -> None:
    state = {**CLAWED, "points": 0, "draws": [], "owed": 0, "offset": 0}

    assert post("points.clawed-back.v1", state) == ()


def test_a_deficit_that_is_repaid_is_settled_with_each_funder_in_the_order_of_the_debts() -> None:
    state = {
        "points": 30,
        "draws": draws((10, "free", "A"), (15, "free", "A"), (5, "free", "B")),
        "repaid": [{"funder": "A", "points": 10}, {"funder": "B", "points": 20}],
    }

    assert net([post("points.deficit-repaid.v1", state)]) == {
        ("member_points", "A"): 25,
        ("member_points", "B"): 5,
        ("deficits", "A"): -10,
        ("deficits", "B"): -20,
        ("partner_payable", "A"): -15,
        ("partner_receivable", "B"): 15,
    }


def test_giving_back_what_stood_in_undoes_the_settlement() -> None:
    clawed = {**CLAWED, "points": 10, "owed": 0, "offset": 0, "draws": draws((10, "free", "A"))}
    returned = {"points": 10, "draws": draws((10, "free", "B")), "given": draws((10, "free", "A"))}

    lines = [post("points.clawed-back.v1", clawed), post("points.clawback-returned.v1", returned)]

    assert net(lines) == {("member_points", "B"): 10, ("points_expense", "B"): -10}


def test_giving_back_within_one_funder_moves_nothing_in_the_books() -> None:
    returned = {"points": 10, "draws": draws((10, "free", "B")), "given": draws((10, "free", "B"))}

    assert post("points.clawback-returned.v1", returned) == ()


def test_an_adjustment_that_finds_too_little_leaves_a_debt() -> None:
    state = {"points": 4, "draws": draws((4, "free", "A")), "owed": 6, "funder": "A"}

    assert net([post("points.adjusted-down.v1", state)]) == {
        ("member_points", "A"): 4,
        ("deficits", "A"): 6,
        ("adjustments", "A"): -10,
    }


@pytest.mark.parametrize("went_to", ["redemption_clearing", "coupon_liability"])
def test_a_refund_of_money_alone_posts_nothing(went_to: str) -> None:
    assert post("points.refunded.v1", {"points": 0, "draws": []}, went_to) == ()


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


@pytest.mark.parametrize("seed", range(8))
def test_every_entry_of_a_long_history_sums_to_zero_for_each_kind_and_funder(
    seed: int,
) -> None:
    log, history = RichLog(seed), History(seed)
    log.run(1_000)
    history.run(1_000, accounts=20)

    entries = 0
    for lines in entries_of([*log.events, *history.events]):
        sums: dict[tuple[str, str], int] = {}
        for line in lines:
            sums[line.kind, line.funder] = sums.get((line.kind, line.funder), 0) + line.points
        assert not any(sums.values())
        entries += bool(sums)

    assert entries > 1_200


def test_the_documented_entries_are_those_that_are_posted() -> None:
    text = (Path(__file__).parents[2] / "docs" / "books.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| (.+?) \| (.+?) \|$", text, re.MULTILINE)

    def named(code: str) -> str:
        return f"`{code}`" if code else "where its spending went"

    posted = [
        (word, BY_WORD[word].title, named(sides.contra), named(sides.account))
        if sides.sign > 0
        else (word, BY_WORD[word].title, named(sides.account), named(sides.contra))
        for word, sides in SIDES.items()
    ]
    assert sorted(rows) == sorted(posted)
    assert all(f"**{word}**" in text for word in OWED_ENTRIES)
