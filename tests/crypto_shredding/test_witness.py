"""Witnesses: with a doom it is noted how far its caller's records were, and the note outlives the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crypto_shredding import FileRoot, PostgresKeyStore, TreeCopy, migrate, restore_tree
from crypto_shredding.tree_copy import ADDED_IN_3
from tests.crypto_shredding.conftest import AT


class Log:
    """The records of a caller."""

    def __init__(self) -> None:
        self.place = b""

    def __call__(self) -> bytes:
        return self.place


@contextmanager
def opened(dsn: str, root: Path, log: Log, *copies: TreeCopy) -> Iterator[PostgresKeyStore]:
    store = PostgresKeyStore.connect(dsn, FileRoot(root), at=AT, copies=copies, witness=log)
    try:
        yield store
    finally:
        store.close()


def doom(store: PostgresKeyStore, log: Log, place: bytes) -> None:
    log.place = place
    store.doom([store.issue_subjects(1)[0].slot], reason="erasure", at=AT)


def test_the_greatest_witness_is_kept_whatever_the_order(named_keys_dsn: str, root_path: Path) -> None:
    log = Log()
    with opened(named_keys_dsn, root_path, log) as store:
        assert store.newest_witness() is None
        for place in (b"\x00\x02", b"\x00\x09", b"\x00\x03"):
            doom(store, log, place)

        assert store.newest_witness() == b"\x00\x09"


def test_a_store_without_records_beside_it_has_no_witness(store: PostgresKeyStore) -> None:
    store.doom([store.issue_subjects(1)[0].slot], reason="erasure", at=AT)

    assert store.newest_witness() is None


def test_a_restored_tree_still_knows_how_far_the_records_were(
    named_keys_dsn: str, root_path: Path, blank_dsn: str, copy: TreeCopy
) -> None:
    log = Log()
    with opened(named_keys_dsn, root_path, log, copy) as store:
        doom(store, log, b"place")
        store.rotations.rotate(at=AT)
    migrate(blank_dsn)

    restore_tree(blank_dsn, FileRoot(root_path), copy, at=AT)

    with opened(blank_dsn, root_path, log) as restored:
        assert restored.newest_witness() == b"place"


def test_a_copy_from_before_there_were_witnesses_goes_on(
    named_keys_dsn: str, root_path: Path, copy: TreeCopy
) -> None:
    log = Log()
    with opened(named_keys_dsn, root_path, log, copy) as store:
        doom(store, log, b"")
        store.rotations.rotate(at=AT)
    file = sqlite3.connect(copy.path, isolation_level=None)
    file.execute("ALTER TABLE doom DROP COLUMN witness")
    for table in ADDED_IN_3:
        file.execute(f"DROP TABLE {table}")
    file.execute("PRAGMA user_version = 1")
    file.close()

    with opened(named_keys_dsn, root_path, log, copy) as store:
        doom(store, log, b"place")
        store.rotations.rotate(at=AT)

    file = sqlite3.connect(copy.path)
    assert [row[0] for row in file.execute("SELECT witness FROM doom ORDER BY counter")] == [None, b"place"]
    file.close()
