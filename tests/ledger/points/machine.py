"""The machine that gives every command to the ledger and to the oracle, and compares them after each step."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis.stateful import RuleBasedStateMachine, invariant

from ledger.calendar import Span
from ledger.errors import Refused
from ledger.event import decode, encode
from ledger.points.account import Account
from ledger.points.decide import decide
from ledger.points.evolve import evolve
from ledger.points.program import Conversion, NoticeStage, Program
from ledger.points.stamp import first_event_id
from tests.ledger.points.bag import DAY
from tests.ledger.points.chunks import assert_is_well_made, make_chunks_small
from tests.ledger.points.given import Story, program, stamp
from tests.ledger.points.oracle import NEVER, Oracle, Refusal, Rules
from tests.ledger.points.telling import account_told, balance_told, day_named, instant, number_of, oracle_told

SIGNS = {
    "accrued": (1, 0, 0), "accrual-pended": (0, 0, 1), "accrual-confirmed": (1, 0, -1), "accrual-cancelled": (0, 0, -1),
    "clawed-back": (-1, 0, 0), "deficit-repaid": (-1, 0, 0), "clawback-returned": (-1, 0, 0), "charged": (1, 0, 0),
    "cashed-out": (-1, 0, 0), "adjusted-up": (1, 0, 0), "adjusted-down": (-1, 0, 0), "paid": (-1, 0, 0),
    "exchanged": (-1, 0, 0), "refunded": (1, 0, 0), "held": (-1, 1, 0), "hold-captured": (0, -1, 0),
    "hold-released": (1, -1, 0), "sent": (-1, 0, 0), "received": (1, 0, 0), "converted-out": (-1, 0, 0),
    "converted-in": (1, 0, 0), "expired": (-1, 0, 0), "forfeited": (-1, 0, 0), "moved-to-suspense": (-1, 0, 0),
    "refund-claimed": (-1, 0, 0), "extended": (-1, 0, 0),
}  # fmt: skip
"""Of every kind of event: what its points do to the lots, to what is held and to what is pending."""

RATE = (3, 2)


class TwoOfEach(RuleBasedStateMachine):
    """Three accounts and three oracles, minute by minute: two of one program, one of another."""

    def begin(self, rules: Rules) -> None:
        self.now = 10 * DAY + 720
        self.chosen = rules
        ours, theirs = program_of(self.chosen, "TEST"), program_of(self.chosen, "OTHER")
        self.stories = [Story(ours, instant(0)), Story(ours, instant(0)), Story(theirs, instant(0))]
        self.oracles = [Oracle(self.chosen, 0) for _ in self.stories]
        self.folded: list[Account | None] = [None] * 3
        self.stored: list[list[tuple[str, Any]]] = [[], [], []]
        self.keys: list[tuple[int, UUID]] = []
        self.patch = pytest.MonkeyPatch()
        make_chunks_small(self.patch)

    def teardown(self) -> None:
        if hasattr(self, "patch"):
            self.patch.undo()

    # How both are asked.

    def has(self, what: str) -> bool:
        return any(getattr(of, what) for of in getattr(self, "oracles", ()))

    def one_of(self, names: Callable[[Oracle], Any], pick: int) -> tuple[int, Any]:
        """One of them and whose it is, or now and then one that is nobody's."""
        known = [(who, name) for who, of in enumerate(self.oracles) for name in names(of)]
        return known[pick % len(known)] if known and pick < 980 else (pick % 3, UUID(int=pick))

    def do(
        self,
        who: int,
        verb: type[Any],
        back: int,
        model: Callable[[Oracle, Any], Any],
        /,
        *,
        twice: bool = False,
        **content: Any,
    ) -> tuple[Any, ...]:
        """Give the command to both. ``twice``: what is done already is not done again."""
        story, of = self.stories[who], self.oracles[who]
        command = story.command(verb, instant(self.now - back), **content)
        self.stamp = stamp(instant(self.now), command)
        name = first_event_id(story.account_id, command.key)

        def twin() -> None:
            of.now = self.now
            if name in of.barred:
                raise Refusal("KeyVoided")
            model(of, name)

        events = self.same((who,), lambda: story.append(decide(story.state, command, story.program, self.stamp)), twin)
        if events:
            self.keys.append((who, command.key))
            if twice:
                assert decide(story.state, command, story.program, stamp(instant(self.now))) == ()
        return events

    def same(
        self, whose: tuple[int, ...], act: Callable[[], tuple[Any, ...]], twin: Callable[[], None]
    ) -> tuple[Any, ...]:
        """Both do it or both refuse it by the same name; the events, none where it was refused."""
        before = [(self.stories[each].state, len(self.stories[each].events)) for each in whose]
        try:
            twin()
        except Refusal as refusal:
            expected = str(refusal)
        else:
            return act()
        with pytest.raises(Refused) as refused:
            act()
        assert type(refused.value).__name__ == expected
        for each, (state, count) in zip(whose, before, strict=True):
            assert self.stories[each].state is state
            assert len(self.stories[each].events) == count
        return ()

    # The laws.

    @invariant()
    def the_account_is_the_oracles(self) -> None:
        for story, of in zip(self.stories, self.oracles, strict=True):
            assert account_told(story.state) == oracle_told(of)
            for at in (self.now - 3 * DAY, self.now - 30, self.now, self.now + 4 * DAY):
                assert balance_told(story.state, at) == of.balance(at)

    @invariant()
    def stored_bytes_fold_to_the_live_state_and_conserve_points(self) -> None:
        for which, story in enumerate(self.stories):
            stored = self.stored[which]
            if len(stored) < len(story.events):
                for event in story.events[len(stored) :]:
                    state = encode(event)
                    again: Any = decode(event.TOPIC, state)
                    self.folded[which] = evolve(self.folded[which], again)
                    stored.append((event.TOPIC.split(".")[1], json.loads(state)))
                assert self.folded[which] == story.state
                conserved(stored, story.state, self.oracles[which])

    @invariant()
    def lots_stand_in_spending_order(self) -> None:
        for story in self.stories:
            lots = story.state.open_lots
            standing = [(lot.priority, number_of(lot.expires_on), lot.earned_at, lot.sequence) for lot in lots]
            assert standing == sorted(set(standing))
            assert_is_well_made(lots)

    @invariant()
    def what_has_not_ended_is_listed(self) -> None:
        for story in self.stories:
            aside = story.state.aside
            assert set(aside.open_holds) == {each.hold_id for each in aside.holds.values() if each.is_open}
            assert set(aside.open_coupons) == {
                each.spending_id
                for each in story.state.spendings.values()
                if each.coupon is not None and each.coupon.status == "issued"
            }


