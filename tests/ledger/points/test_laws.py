"""The laws of points, attacked with random sequences of commands and compared with an oracle.

Conservation per lot and in total; nothing is overdrawn; a refusal leaves no trace; stored bytes fold to the live
state; a sweep twice posts nothing the second time; refunds go to the exact lots.
"""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from crypto_shredding import Sealed
from ledger.errors import Refused
from ledger.event import encode
from ledger.points.balance import balance
from ledger.points.commands import Accrue, Expire, Refund
from ledger.points.decide import leave_account
from ledger.points.events import PointsExpired, PointsForfeited
from tests.ledger.points.given import ACTOR, Story, program, stamp
from tests.ledger.points.oracle import NEVER, Oracle, Refusal

FIRST_DAY = date(2024, 2, 27)  # a leap day lies ahead
IN, OUT = ("accrued", "refunded"), ("paid", "exchanged", "expired", "forfeited", "moved-to-suspense", "refund-claimed")
SIGN = dict.fromkeys(IN, +1) | dict.fromkeys(OUT, -1) | {"coupon-expired": 0}
few = st.integers(0, 4)


def noon(day: int) -> datetime:
    """Noon in Seoul, which has no summer time."""
    return datetime(2024, 2, 27, 3, tzinfo=UTC) + timedelta(days=day)


def day_named(day: int) -> date:
    return FIRST_DAY + timedelta(days=day)


