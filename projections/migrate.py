"""Migrations: numbered SQL files, forward only, each applied once and never changed afterwards."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import psycopg

from projections.errors import ProjectionError
from projections.sql_file import sql

FOLDER: Final = Path(__file__).parent / "migrations"

LOCK: Final = sql(__file__, "lock_migrations")
FIND_TABLE: Final = sql(__file__, "find_migration_table")
READ_APPLIED: Final = sql(__file__, "read_migrations")
NOTE_APPLIED: Final = sql(__file__, "note_migration")


class MigrationChanged(ProjectionError):
    """A file was changed after it had been applied: restore it, and put the change into a new one."""

    def __init__(self, name: str) -> None:
        super().__init__(f"migration {name} was changed after it had been applied; put the change into a new file")
        self.name = name


def migrate(dsn: str, folder: Path = FOLDER) -> list[str]:
    """Bring a database whose `ledger` is migrated up to date; returns the names of what was applied now.

    Safe to run twice and by two processes at once. Raises `MigrationChanged` before anything is applied.
    """
    files = sorted(folder.glob("*.sql"))
    with psycopg.connect(dsn) as connection:
        connection.execute(LOCK)
        applied = _applied(connection)
        for file in files:
            if applied.get(file.name, _digest(file)) != _digest(file):
                raise MigrationChanged(file.name)
        fresh = [file for file in files if file.name not in applied]
        for file in fresh:
            connection.execute(file.read_bytes())
            connection.execute(NOTE_APPLIED, [file.name, _digest(file)])
            connection.execute(b"RESET ROLE")
    return [file.name for file in fresh]


def _applied(connection: psycopg.Connection[Any]) -> dict[str, bytes]:
    found = connection.execute(FIND_TABLE).fetchone()
    if found is None or found[0] is None:
        return {}
    return dict(connection.execute(READ_APPLIED).fetchall())


def _digest(file: Path) -> bytes:
    return sha256(file.read_bytes()).digest()
