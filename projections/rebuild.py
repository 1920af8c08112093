"""Rebuild: the read models once more from event 0, beside the live ones, compared row by row and swapped in at once."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from projections.errors import CannotApply, ProjectionError, RebuildDiffers
from projections.generation import Generation
from projections.runner import Projector
from projections.sql_file import sql

MAKE_NEXT: Final = sql(__file__, "make_next")
DIGEST_TABLES: Final = sql(__file__, "digest_tables")
LOCK_TABLES: Final = sql(__file__, "lock_tables")
SWAP: Final = sql(__file__, "swap")
DROP_NEXT: Final = sql(__file__, "drop_next")

# A report in progress holds its tables. Waiting for it in the queue makes every other reader wait too, so wait
# only so long, let them pass, and come again.
SWAP_LOCK: Final = b"SET LOCAL lock_timeout = '500ms'"
SWAP_ATTEMPTS_MAX: Final = 120
SWAP_PAUSE_SECONDS: Final = 0.5


class RebuildRunning(ProjectionError):
    """Another rebuild is under way on this database: let it end."""

    def __init__(self) -> None:
        super().__init__("another rebuild is under way")


class TablesInUse(ProjectionError):
    """Reports held the tables for as long as the rebuild tries; nothing was swapped. Rebuild when they are done."""

    def __init__(self) -> None:
        super().__init__(f"the tables were in use for {SWAP_ATTEMPTS_MAX * (SWAP_PAUSE_SECONDS + 0.5):.0f} s")


@dataclass(frozen=True, slots=True)
class TableComparison:
    """One table in both generations: its rows, and a digest over all of them that does not depend on their order."""

    table: str
    live_rows: int
    rebuilt_rows: int
    live_digest: str
    rebuilt_digest: str

    @property
    def equal(self) -> bool:
        """Whether every row of one is a row of the other."""
        return self.live_rows == self.rebuilt_rows and self.live_digest == self.rebuilt_digest


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """``tables`` compare both generations at ``position``; ``seconds`` is what building took."""

    position: int
    events: int
    seconds: float
    tables: tuple[TableComparison, ...]
    swapped: bool

    @property
    def equal(self) -> bool:
        """Whether nothing but the log had made the live tables."""
        return all(table.equal for table in self.tables)


def rebuild(dsn: str, *, shard: int = 1, swap: bool = True, accept_difference: bool = False) -> RebuildReport:
    """Build every table again from event 0 while the live ones are read and written, compare, swap.

    ``swap`` off compares and drops what was built. The live runner waits while tables are compared, about a second for
    a million rows; appends and readers never wait. Raises, in this order: `RebuildRunning`, `CannotApply`,
    `RebuildDiffers` unless ``accept_difference``, `TablesInUse`.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        if not Generation.REBUILD.try_hold(connection, shard):
            raise RebuildRunning
        with connection.transaction():
            connection.execute(MAKE_NEXT)
        with Projector(dsn, shard=shard, generation=Generation.NEXT) as builder:
            started = time.monotonic()
            events = builder.catch_up()
            seconds = time.monotonic() - started
            _let_live_catch_up(dsn, shard, builder.position())
            Generation.LIVE.hold(connection, shard)
            position = _live_position(dsn, shard)
            events += builder.catch_up(until=position)
        tables = compare(connection)
        if swap and not accept_difference and not all(table.equal for table in tables):
            raise RebuildDiffers(tables)
        if swap:
            _swap(connection)
        else:
            connection.execute(DROP_NEXT)
    return RebuildReport(position, events, seconds, tables, swap)


def compare(connection: psycopg.Connection[Any]) -> tuple[TableComparison, ...]:
    """Both generations as they are now; only meaningful while neither is written."""
    with connection.transaction():
        connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        live, rebuilt = (_digests(connection, which) for which in (Generation.LIVE, Generation.NEXT))
    return tuple(
        TableComparison(table, live[table][0], rebuilt[table][0], live[table][1], rebuilt[table][1]) for table in live
    )


def _digests(connection: psycopg.Connection[Any], generation: Generation) -> dict[str, tuple[int, str]]:
    connection.execute(b"SELECT set_config('search_path', %s, true)", [generation.schema])
    return {table: (rows, digest) for table, rows, digest in connection.execute(DIGEST_TABLES)}


def _let_live_catch_up(dsn: str, shard: int, position: int) -> None:
    """Both must stand at one position to be compared. A live generation that cannot go on is what a rebuild mends."""
    with Projector(dsn, shard=shard) as live:
        try:
            live.catch_up(until=position)
        except CannotApply:
            return


def _live_position(dsn: str, shard: int) -> int:
    with Projector(dsn, shard=shard) as live:
        return live.position()


def _swap(connection: psycopg.Connection[Any]) -> None:
    for _ in range(SWAP_ATTEMPTS_MAX):
        try:
            with connection.transaction():
                connection.execute(SWAP_LOCK)
                connection.execute(LOCK_TABLES)
                connection.execute(SWAP)
            return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            time.sleep(SWAP_PAUSE_SECONDS)
    raise TablesInUse
