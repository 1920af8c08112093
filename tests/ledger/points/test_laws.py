"""The laws of points, attacked with random programs and sequences of every command, and compared with an oracle.

Conservation per lot, per bucket and in total, as of any instant; a refusal leaves no trace; stored bytes fold to the
live state; what is done already is not done twice; and after every step the account is what the oracle says.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from tests.ledger.points.bag import DAY
from tests.ledger.points.every_verb import EveryVerb, few, redeemers


class LawsOfPoints(EveryVerb):
    """Every verb in any order, and stories that hardly come about by chance."""

    @rule(
        points=st.integers(4, 9), spent=st.integers(0, 6), parts=st.lists(st.integers(1, 5), min_size=2, max_size=3),
        nights=st.integers(0, 1),
    )  # fmt: skip
    def a_purchase_is_cancelled_in_parts(self, points: int, spent: int, parts: list[int], nights: int) -> None:
        """Points of a single day, perhaps past it by then."""
        before = set(self.oracles[0].terms)
        self.accrues(0, 0, 0, 0, False, points=points, bought=False, funder="operator", rank=-1, own=None)
        if spent:
            self.pays(0, spent, 0, 0, None, None)
        for _ in range(nights):
            self.a_night_passes_and_sweeps()
        for accrual in set(self.oracles[0].terms) - before:
            for part in parts:
                self.claw_back(0, accrual, part, 0)

    @rule(
        points=st.integers(2, 9), cash=st.sampled_from([0, 3, 7]),
        parts=st.lists(st.integers(1, 9), min_size=2, max_size=3),
        split=st.sampled_from([None, None, "points_first", "cash_first"]),
    )  # fmt: skip
    def a_purchase_comes_back_in_parts(self, points: int, cash: int, parts: list[int], split: Any) -> None:
        self.pays(0, points, cash, 0, "p-1", None)
        for part in parts if self.oracles[0].spent else ():
            self.refund(0, list(self.oracles[0].spent)[-1], 0, part, None, split, None)

    @rule(points=few, redeemer=redeemers, own=st.sampled_from([None, "p-1"]), spends=st.booleans())
    def a_capture_comes_late(self, points: int, redeemer: str | None, own: str | None, spends: bool) -> None:
        """After its hold was let go, and perhaps after its points were spent, while others may be there."""
        before = set(self.oracles[0].holds)
        self.holds(0, points, 0, 0, redeemer, None)
        for hold in set(self.oracles[0].holds) - before:
            self.release(0, hold, 0)
            if spends:
                self.pays(0, None, 0, 0, redeemer, None)
            self.accrues(0, 0, 0, 3, False, points=points, bought=False, funder="p-1", rank=0, own=own)
            self.capture(0, hold, 0, None, None)

    @rule(points=few)
    def a_gift_is_given_after_an_activity_and_before_another(self, points: int) -> None:
        self.accrues_by_the_programs_calendar(0, points, 0, False)
        for who in (0, 1):
            self.now += DAY
            self.accrues_by_the_programs_calendar(who, 1, 0, False)
            if who == 0:
                self.gives((0, 1), None, 0)

    @rule(points=few, lasts=st.sampled_from([3, 30]), early=st.sampled_from([0, 1]), ahead=st.sampled_from([0, 4]))
    def a_hold_comes_to_its_end(self, points: int, lasts: int, early: int, ahead: int) -> None:
        """To the minute, a minute before, and by a clock that runs ahead."""
        self.holds(0, points, 0, 0, None, lasts)
        self.now += lasts - early
        self.times_out(0, -ahead)

    @rule(points=few, back=st.sampled_from([4, 30, DAY]))
    def a_void_occurs_before_what_it_voids(self, points: int, back: int) -> None:
        before = len(self.keys)
        self.pays(0, points, 0, 0, None, None)
        if len(self.keys) > before:
            self.voids(before, back)

    @rule(points=few, nights=st.integers(1, 7), more=st.booleans(), back=st.sampled_from([0, DAY]))
    def a_payment_comes_back_after_nights(self, points: int, nights: int, more: bool, back: int) -> None:
        """Past the day that its points had, with an activity in between or without one."""
        before = set(self.oracles[0].spent)
        self.accrues_by_the_programs_calendar(0, points, 0, False)
        self.pays(0, None, 0, 0, None, None)
        self.now += nights * DAY
        if more:
            self.accrues_by_the_programs_calendar(0, 1, back, False)
        self.now += nights * DAY
        for spending in set(self.oracles[0].spent) - before:
            self.refund(0, spending, 0, None, None, None, None)
            self.everything_is_held_and_let_go()

    def everything_is_held_and_let_go(self) -> None:
        """So that what an activity gave is given once more, and no more than that."""
        before = set(self.oracles[0].holds)
        self.holds(0, len(self.oracles[0].usable(self.now)) or 1, 0, 0, None, None)
        for hold in set(self.oracles[0].holds) - before:
            self.release(0, hold, 0)

    @rule(points=few)
    def stand_ins_come_back_after_an_activity(self, points: int) -> None:
        """A purchase is cancelled while its points are spent, and the payment after them."""
        lots, spent = set(self.oracles[0].terms), set(self.oracles[0].spent)
        self.accrues_by_the_programs_calendar(0, points, 0, False)
        self.pays(0, None, 0, 0, None, None)
        cancelled = set(self.oracles[0].terms) - lots
        self.accrues_by_the_programs_calendar(0, points, 0, False)
        for accrual in cancelled:
            self.claw_back(0, accrual, None, 0)
        self.now += DAY
        self.accrues_by_the_programs_calendar(0, 1, 0, False)
        for spending in set(self.oracles[0].spent) - spent:
            self.refund(0, spending, 0, None, None, None, None)


LawsOfPoints.TestCase.settings = settings(
    max_examples=120, stateful_step_count=50, deadline=None, report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
TestLawsOfPoints = LawsOfPoints.TestCase


@pytest.mark.soak
def test_the_laws_hold_for_long() -> None:
    for_long = settings(LawsOfPoints.TestCase.settings, max_examples=4_000, stateful_step_count=90)

    run_state_machine_as_test(LawsOfPoints, settings=for_long)
