"""A points programme: its unit, its expiry, its spending order and what may be spent at once."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from ledger.calendar import Span
from ledger.points.movements import Money

ExpiryRounding = Literal["exact", "end_of_month", "end_of_year"]
SpendingOrder = Literal["expiring_first", "free_first"]
RefundSplit = Literal["points_first", "cash_first", "pro_rata"]
ClawbackPolicy = Literal["deficit", "clamp", "offset_refund"]
ClawbackReach = Literal["same_funder", "any_funder"]
ExpiryStart = Literal["accrual", "confirmation"]

FIVE_YEARS = Span(years=5)

HUNDREDTHS_OF_A_PERCENT = 10_000


@dataclass(frozen=True, slots=True)
class EarningRate:
    """Points for money: ``floor(minor units × points / per)``; exact in integers."""

    points: int
    per: int


@dataclass(frozen=True, slots=True)
class Conversion:
    """A rate into another program: ``floor(points × received / given)``."""

    program: str
    given: int
    received: int


@dataclass(frozen=True, slots=True)
class Program:
    """The rules of one programme at one version.

    ``unit_value`` is what a point is worth in minor units of ``currency`` (won has none: whole won).
    ``expires_after`` None: points never expire. A span is counted from the first counted day of the accrual;
    ``rounding`` carries the last day to the end of its month or year. ``refund_grace_days``: a refund to a lot that
    expired meanwhile expires again at once when 0 (strict), else so many days after the refund.

    ``refund_split``: what a partial refund of points and cash takes first. ``clawback_policy``: what becomes of what a
    clawback does not find; it looks in lots of the same funder, or of any where ``clawback_reach`` says so.
    ``expiry_starts``: from when the days of a pending accrual run. ``hold_minutes``: how long a hold lasts that says
    nothing itself. ``adjust_alone_max``: points that one person may adjust. ``conversions``: to which programs points
    may be converted. ``fault_grace_days`` replaces the grace where merchant or operator are at fault, and
    ``refund_expires_on`` is a day that stands for any grace. ``cash_out_fee`` is in hundredths of a percent of the
    money, rounded down.
    """

    code: str
    name: str
    version: int
    currency: str = "KRW"
    unit_value: int = 1
    zone: str = "Asia/Seoul"
    earning: EarningRate = EarningRate(1, 100)
    expires_after: Span | None = FIVE_YEARS
    rounding: ExpiryRounding = "exact"
    spending_order: SpendingOrder = "expiring_first"
    minimum_use: int = 1
    unit_of_use: int = 1
    refund_grace_days: int = 0
    refund_split: RefundSplit = "pro_rata"
    clawback_policy: ClawbackPolicy = "deficit"
    clawback_reach: ClawbackReach = "same_funder"
    expiry_starts: ExpiryStart = "confirmation"
    hold_minutes: int = 30
    adjust_alone_max: int = 10_000
    conversions: tuple[Conversion, ...] = ()
    cash_out_fee: int = 0
    fault_grace_days: int | None = None
    refund_expires_on: date | None = None

    def paid_out(self, points: int) -> tuple[Money, int]:
        """What is paid for points that were bought, and the fee that is kept of it, rounded down; in minor units."""
        worth = points * self.unit_value
        fee = worth * self.cash_out_fee // HUNDREDTHS_OF_A_PERCENT
        return Money(worth - fee, self.currency), fee
