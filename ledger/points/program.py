"""A points programme: its unit, its expiry, its spending order and what may be spent at once."""

from dataclasses import dataclass
from typing import Literal

from ledger.calendar import Span

ExpiryRounding = Literal["exact", "end_of_month", "end_of_year"]
SpendingOrder = Literal["expiring_first", "free_first"]

FIVE_YEARS = Span(years=5)


@dataclass(frozen=True, slots=True)
class EarningRate:
    """Points for money: ``floor(minor units × points / per)``; exact in integers."""

    points: int
    per: int


@dataclass(frozen=True, slots=True)
class Program:
    """The rules of one programme at one version.

    ``unit_value`` is what a point is worth in minor units of ``currency`` (won has none: whole won).
    ``expires_after`` None: points never expire. A span is counted from the first counted day of the accrual;
    ``rounding`` carries the last day to the end of its month or year. ``refund_grace_days``: a refund to a lot that
    expired meanwhile expires again at once when 0 (strict), else so many days after the refund.
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