class LawsOfPoints(RuleBasedStateMachine):
    """One account, day by day; every command is given to the ledger and to the oracle."""

    @initialize(free_first=st.booleans(), grace=st.sampled_from([0, 3]), smallest=st.sampled_from([1, 5]))
    def opens(self, free_first: bool, grace: int, smallest: int) -> None:
        order = "free_first" if free_first else "expiring_first"
        rules = program(expires_after=None, spending_order=order, refund_grace_days=grace, minimum_use=smallest)
        self.today = 10
        self.story = Story(rules, noon(0))
        self.oracle = Oracle(free_first, grace, smallest)
        self.accruals: list[UUID] = []
        self.spendings: list[UUID] = []

    @rule(
        points=st.integers(1, 60),
        bought=st.sampled_from([False, False, True]),
        rank=st.sampled_from([0, 0, 0, 1]),
        back=few,
        wait=st.sampled_from([0, 0, 0, 2]),
        validity=st.sampled_from([0, 1, 3, 9, None]),
    )
    def accrues(self, points: int, bought: bool, rank: int, back: int, wait: int, validity: int | None) -> None:
        day = self.today - back
        usable = day + wait
        last = NEVER if validity is None else usable + validity
        command = self.story.command(
            Accrue[Sealed],
            noon(day),
            points=points,
            kind="paid" if bought else "free",
            priority=rank,
            usable_at=noon(usable),
            expires_on=None if validity is None else day_named(last),
        )
        events = self.same(
            lambda: self.story.do(command, noon(self.today)),
            lambda: self.oracle.accrue(points, bought=bought, rank=rank, day=day, usable=usable, last=last),
        )
        self.accruals += [event.id for event in events]

    @rule(points=st.integers(0, 120) | st.none(), back=few, as_coupon=st.booleans())
    def spends(self, points: int | None, back: int, as_coupon: bool) -> None:
        """So many points, or whatever is there."""
        day = self.today - back
        points = self.oracle.available(day) if points is None else points
        drawn: list[tuple[int, int]] = []

        def spend() -> tuple[Any, ...]:
            verb = self.story.exchange if as_coupon else self.story.pay
            return (verb(points, day_named(day).isoformat()),)

        for event in self.same(spend, lambda: drawn.extend(self.oracle.spend(points, day, as_coupon=as_coupon))):
            self.spendings.append(event.id)
            assert [(draw.lot_id, draw.points) for draw in event.draws] == [
                (self.accruals[number], piece) for number, piece in drawn
            ]
            assert event.points == points == sum(piece for _, piece in drawn)

    @precondition(lambda self: self.spendings)
    @rule(pick=st.integers(0, 1_000), back=few)
    def refunds(self, pick: int, back: int) -> None:
        number, day, gone = pick % len(self.spendings), self.today - back, [0]
        command = self.story.command(Refund[Sealed], noon(day), spending_id=self.spendings[number])

        def model() -> None:
            gone[0] = self.oracle.refund(number, day)

        events = self.same(lambda: self.story.do(command, noon(self.today)), model)
        if events:
            back_to = [(draw.lot_id, draw.points) for draw in events[0].draws]
            taken = [(self.accruals[accrual], piece) for accrual, piece, _ in self.oracle.bills[number].pieces]
            assert back_to == taken[::-1]
            assert sum(event.points for event in events[1:] if isinstance(event, PointsExpired)) == gone[0]

    @rule(back=few)
    def sweeps(self, back: int) -> None:
        as_of, gone = self.today - back, [0]
        command = self.story.command(Expire, noon(self.today), as_of=day_named(as_of))

        def model() -> None:
            gone[0] = self.oracle.sweep(as_of, self.today)

        events = self.same(lambda: self.story.do(command), model)
        assert sum(event.points for event in events) == gone[0]
        assert self.story.do(command) == ()

    @precondition(lambda self: len(self.story.events) > 12)
    @rule(back=st.sampled_from([0, 0, 1]))
    def leaves(self, back: int) -> None:
        day, went = self.today - back, (0, 0)
        at = noon(day)

        def model() -> None:
            nonlocal went
            went = self.oracle.leave(day)

        def leave() -> tuple[Any, ...]:
            story = self.story
            recorded = stamp(noon(self.today))
            return story.append(leave_account(story.state, story.program, recorded, occurred_at=at, actor=ACTOR))

        *movements, _ = self.same(leave, model) or (None,)
        sums: Counter[type] = Counter()
        for event in movements:
            sums[type(event)] += event.points
        assert (sums[PointsExpired], sums[PointsForfeited]) == went

    @rule(days=st.sampled_from([1, 1, 2, 5]))
    def days_pass(self, days: int) -> None:
        self.today += days

    def same(self, act: Callable[[], tuple[Any, ...]], model: Callable[[], None]) -> tuple[Any, ...]:
        """Both do it or both refuse it by the same name; the events, none where it was refused."""
        before, count = self.story.state, len(self.story.events)
        try:
            model()
        except Refusal as refusal:
            expected = str(refusal)
        else:
            return act()
        with pytest.raises(Refused) as refused:
            act()
        assert type(refused.value).__name__ == expected
        assert self.story.state is before
        assert len(self.story.events) == count
        return ()

    @invariant()
    def the_balance_is_the_oracles(self) -> None:
        for day in (self.today - 3, self.today, self.today + 4):
            told = balance(self.story.state, noon(day))
            assert told.available == self.oracle.available(day)
            soonest = told.next_expiry_on
            to_go = None if soonest is None else ((soonest - FIRST_DAY).days, told.next_expiry_points)
            assert to_go == self.oracle.next_to_go(day)

    @invariant()
    def points_are_conserved_in_every_lot_and_in_total(self) -> None:
        per_lot: Counter[str] = Counter()
        per_kind: Counter[str] = Counter()
        for event in self.story.events:
            stored = json.loads(encode(event))
            kind = event.TOPIC.split(".")[1]
            for piece in stored.get("draws", [stored["lot"]] if "lot" in stored else []):
                per_lot[piece["lot_id"]] += SIGN[kind] * piece["points"]
                per_kind[kind] += abs(SIGN[kind]) * piece["points"]
        left = {str(lot): points for lot, points in self.story.points_by_lot().items()}
        assert {lot: points for lot, points in per_lot.items() if points} == left
        assert all(points > 0 for points in left.values())
        assert sum(left.values()) == self.story.state.open_points
        oracle = self.oracle
        assert sum(left.values()) == sum(parcel.points for parcel in oracle.parcels)
        assert per_kind == Counter(
            accrued=oracle.earned,
            refunded=oracle.returned,
            expired=oracle.expired,
            forfeited=oracle.forfeited,
            **{"moved-to-suspense": oracle.suspense, "refund-claimed": oracle.claimed},
            paid=per_kind["paid"],
            exchanged=oracle.spent - per_kind["paid"],
        )

    @invariant()
    def as_of_no_instant_was_there_less_than_nothing(self) -> None:
        """Neither in the account nor in points of one lot with one last day."""
        per_part: Counter[tuple[str, str | None] | None] = Counter()
        for at in sorted({event.occurred_at for event in self.story.events}):
            for event in self.story.events:
                if event.occurred_at != at:
                    continue
                stored = json.loads(encode(event))
                kind = event.TOPIC.split(".")[1]
                for piece in stored.get("draws", [stored["lot"]] if "lot" in stored else []):
                    per_part[piece["lot_id"], piece["expires_on"]] += SIGN[kind] * piece["points"]
                    per_part[None] += SIGN[kind] * piece["points"]
            assert not -per_part, "the points that are less than nothing"

    @invariant()
    def lots_stand_in_spending_order(self) -> None:
        lots = self.story.state.open_lots
        standing = [(lot.priority, lot.expires_on or date.max, lot.earned_at, lot.sequence) for lot in lots]
        assert standing == sorted(set(standing))

    def teardown(self) -> None:
        if hasattr(self, "story"):
            assert self.story.refolded() == self.story.state


LawsOfPoints.TestCase.settings = settings(
    max_examples=80,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestLawsOfPoints = LawsOfPoints.TestCase
