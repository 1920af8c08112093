"""Days in a programme's zone, and when a period that is counted in days, months or years ends.

One function serves expiry and retention. The rules are the Korean Civil Act's (민법 제155조–제161조): the first day
is not counted unless the event falls on 00:00:00 (157), months and years run by the calendar and end on the day
before the corresponding day (160 ②), or on the last day of the month where that day does not exist (160 ③).
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

SEOUL = ZoneInfo("Asia/Seoul")
ONE_DAY = timedelta(days=1)
_SHORTEST_MONTH = 28


@dataclass(frozen=True, slots=True)
class Span:
    """A length of calendar time; exactly one unit is not zero."""

    years: int = 0
    months: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        units = (self.years, self.months, self.days)
        if min(units) < 0 or sum(1 for unit in units if unit) != 1:
            raise ValueError("a span has exactly one positive unit: years, months or days")


@cache
def zone_of(key: str) -> ZoneInfo:
    """The zone of a name such as ``Asia/Seoul``."""
    return ZoneInfo(key)


def utc(instant: datetime) -> datetime:
    """The same instant as it is stored; the instant must carry its own zone."""
    if instant.tzinfo is UTC:
        return instant
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(UTC)


def day_of(instant: datetime, zone: ZoneInfo = SEOUL) -> date:
    """The calendar day on which an instant falls in the zone; the instant must carry its own zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return instant.astimezone(zone).date()


def start_of(day: date, zone: ZoneInfo = SEOUL) -> datetime:
    """00:00:00 of the day in the zone."""
    return datetime.combine(day, time.min, zone)


def first_counted_day(instant: datetime, zone: ZoneInfo = SEOUL) -> date:
    """The first day that counts for a period that starts at the instant (민법 제157조)."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    local = instant.astimezone(zone)
    day = local.date()
    at_its_start = not (local.hour or local.minute or local.second or local.microsecond)
    return day if at_its_start else day + ONE_DAY


def last_day(first: date, span: Span) -> date:
    """The last day, inclusive, of a span whose first counted day is given."""
    if span.days:
        return first + timedelta(days=span.days - 1)
    months = first.year * 12 + (first.month - 1) + span.years * 12 + span.months
    year, month = divmod(months, 12)
    if first.day > _SHORTEST_MONTH and first.day > (days_in_month := monthrange(year, month + 1)[1]):
        return date(year, month + 1, days_in_month)
    return date(year, month + 1, first.day) - timedelta(days=1)


def last_retention_day(instant: datetime, span: Span, zone: ZoneInfo = SEOUL) -> date:
    """The last day on which a record of the instant must exist."""
    return last_day(first_counted_day(instant, zone), span)
