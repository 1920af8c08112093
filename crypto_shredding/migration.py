"""Bringing a keys database to the schema of this code: numbered SQL files, forward only, all or nothing."""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from typing import LiteralString

import psycopg

from crypto_shredding.errors import MigrationChanged
from crypto_shredding.postgres_connection import answering
from crypto_shredding.statements import statement


def migrate(dsn: str) -> list[str]:
    """Apply what is missing and return its names; repeating it does nothing. Racing callers wait for each other.

    Creates the roles `keys_owner` and `keys_app` unless the server has them.
    Raises MigrationChanged, KeyStoreUnavailable.
    """
    return answering("migrate", lambda: _migrate(dsn))


def _migrate(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        connection.execute(statement("lock_migrations"))
        connection.execute(statement("ensure_migration_schema"))
        connection.execute(statement("ensure_migration_table"))
        applied: dict[str, bytes] = dict(connection.execute(statement("read_migrations")).fetchall())
        fresh = []
        for name, text in _shipped():
            digest = sha256(text.encode()).digest()
            if name in applied:
                if applied[name] != digest:
                    raise MigrationChanged(name)
                continue
            connection.execute(text)
            connection.execute(statement("record_migration"), {"name": name, "sha256": digest})
            fresh.append(name)
        return fresh


def _shipped() -> list[tuple[str, LiteralString]]:
    folder = files(__package__).joinpath("migrations")
    scripts = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [(file.name.removesuffix(".sql"), file.read_text("utf-8")) for file in scripts]
