"""What people see of the books: points beside the lots have a column where there are any."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from projections import Statement, StatementLine
from service.cli.tables import statement_content, statement_table

ACCOUNT = UUID(int=1)


def line(title: str, points: int, balance: int, **beside: int) -> StatementLine:
    """One line at noon."""
    at = datetime(2024, 3, 7, 3, tzinfo=UTC)
    nothing: dict[str, Any] = {"held": 0, "pending": 0, "owed": 0, "held_balance": 0}
    return StatementLine(1, ACCOUNT, "word", title, at, at, points, balance, None, None, {}, **{**nothing, **beside})


def columns(*lines: StatementLine) -> dict[str, list[Any]]:
    """The table of these lines, by heading."""
    table = statement_table(Statement(ACCOUNT, "ACME", 0, 0, lines, None))
    return {str(column.header): list(column.cells) for column in table.columns}


def test_what_is_held_promised_or_owed_has_a_column_where_a_line_moves_it() -> None:
    shown = columns(line("적립", 100, 100), line("가승인", -30, 70, held=30, held_balance=30))

    assert shown["잔액"] == ["100", "70"]
    assert shown["가승인"] == ["", "+30"]
    assert {"적립예정", "결손"} & shown.keys() == set()
    assert {"가승인", "적립예정", "결손"} & columns(line("적립", 100, 100)).keys() == set()


def test_the_document_has_the_same_fields_for_every_line() -> None:
    page = Statement(ACCOUNT, "ACME", 0, 70, (line("가승인", -30, 70, held=30, held_balance=30),), None, held=30)

    content = statement_content(page)

    assert (content["held"], content["pending"], content["owed"]) == (30, 0, 0)
    assert content["lines"][0]["held"] == content["lines"][0]["held_balance"] == 30
