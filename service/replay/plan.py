"""The year as steps in the order of time: who joins, buys, pays, brings back, redeems; and when everybody is swept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ledger import SEOUL
from service.replay import choices, rules
from service.replay.people import Person, payment_detail, person, purchase_detail, redemption_detail
from service.replay.source import (
    Basket,
    Source,
    read_baskets,
    read_demographics,
    read_households,
    read_redemptions,
)
from service.replay.steps import (
    Arrival,
    Cancellation,
    Capturing,
    Confirmation,
    CouponUse,
    Holding,
    LettingGo,
    Payment,
    Purchase,
    Return,
    Spending,
    Step,
    TakingBack,
)

JOINS_BEFORE = timedelta(minutes=1)  # a household joins this long before the first thing it does
AFTER_THE_DATA = date(2018, 1, 2)  # what would happen later is not replayed: the last purchases are of the day before


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order of time; within one household that order is kept. ``sweeps`` are of everybody, between steps.

    ``skipped`` counts purchases that are too small to earn a point: nothing is sent for them.
    """

    steps: list[Step]
    sweeps: list[datetime]
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

    @property
    def end(self) -> date:
        """The first day of which nothing is replayed."""
        return self.until or AFTER_THE_DATA


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
            case Payment() | Capturing():
                yield who.payment_memo(step.basket)
                yield payment_detail(step.basket)
            case Return() if rules.points_paid(step.basket):
                yield who.return_memo(step.basket, step.part)
            case Spending():
                yield who.redemption_memo(step.redemption)
                yield redemption_detail(step.redemption, step.household)
            case TakingBack():
                yield who.refund_memo(step.redemption)
            case _:
                pass


def make_plan(source: Source, part: Slice) -> Plan:
    """Read the data and lay them out as steps."""
    households = part.chosen(source)
    told = read_demographics(source)
    end = datetime.combine(part.end, time.min, SEOUL)
    steps: list[Step] = []
    skipped = 0
    for basket in read_baskets(source, households):
        if basket.at >= end:
            continue
        if rules.points_for(basket.cents):
            steps += _of_basket(basket)
        else:
            skipped += 1
    steps += _redemptions(source, households)
    steps = [step for step in steps if step.at < end]
    steps += _arrivals(steps)
    # The sort is stable and steps were added in an order that settles ties: but an arrival is always earlier.
    steps.sort(key=lambda step: step.at)
    return Plan(steps, _sweeps(part.end), {each: person(each, told.get(each)) for each in households}, skipped)


def _of_basket(basket: Basket) -> Iterator[Step]:
    """What a purchase brings about, now and later."""
    what = (basket.household, basket)
    match rules.way_of(basket):
        case "points":
            yield Payment(basket.at, *what)
        case "pump":
            yield Holding(basket.at - choices.PUMP_AHEAD, *what)
            end = rules.pump_end(basket)
            if end != "lost":
                yield (Capturing if end == "captured" else LettingGo)(basket.at, *what)
        case _:
            pass
    yield Purchase(basket.at, *what)
    if rules.way_of(basket) == "delivered":
        if rules.is_cancelled(basket):
            yield Cancellation(basket.at + choices.CANCELLED_AFTER, *what)
        else:
            yield Confirmation(basket.at + choices.CONFIRMED_AFTER, *what)
    yield from _returns(basket)


def _returns(basket: Basket) -> Iterator[Return]:
    back = rules.comes_back(basket)
    if back == "nothing":
        return
    last = Return(basket.at + choices.LAST_RETURN_AFTER, basket.household, basket, 2)
    if rules.way_of(basket) == "points":
        yield Return(basket.at + choices.FIRST_RETURN_AFTER, basket.household, basket, 1)
        if back == "everything" and basket.dearest < basket.cents:
            yield last
    else:
        yield last


def _redemptions(source: Source, households: set[int]) -> list[Step]:
    """Coupons, and what becomes of them; which ones does not depend on the slice."""
    steps: list[Step] = []
    for redemption in read_redemptions(source):
        if redemption.household not in households:
            continue
        what = (redemption.household, redemption)
        steps.append(Spending(rules.redeemed_at(redemption), *what))
        if used_at := rules.coupon_used_at(redemption):
            steps.append(CouponUse(used_at, *what))
        if back_at := rules.taken_back_at(redemption):
            steps.append(TakingBack(back_at, *what))
    return steps


def _sweeps(end: date) -> list[datetime]:
    """Early on the first of each month, from the second on."""
    firsts = (date(2017 + month // 12, month % 12 + 1, 1) for month in range(1, 13))
    return [datetime.combine(first, choices.SWEPT_AT, SEOUL) for first in firsts if first < end]


def _arrivals(steps: list[Step]) -> list[Step]:
    first: dict[int, datetime] = {}
    for step in steps:
        first[step.household] = min(first.get(step.household, step.at), step.at)
    return [Arrival(at - JOINS_BEFORE, household) for household, at in first.items()]
