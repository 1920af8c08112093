"""The garbage collector of a process whose objects mostly stay: books of accounts, keys, a plan of commands."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

COLLECT_AFTER_OBJECTS = 50_000  # some 10 MB of garbage at most before the youngest generation is looked at


@contextmanager
def long_lived_objects() -> Iterator[None]:
    """Keep the collector from walking what stays again and again: that was up to a third of a busy process's time."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
