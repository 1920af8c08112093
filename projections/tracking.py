"""Where the read models stand in each log, behind eventsourcing's own contract for it."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from eventsourcing.persistence import IntegrityError, Tracking, TrackingRecorder
from psycopg_pool import ConnectionPool

from projections.sql_file import sql

MOVE_POSITION: Final = sql(__file__, "move_position")
READ_POSITION: Final = sql(__file__, "read_position")


def log_name(shard: int) -> str:
    """The name under which a shard's log is tracked: each shard is a log of its own."""
    return f"ledger/{shard}"


def read_position(cursor: psycopg.Cursor[Any], name: str) -> int | None:
    """The position in a log, of the generation that the connection uses; None before the first event."""
    row = cursor.execute(READ_POSITION, [name]).fetchone()
    return None if row is None else int(row[0])


def move_position(cursor: psycopg.Cursor[Any], name: str, position: int) -> None:
    """Store a position in the transaction that wrote its rows. Raises `IntegrityError` when it is not ahead."""
    if cursor.execute(MOVE_POSITION, [name, position]).fetchone() is None:
        raise IntegrityError(f"{name} has been tracked to position {position} already")


class ProjectionTracking(TrackingRecorder):
    """The live generation's positions; shares its table with the `Projector`, which moves them."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._pool = pool

    def insert_tracking(self, tracking: Tracking) -> None:
        """Raises `IntegrityError` for a position that is not ahead of the stored one."""
        with self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = projections")
            move_position(cursor, tracking.application_name, tracking.notification_id)

    def max_tracking_id(self, application_name: str) -> int | None:
        """The position in the named log; None before its first event."""
        with self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL search_path = projections")
            return read_position(cursor, application_name)
