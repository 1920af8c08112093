"""Which programs there are."""

from __future__ import annotations

from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from projections.sql_file import sql

FIND_PROGRAM: Final = sql(__file__, "find_program")


def knows_program(pool: ConnectionPool[psycopg.Connection[Any]], code: str) -> bool:
    """Whether an event that was applied so far defined it: a report of an unknown one would be empty, not wrong."""
    with pool.connection() as connection:
        return connection.execute(FIND_PROGRAM, [code]).fetchone() is not None
