"""Lines of the journal, and the way from any figure down to them and on to the event."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg_pool import ConnectionPool

from ledger import Event
from projections.log import read_event
from projections.sql_file import sql

READ_ENTRIES: Final = sql(__file__, "read_entries")
READ_ENTRY: Final = sql(__file__, "read_entry")

# A screen's worth; whoever wants all pages on.
ENTRIES_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One line of an entry: debit positive, credit negative. ``position`` is the event's."""

    position: int
    line: int
    occurred_on: date
    occurred_at: datetime
    recorded_at: datetime
    program: str
    account_code: str
    kind: str
    funder: str
    account: UUID
    movement: str
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What a figure of a report is the sum of; None takes all. Days are inclusive and count by occurrence."""

    program: str | None = None
    account_code: str | None = None
    kind: str | None = None
    funder: str | None = None
    movement: str | None = None
    since: date | None = None
    until: date | None = None
    recorded_until: datetime | None = None


class JournalQuery:
    """Drill-down in the live generation."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._pool = pool

    def entries(self, figure: Figure, *, after: tuple[int, int] = (0, 0), limit: int = 100) -> list[JournalLine]:
        """The lines that a figure is the sum of, in order, after a (position, line)."""
        if not 1 <= limit <= ENTRIES_MAX:
            raise ValueError(f"a page has 1 to {ENTRIES_MAX} lines")
        asked = asdict(figure) | {"after_position": after[0], "after_line": after[1], "limit": limit}
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(JournalLine)) as cursor:
            return cursor.execute(READ_ENTRIES, asked).fetchall()

    def entry(self, position: int) -> list[JournalLine]:
        """The whole entry of one event; none when it posted nothing."""
        with self._pool.connection() as connection, connection.cursor(row_factory=class_row(JournalLine)) as cursor:
            return cursor.execute(READ_ENTRY, [position]).fetchall()

    def event(self, position: int) -> Event | None:
        """The event that made an entry, as the log has it."""
        with self._pool.connection() as connection:
            return read_event(connection, position)
