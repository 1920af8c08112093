"""A points programme: its unit, its expiry, its spending order and what may be spent at once."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from ledger.calendar import Span
from ledger.points.earning_rule import EarningRule
from ledger.points.movements import Money

ExpiryRounding = Literal["exact", "end_of_month", "end_of_year"]
SpendingOrder = Literal["expiring_first", "free_first"]
RefundSplit = Literal["points_first", "cash_first", "pro_rata"]
ClawbackPolicy = Literal["deficit", "clamp", "offset_refund"]
ClawbackReach = Literal["same_funder", "any_funder"]
ExpiryStart = Literal["accrual", "confirmation"]
ExpiryFrom = Literal["earning", "activity"]

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
class NoticeStage:
    """소멸 예정 안내: a notice at the latest so many months or days (one of the two) before the last usable day.

    It may go out ``lead_days`` before that, so that a sweep which misses a few days is still in time.
    """

    name: str
    months: int = 0
    days: int = 0
    lead_days: int = 0


EXPIRY_NOTICES = (
    NoticeStage("two_months", months=2, lead_days=7),
    NoticeStage("one_month", months=1, lead_days=7),
    NoticeStage("three_days", days=3, lead_days=2),
)
"""The Fair Trade Commission's scheme of 2024-12-23, which firms joined of their own accord."""

NOTICE_CHANNELS = ("app_push", "email")


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

    ``effective_on``: the day on which the version comes into force (None: when it is defined). ``rules``: what orders
    earn; without any it is ``earning``, of everything that points did not pay. ``counts_first_day``: the day of the
    accrual is the first of the span. ``fixed_expiry_on``: the last day of everything earned, instead of a span.
    ``expiry_from`` ``activity``: every accrual, payment and exchange gives the points that the program dated a whole
    span again. ``extends_earlier``: where this version counts a later last day, points earned before get it as well.
    ``expiry_notices`` go out by each of ``notice_channels``. ``unnoticed_days``: points whose last notice was not
    issued in time get so many days more (0: they expire all the same, and the sweep names them).
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
    effective_on: date | None = None
    rules: tuple[EarningRule, ...] = ()
    counts_first_day: bool = False
    fixed_expiry_on: date | None = None
    expiry_from: ExpiryFrom = "earning"
    extends_earlier: bool = False
    expiry_notices: tuple[NoticeStage, ...] = EXPIRY_NOTICES
    notice_channels: tuple[str, ...] = NOTICE_CHANNELS
    unnoticed_days: int = 0

    def paid_out(self, points: int) -> tuple[Money, int]:
        """What is paid for points that were bought, and the fee that is kept of it, rounded down; in minor units."""
        worth = points * self.unit_value
        fee = worth * self.cash_out_fee // HUNDREDTHS_OF_A_PERCENT
        return Money(worth - fee, self.currency), fee
