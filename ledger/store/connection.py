"""Connections of the store, what a failure on one of them means, and how long we try again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from time import monotonic
from typing import Any, Final

import psycopg

CONNECT_SECONDS_MAX: Final = 5  # one attempt; a host that is up answers in milliseconds
BACK_OFF_SECONDS_FIRST: Final = 0.02  # a terminated session is back at once
BACK_OFF_SECONDS_MAX: Final = 1.0  # a server that recovers from a crash is asked about once a second
RECONNECT_SECONDS_MAX: Final = 30.0  # in total: more than a crash recovery takes, less than a caller waits

AsyncConnection = psycopg.AsyncConnection[tuple[Any, ...]]
Connection = psycopg.Connection[tuple[Any, ...]]

# By SQLSTATE class: the server could not, but may soon. Everything else is about what was sent.
_TRANSIENT_CLASSES: Final = frozenset(
    {
        "08",  # connection exception
        "40",  # rolled back: deadlock, serialization
        "53",  # insufficient resources: connections, memory, disk
        "57",  # operator intervention: shutdown, crash, cancel by timeout
        "58",  # system error
    }
)
_LOCK_NOT_AVAILABLE: Final = "55P03"


async def connect_async(dsn: str, *, name: str) -> AsyncConnection:
    """An autocommit connection."""
    return await psycopg.AsyncConnection.connect(
        dsn,
        autocommit=True,
        prepare_threshold=0,
        connect_timeout=CONNECT_SECONDS_MAX,
        application_name=name,
    )


def connect(dsn: str, *, name: str) -> Connection:
    """The same for synchronous callers."""
    return psycopg.connect(
        dsn,
        autocommit=True,
        prepare_threshold=0,
        connect_timeout=CONNECT_SECONDS_MAX,
        application_name=name,
    )


def is_transient(error: psycopg.Error) -> bool:
    """Whether the same statement may succeed later; then its outcome is unknown if it was sent."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate[:2] in _TRANSIENT_CLASSES or error.sqlstate == _LOCK_NOT_AVAILABLE


def back_off(seconds_max: float) -> Iterator[float]:
    """Pauses between attempts, doubled and jittered, until their time is over."""
    until = monotonic() + seconds_max
    pause = BACK_OFF_SECONDS_FIRST
    while monotonic() < until:
        # Jittered, so that the processes which one restart threw out do not come back in step.
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
        pause = min(2 * pause, BACK_OFF_SECONDS_MAX)
