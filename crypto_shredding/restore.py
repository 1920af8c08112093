"""Restoring the key tree from the copy beside the database: the newest one, into an empty keys database.

Never from a backup: that would be an older tree, whose keys of erased members live, and whose root version is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg

from crypto_shredding.copied_tables import TABLES, CopiedTable
from crypto_shredding.errors import CopyUnavailable, InstallationDiffers, KeysPresent, StaleTree
from crypto_shredding.installation import read_installation
from crypto_shredding.keystore import Installation
from crypto_shredding.node import CHILDREN
from crypto_shredding.postgres_connection import CONNECT_SECONDS_MAX, answering
from crypto_shredding.root import RootStore
from crypto_shredding.rotation import Rotations
from crypto_shredding.settling import SETTLE_SECONDS_MAX, Primary, Settling
from crypto_shredding.statements import statement
from crypto_shredding.tree_copy import HeldTree, TreeCopy
from crypto_shredding.tree_tables import planted


@dataclass(frozen=True, slots=True)
class RestoredTree:
    """What was restored. Slots up to `last_slot` count as issued: some may have been, after the copy was made."""

    installation: Installation
    version: int
    leaves: int
    last_slot: int
    tombstones: int


def restore_tree(
    owner_dsn: str,
    root: RootStore,
    copy: TreeCopy,
    *,
    at: datetime,
    primaries: Sequence[Primary] = (),
    settle_seconds: float = SETTLE_SECONDS_MAX,
) -> RestoredTree:
    """Load the copy into a migrated and empty keys database, then finish the rotation that was under way, if one was.

    All or nothing up to the end of loading. Needs the owner's rights. A root version that the copy does not know was
    made by a rotation that the lost database committed too late, or never: it counts as abandoned, and is destroyed.
    Failover targets are registered as they were, and a rotation that is finished waits for them: build them anew, or
    fence them out; the tree stays loaded meanwhile.
    Raises, in this order: CopyUnavailable, StaleTree (the root has outlived the copy), KeysPresent,
    InstallationDiffers (the empty database was named already), KeyStoreUnavailable, and what a rotation raises.
    """
    # Held from reading to the end of loading: a copier that was cut off must not store a newer tree in between.
    with copy.held() as held:
        if held.installation is None or held.version is None:
            raise CopyUnavailable(f"{copy.path} holds no tree; name the newest copy of the key tree")
        versions = root.versions()
        if held.version not in versions:
            raise StaleTree(f"the root does not hold the version that wraps {copy.path}", version=held.version)
        installation = held.installation
        restored = answering("restore", lambda: _load(owner_dsn, installation, held, versions, at))
    settling = Settling(primaries, seconds_max=settle_seconds)
    rotations = Rotations(owner_dsn, installation, root, [copy], settling)
    try:
        rotations.finish(at=at)
    finally:
        rotations.close()
    return restored


def _load(
    dsn: str, installation: Installation, held: HeldTree, versions: Sequence[int], at: datetime
) -> RestoredTree:
    with psycopg.connect(dsn, connect_timeout=CONNECT_SECONDS_MAX) as connection:
        connection.execute(statement("lock_tree"))
        if connection.execute(statement("read_tree")).fetchone() is not None:
            raise KeysPresent
        named = {"id": installation.id, "cache_seconds": installation.cache_seconds}
        connection.execute(statement("create_installation"), named)
        # Everything in the tree is bound to its installation's id: under another one nothing would ever open.
        if (stored := read_installation(connection)) != installation:
            raise InstallationDiffers(stored.id, stored.cache_seconds)
        rows = {table.name: _put_back(connection, held, table) for table in TABLES}
        connection.execute(statement("abandon_unknown"), {"versions": list(versions), "at": at})
        last_slot = rows["leaf"] * CHILDREN - 1
        connection.execute(statement("restore_issue_counter"), {"last_slot": last_slot})
        connection.execute(statement("restore_doom_counter"), {"dooms": held.doom_counter})
        connection.execute(statement("restore_sequences"))
        version: int = planted(connection).version
        return RestoredTree(installation, version, rows["leaf"], last_slot, rows["tombstone"])


def _put_back(connection: psycopg.Connection, held: HeldTree, table: CopiedTable) -> int:
    count = 0
    with connection.cursor() as cursor, cursor.copy(table.put_back) as stream:
        for values in held.rows(table):
            stream.write_row(values)
            count += 1
    return count
