"""What was taken over from another system (이관), as the books have it: event by event, and in sums."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from projections.sql_file import sql

READ_IMPORTED: Final = sql(__file__, "read_imported")
READ_TAKEN_OVER: Final = sql(__file__, "read_taken_over")

ROWS_AT_ONCE: Final = 10_000


class ImportedPoints(NamedTuple):
    """Points of one event by kind and funder. ``movement``: import, import-hold or import-coupon."""

    event_id: UUID
    program: str
    movement: str
    kind: str
    funder: str
    points: int


class TakenOver(NamedTuple):
    """Points of members into whose accounts a system was taken over.

    ``came`` by the import (less what holds set aside), ``since`` by everything else, both by the journal; ``lots`` by
    the balances.
    """

    program: str
    kind: str
    funder: str
    came: int
    since: int
    lots: int

    @property
    def ties(self) -> bool:
        """Whether journal and balances say the same."""
        return self.came + self.since == self.lots


class ImportedQuery:
    """Reads the live generation."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._pool = pool

    def events(self, source: str) -> Iterator[ImportedPoints]:
        """Every event of a source, in no order; of a million rows some are in memory at a time."""
        with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor("imported") as cursor,
        ):
            cursor.itersize = ROWS_AT_ONCE
            for row in cursor.execute(READ_IMPORTED, {"source": source}):
                yield ImportedPoints(*row)

    def sums(self, source: str) -> tuple[TakenOver, ...]:
        """By program, kind and funder."""
        with self._pool.connection() as connection:
            return tuple(TakenOver(*row) for row in connection.execute(READ_TAKEN_OVER, {"source": source}))
