"""A copy of the newest key tree beside the database, in one SQLite file: what is left when the keys database is lost.

It holds the newest state only, never a history, and nothing in it opens without the root. Keep it on another machine's
disk than the database, on no snapshot schedule.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from crypto_shredding.copied_tables import TABLES, CopiedTable
from crypto_shredding.errors import CopyUnavailable, StaleTree
from crypto_shredding.installation import read_installation
from crypto_shredding.keystore import Installation
from crypto_shredding.statements import statement
from crypto_shredding.tree_tables import one

ROWS_AT_ONCE = 500
"""Nodes of 4 KiB are carried over in pieces of 2 MiB: a first copy of a large tree must not fill the memory."""

LOCK_SECONDS_MAX = 30.0
"""How long one process waits for another that is bringing the same copy up to date."""

LAYOUT = 3
"""Written into the file, so that a later version knows what it finds."""

ADDED_IN_3 = ("failover_target", "rotation_wait")
"""Tables that a copy of an older layout lacks."""

INSTEAD = "to restore, name the newest copy that is whole; to back up, move this file away or name another"

_NO_COPY = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)
"""Not a database, a damaged one, or one without the tables of a copy."""

_OWNER_ONLY = 0o600


class HeldTree:
    """The content of a copy, as long as its lock is held."""

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file

    @property
    def version(self) -> int | None:
        """The root version that wraps the tree; None where there is no tree."""
        row = self._file.execute("SELECT version FROM tree").fetchone()
        return None if row is None else int(row[0])

    @property
    def installation(self) -> Installation | None:
        """Whose tree it is; None for an empty copy."""
        row = self._file.execute("SELECT id, cache_seconds FROM installation").fetchone()
        return None if row is None else Installation(UUID(row[0]), float(row[1]))

    @property
    def doom_counter(self) -> int:
        """As the database had it."""
        row = self._file.execute("SELECT value FROM counter WHERE name = 'doom'").fetchone()
        return 0 if row is None else int(row[0])

    def rows(self, table: CopiedTable) -> Iterator[tuple[Any, ...]]:
        """Every row, with the values that PostgreSQL gave."""
        for row in self._file.execute(table.read):
            yield tuple(_from_file(value, kind) for value, kind in zip(row, table.kinds, strict=True))


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a copy has followed: whose tree, and the counters and the newest change of each table. None: empty."""

    installation: UUID | None
    changes: Mapping[str, int]

    def is_behind(self, other: Reach) -> bool:
        """Whether the other one has seen anything that this one has not."""
        return any(value > self.changes.get(name, 0) for name, value in other.changes.items())


