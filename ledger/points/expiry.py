"""The last day on which points may be used, by their program's rules."""

from datetime import date, datetime, timedelta

from ledger.calendar import Span, first_counted_day, last_day, zone_of
from ledger.points.program import ExpiryRounding, Program


def last_usable_day(program: Program, earned_at: datetime) -> date | None:
    """The last day, inclusive, of points earned at the instant; None: never expire."""
    if program.expires_after is None:
        return None
    first = first_counted_day(earned_at, zone_of(program.zone))
    return rounded(last_day(first, program.expires_after), program.rounding)


def last_day_of_grace(zone: str, refunded_at: datetime, days: int) -> date:
    """The last day of points that came back to an expired lot, where so many days of grace are granted."""
    return last_day(first_counted_day(refunded_at, zone_of(zone)), Span(days=days))


def rounded(day: date, rounding: ExpiryRounding) -> date:
    """The day carried to the end of its month or year; never an earlier one."""
    if rounding == "end_of_month":
        next_month = day.replace(day=28) + timedelta(days=4)
        return next_month - timedelta(days=next_month.day)
    if rounding == "end_of_year":
        return day.replace(month=12, day=31)
    return day
