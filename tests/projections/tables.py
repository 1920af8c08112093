"""Every row of the read models, for tests that compare two of them."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

TABLES = ("tracking", "program", "account", "lot", "aside", "statement_line", "journal", "spending")


def all_rows(dsn: str, schema: str = "projections") -> dict[str, list[tuple[Any, ...]]]:
    """Each table's rows as text, sorted."""
    with psycopg.connect(dsn) as connection:
        return {
            table: connection.execute(
                sql.SQL("SELECT t::text FROM {} AS t ORDER BY 1").format(sql.Identifier(schema, table))
            ).fetchall()
            for table in TABLES
        }
