"""The feed: committed events in safe order, read from a cursor on; and the bell that rings when there are more.

A reader keeps a `Cursor` in the same transaction as what it made of the events. For synchronous psycopg connections.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

import psycopg

from ledger.store.connection import BACK_OFF_SECONDS_FIRST, BACK_OFF_SECONDS_MAX, Connection, connect
from ledger.store.errors import CursorFromAnotherTimeline, CursorUnreadable, ShardMissing
from ledger.store.statements import statement

CHANNEL: Final = "ledger_feed"
LOOK_SECONDS: Final = 1.0  # how late a reader can be when a notification is lost with its connection


class FeedEvent(NamedTuple):
    """One committed event as readers see it. `state` carries references to sealed values, never the values."""

    position: int
    stream: UUID
    version: int
    topic: str
    state: bytes


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the feed, behind the event at `position`. Opaque to callers: keep `str(cursor)`, give back `parse`.

    Positions of one shard are ordered, of different shards they are not; a restored database is another timeline.
    """

    timeline: UUID
    shard: int
    position: int

    def __str__(self) -> str:
        return f"{self.timeline.hex}.{self.shard}.{self.position}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cursor that `str` wrote. Raises `CursorUnreadable`."""
        try:
            timeline, shard, position = text.split(".")
            return cls(UUID(hex=timeline), int(shard), int(position))
        except ValueError:
            raise CursorUnreadable(f"{text!r} is not a cursor") from None

    def at(self, position: int) -> Self:
        """The same feed, behind another event."""
        return type(self)(self.timeline, self.shard, position)


def beginning(connection: psycopg.Connection[Any], *, shard: int = 1) -> Cursor:
    """Before the first event."""
    timeline, _ = _shard(connection, shard)
    return Cursor(timeline, shard, 0)


def head(connection: psycopg.Connection[Any], *, shard: int = 1) -> Cursor:
    """Behind the last event that is committed now."""
    timeline, position = _shard(connection, shard)
    return Cursor(timeline, shard, position)


def read(connection: psycopg.Connection[Any], after: Cursor, limit: int) -> list[FeedEvent]:
    """Up to `limit` events behind the cursor, in commit order, none skipped.

    Raises `CursorFromAnotherTimeline`.
    """
    timeline, _ = _shard(connection, after.shard)
    if timeline != after.timeline:
        raise CursorFromAnotherTimeline(after.timeline, timeline)
    cursor = connection.cursor(binary=True, row_factory=psycopg.rows.tuple_row)
    cursor.execute(statement("read_feed"), (after.shard, after.position, limit), prepare=True)
    return list(map(FeedEvent._make, cursor.fetchall()))


class Doorbell:
    """Rings when a batch was appended. Has a connection of its own, made when first needed and again when lost.

    A ring says only that a look is worth while. It can be missed with a lost connection, so every `wait` ends after
    `LOOK_SECONDS` at the latest and the caller looks anyway.
    """

    def __init__(self, dsn: str, *, look_seconds: float = LOOK_SECONDS) -> None:
        self._dsn = dsn
        self._look_seconds = look_seconds
        self._connection: Connection | None = None
        self._pause = BACK_OFF_SECONDS_FIRST

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for a ring, at most `seconds` and at most the look period; whether it rang.

        True also right after connecting, since it may have rung while nobody listened. A lost connection is no error:
        it is tried again by the next wait.
        """
        limit = self._look_seconds if seconds is None else min(seconds, self._look_seconds)
        try:
            if self._connection is None:
                self._connection = connect(self._dsn, name="ledger doorbell")
                self._connection.execute(f"LISTEN {CHANNEL}")
                self._pause = BACK_OFF_SECONDS_FIRST
                return True
            return any(True for _ in self._connection.notifies(timeout=limit, stop_after=1))
        except psycopg.OperationalError:
            self.close()
            time.sleep(min(limit, self._pause))
            self._pause = min(2 * self._pause, BACK_OFF_SECONDS_MAX)
            return False

    def close(self) -> None:
        """Disconnect. Repeatable; the next `wait` connects again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _shard(connection: psycopg.Connection[Any], shard: int) -> tuple[UUID, int]:
    cursor = connection.cursor(binary=True, row_factory=psycopg.rows.tuple_row)
    row = cursor.execute(statement("shard"), (shard,), prepare=True).fetchone()
    if row is None:
        raise ShardMissing(shard)
    return row[0], row[1]
