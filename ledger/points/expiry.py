"""The last day on which points may be used, by their program's rules; and when notice of it is due."""

from calendar import monthrange
from datetime import date, datetime, timedelta

from ledger.calendar import Span, day_of, first_counted_day, last_day, zone_of
from ledger.errors import InvalidTime
from ledger.points.program import ExpiryRounding, NoticeStage, Program


def last_usable_day(program: Program, earned_at: datetime) -> date | None:
    """The last day, inclusive, of points earned at the instant; None: never expire.

    Counted by the same period function as retention. Raises `InvalidTime` where the program's fixed day is past.
    """
    zone = zone_of(program.zone)
    if program.fixed_expiry_on is not None:
        if program.fixed_expiry_on < day_of(earned_at, zone):
            raise InvalidTime(program.fixed_expiry_on, "is the last day of all points of the program; define its next")
        return program.fixed_expiry_on
    if program.expires_after is None:
        return None
    first = day_of(earned_at, zone) if program.counts_first_day else first_counted_day(earned_at, zone)
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


def notice_due_on(stage: NoticeStage, last: date) -> date:
    """The last day on which a notice of the stage is in time, counted back from the last usable day.

    The same day of an earlier month, or that month's last: a whole month, or more, lies between notice and expiry.
    """
    if stage.days:
        return last - timedelta(days=stage.days)
    year, month = divmod(last.year * 12 + last.month - 1 - stage.months, 12)
    return date(year, month + 1, min(last.day, monthrange(year, month + 1)[1]))


def notice_opens_on(stage: NoticeStage, last: date) -> date:
    """The first day on which the notice may go out."""
    return notice_due_on(stage, last) - timedelta(days=stage.lead_days)
