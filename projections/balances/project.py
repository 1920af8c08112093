"""Points left of each lot, and what lies beside the lots, from the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import psycopg

from projections.balances.beside import Beside
from projections.copy_text import NULL, cell
from projections.errors import UnknownLot
from projections.fact import Fact
from projections.movements import EXTEND, FROM_LOT_TO_LOT, IMPORT_COUPON, REFUND, Fields
from projections.sql_file import sql

COPY_LOTS: Final = sql(__file__, "copy_lots")
MOVE_POINTS: Final = sql(__file__, "move_points")
SPLIT_LOTS: Final = sql(__file__, "split_lots")

# Account, lot and last day: one row of the table.
Key = tuple[str, str, str | None]


class Balances:
    """The lots that one batch makes, and what it moves on those that are there already."""

    def __init__(self) -> None:
        self._made: dict[Key, str] = {}
        self._moved: dict[Key, int] = {}
        self._given_back: set[Key] = set()
        self._beside = Beside()

    def take(self, fact: Fact) -> None:
        """Points of a lot made in the same batch are netted before they are written."""
        movement = fact.movement
        if not movement.is_plain:
            self._beside.take(fact)
        if movement.is_made:
            for lot in (fact.state["lot"],) if movement.carries == "lot" else fact.state["lots"]:
                self._make(fact, lot)
            return
        if movement is IMPORT_COUPON:  # the lot of what was exchanged: empty, until the exchange is refunded
            self._make(fact, {**fact.state["lot"], "points": 0})
        elif movement in FROM_LOT_TO_LOT:
            self._move(fact, fact.state["draws"], -1)
            self._move(fact, fact.state["given"], +1)
        elif movement.lots:
            self._move(fact, fact.state["draws"], movement.lots)

    def write(self, cursor: psycopg.Cursor[Any]) -> None:
        """Raises `UnknownLot`; the database refuses a lot with fewer than no points, and what is beside them too."""
        if self._made:
            rows = [
                f"{account}\t{lot}\t{expires_on or NULL}\t{terms}\t{self._moved.pop((account, lot, expires_on))}\n"
                for (account, lot, expires_on), terms in self._made.items()
            ]
            with cursor.copy(COPY_LOTS) as copy:
                copy.write("".join(rows))
        if self._moved:
            found = cursor.execute(MOVE_POINTS, _columns(self._moved)).rowcount
            given_back = {key: self._moved[key] for key in self._given_back if key in self._moved}
            if found < len(self._moved) and given_back:
                found += cursor.execute(SPLIT_LOTS, _columns(given_back)).rowcount
            if found != len(self._moved):
                raise UnknownLot(len(self._moved), found)
        self._beside.write(cursor)

    def _make(self, fact: Fact, lot: Fields) -> None:
        key = fact.terms.account, lot["lot_id"], lot["expires_on"]
        self._made[key] = (
            f"{cell(fact.terms.program)}\t{lot['kind']}\t{cell(lot['funder'])}\t{lot['earned_at']}\t{lot['usable_at']}"
        )
        self._moved[key] = lot["points"]

    def _move(self, fact: Fact, draws: list[Fields], sign: int) -> None:
        account, moved = fact.terms.account, self._moved
        for draw in draws:
            key = account, draw["lot_id"], draw["expires_on"]
            moved[key] = moved.get(key, 0) + sign * draw["points"]
            if fact.movement is REFUND or fact.movement is EXTEND:
                self._given_back.add(key)


def _columns(moved: Mapping[Key, int]) -> tuple[str, str, str, str]:
    """One text a column, for string_to_array: ids, days and numbers hold no comma, and no day is the empty text."""
    return (
        ",".join([account for account, _, _ in moved]),
        ",".join([lot for _, lot, _ in moved]),
        ",".join([expires_on or "" for _, _, expires_on in moved]),
        ",".join(map(str, moved.values())),
    )
