"""The clock by which keys grow old in memory. It knows no dates and never runs backwards."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], float]

RATE_MARGIN = 1.01
"""Clocks of two machines run at slightly different rates (NTP slews by up to 0.05 %): whoever waits, waits longer."""


def _suspended_time_counts() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


# CLOCK_MONOTONIC stands still while a machine sleeps: one that wakes up after a day would take its keys for fresh.
key_clock: Clock = _suspended_time_counts if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic
