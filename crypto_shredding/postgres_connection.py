"""Connections to the keys database, and its errors in this package's words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from crypto_shredding.errors import KeyStoreUnavailable

CONNECTIONS_MAX = 4
"""Per process: looks are tiny and loads are rare once warm, so more would only wait for the same rows."""

POOL_SECONDS_MAX = 5.0
"""No caller waits longer for a connection; by then its cached keys are unusable anyway."""

CONNECT_SECONDS_MAX = 5
"""How long one attempt to reach the server may take."""

T = TypeVar("T")
Pool = ConnectionPool[psycopg.Connection]


def open_pool(dsn: str) -> Pool:
    """A pool that connects in the background; the first use waits for it."""
    kwargs = {"autocommit": True, "connect_timeout": CONNECT_SECONDS_MAX, "application_name": "crypto_shredding"}
    return ConnectionPool(dsn, kwargs=kwargs, min_size=1, max_size=CONNECTIONS_MAX, timeout=POOL_SECONDS_MAX, open=True)


def answering(operation: str, work: Callable[[], T]) -> T:
    """Turn any database error into KeyStoreUnavailable without its details: those may quote rows of the key table."""
    try:
        return work()
    except psycopg.Error as error:
        failure = _described(operation, error)
    raise failure  # outside of the handler, so that nothing is chained to it


def run(pool: Pool, operation: str, work: Callable[[psycopg.Connection], T]) -> T:
    """Do `work`, which must be repeatable, on a connection; once more on a fresh one when that one was dead."""

    def once() -> T:
        with pool.connection() as connection:
            return work(connection)

    def twice() -> T:
        try:
            return once()
        except psycopg.OperationalError as error:
            if isinstance(error, PoolTimeout):
                raise
        pool.check()  # after a server restart every pooled connection is dead: replace them all first
        return once()

    return answering(operation, twice)


def _described(operation: str, error: psycopg.Error) -> KeyStoreUnavailable:
    message = error.diag.message_primary or type(error).__name__
    return KeyStoreUnavailable(f"{operation}: {message}", sqlstate=error.sqlstate)
