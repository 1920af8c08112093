"""Order: earnings and spendings undone in any order end in one state (`deficit`), or one value (`offset_refund`).

What is promised, exactly: of one history, undone in two orders without an expiry between, the account has the same
points and the same debts to each funder. Where every spending is undone, it is one state lot for lot. Where some are
not, one funder's lots may differ in which of them stands in for another. Under `clamp` nothing is promised.
"""

import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_shredding import Sealed
from ledger.points.commands import Accrue, Capture, ClawBack, Hold, Pay, Refund, Release, Void
from ledger.points.decide import decide
from tests.ledger.points.given import Story, program, seoul, stamp

FUNDERS = ("operator", "p-1")
TODAY, LATER = seoul("2024-04-01"), seoul("2024-04-02")

kinds = st.sampled_from(["free", "free", "paid"])
earnings = st.tuples(st.just("earn"), st.integers(1, 9), st.sampled_from(FUNDERS), kinds)
spendings = st.tuples(st.sampled_from(["pay", "hold", "capture"]), st.integers(1, 12))
histories = st.lists(earnings | spendings, min_size=2, max_size=14)
Undoing = tuple[Any, ...]


def lived(history: list[Any], **rules: Any) -> tuple[Story, list[Undoing], list[Undoing]]:
    """The account of a history, and the commands that would undo its earnings and its spendings."""
    story = Story(program(expires_after=None, **rules))
    earned: list[Undoing] = []
    spent: list[Undoing] = []
    for number, (what, wanted, *of) in enumerate(history):
        if what == "earn":
            command: Any = story.command(Accrue[Sealed], TODAY, points=wanted, funder=of[0], kind=of[1])
            (event,) = story.do(command)
            if of[1] == "free":
                way: Undoing = (ClawBack, {"accrual_id": event.id})
                earned.append((Void, {"voided_key": command.key}) if number % 3 == 0 else way)
            continue
        points = min(wanted, story.balance("2024-04-01").available)
        if not points:
            continue
        verb: Any = Pay[Sealed] if what == "pay" else Hold
        command = story.command(verb, TODAY, points=points)
        (event,) = story.do(command)
        if what == "hold":
            spent.append((Release, {"hold_id": event.id}))
            continue
        if what == "capture":
            event, *_ = story.do(story.command(Capture[Sealed], TODAY, hold_id=event.id))
        way = (Refund[Sealed], {"spending_id": event.id})
        spent.append((Void, {"voided_key": command.key}) if number % 3 == 0 else way)
        if points > 1 and number % 2:  # in two parts
            spent[-1:] = [(Refund[Sealed], {"spending_id": event.id, "points": part}) for part in (1, points - 1)]
    return story, earned, spent


def undone(story: Story, undoings: list[Undoing]) -> Story:
    """The account after the undoings, in their order; the story itself is left as it was."""
    after = Story.__new__(Story)
    after.__dict__ = {**story.__dict__, "events": list(story.events)}
    for kind, content in undoings:
        command = after.command(kind, LATER, **content)
        after.append(decide(after.account, command, after.program, stamp(LATER, command)))
    return after


def by_funder(story: Story) -> tuple[Counter[Any], Counter[str]]:
    points: Counter[Any] = Counter()
    for lot in story.state.open_lots:
        points[lot.funder, lot.kind] += lot.points
    owed: Counter[str] = Counter()
    for clawed in story.state.aside.clawed.values():
        owed[clawed.funder] += clawed.owed
    return points, +owed


def two_orders(undoings: list[Undoing], seed: int) -> tuple[list[Undoing], list[Undoing]]:
    chance = random.Random(seed)
    return chance.sample(undoings, len(undoings)), chance.sample(undoings, len(undoings))


@settings(deadline=None, max_examples=150)
@given(histories, st.integers(0, 10**6), st.data())
def test_any_order_leaves_the_same_points_and_debts_to_each_funder(
    history: Any, seed: int, data: st.DataObject
) -> None:
    story, earned, spent = lived(history)
    some = [each for each in earned + spent if data.draw(st.booleans())]
    one, other = two_orders(some, seed)

    assert by_funder(undone(story, one)) == by_funder(undone(story, other))


@settings(deadline=None, max_examples=150)
@given(histories, st.sampled_from(["same_funder", "any_funder"]), st.integers(0, 10**6), st.data())
def test_with_every_spending_undone_any_order_ends_in_one_state_lot_for_lot(
    history: Any, reach: str, seed: int, data: st.DataObject
) -> None:
    story, earned, spent = lived(history, clawback_reach=reach)
    some = [each for each in earned if data.draw(st.booleans())]
    one, other = (undone(story, order) for order in two_orders(some + spent, seed))

    assert one.state.open_lots == other.state.open_lots
    assert one.state.deficit == other.state.deficit == 0
    assert not any(clawed.stand_ins for clawed in one.state.aside.clawed.values())


@settings(deadline=None, max_examples=150)
@given(histories, st.integers(0, 10**6), st.data())
def test_where_a_clawback_reaches_every_funder_the_sums_are_the_same(
    history: Any, seed: int, data: st.DataObject
) -> None:
    story, earned, spent = lived(history, clawback_reach="any_funder")
    some = [each for each in earned + spent if data.draw(st.booleans())]
    one, other = (undone(story, order).state for order in two_orders(some, seed))

    assert (one.open_points, one.deficit) == (other.open_points, other.deficit)


@settings(deadline=None, max_examples=150)
@given(histories, st.sampled_from(["same_funder", "any_funder"]), st.integers(0, 10**6), st.data())
def test_what_a_refund_is_offset_by_makes_up_the_value(
    history: Any, reach: str, seed: int, data: st.DataObject
) -> None:
    """The caller keeps ``offset`` back from the cash that it refunds: points less offset is what the member has."""
    story, earned, spent = lived(history, clawback_policy="offset_refund", clawback_reach=reach)
    some = [each for each in earned + spent if data.draw(st.booleans())]

    def value(after: Story) -> int:
        return after.state.open_points - sum(getattr(event, "offset", 0) for event in after.events)

    one, other = (undone(story, order) for order in two_orders(some, seed))
    assert value(one) == value(other)
    assert one.state.deficit == other.state.deficit == 0


@pytest.mark.parametrize(("order", "left"), [((0, 1), 10), ((1, 0), 0)])
def test_under_clamp_the_order_matters_and_the_member_who_refunds_last_keeps_the_points(
    order: tuple[int, int], left: int
) -> None:
    story, earned, spent = lived([("earn", 10, "operator", "free"), ("pay", 10)], clawback_policy="clamp")
    undoings = [earned, spent]

    assert undone(story, [way for each in order for way in undoings[each]]).state.open_points == left


def test_of_one_funders_lots_the_one_that_stands_in_may_depend_on_the_order() -> None:
    """Why "one state" is promised lot for lot only where every spending is undone."""
    story, earned, spent = lived([("earn", 5, "operator", "free")] * 3 + [("pay", 5), ("pay", 5)])
    claw_first, refund_second = earned[0], spent[-1]

    one = undone(story, [claw_first, refund_second])
    other = undone(story, [refund_second, claw_first])

    assert by_funder(one) == by_funder(other)
    assert [lot.sequence for lot in one.state.open_lots] == [2]
    assert [lot.sequence for lot in other.state.open_lots] == [3]
