"""Statement lines from the log: a movement, its sum, and references to its texts."""

from __future__ import annotations

from typing import Any, Final

import orjson
import psycopg

from projections.copy_text import cell
from projections.fact import Fact
from projections.log import personal_field_ids
from projections.movements import MOVEMENTS
from projections.sql_file import sql

COPY_LINES: Final = sql(__file__, "copy_lines")

TEXTS: Final = {topic: personal_field_ids(topic) for topic in MOVEMENTS}
"""Name and field id of the personal fields of each movement."""


class Statement:
    """The lines of one batch."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def take(self, fact: Fact) -> None:
        """One movement, one line."""
        state = fact.state
        movement = fact.movement
        points = movement.sign * (state["lot"]["points"] if movement.makes_lot else state["points"])
        reference, counterpart = state["reference"], state.get("store") or state.get("coupon")
        self._lines.append(
            f"{fact.terms.account}\t{fact.position}\t{state['id']}\t{fact.stored_topic}\t{movement.word}\t"
            f"{fact.occurred_on}\t{state['occurred_at']}\t{state['recorded_at']}\t{points}\t"
            f"{cell(reference)}\t{cell(counterpart)}\t{cell(_references(fact))}\n"
        )

    def write(self, cursor: psycopg.Cursor[Any]) -> None:
        """All lines in one COPY."""
        if self._lines:
            with cursor.copy(COPY_LINES) as copy:
                copy.write("".join(self._lines))


def _references(fact: Fact) -> str | None:
    """The sealed fields that the event carries, as `statement_line.fields` holds them."""
    found = []
    for name, field_id in TEXTS[fact.topic]:
        sealed = fact.state.get(name)
        if sealed is not None:
            found.append((name, field_id, sealed["subject_slot"], sealed["period_slot"], sealed["digest"]))
    return orjson.dumps(found).decode() if found else None
