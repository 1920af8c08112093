"""Generations: the live tables, and those that are being built beside them. A generation is a schema."""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

import psycopg

from projections.sql_file import sql

LOCK: Final = sql(__file__, "lock_generation")
HOLD: Final = sql(__file__, "hold_generation")
RELEASE: Final = sql(__file__, "release_generation")
TRY_HOLD: Final = sql(__file__, "try_hold_generation")
USE: Final = sql(__file__, "use_generation")


class Generation(IntEnum):
    """The number is part of the lock under which a generation is written."""

    LIVE = 0
    NEXT = 1
    REBUILD = 2  # no tables: whoever rebuilds holds its lock

    @property
    def schema(self) -> str:
        """Where its tables are."""
        return "projections" if self is Generation.LIVE else "projections_next"

    def use(self, connection: psycopg.Connection[Any]) -> None:
        """Make this generation what unqualified names mean, for as long as the connection lives."""
        connection.execute(USE, [self.schema])

    def lock(self, cursor: psycopg.Cursor[Any], shard: int) -> None:
        """One writer at a time: held until the transaction ends."""
        cursor.execute(LOCK, [shard, int(self)])

    def hold(self, connection: psycopg.Connection[Any], shard: int) -> None:
        """Keep every writer out until `release`, or until the connection ends."""
        connection.execute(HOLD, [shard, int(self)])

    def try_hold(self, connection: psycopg.Connection[Any], shard: int) -> bool:
        """The same without waiting; False when somebody else has it."""
        row = connection.execute(TRY_HOLD, [shard, int(self)]).fetchone()
        return row is not None and bool(row[0])

    def release(self, connection: psycopg.Connection[Any], shard: int) -> None:
        """Let writers in again."""
        connection.execute(RELEASE, [shard, int(self)])
