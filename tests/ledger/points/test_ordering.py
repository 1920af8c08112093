"""Orders: each rule gives one lot, within its caps; what remains of an order is priced by the rule that earned."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_shredding import Sealed
from ledger.calendar import Span
from ledger.errors import InvalidAmount, InvalidText, LimitReached
from ledger.points import limits
from ledger.points.commands import Accrue, ClawBack, Void
from ledger.points.earning_rule import EarningRule, TenderRate, price
from ledger.points.errors import AlreadyClawedBack, UnknownAccrual
from ledger.points.events import AccrualCancelled, AccrualConfirmed, AccrualPended, PointsAccrued, PointsClawedBack
from ledger.points.order import NOTHING_BOUGHT, Order, OrderLine, Tender, spread
from ledger.points.ordering import ORDER_LINES_MAX
from tests.ledger.points.given import program, seoul
from tests.ledger.points.given_rules import RuledStory, line, order, rule, versions

PARTNER = "1111111119"


def story(*rules: EarningRule, **terms: Any) -> RuledStory:
    return RuledStory(versions(("2024-01-01", program(version=1, rules=rules, **terms))))


def earned(events: tuple[Any, ...]) -> dict[str, int]:
    return {event.priced.rule: event.lot.points for event in events}


def net(of: RuledStory) -> int:
    return of.state.open_points + of.state.pending - of.state.deficit


def test_every_rule_gives_a_lot_of_its_own_terms_and_the_event_keeps_what_was_priced() -> None:
    bonus = rule("spring", 5, 1_000, funder=PARTNER, priority=3, expires_after=Span(days=30), own_use=PARTNER)
    account = story(rule(), bonus)

    base, extra = account.buy(order(line("book", card=10_000)))

    assert (base.lot.points, base.lot.funder, base.lot.expires_on) == (100, "operator", date(2025, 3, 7))
    assert (extra.lot.points, extra.lot.funder, extra.lot.priority, extra.lot.own_use) == (50, PARTNER, 3, PARTNER)
    assert extra.lot.expires_on == date(2024, 4, 6)
    assert (base.priced.base, base.priced.points, base.priced.version) == (10_000, 100, 1)
    assert base.priced.order_id == extra.priced.order_id == base.id == base.lot.lot_id
    assert (base.purchase.amount, extra.purchase) == (10_000, None)


def test_points_that_pay_earn_nothing_unless_a_rule_names_them() -> None:
    bought = order(line("book", card=7_000, points=3_000))

    assert earned(story(rule()).buy(bought)) == {"base": 70}
    both = EarningRule("both", (TenderRate("*", 1, 100), TenderRate("points", 1, 1_000)))
    assert earned(story(both).buy(bought)) == {"both": 73}


def test_an_order_without_rules_earns_the_programs_rate_of_all_that_points_did_not_pay() -> None:
    assert earned(story().buy(order(line("book", cash=5_000, points=5_000)))) == {"earning": 50}


def test_each_tender_has_its_rate_and_fractions_are_dropped_once_an_order_or_once_a_line() -> None:
    rates = (TenderRate("cash", 3, 200), TenderRate("card", 1, 100))
    bought = order(line("book", cash=150, card=90), line("book", card=80))  # 2.25 + 0.9 and 0.8

    assert price(EarningRule("r", rates), bought).points == 3
    assert price(EarningRule("r", rates, floor="item"), bought).points == 3
    assert price(EarningRule("r", rates), order(*bought.lines, line("book", card=10))).points == 4
    assert price(EarningRule("r", rates, floor="item"), order(*bought.lines, line("book", card=10))).points == 3


def test_excluded_categories_earn_nothing_and_do_not_count_for_the_minimum() -> None:
    least = rule(minimum=10_000, excluded=("tobacco",))

    assert price(least, order(line("book", card=9_999), line("tobacco", card=9_999))).points == 0
    assert price(least, order(line("book", card=10_000), line("tobacco", card=9_999))).points == 100


def test_a_campaign_runs_from_its_first_day_to_its_last() -> None:
    march = rule("march", first_day=date(2024, 3, 7), last_day=date(2024, 3, 8))
    account = story(march)

    for day in ("2024-03-06", "2024-03-09"):
        with pytest.raises(InvalidAmount):
            account.buy(order(line(card=1_000)), day)
    for day in ("2024-03-07", "2024-03-08"):
        assert earned(account.buy(order(line(card=1_000)), day)) == {"march": 10}


def test_caps_of_order_day_and_campaign_bound_what_is_earned() -> None:
    account = story(rule(order_max=60, day_max=100, campaign_max=130))
    bought = order(line(card=10_000))

    gave = [earned(account.buy(bought, day))["base"] for day in ("2024-03-07", "2024-03-07", "2024-03-08")]

    assert gave == [60, 40, 30]
    with pytest.raises(InvalidAmount):
        account.buy(bought, "2024-03-09")


def test_what_is_clawed_back_leaves_room_under_the_caps_again() -> None:
    account = story(rule(day_max=100))
    first, *_ = account.buy(order(line(card=10_000)))
    account.keep(first.id, order(line(card=4_000)))

    assert earned(account.buy(order(line(card=10_000)))) == {"base": 60}


def test_a_partial_cancel_takes_back_what_the_rest_would_not_have_earned() -> None:
    account = story(rule())
    first, *_ = account.buy(order(line(card=10_000), line(card=2_550)))

    (taken,) = account.keep(first.id, order(line(card=2_550)))

    assert isinstance(taken, PointsClawedBack)
    assert (taken.points, taken.accrual_id) == (100, first.id)
    assert account.keep(first.id, order(line(card=2_550))) == ()


def test_a_minimum_that_is_no_longer_met_gives_its_whole_reward_back() -> None:
    account = story(rule(), rule("reward", 0, 1, reward=3_000, minimum=50_000))
    first, _ = account.buy(order(line(card=40_000), line(card=20_000)))

    account.keep(first.id, order(line(card=40_000)))

    assert account.state.open_points == 400


def test_a_refund_is_priced_by_the_version_that_earned_not_by_todays() -> None:
    history = versions(
        ("2024-01-01", program(version=1, rules=(rule(points=2),))), ("2024-04-01", program(version=2, rules=(rule(),)))
    )
    account = RuledStory(history)
    first, *_ = account.buy(order(line(card=1_000), line(card=1_000)), "2024-03-31")

    (taken,) = account.keep(first.id, order(line(card=1_000)), "2024-04-02")

    assert (first.lot.points, taken.points, taken.rule_version) == (40, 20, 2)


def test_a_capped_order_gives_nothing_back_while_its_rest_still_earns_the_cap() -> None:
    account = story(rule(day_max=50))
    first, *_ = account.buy(order(line(card=10_000)))

    assert account.keep(first.id, order(line(card=5_000))) == ()
    (taken,) = account.keep(first.id, order(line(card=4_000)))
    assert taken.points == 10


def test_an_order_that_is_clawed_back_or_voided_whole_loses_every_lot() -> None:
    for undo in ("claw back", "void"):
        account = story(rule(), rule("more", 5, 100))
        bought = account.command(Accrue[Sealed], seoul("2024-03-07"), order=order(line(card=1_000)))
        first, _ = account.do(bought)
        command: Any = account.command(ClawBack, seoul("2024-03-08"), accrual_id=first.id)
        if undo == "void":
            command = account.command(Void, seoul("2024-03-08"), voided_key=bought.key)

        assert len(account.do(command)) == 2
        assert net(account) == 0


def test_an_order_is_clawed_back_whole_once() -> None:
    account = story(rule())
    first, *_ = account.buy(order(line(card=1_000)))
    account.do(account.command(ClawBack, seoul("2024-03-08"), accrual_id=first.id))

    with pytest.raises(AlreadyClawedBack):
        account.do(account.command(ClawBack, seoul("2024-03-08"), accrual_id=first.id))


def test_a_pending_order_is_priced_again_and_then_confirmed_as_a_whole() -> None:
    account = story(rule(), rule("more", 5, 100))
    first, second = account.buy(order(line(card=1_000), line(card=500)), pending=True)
    assert {type(first), type(second)} == {AccrualPended}

    cancelled = account.keep(first.id, order(line(card=1_000)))
    confirmed = account.confirm(first.id)

    assert [type(each) for each in cancelled] == [AccrualCancelled] * 2
    assert [(type(each), each.lot.points) for each in confirmed] == [(AccrualConfirmed, 10), (AccrualConfirmed, 50)]
    account.keep(first.id, NOTHING_BOUGHT, "2024-03-21")
    assert net(account) == 0


def test_a_pending_order_that_was_cancelled_whole_has_nothing_left_to_undo() -> None:
    account = story(rule())
    bought = account.command(Accrue[Sealed], seoul("2024-03-07"), order=order(line(card=1_000)), pending=True)
    first, *_ = account.do(bought)
    account.keep(first.id, NOTHING_BOUGHT)

    assert account.keep(first.id, NOTHING_BOUGHT) == ()
    assert account.do(account.command(Void, seoul("2024-03-09"), voided_key=bought.key)) == ()


def test_refusals_of_orders_come_in_their_order_and_leave_no_trace() -> None:
    account = story(rule())
    before = account.account
    bad = [
        (order(line("\0", card=-1)), InvalidText),
        (Order((line(card=10),), "USD"), InvalidAmount),
        (order(*[line(card=1)] * (ORDER_LINES_MAX + 1)), InvalidAmount),
        (order(line(card=-1)), InvalidAmount),
        (order(line(card=99)), InvalidAmount),
        (NOTHING_BOUGHT, InvalidAmount),
    ]

    for bought, refusal in bad:
        with pytest.raises(refusal):
            account.buy(bought)
    with pytest.raises(InvalidAmount):
        account.buy(order(line(card=1_000)), points=10)
    with pytest.raises(UnknownAccrual):
        account.keep(account.accrue(10).id, NOTHING_BOUGHT)
    assert before is not None
    assert account.state.version == before.version + 1


def test_an_account_without_room_takes_no_lot_of_an_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OPEN_LOTS_MAX", 1)

    with pytest.raises(LimitReached):
        story(rule(), rule("more")).buy(order(line(card=1_000)))


KINDS = ("cash", "card", "points", "voucher")
tenders = st.builds(Tender, st.sampled_from(KINDS), st.integers(0, 30_000))
lines = st.builds(OrderLine, st.sampled_from(("book", "food", "tobacco")), st.tuples(tenders, tenders))
orders = st.lists(lines, min_size=1, max_size=5).map(lambda each: Order(tuple(each)))
rates = st.lists(
    st.builds(TenderRate, st.sampled_from((*KINDS, "*")), st.integers(0, 7), st.integers(1, 300)),
    min_size=1,
    max_size=3,
    unique_by=lambda each: each.tender,
)
cap = st.none() | st.integers(1, 300)
any_rule = st.builds(
    EarningRule,
    st.just("r"),
    rates.map(tuple),
    floor=st.sampled_from(("order", "item")),
    reward=st.integers(0, 50),
    minimum=st.integers(0, 40_000),
    excluded=st.sampled_from(((), ("tobacco",))),
    order_max=cap,
    day_max=cap,
    campaign_max=cap,
)


def part_of(bought: Order, kept: list[float]) -> Order:
    """What remains when each tender of each line shrinks to its share."""
    shares = iter(kept * 20)
    return Order(
        tuple(
            OrderLine(each.category, tuple(Tender(one.kind, int(one.amount * next(shares))) for one in each.tenders))
            for each in bought.lines
        )
    )


shrinking = st.lists(st.floats(0, 1), min_size=1, max_size=10)


@given(any_rule, orders, shrinking)
def test_earning_is_monotone_and_never_negative(each: EarningRule, bought: Order, kept: list[float]) -> None:
    assert 0 <= price(each, part_of(bought, kept)).points <= price(each, bought).points


@given(st.lists(any_rule, min_size=1, max_size=3), orders, orders, st.lists(shrinking, max_size=3), shrinking)
@settings(max_examples=150, deadline=None)
def test_repricing_in_parts_ends_where_repricing_once_does_and_to_nothing_takes_all(
    rules: list[EarningRule], before: Order, bought: Order, steps: list[list[float]], last: list[float]
) -> None:
    named = tuple(
        EarningRule(f"r{number}", each.rates, each.floor, each.reward, each.minimum, each.excluded,
                    order_max=each.order_max, day_max=each.day_max, campaign_max=each.campaign_max)
        for number, each in enumerate(rules)
    )  # fmt: skip
    stories = [story(*named), story(*named)]
    for account in stories:
        for each in (before, bought):
            try:
                account.buy(each)
            except InvalidAmount:
                return
    in_parts, at_once = stories
    ids = [account.events[-1].priced.order_id for account in stories]  # type: ignore[union-attr]
    alone = in_parts.state.open_points
    remains = bought
    for step in steps:
        remains = part_of(remains, step)
        in_parts.keep(ids[0], remains)
    remains = part_of(remains, last)
    in_parts.keep(ids[0], remains)
    at_once.keep(ids[1], remains)

    assert net(in_parts) == net(at_once)
    assert in_parts.state.aside.earned == at_once.state.aside.earned
    in_parts.keep(ids[0], NOTHING_BOUGHT)
    assert net(in_parts) == alone - _of_order(in_parts, ids[0])
    assert in_parts.refolded() == in_parts.account


def _of_order(account: RuledStory, order_id: Any) -> int:
    """What an order earned in all."""
    return sum(
        event.lot.points
        for event in account.events
        if isinstance(event, PointsAccrued) and event.priced is not None and event.priced.order_id == order_id
    )


@given(
    st.lists(st.tuples(st.sampled_from(("book", "food")), st.integers(0, 10_000)), min_size=1, max_size=6),
    st.lists(st.integers(0, 10_000), max_size=3),
)
def test_tenders_spread_over_lines_add_up_both_ways(amounts: list[tuple[str, int]], parts: list[int]) -> None:
    total, tenders = sum(amount for _, amount in amounts), []
    for number, part in enumerate(parts):
        tenders.append(Tender(KINDS[number], min(part, total)))
        total -= min(part, total)
    tenders.append(Tender("rest", total))

    spread_out = spread(amounts, tenders)

    assert [(each.category, each.amount) for each in spread_out.lines] == amounts
    for tender in tenders:
        paid = sum(one.amount for each in spread_out.lines for one in each.tenders if one.kind == tender.kind)
        assert paid == tender.amount


def test_tenders_that_do_not_pay_the_lines_are_refused() -> None:
    with pytest.raises(InvalidAmount):
        spread([("book", 100)], [Tender("card", 99)])