class TreeCopy:
    """One file. Any number of processes may bring it up to date; each time is one transaction of both databases."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def follow(self, connection: psycopg.Connection) -> None:
        """Take over everything that was committed before the call. Durable when it returns.

        Raises, in this order: CopyUnavailable, StaleTree (the copy has seen more than this database).
        """
        with self._writing() as file:
            self._take_over(file, connection)

    def version(self) -> int | None:
        """The root version that wraps the tree which the copy holds; None for an empty one. Raises CopyUnavailable."""
        with self.held() as held:
            return held.version

    @contextmanager
    def held(self) -> Iterator[HeldTree]:
        """What the copy holds, while nobody brings it up to date. Raises CopyUnavailable."""
        with self._writing() as file:
            yield HeldTree(file)

    def reach(self) -> Reach:
        """Changes nothing, but that SQLite rolls back what a killed writer left. Raises CopyUnavailable."""
        try:
            file = sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", uri=True, timeout=LOCK_SECONDS_MAX)
            try:
                return self._reach(file)
            finally:
                file.close()
        except sqlite3.Error as error:
            raise _unavailable(self.path, error) from None

    def _reach(self, file: sqlite3.Connection) -> Reach:
        layout = file.execute("PRAGMA user_version").fetchone()[0]
        if layout == 0 and file.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
            return Reach(None, {})
        if not 1 <= layout <= LAYOUT:
            raise CopyUnavailable(f"{self.path} is not a copy of a tree that this version knows; {INSTEAD}")
        row = file.execute("SELECT id FROM installation").fetchone()
        changes = {f"counter {name}": int(value) for name, value in file.execute("SELECT name, value FROM counter")}
        changes |= {table.name: int(file.execute(table.newest_here).fetchone()[0] or 0) for table in TABLES}
        return Reach(None if row is None else UUID(row[0]), changes)

    def _take_over(self, file: sqlite3.Connection, connection: psycopg.Connection) -> None:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            installation = read_installation(connection)
            theirs = file.execute("SELECT id FROM installation").fetchone()
            if theirs is not None and theirs[0] != str(installation.id):
                raise CopyUnavailable(f"{self.path} is the copy of another installation")
            if theirs is None:
                row = (str(installation.id), installation.cache_seconds)
                file.execute("INSERT INTO installation (id, cache_seconds) VALUES (?, ?)", row)
            for table in TABLES:
                self._take_table(file, connection, table)
            for name, reading in (("doom", "read_doom_counter"), ("slot", "read_issue_counter")):
                value: int = one(connection.execute(statement(reading)))[0]
                known = file.execute("SELECT value FROM counter WHERE name = ?", [name]).fetchone()
                if known is not None and known[0] > value:
                    raise StaleTree(f"{self.path} has seen more than this key table, which is an old copy")
                file.execute("INSERT OR REPLACE INTO counter (name, value) VALUES (?, ?)", [name, value])

    def _take_table(self, file: sqlite3.Connection, connection: psycopg.Connection, table: CopiedTable) -> None:
        since = file.execute(table.newest_here).fetchone()[0] or 0
        newest = one(connection.execute(table.newest_there))[0] or 0
        if since > newest:
            raise StaleTree(f"{self.path} has seen more than this key table, which is an old copy")
        if since == newest:
            return
        with connection.cursor(f"copy_{table.name}", binary=True) as cursor:
            cursor.execute(table.pull, {"since": since})
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                file.executemany(table.put, [[_to_file(value) for value in row] for row in rows])

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction of the file, or none of it."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, _OWNER_ONLY))
            file = sqlite3.connect(self.path, isolation_level=None, timeout=LOCK_SECONDS_MAX)
        except (OSError, sqlite3.Error) as error:
            raise _unavailable(self.path, error) from None
        try:
            file.execute("PRAGMA synchronous = FULL")
            file.execute("BEGIN IMMEDIATE")
            _lay_out(file, self.path)
            yield file
            file.execute("COMMIT")
        except sqlite3.Error as error:
            raise _unavailable(self.path, error) from None
        finally:
            file.close()  # rolls back what was not committed


def _unavailable(path: Path, error: OSError | sqlite3.Error) -> CopyUnavailable:
    if isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", None) in _NO_COPY:
        return CopyUnavailable(f"{path} is damaged, or no copy of a key tree ({error}); {INSTEAD}")
    return CopyUnavailable(f"{path}: {error}; see that it can be written and is locked by nobody, then repeat")


def _lay_out(file: sqlite3.Connection, path: Path) -> None:
    found = file.execute("PRAGMA user_version").fetchone()[0]
    if found == LAYOUT:
        return
    if found == 0 and file.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise CopyUnavailable(f"{path} holds something else than a key tree; {INSTEAD}")
    if found == 0:
        file.execute("CREATE TABLE installation (id PRIMARY KEY, cache_seconds)")
        file.execute("CREATE TABLE counter (name PRIMARY KEY, value)")
    if found == 1:  # before dooms had witnesses
        file.execute("ALTER TABLE doom ADD COLUMN witness")
    for table in TABLES:
        if found == 0 or table.name in ADDED_IN_3:
            file.execute(table.layout)
            file.execute(table.layout_index)
    file.execute(f"PRAGMA user_version = {LAYOUT}")


def _to_file(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _from_file(value: Any, kind: type) -> Any:
    if value is None:
        return None
    if kind in (datetime, date):
        return kind.fromisoformat(value)
    return kind(value)
