"""The roll-forward of what members are owed: opening, each kind of movement, closing; and whether it ties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final, TypeAlias

import psycopg
from psycopg_pool import ConnectionPool

from projections.journal.chart import MEMBER_POINTS
from projections.journal.rows import Figure
from projections.journal.ties import Comparison, compare_sources
from projections.movements import BY_WORD
from projections.sql_file import sql

READ_ROLL_FORWARD: Final = sql(__file__, "read_roll_forward")

COLUMNS: Final[tuple[str, ...]] = tuple(BY_WORD)
"""A column for each movement, by its word; `BY_WORD` has the titles."""

Owner: TypeAlias = tuple[str, str, str]  # program, kind, funder


@dataclass(frozen=True, slots=True)
class RollForwardRow:
    """One month of one program, kind and funder: points owed to members, positive. ``month`` is its first day.

    ``closing`` is summed from the journal by itself, whatever the movements are called.
    """

    program: str
    kind: str
    funder: str
    month: date
    opening: int
    movements: Mapping[str, int]
    closing: int

    @property
    def ties(self) -> bool:
        """Whether opening and the movements make the closing."""
        return self.opening + sum(self.movements[word] for word in COLUMNS) == self.closing

    def figure(self, movement: str | None = None) -> Figure:
        """What to ask `JournalQuery.entries` for: one column, or all of the month's movements."""
        return Figure(
            program=self.program,
            account_code=MEMBER_POINTS,
            kind=self.kind,
            funder=self.funder,
            movement=movement,
            since=self.month,
            until=_next_month(self.month) - timedelta(days=1),
        )


class RollForwardQuery:
    """Reads the live generation."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._pool = pool

    def months(
        self, *, program: str | None = None, until: date | None = None, recorded_until: datetime | None = None
    ) -> tuple[RollForwardRow, ...]:
        """Every month from an owner's first movement to the last of all, also those in which nothing moved."""
        asked = {"program": program, "until": until, "recorded_until": recorded_until}
        with self._pool.connection() as connection:
            found = connection.execute(READ_ROLL_FORWARD, asked).fetchall()
        last = max((row[3] for row in found), default=date.min)
        return tuple(
            row
            for owner, rows in groupby(found, key=lambda row: row[:3])
            for row in _owner_months(owner, rows, last)
        )

    def ties(self) -> tuple[Comparison, ...]:
        """What members are owed by the journal, by the balances and by the events themselves, at one position.

        Reads the whole log once. All three must agree for each program, kind and funder.
        """
        with self._pool.connection() as connection:
            return compare_sources(connection)


def _owner_months(owner: Owner, rows: Iterable[tuple[Any, ...]], last: date) -> Iterable[RollForwardRow]:
    """The rows of one program, kind and funder, the silent months filled in."""
    opening = 0
    due: date | None = None
    for month, group in groupby(rows, key=lambda row: row[3]):
        while due is not None and due < month:
            yield _row(owner, due, opening, {}, opening)
            due = _next_month(due)
        moved = list(group)
        closing = moved[0][6]
        yield _row(owner, month, opening, {row[4]: row[5] for row in moved}, closing)
        opening = closing
        due = _next_month(month)
    while due is not None and due <= last:
        yield _row(owner, due, opening, {}, opening)
        due = _next_month(due)


def _row(owner: Owner, month: date, opening: int, moved: Mapping[str, int], closing: int) -> RollForwardRow:
    return RollForwardRow(*owner, month, opening, {word: moved.get(word, 0) for word in COLUMNS}, closing)


def _next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
