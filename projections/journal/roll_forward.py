"""The roll-forward of what stands on an account: opening, each kind of movement, closing; and whether it ties."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final, TypeAlias

import psycopg
from psycopg_pool import ConnectionPool

from projections.journal.chart import (
    COUPON_LIABILITY,
    DEFICITS,
    HELD_POINTS,
    MEMBER_POINTS,
    PENDING_POINTS,
    REFUND_CLAIMS,
    SUSPENSE,
)
from projections.journal.post import SILENT
from projections.journal.rows import Figure
from projections.journal.ties import Comparison, compare_sources
from projections.movements import BY_WORD
from projections.sql_file import sql

READ_ROLL_FORWARD: Final = sql(__file__, "read_roll_forward")

COLUMNS: Final[tuple[str, ...]] = tuple(word for word in BY_WORD if word not in SILENT)
"""A column for each movement, by its word; `BY_WORD` has the titles."""

CARRIED: Final[Mapping[str, int]] = {
    MEMBER_POINTS: -1,
    HELD_POINTS: -1,
    PENDING_POINTS: -1,
    COUPON_LIABILITY: -1,
    REFUND_CLAIMS: -1,
    SUSPENSE: -1,
    DEFICITS: +1,
}
"""Accounts that carry a balance from month to month, and the sign with which it is shown: what is owed is positive."""

Owner: TypeAlias = tuple[str, str, str]  # program, kind, funder


@dataclass(frozen=True, slots=True)
class RollForwardRow:
    """One month of one program, kind and funder: points on one of the `CARRIED` accounts, positive.

    ``month`` is its first day. ``closing`` is summed from the journal by itself, whatever the movements are called.
    """

    program: str
    kind: str
    funder: str
    month: date
    opening: int
    movements: Mapping[str, int]
    closing: int
    account_code: str = MEMBER_POINTS

    @property
    def ties(self) -> bool:
        """Whether opening and the movements make the closing."""
        return self.opening + sum(self.movements[word] for word in COLUMNS) == self.closing

    def figure(self, movement: str | None = None) -> Figure:
        """What to ask `JournalQuery.entries` for: one column, or all of the month's movements."""
        return Figure(
            program=self.program,
            account_code=self.account_code,
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
        self,
        *,
        account_code: str = MEMBER_POINTS,
        program: str | None = None,
        until: date | None = None,
        recorded_until: datetime | None = None,
    ) -> tuple[RollForwardRow, ...]:
        """Every month from an owner's first movement to the last of all, also those in which nothing moved.

        Raises `ValueError` for an account that carries no balance.
        """
        if account_code not in CARRIED:
            raise ValueError(f"{account_code} carries no balance; these do: {', '.join(CARRIED)}")
        asked = {
            "account_code": account_code,
            "sign": CARRIED[account_code],
            "program": program,
            "until": until,
            "recorded_until": recorded_until,
        }
        with self._pool.connection() as connection:
            found = connection.execute(READ_ROLL_FORWARD, asked).fetchall()
        last = max((row[3] for row in found), default=date.min)
        return tuple(
            row
            for owner, rows in groupby(found, key=lambda row: row[:3])
            for row in _owner_months(account_code, owner, rows, last)
        )

    def ties(self) -> tuple[Comparison, ...]:
        """What members have, hold, are promised and owe, by the journal, by the balances and by the events themselves.

        At one position; reads the whole log once. All three must agree for each program, account, kind and funder.
        """
        with self._pool.connection() as connection:
            return compare_sources(connection)


def _owner_months(
    code: str, owner: Owner, rows: Iterable[tuple[Any, ...]], last: date
) -> Iterable[RollForwardRow]:
    """The rows of one program, kind and funder, the silent months filled in."""
    opening = 0
    due: date | None = None
    for month, group in groupby(rows, key=lambda row: row[3]):
        while due is not None and due < month:
            yield _row(code, owner, due, opening, {}, opening)
            due = _next_month(due)
        moved = list(group)
        closing = moved[0][6]
        yield _row(code, owner, month, opening, {row[4]: row[5] for row in moved}, closing)
        opening = closing
        due = _next_month(month)
    while due is not None and due <= last:
        yield _row(code, owner, due, opening, {}, opening)
        due = _next_month(due)


def _row(
    code: str, owner: Owner, month: date, opening: int, moved: Mapping[str, int], closing: int
) -> RollForwardRow:
    columns = {word: moved.get(word, 0) for word in COLUMNS}
    return RollForwardRow(*owner, month, opening, columns, closing, code)


def _next_month(month: date) -> date:
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)
