"""What an account has beside its lots: points that are held, points that are promised, and points that it owes."""

from __future__ import annotations

from typing import Any, Final

import psycopg

from projections.copy_text import text_of
from projections.fact import Fact
from projections.movements import owed_by, parts
from projections.sql_file import sql

MOVE_ASIDE: Final = sql(__file__, "move_aside")


class Beside:
    """What one batch moves beside the lots. Few events do."""

    def __init__(self) -> None:
        self._moved: dict[tuple[str, str, str, str, str], int] = {}

    def take(self, fact: Fact) -> None:
        """A movement that is more than points of lots. Raises `BadEvent`."""
        movement, state = fact.movement, fact.state
        for what, sign in (("held", movement.held), ("pending", movement.pending)):
            if sign:
                for part in parts(movement, state):
                    self._add(fact, what, part["kind"], part["funder"], sign * part["points"])
        if movement.owes:
            for funder, points in owed_by(movement, state):
                self._add(fact, "owed", "free", funder, points)

    def write(self, cursor: psycopg.Cursor[Any]) -> None:
        """The database refuses what would fall below nothing."""
        if self._moved:
            rows = [(*key, points) for key, points in self._moved.items()]
            cursor.execute(MOVE_ASIDE, [list(column) for column in zip(*rows, strict=True)])

    def _add(self, fact: Fact, what: str, kind: str, funder: str, points: int) -> None:
        key = (fact.terms.account, what, kind, text_of(funder), fact.terms.program)
        self._moved[key] = self._moved.get(key, 0) + points
