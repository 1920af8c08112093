"""Migrations: numbered plain SQL, forward only, each in a transaction of its own."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Final

import psycopg

from ledger.store.errors import MigrationChanged

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_LOCK: Final = 0x4C44_6D69_6772_6174  # 'LDmigrat': processes that start at once migrate one after the other


def migrate(dsn: str) -> list[str]:
    """Bring a database to the newest schema; the names of the migrations that were applied now.

    Needs a superuser, or a role that owns the database and may create roles. Repeatable. Raises `MigrationChanged`.
    """
    applied_now = []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        applied = _applied(connection)
        for path in sorted(MIGRATIONS.glob("*.sql")):
            content = path.read_bytes()
            digest = sha256(content).digest()
            if path.name not in applied:
                _apply(connection, path.name, content, digest)
                applied_now.append(path.name)
            elif applied[path.name] != digest:
                raise MigrationChanged(path.name)
        connection.execute("SELECT ledger.extend_boxes(%s)", [BOX_PARTITIONS_AHEAD])
    return applied_now


BOX_PARTITIONS_AHEAD: Final = 12  # of 131,072 positions each: a million and a half; every migration run looks again


def _applied(connection: psycopg.Connection) -> dict[str, bytes]:
    found = connection.execute("SELECT to_regclass('ledger.migration')").fetchone()
    if found is None or found[0] is None:
        return {}
    return dict(connection.execute("SELECT name, digest FROM ledger.migration").fetchall())


def _apply(connection: psycopg.Connection, name: str, content: bytes, digest: bytes) -> None:
    with connection.transaction():
        connection.execute(content)
        connection.execute("INSERT INTO ledger.migration (name, digest) VALUES (%s, %s)", [name, digest])
