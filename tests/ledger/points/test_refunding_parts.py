"""Refunds in parts: mixed with cash, pro rata, as stated; grace, fault and a day that stands for any grace."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import AlreadyRefunded, InvalidAmount
from ledger.points.commands import Refund
from ledger.points.errors import CouponClosed, RefundTooLarge
from ledger.points.events import PointsExpired
from ledger.points.limits import MONEY_MAX, POINTS_MAX
from ledger.points.movements import Money
from tests.ledger.points.given import Story, lots_of, program, seoul


def mixed(points: int, cash: int | None, **rules: Any) -> tuple[Story, Any]:
    """A payment of so many points and so much cash, out of two lots."""
    story = Story(program(**rules))
    half = points // 2
    for number, part in enumerate((half, points - half)):
        if part:
            story.accrue(part, expires_on=date(2024, 5 + number, 1))
    return story, story.pay(points, cash=None if cash is None else Money(cash))


def split(event: Any) -> tuple[int, int]:
    return event.points, 0 if event.cash is None else event.cash.amount


@pytest.mark.parametrize(
    ("way", "amounts", "expected"),
    [
        ("points_first", (700, 600, 700), [(700, 0), (300, 300), (0, 700)]),
        ("cash_first", (700, 600, 700), [(0, 700), (300, 300), (700, 0)]),
        ("pro_rata", (700, 600, 700), [(350, 350), (300, 300), (350, 350)]),
        ("pro_rata", (1, 1, 1_998), [(1, 0), (0, 1), (999, 999)]),
    ],
)
def test_a_mixed_payment_is_refunded_as_the_program_says(way: str, amounts: Any, expected: Any) -> None:
    story, paid = mixed(1_000, 1_000, refund_split=way)

    assert [split(story.refund(paid.id, amount=each)[0]) for each in amounts] == expected
    assert isinstance(story.refusal(Refund, "2024-04-03", spending_id=paid.id), AlreadyRefunded)


def test_the_caller_may_choose_another_split() -> None:
    story, paid = mixed(1_000, 1_000, refund_split="pro_rata")

    assert split(story.refund(paid.id, amount=600, split="cash_first")[0]) == (0, 600)


def test_or_state_points_and_cash_line_by_line() -> None:
    story, paid = mixed(1_000, 1_000)

    assert split(story.refund(paid.id, points=10, cash=990)[0]) == (10, 990)
    assert split(story.refund(paid.id, points=10)[0]) == (10, 0)
    assert split(story.refund(paid.id, cash=10)[0]) == (0, 10)
    assert split(story.refund(paid.id)[0]) == (980, 0)


def test_cash_alone_that_goes_back_touches_no_points() -> None:
    story, paid = mixed(10, 1_000)
    before = story.state.open_lots

    (refunded,) = story.refund(paid.id, cash=1_000)

    assert (refunded.draws, story.state.open_lots) == ((), before)


def test_parts_come_back_in_the_reverse_order_of_drawing_whatever_their_sizes() -> None:
    story = Story(program(unit_value=2))
    first, second = story.accrue(50, expires_on=date(2024, 5, 1)), story.accrue(50, expires_on=date(2024, 6, 1))
    paid = story.pay(100, redeemer="p-1")

    parts = [story.refund(paid.id, points=each)[0] for each in (30, 30, 40)]

    assert [lots_of(each) for each in parts] == [
        [(second.id, 30)],
        [(second.id, 20), (first.id, 10)],
        [(first.id, 40)],
    ]
    assert [[draw.compensated for draw in each.draws] for each in parts] == [[60], [40, 20], [80]]


@settings(deadline=None, max_examples=200)
@given(
    st.integers(1, 400),
    st.integers(0, 400),
    st.sampled_from(["pro_rata", "points_first", "cash_first"]),
    st.lists(st.integers(1, 120), min_size=1, max_size=8),
)
def test_any_series_of_parts_ends_where_one_refund_does_to_the_won(
    points: int, cash: int, way: str, parts: list[int]
) -> None:
    story, paid = mixed(points, cash, refund_split=way)
    left, back = points + cash, (0, 0)
    for part in parts:
        part_now = min(part, left)
        if part_now:
            now = split(story.refund(paid.id, amount=part_now)[0])
            assert sum(now) == part_now
            back, left = (back[0] + now[0], back[1] + now[1]), left - part_now
            if way == "pro_rata":  # never further than half a point from the exact share
                assert abs(back[0] * (points + cash) - sum(back) * points) * 2 <= points + cash
    if left:
        now = split(story.refund(paid.id)[0])
        back = (back[0] + now[0], back[1] + now[1])

    assert back == (points, cash)
    assert story.state.open_points == points


@pytest.mark.parametrize(
    ("amount", "way", "expected"),
    [
        (10, "pro_rata", (1, 3)),  # a point is worth 7: half of the worth would be 0.7 of a point
        (7, "points_first", (1, 0)),
        (13, "points_first", (1, 6)),
        (15, "cash_first", (1, 8)),  # no more than 10 in cash, so that a point must go and change stays
        (17, "cash_first", (1, 10)),
        (31, "pro_rata", (3, 10)),
    ],
)
def test_points_of_another_worth_divide_an_amount_as_well_as_they_can(amount: int, way: str, expected: Any) -> None:
    story, paid = mixed(3, 10, unit_value=7, refund_split=way)

    assert split(story.refund(paid.id, amount=amount)[0]) == expected


def test_an_amount_that_no_whole_points_make_up_is_refused() -> None:
    story, paid = mixed(3, None, unit_value=7)

    refused = story.refusal(Refund, "2024-04-02", spending_id=paid.id, amount=10)

    assert isinstance(refused, InvalidAmount)
    assert "worth 7 each" in refused.rule
    assert split(story.refund(paid.id, amount=14)[0]) == (2, 0)


def test_no_more_than_is_left_is_refunded() -> None:
    story, paid = mixed(100, 50)
    story.refund(paid.id, points=60, cash=50)

    for content in ({"points": 41}, {"cash": 1}, {"amount": 41}, {"points": 40, "cash": 1}):
        refused = story.refusal(Refund, "2024-04-03", spending_id=paid.id, **content)
        assert (type(refused), refused.points, refused.cash) == (RefundTooLarge, 40, 0)
    story.refund(paid.id, "2024-04-03", amount=40)


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 10, "points": 10},
        {"amount": 10, "cash": 10},
        {"amount": 0},
        {"amount": -1},
        {"amount": MONEY_MAX + 1},
        {"amount": 1.5},
        {"points": 0},
        {"points": 0, "cash": 0},
        {"points": -1},
        {"points": POINTS_MAX + 1},
        {"cash": -1, "points": 5},
        {"cash": MONEY_MAX + 1},
        {"points": 1.5},
    ],
)
def test_amounts_that_are_none_are_refused(wrong: Any) -> None:
    story, paid = mixed(100, 50)

    assert isinstance(story.refusal(Refund, "2024-04-02", spending_id=paid.id, **wrong), InvalidAmount)


def test_an_exchange_comes_back_as_a_whole_with_its_coupon() -> None:
    story = Story()
    story.accrue(100)
    exchanged = story.exchange(40)

    assert isinstance(story.refusal(Refund, "2024-04-02", spending_id=exchanged.id, points=39), InvalidAmount)
    story.refund(exchanged.id, points=40)
    assert story.state.spendings[exchanged.id].coupon.status == "cancelled"  # type: ignore[union-attr]
    assert isinstance(story.refusal(Refund, "2024-04-02", spending_id=exchanged.id), AlreadyRefunded)


@pytest.mark.parametrize(("day", "closed"), [("2024-04-10", False), ("2024-04-11", True)])
def test_a_coupon_that_is_past_its_last_day_gives_nothing_back_swept_or_not(day: str, closed: bool) -> None:
    story = Story()
    story.accrue(100)
    exchanged = story.exchange(40, expires_on=date(2024, 4, 10))

    if closed:
        refused = story.refusal(Refund, day, spending_id=exchanged.id)
        assert (type(refused), refused.status) == (CouponClosed, "expired")
    else:
        story.refund(exchanged.id, day)


@pytest.mark.parametrize(
    ("rules", "fault", "last"),
    [
        ({}, None, None),
        ({}, "operator", None),
        ({"refund_grace_days": 3}, None, date(2024, 4, 5)),
        ({"refund_grace_days": 3, "fault_grace_days": 10}, "customer", date(2024, 4, 5)),
        ({"refund_grace_days": 3, "fault_grace_days": 10}, None, date(2024, 4, 5)),
        ({"refund_grace_days": 3, "fault_grace_days": 10}, "merchant", date(2024, 4, 12)),
        ({"refund_grace_days": 3, "fault_grace_days": 10}, "operator", date(2024, 4, 12)),
        ({"refund_grace_days": 3, "fault_grace_days": 0}, "operator", None),
        ({"fault_grace_days": 10}, "merchant", date(2024, 4, 12)),
        ({"refund_grace_days": 3, "refund_expires_on": date(2024, 4, 2)}, None, date(2024, 4, 2)),
        ({"refund_grace_days": 3, "refund_expires_on": date(2024, 4, 1)}, None, None),
        ({"refund_expires_on": date(2024, 12, 31)}, "customer", date(2024, 12, 31)),
    ],
)
def test_the_day_of_points_that_come_back_to_an_expired_lot(rules: Any, fault: Any, last: date | None) -> None:
    """Strict (None: gone at once), grace, grace by fault, or an explicit day unless it is past."""
    story = Story(program(**rules))
    story.accrue(100, expires_on=date(2024, 4, 1))
    paid = story.pay(100, "2024-04-01")

    refunded, *expired = story.refund(paid.id, "2024-04-02", fault=fault)

    assert refunded.fault == fault
    if last is None:
        assert [type(each) for each in expired] == [PointsExpired]
    else:
        assert not expired
        assert story.state.open_lots[0].expires_on == last
        assert story.balance(last.isoformat()).available == 100
        assert story.balance((last + timedelta(days=1)).isoformat()).available == 0


def test_points_that_have_not_expired_keep_their_day_whatever_the_grace() -> None:
    story = Story(program(refund_grace_days=30, refund_expires_on=date(2024, 12, 31)))
    story.accrue(50, expires_on=date(2024, 4, 2))
    bought = story.accrue(50, kind="paid", expires_on=date(2024, 4, 20))
    paid = story.pay(100, "2024-04-01")

    story.refund(paid.id, "2024-04-02")

    assert [lot.expires_on for lot in story.state.open_lots] == [date(2024, 4, 2), date(2024, 4, 20)]
    assert bought.id in story.points_by_lot()


def test_a_grace_of_midnight_counts_the_day_that_begins() -> None:
    story = Story(program(refund_grace_days=3))
    story.accrue(100, expires_on=date(2024, 4, 1))
    paid = story.pay(100, "2024-04-01")

    story.act(Refund, seoul("2024-04-03", "00:00"), spending_id=paid.id)

    assert story.state.open_lots[0].expires_on == date(2024, 4, 5)
