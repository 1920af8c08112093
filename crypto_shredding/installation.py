"""The one row that says whose keys a database holds, and how long processes may keep them in memory."""

from __future__ import annotations

from uuid import UUID

import psycopg

from crypto_shredding.errors import InstallationDiffers, InstallationUnset
from crypto_shredding.keystore import KEY_CACHE_SECONDS_MAX, Installation
from crypto_shredding.postgres_connection import answering
from crypto_shredding.statements import statement


def create_installation(dsn: str, *, id: UUID, cache_seconds: float = KEY_CACHE_SECONDS_MAX) -> Installation:
    """Name a migrated keys database, once and for ever; the same again is accepted. `id` should be random.

    Raises InstallationDiffers when it has another name already, and KeyStoreUnavailable.
    """
    if not 0 < cache_seconds <= KEY_CACHE_SECONDS_MAX:
        raise ValueError(f"cache_seconds must be above 0 and at most {KEY_CACHE_SECONDS_MAX}")
    wanted = Installation(id, float(cache_seconds))
    stored = answering("create installation", lambda: _create(dsn, wanted))
    if stored != wanted:
        raise InstallationDiffers(stored.id, stored.cache_seconds)
    return stored


def _create(dsn: str, wanted: Installation) -> Installation:
    with psycopg.connect(dsn) as connection:
        row = {"id": wanted.id, "cache_seconds": wanted.cache_seconds}
        connection.execute(statement("create_installation"), row)
        return read_installation(connection)


def read_installation(connection: psycopg.Connection) -> Installation:
    """Raises InstallationUnset."""
    try:
        row = connection.execute(statement("read_installation")).fetchone()
    except psycopg.errors.UndefinedTable:
        row = None
    if row is None:
        raise InstallationUnset
    return Installation(row[0], row[1])
