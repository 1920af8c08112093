"""An account's statement: lines with a running balance, texts opened where they may be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row
from psycopg_pool import ConnectionPool

from crypto_shredding import OpenRequest, Shredded, Tampered, Withheld
from projections.errors import NoSuchAccount
from projections.log import find_held, read_boxes, read_held_boxes
from projections.movements import BY_WORD
from projections.sql_file import sql
from projections.statement.references import Reference, open_requests, references

READ_LINES: Final = sql(__file__, "read_lines")
READ_TOTALS: Final = sql(__file__, "read_totals")

# One page is one query for boxes and one look-up of keys; more lines than this belong into an export.
LINES_MAX: Final = 1_000

HELD_APART: Final = "kept apart, for disputes only"

Text: TypeAlias = str | Shredded | Withheld | Tampered


class Opens(Protocol):
    """What the query needs of `crypto_shredding.Opener`."""

    def open_each(self, requests: Sequence[OpenRequest]) -> list[Text]:
        """The texts in the order of the requests; one whose box is wrong is `Tampered`."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One movement; ``title`` is its Korean word.

    ``points`` are what it did to the lots, ``held``, ``pending`` and ``owed`` what it did beside them, all signed.
    After it the lots have ``balance``, and ``held_balance`` is set aside, which the lots do not have any more.
    ``texts`` are the personal texts that the event has, by name; those that cannot be shown are there as what they are.
    ``source`` names the system from which the line was taken over; ``earlier_movement`` and ``earlier_points`` are what
    happened there, where it did nothing here.
    """

    position: int
    event_id: UUID
    movement: str
    title: str
    occurred_at: datetime
    recorded_at: datetime
    points: int
    balance: int
    reference: str | None
    counterpart: str | None
    texts: Mapping[str, Text] = field(repr=False)
    held: int
    pending: int
    owed: int
    held_balance: int
    source: str | None = None
    earlier_movement: str | None = None
    earlier_points: int | None = None

    @property
    def memo(self) -> Text | None:
        """The memo, if there is one."""
        return self.texts.get("memo")

    @property
    def detail(self) -> Text | None:
        """The details of the purchase or payment, if there are any."""
        return self.texts.get("detail", self.texts.get("paid"))


@dataclass(frozen=True, slots=True)
class Statement:
    """One page; ``next_after`` is None on the last.

    ``opening`` and ``closing`` are in the lots at the ends of the whole period; ``held``, ``pending`` and ``owed`` lie
    beside them at its end.
    """

    account: UUID
    program: str
    opening: int
    closing: int
    lines: tuple[StatementLine, ...]
    next_after: int | None
    held: int = 0
    pending: int = 0
    owed: int = 0


class StatementQuery:
    """Reads the live generation; opens with the `Opener` it was given, for that one's purpose and actor.

    ``held`` are connections of the role `ledger_dispute`, for a purpose that may read what only a law still keeps;
    without them such a text is `Withheld`.
    """

    def __init__(
        self,
        pool: ConnectionPool[psycopg.Connection[Any]],
        opener: Opens,
        *,
        held: ConnectionPool[psycopg.Connection[Any]] | None = None,
    ) -> None:
        self._pool = pool
        self._opener = opener
        self._held = held

    def page(
        self,
        account: UUID,
        *,
        since: date | None = None,
        until: date | None = None,
        recorded_until: datetime | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> Statement:
        """Lines in the order in which they were recorded, beginning after a position.

        ``since`` and ``until`` are days, inclusive, on which things occurred; ``recorded_until`` shows the statement as
        it was known at that instant. Raises `NoSuchAccount`, and what the opener raises.
        """
        if not 1 <= limit <= LINES_MAX:
            raise ValueError(f"a page has 1 to {LINES_MAX} lines")
        asked = {
            "account": account,
            "since": since,
            "until": until,
            "recorded_until": recorded_until,
            "after": after,
            "limit": limit + 1,
        }
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            totals = connection.execute(READ_TOTALS, asked).fetchone()
            if totals is None:
                raise NoSuchAccount(account)
            with connection.cursor(row_factory=namedtuple_row) as cursor:
                rows: list[Any] = cursor.execute(READ_LINES, asked).fetchall()
            next_after = rows[limit - 1].position if len(rows) > limit else None
            rows = rows[:limit]
            sealed = [references(row) for row in rows]
            wanted = [each.place_of_box for line in sealed for each in line]
            boxes = read_boxes(connection, wanted)
            held = find_held(connection, [place for place in wanted if place not in boxes])
        if held and self._held is not None:
            with self._held.connection() as connection:
                boxes |= read_held_boxes(connection, sorted(held))
            held = frozenset()
        texts = self._open(sealed, boxes, held)
        lines = tuple(_line(row, found) for row, found in zip(rows, texts, strict=True))
        program, opening, closing, *beside = totals
        return Statement(account, program, opening, closing, lines, next_after, *beside)

    def _open(
        self,
        sealed: Sequence[Sequence[Reference]],
        boxes: Mapping[tuple[int, int], bytes],
        held: frozenset[tuple[int, int]],
    ) -> list[dict[str, Text]]:
        """The texts of each line by name, all boxes of the page in one call; those that are held are not asked for."""
        asked = [[each for each in line if each.place_of_box not in held] for line in sealed]
        opened = iter(self._opener.open_each(open_requests(asked, boxes)))
        return [
            {
                reference.name: Withheld(HELD_APART) if reference.place_of_box in held else next(opened)
                for reference in line
            }
            for line in sealed
        ]


def _line(row: Any, texts: Mapping[str, Text]) -> StatementLine:
    return StatementLine(
        position=row.position,
        event_id=row.event_id,
        movement=row.movement,
        title=BY_WORD[row.movement].title,
        occurred_at=row.occurred_at,
        recorded_at=row.recorded_at,
        points=row.points,
        balance=row.balance,
        reference=row.reference,
        counterpart=row.counterpart,
        texts=texts,
        held=row.held,
        pending=row.pending,
        owed=row.owed,
        held_balance=row.held_balance,
        source=row.source,
        earlier_movement=row.earlier_movement,
        earlier_points=row.earlier_points,
    )
