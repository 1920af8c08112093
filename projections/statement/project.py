"""Statement lines from the log: a movement, its sum, and references to its texts."""

from __future__ import annotations

from typing import Any, Final

import orjson
import psycopg

from projections.copy_text import NULL, cell
from projections.fact import Fact
from projections.log import personal_field_ids
from projections.movements import HISTORY, MOVEMENTS, Fields, Movement, owed_by, points_of
from projections.sql_file import sql

COPY_LINES: Final = sql(__file__, "copy_lines")
COPY_LINES_BESIDE: Final = sql(__file__, "copy_lines_beside")
COPY_LINES_IMPORTED: Final = sql(__file__, "copy_lines_imported")

HANDED_OVER: Final = frozenset({"code", "payee"})
"""Secrets that somebody needs once (the code of a coupon, the number of an account), never the lines of a page."""

TEXTS: Final = {
    topic: tuple((name, field_id) for name, field_id in personal_field_ids(topic) if name not in HANDED_OVER)
    for topic in MOVEMENTS
}
"""Name and field id of the personal fields of each movement that a statement shows."""


class Statement:
    """The lines of one batch."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._beside: list[str] = []  # lines that do something beside the lots
        self._imported: list[str] = []  # lines that were taken over from another system

    def take(self, fact: Fact) -> None:
        """One movement, one line."""
        state = fact.state
        movement = fact.movement
        points = movement.lots * points_of(movement, state)
        reference = state["reference"]
        counterpart = state.get("store") or state.get("coupon")
        line = (
            f"{fact.terms.account}\t{fact.position}\t{state['id']}\t{fact.stored_topic}\t{movement.word}\t"
            f"{fact.occurred_on}\t{state['occurred_at']}\t{state['recorded_at']}\t{points}\t"
            f"{cell(reference)}\t{cell(counterpart)}\t{cell(_references(fact))}"
        )
        if "source" in state:
            self._imported.append("\t".join((line, *map(str, _beside(movement, state)), *_of_source(movement, state))))
        elif movement.is_plain:
            self._lines.append(f"{line}\n")
        else:
            self._beside.append("\t".join((line, *map(str, _beside(movement, state)))) + "\n")

    def write(self, cursor: psycopg.Cursor[Any]) -> None:
        """One COPY for plain lines, whose other columns are the table's defaults, and one for each other kind."""
        kinds = ((COPY_LINES, self._lines), (COPY_LINES_BESIDE, self._beside), (COPY_LINES_IMPORTED, self._imported))
        for statement, lines in kinds:
            if lines:
                with cursor.copy(statement) as copy:
                    copy.write("".join(lines))


def _beside(movement: Movement, state: Fields) -> tuple[int, int, int]:
    """What the line does to what is held, promised and owed."""
    points = points_of(movement, state)
    owed = sum(more for _, more in owed_by(movement, state)) if movement.owes else 0
    return movement.held * points, movement.pending * points, owed


def _of_source(movement: Movement, state: Fields) -> tuple[str, str, str]:
    """The system, and what happened there where the line tells it; the end of a line to copy."""
    if movement is HISTORY:
        return cell(state["source"]), state["movement"], f"{state['points']}\n"
    return cell(state["source"]), NULL, f"{NULL}\n"


def _references(fact: Fact) -> str | None:
    """The sealed fields that the event carries, as `statement_line.fields` holds them."""
    found = []
    for name, field_id in TEXTS[fact.topic]:
        sealed = fact.state.get(name)
        if sealed is not None:
            found.append((name, field_id, sealed["subject_slot"], sealed["period_slot"], sealed["digest"]))
    return orjson.dumps(found).decode() if found else None
