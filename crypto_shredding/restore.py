"""Restoring the key tree from the copy beside the database: the newest one, into an empty keys database.

Never from a backup: that would be an older tree, whose keys of erased members live, and whose root version is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from crypto_shredding.copied_tables import TABLES
from crypto_shredding.errors import CopyUnavailable, KeysPresent, StaleTree
from crypto_shredding.keystore import Installation
from crypto_shredding.node import CHILDREN
from crypto_shredding.postgres_connection import CONNECT_SECONDS_MAX, answering
from crypto_shredding.root import RootStore
from crypto_shredding.rotation import Rotations
from crypto_shredding.statements import statement
from crypto_shredding.tree_copy import TreeCopy
from crypto_shredding.tree_tables import one


@dataclass(frozen=True, slots=True)
class RestoredTree:
    """What was restored. Slots up to `last_slot` count as issued: some may have been, after the copy was made."""

    installation: Installation
    version: int
    leaves: int
    last_slot: int
    tombstones: int


def restore_tree(owner_dsn: str, root: RootStore, copy: TreeCopy, *, at: datetime) -> RestoredTree:
    """Load the copy into a migrated and empty keys database, then finish the rotation that was under way, if one was.

    All or nothing up to the end of loading. Needs the owner's rights. Root versions that the copy does not know were
    made by a rotation that never committed: they are destroyed.
    Raises, in this order: CopyUnavailable, StaleTree (the root has outlived the copy), RootMissing, KeysPresent,
    KeyStoreUnavailable.
    """
    named, version = copy.installation(), copy.version()
    if named is None or version is None:
        raise CopyUnavailable(f"{copy.path} holds no tree")
    held = root.versions()
    if version not in held:
        raise StaleTree(f"the root does not hold the version that wraps {copy.path}", version=version)
    installation = Installation(UUID(named[0]), named[1])
    restored = answering("restore", lambda: _load(owner_dsn, installation, copy, max(held)))
    for orphan in set(held) - _known_versions(copy):
        root.destroy(orphan)
    rotations = Rotations(owner_dsn, installation, root, [copy])
    try:
        rotations.finish(at=at)
    finally:
        rotations.close()
    return restored


def _load(dsn: str, installation: Installation, copy: TreeCopy, newest_version: int) -> RestoredTree:
    with psycopg.connect(dsn, connect_timeout=CONNECT_SECONDS_MAX) as connection:
        connection.execute(statement("lock_tree"))
        if connection.execute(statement("read_tree")).fetchone() is not None:
            raise KeysPresent
        row = {"id": installation.id, "cache_seconds": installation.cache_seconds}
        connection.execute(statement("create_installation"), row)
        rows: dict[str, int] = {}
        for table in TABLES:
            with connection.cursor() as cursor, cursor.copy(table.put_back) as stream:
                for number, values in enumerate(copy.rows(table), start=1):
                    stream.write_row(values)
                    rows[table.name] = number
        leaves = rows.get("leaf", 0)
        last_slot = leaves * CHILDREN - 1
        counters = {
            "last_slot": last_slot,
            "dooms": copy.counter("doom"),
            "version": max(newest_version, *(_known_versions(copy) or {0})),
        }
        connection.execute(statement("restore_issue_counter"), counters)
        connection.execute(statement("restore_doom_counter"), counters)
        connection.execute(statement("restore_sequences"), counters)
        tree = one(connection.execute(statement("read_tree")))
        return RestoredTree(installation, tree[0], leaves, last_slot, rows.get("tombstone", 0))


def _known_versions(copy: TreeCopy) -> set[int]:
    rotation = next(table for table in TABLES if table.name == "rotation")
    return {version for version, *_ in copy.rows(rotation)}
