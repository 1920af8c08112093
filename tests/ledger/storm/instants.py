"""One clock for every process of a storm: the key clock's readings as instants, so that events tell them exactly.

It is the same clock in all processes of one machine. What an event says of `T_live` is compared with what a reader
noted, to the microsecond.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from crypto_shredding.clock import key_clock

BASE = datetime(2029, 4, 2, 9, tzinfo=UTC)
"""Reading 0 (the machine's start). By then the law lets go of what was bought on `BOUGHT`."""

BOUGHT = tuple(datetime(2024, 3, day, 9, tzinfo=UTC) for day in (4, 5, 6, 7, 8))
DUE = tuple(date(2029, 3, day) for day in (5, 6, 7, 8, 9))
"""Retention runs as of these days close what was bought on those."""

JOINED = datetime(2024, 3, 1, 9, tzinfo=UTC)


def now() -> datetime:
    return BASE + timedelta(seconds=key_clock())


def reading_of(instant: datetime) -> float:
    return (instant - BASE).total_seconds()