def conserved(stored: list[tuple[str, Any]], account: Account, of: Oracle) -> None:
    """Points per lot and last day, held, promised and owed add up; as of no instant was one of them less than none."""
    sums: Counter[Any] = Counter()
    of_days: Counter[tuple[str, str | None]] = Counter()
    extends = any(kind == "extended" for kind, _ in stored)
    moved: Counter[str] = Counter()
    in_time = sorted(stored, key=lambda each: each[1]["occurred_at"])
    for number, (kind, event) in enumerate(in_time):
        lots, held, pending = SIGNS.get(kind, (0, 0, 0))
        pieces = event.get("draws") or event.get("lots") or ([event["lot"]] if "lot" in event else [])
        for sign, each in [(lots, piece) for piece in pieces] + [(1, piece) for piece in event.get("given", ())]:
            sums["lots"] += sign * each["points"]
            sums[each["lot_id"]] += sign * each["points"]
            of_days[each["lot_id"], each["expires_on"]] += sign * each["points"]
        points = sum(piece["points"] for piece in pieces)
        sums["held"] += held * points
        sums["pending"] += pending * points
        sums["deficit"] += event.get("owed", 0) - (points if kind == "deficit-repaid" else 0)
        moved[kind] += points
        assert event.get("points", points) == points or kind in ("claim-settled", "expiry-noticed")
        if number + 1 == len(in_time) or in_time[number + 1][1]["occurred_at"] > event["occurred_at"]:
            assert not -sums, "the points that are less than nothing"
            # A payment that is told late takes points with the last day that a later extension gave them.
            assert extends or not -of_days, "the points of a last day that are less than nothing"
    assert sums["lots"] == account.open_points == sum(of.bag.values())
    assert (sums["held"], sums["pending"], sums["deficit"]) == oracle_told(of)["sums"]
    assert moved["expired"] == of.went["expired"]
    assert moved["forfeited"] == of.went["forfeited"]
    assert moved["moved-to-suspense"] == of.went["suspense"]
    assert moved["refund-claimed"] == of.went["claimed"]
    left = {place: points for place, points in of_days.items() if points}
    theirs = {
        (str(lot), None if last == NEVER else str(day_named(last))): points for (lot, last), points in (+of.bag).items()
    }
    assert left == theirs, f"{left} and not {theirs}"


def program_of(rules: Rules, code: str) -> Program:
    return program(
        code=code,
        expires_after=None if rules.validity is None else Span(days=rules.validity),
        spending_order="free_first" if rules.free_first else "expiring_first",
        refund_grace_days=rules.grace,
        fault_grace_days=rules.fault_grace,
        refund_expires_on=None if rules.end is None else day_named(rules.end),
        refund_split=rules.split,
        clawback_policy=rules.policy,
        clawback_reach="any_funder" if rules.any_funder else "same_funder",
        expiry_starts="accrual" if rules.from_accrual else "confirmation",
        unit_value=rules.unit,
        minimum_use=rules.smallest,
        hold_minutes=rules.hold,
        cash_out_fee=rules.fee,
        adjust_alone_max=rules.alone,
        conversions=(Conversion("OTHER", *RATE),),
        expiry_from="activity" if rules.activity and rules.validity is not None else "earning",
        unnoticed_days=rules.unnoticed,
        expiry_notices=(NoticeStage("soon", days=rules.notice, lead_days=rules.ahead),),
    )
