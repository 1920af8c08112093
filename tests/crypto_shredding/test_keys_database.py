"""The keys database itself: migrations, its one installation, rights, guards, and lost connections."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from crypto_shredding import (
    FileRoot,
    InstallationDiffers,
    InstallationUnset,
    KeyStoreUnavailable,
    MigrationChanged,
    PostgresKeyStore,
    SlotState,
    create_installation,
    migrate,
)
from tests.crypto_shredding.conftest import AT, DAY, Desk

TABLES = (
    "installation",
    "tree",
    "node",
    "leaf",
    "issue_counter",
    "period",
    "doom_counter",
    "doom",
    "rotation",
    "rotation_outcome",
    "rotation_end",
    "tombstone",
)


def test_migrating_twice_does_nothing_the_second_time(blank_dsn: str) -> None:
    applied = migrate(blank_dsn)

    assert applied == sorted(applied)
    assert applied
    assert migrate(blank_dsn) == []


def test_racing_migrations_apply_each_file_once(blank_dsn: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        applied = list(pool.map(migrate, [blank_dsn] * 4))

    assert sorted(map(len, applied))[:3] == [0, 0, 0]
    assert sum(map(len, applied)) == len(list(files("crypto_shredding").joinpath("migrations").iterdir()))


def test_a_migration_that_changed_after_it_was_applied_is_refused(blank_dsn: str) -> None:
    name = migrate(blank_dsn)[0]
    with psycopg.connect(blank_dsn) as owner:
        owner.execute("UPDATE crypto_shredding.migration SET sha256 = '\\x00' WHERE name = %s", [name])

    with pytest.raises(MigrationChanged) as refused:
        migrate(blank_dsn)

    assert refused.value.name == name


def test_an_installation_is_named_once_and_for_ever(keys_dsn: str) -> None:
    first = create_installation(keys_dsn, id=uuid4(), cache_seconds=1.5)

    assert create_installation(keys_dsn, id=first.id, cache_seconds=1.5) == first
    for other in ({"id": uuid4(), "cache_seconds": 1.5}, {"id": first.id, "cache_seconds": 2.0}):
        with pytest.raises(InstallationDiffers) as refused:
            create_installation(keys_dsn, **other)  # type: ignore[arg-type]
        assert (refused.value.id, refused.value.cache_seconds) == (first.id, 1.5)


@pytest.mark.parametrize("seconds", [0, -1, 5.1, float("nan")])
def test_keys_may_not_be_kept_for_longer_than_five_seconds(keys_dsn: str, seconds: float) -> None:
    with pytest.raises(ValueError, match="cache_seconds"):
        create_installation(keys_dsn, id=uuid4(), cache_seconds=seconds)


def test_a_database_without_installation_or_schema_is_refused(keys_dsn: str, blank_dsn: str, root_path: Path) -> None:
    for dsn in (keys_dsn, blank_dsn):
        with pytest.raises(InstallationUnset):
            PostgresKeyStore.connect(dsn, FileRoot(root_path), at=AT)
    assert not root_path.exists()


def full_row_of_each(desk: Desk) -> None:
    slot = desk.sealer.issue_subjects(1)[0]
    desk.sealed("Ann Lee", slot, DAY)
    desk.shred(slot)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["DELETE FROM crypto_shredding.{}", "TRUNCATE crypto_shredding.{} CASCADE"])
def test_nothing_is_deleted_even_by_the_owner(desk: Desk, keys_dsn: str, table: str, statement: str) -> None:
    full_row_of_each(desk)

    with psycopg.connect(keys_dsn) as owner, pytest.raises(psycopg.Error) as refused:
        owner.execute(statement.format(table).encode())

    assert refused.value.sqlstate == "KS001"


@pytest.mark.parametrize(
    ("statement", "sqlstate"),
    [
        ("UPDATE crypto_shredding.installation SET cache_seconds = 1", "KS001"),
        ("UPDATE crypto_shredding.leaf SET kcvs = kcvs", "KS001"),
        ("UPDATE crypto_shredding.rotation SET previous = 9", "KS001"),
        ("UPDATE crypto_shredding.rotation_outcome SET committed = NOT committed", "KS001"),
        ("UPDATE crypto_shredding.rotation_end SET destroyed = 9", "KS001"),
        ("UPDATE crypto_shredding.period SET slot = slot + 1", "KS001"),
        ("UPDATE crypto_shredding.doom SET reason = 'x'", "KS001"),
        ("UPDATE crypto_shredding.tombstone SET reason = 'x'", "KS001"),
        ("UPDATE crypto_shredding.doom_counter SET counter = counter", "KS003"),
        ("UPDATE crypto_shredding.doom_counter SET counter = counter - 1", "KS003"),
        ("UPDATE crypto_shredding.issue_counter SET counter = counter - 1", "KS003"),
        ("UPDATE crypto_shredding.node SET blob = blob", "KS002"),
        ("UPDATE crypto_shredding.node SET change = change - 1", "KS002"),
        ("UPDATE crypto_shredding.tree SET version = version - 1", "KS002"),
    ],
)
def test_nothing_is_changed_even_by_the_owner(desk: Desk, keys_dsn: str, statement: str, sqlstate: str) -> None:
    full_row_of_each(desk)

    with psycopg.connect(keys_dsn) as owner, pytest.raises(psycopg.Error) as refused:
        owner.execute(statement.encode())

    assert refused.value.sqlstate == sqlstate


@pytest.mark.parametrize("table", [*TABLES, "migration"])
@pytest.mark.parametrize("statement", ["DELETE FROM crypto_shredding.{}", "TRUNCATE crypto_shredding.{} CASCADE"])
def test_the_service_has_no_right_to_delete(keys_app_dsn: str, table: str, statement: str) -> None:
    with psycopg.connect(keys_app_dsn) as service, pytest.raises(psycopg.errors.InsufficientPrivilege):
        service.execute(statement.format(table).encode())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE crypto_shredding.leaf SET kcvs = NULL",
        "UPDATE crypto_shredding.node SET number = 1",
        "UPDATE crypto_shredding.rotation_outcome SET committed = TRUE",
        "UPDATE crypto_shredding.tombstone SET reason = 'x'",
        "UPDATE crypto_shredding.period SET slot = 1",
        "UPDATE crypto_shredding.doom SET counter = 0",
        "INSERT INTO crypto_shredding.installation (id, cache_seconds) VALUES (gen_random_uuid(), 1)",
        "INSERT INTO crypto_shredding.migration (name, sha256) VALUES ('x', 'x')",
        "SELECT setval('crypto_shredding.change', 1)",
        "SELECT setval('crypto_shredding.root_version', 1)",
        "ALTER TABLE crypto_shredding.node DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ],
)
def test_the_service_has_no_right_to_change_more_than_it_must(keys_app_dsn: str, statement: str) -> None:
    with psycopg.connect(keys_app_dsn) as service, pytest.raises(psycopg.errors.InsufficientPrivilege):
        service.execute(statement.encode())


def test_lost_connections_are_replaced_without_the_caller_noticing(store: PostgresKeyStore, keys_dsn: str) -> None:
    slot = store.issue_subjects(1)[0].slot
    with psycopg.connect(keys_dsn, autocommit=True) as owner:
        for _ in range(3):
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'crypto_shredding' AND datname = current_database()"
            )
            assert store.states([slot]) == {slot: SlotState.LIVE}
    assert store.doom([slot], reason="erasure", at=AT) == 1


def test_a_closed_store_says_so(store: PostgresKeyStore) -> None:
    store.close()

    with pytest.raises(KeyStoreUnavailable):
        store.look(since=0)


def test_keys_in_the_database_are_wrapped(store: PostgresKeyStore, keys_dsn: str, pg_dump: Callable[..., str]) -> None:
    issued = store.issue_subjects(5)
    store.issue_periods([DAY])

    dump = pg_dump(keys_dsn)

    assert issued[0].kcv.hex() in dump
    assert not any(bytes(key.key).hex() in dump for key in issued)
