"""The year as steps in the order of time: who joins, buys, redeems, takes back, and whose points are swept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ledger import SEOUL
from service.replay import rules
from service.replay.people import Person, person, purchase_detail, redemption_detail
from service.replay.source import (
    Basket,
    Redemption,
    Source,
    read_baskets,
    read_demographics,
    read_households,
    read_redemptions,
)

JOINS_BEFORE = timedelta(minutes=1)  # a household joins this long before the first thing it does


@dataclass(frozen=True, slots=True)
class Arrival:
    """A household joins and opens its account."""

    at: datetime
    household: int


@dataclass(frozen=True, slots=True)
class Purchase:
    """A purchase that earns points."""

    at: datetime
    household: int
    basket: Basket


@dataclass(frozen=True, slots=True)
class Spending:
    """A coupon redeemed."""

    at: datetime
    household: int
    redemption: Redemption


@dataclass(frozen=True, slots=True)
class TakingBack:
    """A coupon taken back."""

    at: datetime
    household: int
    redemption: Redemption


@dataclass(frozen=True, slots=True)
class Sweep:
    """Points of a household that have passed their last day."""

    at: datetime
    household: int
    on: date


Step = Arrival | Purchase | Spending | TakingBack | Sweep


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order of time; within one household that order is kept.

    ``skipped`` counts purchases that are too small to earn a point: nothing is sent for them.
    """

    steps: list[Step]
    people: dict[int, Person]
    skipped: int


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the year: the first ``households`` by number, until before ``until``; all where None."""

    households: int | None = None
    until: date | None = None

    def chosen(self, source: Source) -> set[int]:
        """The households of the slice."""
        return set(read_households(source)[: self.households])


def personal_values(plan: Plan) -> Iterator[str]:
    """Every personal value that the plan brings into the ledger."""
    for who in plan.people.values():
        yield from who.profile()
    for step in plan.steps:
        who = plan.people[step.household]
        match step:
            case Purchase():
                yield who.purchase_memo(step.basket)
                yield purchase_detail(step.basket)
            case Spending():
                yield who.redemption_memo(step.redemption)
                yield redemption_detail(step.redemption, step.household)
            case TakingBack():
                yield who.refund_memo(step.redemption)


def make_plan(source: Source, part: Slice) -> Plan:
    """Read the data and lay them out as steps."""
    households = part.chosen(source)
    told = read_demographics(source)
    end = None if part.until is None else datetime.combine(part.until, time.min, SEOUL)
    steps: list[Step] = []
    skipped = 0
    for basket in read_baskets(source, households):
        if end and basket.at >= end:
            continue
        if rules.points_for(basket.cents):
            steps.append(Purchase(basket.at, basket.household, basket))
        else:
            skipped += 1
    steps += _redemptions(source, households)
    steps += _sweeps(steps)
    steps += _arrivals(steps)
    if end:
        steps = [step for step in steps if step.at < end]
    # The sort is stable and kinds were added in an order that settles ties: but an arrival is always earlier.
    steps.sort(key=lambda step: step.at)
    return Plan(steps, {each: person(each, told.get(each)) for each in households}, skipped)


def _redemptions(source: Source, households: set[int]) -> list[Step]:
    """Coupons and those taken back; which ones does not depend on the slice."""
    steps: list[Step] = []
    for number, redemption in enumerate(read_redemptions(source), 1):
        if redemption.household not in households:
            continue
        at = rules.redeemed_at(redemption)
        steps.append(Spending(at, redemption.household, redemption))
        if number % rules.REFUND_EVERY == 0:
            steps.append(TakingBack(at + rules.REFUND_AFTER, redemption.household, redemption))
    return steps


def _sweeps(steps: list[Step]) -> list[Step]:
    """One for each household and month at whose end points of a purchase expire, and whose end the data reach."""
    last = max((step.at for step in steps), default=None)
    due = {(step.household, rules.swept_on(step.at)) for step in steps if isinstance(step, Purchase)}
    sweeps = [Sweep(datetime.combine(on, rules.SWEPT_AT, SEOUL), household, on) for household, on in sorted(due)]
    return [sweep for sweep in sweeps if last is not None and sweep.at <= last]


def _arrivals(steps: list[Step]) -> list[Step]:
    first: dict[int, datetime] = {}
    for step in steps:
        first[step.household] = min(first.get(step.household, step.at), step.at)
    return [Arrival(at - JOINS_BEFORE, household) for household, at in first.items()]
