"""The journal from the log."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import psycopg

from projections.copy_text import cell
from projections.errors import UnknownSpending
from projections.fact import Fact
from projections.journal.post import WENT_TO, post
from projections.movements import REFUND
from projections.sql_file import sql

COPY_JOURNAL: Final = sql(__file__, "copy_journal")
COPY_SPENDINGS: Final = sql(__file__, "copy_spendings")
FIND_SPENDINGS: Final = sql(__file__, "find_spendings")


class Journal:
    """The entries of one batch."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._spendings: dict[str, str] = {}
        self._refunds: list[Fact] = []

    def take(self, fact: Fact) -> None:
        """Refunds wait until `write`: where their spending went may have to be read."""
        if fact.movement is REFUND:
            self._refunds.append(fact)
            return
        self._enter(fact, None)

    def write(self, cursor: psycopg.Cursor[Any]) -> None:
        """Raises `UnknownSpending` for a refund of what was never spent."""
        self._enter_refunds(cursor)
        if self._lines:
            with cursor.copy(COPY_JOURNAL) as copy:
                copy.write("".join(self._lines))
        if self._spendings:
            with cursor.copy(COPY_SPENDINGS) as copy:
                copy.write("".join(f"{spending}\t{code}\n" for spending, code in self._spendings.items()))

    def _enter(self, fact: Fact, refunded_from: str | None) -> None:
        state, terms, word = fact.state, fact.terms, fact.movement.word
        postings = post(fact.topic, state, refunded_from)
        when = f"{fact.occurred_on}\t{state['occurred_at']}\t{state['recorded_at']}\t{cell(terms.program)}"
        for line, (code, kind, funder, points) in enumerate(postings):
            self._lines.append(
                f"{fact.position}\t{line}\t{when}\t{code}\t{kind}\t{cell(funder)}\t{terms.account}\t{word}\t{points}\n"
            )
        if word in WENT_TO:
            self._spendings[state["id"]] = WENT_TO[word]

    def _enter_refunds(self, cursor: psycopg.Cursor[Any]) -> None:
        if not self._refunds:
            return
        wanted = [fact.state["spending_id"] for fact in self._refunds]
        went_to = dict(self._spendings)
        elsewhere = [UUID(spending) for spending in wanted if spending not in went_to]
        if elsewhere:
            went_to |= {str(found): code for found, code in cursor.execute(FIND_SPENDINGS, [elsewhere])}
        for spending, fact in zip(wanted, self._refunds, strict=True):
            if spending not in went_to:
                raise UnknownSpending(spending)
            self._enter(fact, went_to[spending])
        self._refunds.clear()
