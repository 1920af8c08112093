"""What the oracle of a replay counts with: books of signed movements, lots, and draws from them.

Months are counted (year times 12 plus month, from 0), since lots end with months; instants have no zone, as in the
data.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

OPERATOR = "operator"
MEMBER, HELD, PENDING, COUPONS = "member_points", "held_points", "pending_points", "coupon_liability"
EXPENSE, REDEEMED, EXPIRED, DEFICITS = "points_expense", "redemption_clearing", "breakage_expired", "deficits"
PAYABLE, RECEIVABLE = "partner_payable", "partner_receivable"

Entry = tuple[str, str, int]  # account of the books, funder, month


class Books:
    """What stands on each account of the books: for each funder, month and movement, debit positive."""

    def __init__(self) -> None:
        self.moved: dict[Entry, Counter[str]] = defaultdict(Counter)

    def post(self, word: str, funder: str, points: int, debit: str, credit: str, month: int) -> None:
        """A movement from one account to another."""
        self.moved[debit, funder, month][word] += points
        self.moved[credit, funder, month][word] -= points


@dataclass(slots=True, eq=False)
class Lot:
    """Points earned together. ``last`` is the month at whose end they expire; what a clawback did not find is owed."""

    funder: str
    earned_at: datetime
    number: int
    points: int
    last: int
    owed: int = 0
    lapsed: int = 0
    stand_ins: list[Draw] = field(default_factory=list)

    @property
    def place(self) -> tuple[int, datetime, int]:
        """Its place in the order of spending."""
        return self.last, self.earned_at, self.number


Draw = tuple[Lot, int]


@dataclass(slots=True, eq=False)
class Spent:
    """What was taken for a payment, a coupon (to the day ``until``) or a hold (to the instant ``times_out``)."""

    draws: list[Draw]
    back: int = 0
    until: date | None = None
    times_out: datetime | None = None
    is_open: bool = True

    @property
    def points(self) -> int:
        """All of it."""
        return sum(points for _, points in self.draws)


def month_of(day: date) -> int:
    """A month as a number; a datetime is a date as well."""
    return day.year * 12 + day.month - 1


def taken_from(lots: Iterable[Lot], points: int) -> tuple[list[Draw], int]:
    """Draws of at most so many points, and how many are missing."""
    draws = []
    for lot in lots:
        part = min(lot.points, points)
        points -= part
        if part:
            draws.append((lot, part))
    return draws, points


def divided(draws: list[Draw], points: int) -> tuple[list[Draw], list[Draw]]:
    """The first so many points of draws, and the rest."""
    first, rest = [], []
    for lot, drawn in draws:
        part = min(drawn, points)
        points -= part
        if part:
            first.append((lot, part))
        if part < drawn:
            rest.append((lot, drawn - part))
    return first, rest
