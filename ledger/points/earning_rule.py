"""Earning rules as data, and what one of them gives for an order.

Every rule is monotone: an order with more in it earns no less. So what remains of an order never earns more than the
whole did, and a partial cancel only ever takes points back.
"""

from dataclasses import dataclass
from datetime import date
from math import lcm
from typing import Literal

from ledger.calendar import Span
from ledger.points.movements import OPERATOR
from ledger.points.order import POINTS, Order

ANY_TENDER = "*"
"""Every way of paying that the rule does not name, but for points: they earn only where a rule names them."""

Floor = Literal["order", "item"]


@dataclass(frozen=True, slots=True)
class TenderRate:
    """Points for money that was paid in one way: ``minor units × points / per``, exact until the floor."""

    tender: str
    points: int
    per: int


@dataclass(frozen=True, slots=True)
class EarningRule:
    """What purchases earn, and who pays for it.

    ``code`` names the rule, or the campaign, through all versions of its program. A tender that ``rates`` do not name
    earns nothing and is no part of the minimum. ``floor``: fractions are dropped once an order, or once a line.
    ``reward`` points come on top where the base reaches ``minimum`` (minor units) and is not nothing; below it the rule
    gives nothing at all. ``excluded`` categories earn nothing. ``first_day`` and ``last_day`` are the campaign's,
    inclusive. The caps are in points: of one order, of one account's day, of one account in the whole campaign.
    What is earned expires on ``expires_on``, else after ``expires_after``, else by the program.
    """

    code: str
    rates: tuple[TenderRate, ...]
    floor: Floor = "order"
    reward: int = 0
    minimum: int = 0
    excluded: tuple[str, ...] = ()
    first_day: date | None = None
    last_day: date | None = None
    order_max: int | None = None
    day_max: int | None = None
    campaign_max: int | None = None
    funder: str = OPERATOR
    priority: int = 0
    own_use: str | None = None
    expires_after: Span | None = None
    expires_on: date | None = None

    def runs_on(self, day: date) -> bool:
        """Whether the day lies in the campaign."""
        return (self.first_day is None or self.first_day <= day) and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class Price:
    """What an order earns by one rule, before caps of the day and the campaign; ``base`` in minor units."""

    base: int
    points: int


def price(rule: EarningRule, order: Order) -> Price:
    """What the order earns by the rule, as if every day were its campaign's."""
    rates = {each.tender: each for each in rule.rates}
    whole = lcm(*(each.per for each in rule.rates))
    base = points = rest = 0
    for line in order.lines:
        if line.category in rule.excluded:
            continue
        earned = 0
        for tender in line.tenders:
            rate = rates.get(tender.kind) or (None if tender.kind == POINTS else rates.get(ANY_TENDER))
            if rate is not None:
                base += tender.amount
                earned += tender.amount * rate.points * (whole // rate.per)
        if rule.floor == "item":
            points += earned // whole
        else:
            rest += earned
    if base < max(1, rule.minimum):
        return Price(base, 0)
    points += rest // whole + rule.reward
    return Price(base, points if rule.order_max is None else min(points, rule.order_max))
