"""The sums that the books must show, computed from the data file by another way than the replay's.

What was earned: one grouping of the file in exact decimals, no event and no command involved. What was then spent,
refused, given back and expired: a till of one number per household and month of expiry, which knows nothing of lots,
accounts or streams.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from service.replay.plan import Slice
from service.replay.rules import PRICES, PROGRAM, REFUND_EVERY
from service.replay.source import Redemption, Source, read_redemptions

EXPIRES_AFTER_MONTHS = 6
Month = tuple[int, int]


@dataclass(slots=True)
class MonthTotals:
    """Points that moved in a month, all positive; `closing` is what members had at its end."""

    accrued: int = 0
    paid: int = 0
    exchanged: int = 0
    refunded: int = 0
    expired: int = 0

    @property
    def change(self) -> int:
        """What the month added to the liability."""
        return self.accrued + self.refunded - self.paid - self.exchanged - self.expired


@dataclass(slots=True)
class IndependentSum:
    """The expected books by month."""

    months: dict[Month, MonthTotals] = field(default_factory=lambda: defaultdict(MonthTotals))
    purchases: int = 0
    refused: int = 0

    @property
    def outstanding(self) -> int:
        """What members have at the end."""
        return sum(month.change for month in self.months.values())


def independent_sum(source: Source, part: Slice) -> IndependentSum:
    """The expected books of a slice of the data."""
    earned = _earned_by_household_and_day(source, part)
    total = IndependentSum(purchases=sum(count for _, _, _, count in earned))
    days: dict[int, dict[date, int]] = defaultdict(dict)
    for household, on, points, _ in earned:
        total.months[on.year, on.month].accrued += points
        days[household][on] = points
    coupons: dict[int, list[tuple[Redemption, bool]]] = defaultdict(list)
    for number, redemption in enumerate(read_redemptions(source), 1):
        coupons[redemption.household].append((redemption, number % REFUND_EVERY == 0))
    last = part.until - timedelta(days=1) if part.until else max((on for _, on, _, _ in earned), default=None)
    if last is not None:
        for household in part.chosen(source):
            _Till(total, last).follow(days.get(household, {}), coupons.get(household, ()))
    return total


def _earned_by_household_and_day(source: Source, part: Slice) -> list[tuple[int, date, int, int]]:
    """(household, day, points, purchases that earned), from exact decimals."""
    lines = source.table("transactions", ["household_id", "basket_id", "sales_value", "transaction_timestamp"])
    lines = lines.filter(pc.is_in(lines["household_id"], pa.array(sorted(part.chosen(source)))))
    exact = pc.round(lines["sales_value"], 2).cast(pa.decimal128(18, 2), safe=False)
    day = lines["transaction_timestamp"].cast(pa.date32(), safe=False)
    lines = lines.append_column("exact", exact).append_column("day", day)
    if part.until:
        lines = lines.filter(pc.less(lines["day"], pa.scalar(part.until)))
    baskets = lines.group_by(["household_id", "day", "basket_id"]).aggregate([("exact", "sum")])
    earned: Counter[tuple[int, date]] = Counter()
    purchases: Counter[tuple[int, date]] = Counter()
    rows = zip(*(baskets[name].to_pylist() for name in ("household_id", "day", "exact_sum")), strict=True)
    for household, on, dollars in rows:
        points = int(dollars * 100) * PROGRAM.earning.points // PROGRAM.earning.per
        if points:
            earned[household, on] += points
            purchases[household, on] += 1
    return [(household, on, points, purchases[household, on]) for (household, on), points in earned.items()]


class _Till:
    """One household's points by the month at whose end they expire."""

    def __init__(self, total: IndependentSum, last: date) -> None:
        self._total, self._last = total, last
        self._points: Counter[Month] = Counter()
        self._taken: dict[date, list[list[tuple[Month, int]]]] = defaultdict(list)

    def follow(self, earned: dict[date, int], coupons: Iterable[tuple[Redemption, bool]]) -> None:
        """Day by day: the month's end, purchases, coupons, and coupons taken back."""
        by_day: dict[date, list[tuple[Redemption, bool]]] = defaultdict(list)
        for coupon in coupons:
            by_day[coupon[0].on].append(coupon)
        days = {*earned, *by_day, *(on + timedelta(days=1) for on in by_day)} | {self._last}
        month: Month | None = None
        for on in sorted(day for day in days if day <= self._last):
            while month is not None and month < (on.year, on.month):
                month = _later(month, 1)
                self._expire(month)
            month = (on.year, on.month)
            self._points[_later(month, EXPIRES_AFTER_MONTHS)] += earned.get(on, 0)
            for redemption, taken_back in by_day.get(on, ()):
                self._spend(redemption, taken_back)
            for draws in self._taken.pop(on, ()):
                self._take_back(draws, month)

    def _spend(self, redemption: Redemption, taken_back: bool) -> None:
        points = PRICES[redemption.campaign_type]
        if self._points.total() < points:
            self._total.refused += 1
            return
        totals = self._total.months[redemption.on.year, redemption.on.month]
        if redemption.campaign_type == "Type A":
            totals.exchanged += points
        else:
            totals.paid += points
        draws = []
        for month in sorted(self._points):
            taken = min(points, self._points[month])
            self._points[month] -= taken
            points -= taken
            draws.append((month, taken))
        if taken_back:
            self._taken[redemption.on + timedelta(days=1)].append(draws)

    def _take_back(self, draws: list[tuple[Month, int]], month: Month) -> None:
        totals = self._total.months[month]
        for expires, points in draws:
            totals.refunded += points
            if expires < month:
                totals.expired += points  # back to a lot that has expired meanwhile: it expires again at once
            else:
                self._points[expires] += points

    def _expire(self, month: Month) -> None:
        """What ended with the month before, swept on the month's first day."""
        self._total.months[month].expired += self._points.pop(_later(month, -1), 0)


def _later(month: Month, by: int) -> Month:
    year, number = divmod(month[0] * 12 + month[1] - 1 + by, 12)
    return year, number + 1
