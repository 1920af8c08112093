"""Migrations of the store: once each, never changed, by several processes at once."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest

from ledger.store import MigrationChanged, migrate
from ledger.store import migrate as migrate_function
from ledger.store.migrate import BOX_PARTITIONS_AHEAD, MIGRATIONS
from tests.ledger.store.making import append, opening

migrate_module = __import__("importlib").import_module(migrate_function.__module__)


def test_each_migration_is_applied_once(blank_dsn: str) -> None:
    names = sorted(path.name for path in MIGRATIONS.glob("*.sql"))

    assert migrate(blank_dsn) == names
    assert migrate(blank_dsn) == []


def test_processes_that_start_at_once_migrate_one_after_the_other(blank_dsn: str) -> None:
    with ThreadPoolExecutor(3) as pool:
        applied = list(pool.map(migrate, [blank_dsn] * 3))

    assert sorted(map(len, applied)) == [0, 0, len(list(MIGRATIONS.glob("*.sql")))]


def test_an_applied_migration_that_changed_is_refused(
    blank_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    monkeypatch.setattr(migrate_module, "MIGRATIONS", copies)
    migrate(blank_dsn)
    changed = min(copies.glob("*.sql"))
    changed.write_text(changed.read_text() + "-- another word\n")

    with pytest.raises(MigrationChanged) as refused:
        migrate(blank_dsn)
    assert refused.value.name == changed.name


def test_a_migration_that_fails_leaves_nothing(blank_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (copies / "9999_pre_broken.sql").write_text("CREATE TABLE ledger.half (); SELECT 1 / 0;")
    monkeypatch.setattr(migrate_module, "MIGRATIONS", copies)

    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(blank_dsn)
    with psycopg.connect(blank_dsn) as connection:
        assert connection.execute("SELECT to_regclass('ledger.half')").fetchone() == (None,)


def test_no_role_but_the_owner_needs_more_than_its_grants(blank_dsn: str) -> None:
    """A migrating role that is no superuser: it owns the database and may make roles."""
    with psycopg.connect(blank_dsn, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute("CREATE ROLE migrator LOGIN CREATEROLE")
        connection.execute(f"ALTER DATABASE {name} OWNER TO migrator")
        connection.execute("GRANT ledger_owner TO migrator WITH ADMIN TRUE")
        try:
            assert migrate(blank_dsn.replace("postgres@", "migrator@")) != []
            append(connection, opening())
        finally:
            connection.execute(f"ALTER DATABASE {name} OWNER TO postgres")
            connection.execute("DROP OWNED BY migrator")
            connection.execute("DROP ROLE migrator")


def test_partitions_for_boxes_are_made_ahead_of_the_head(blank_dsn: str) -> None:
    migrate(blank_dsn)
    with psycopg.connect(blank_dsn, autocommit=True) as connection:
        connection.execute("UPDATE ledger.shard SET position = 20 * 131072")
        migrate(blank_dsn)
        made = connection.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'ledger.box'::regclass"
        ).fetchall()

    last = 20 + BOX_PARTITIONS_AHEAD
    assert {name for (name,) in made} == {f"ledger.box_{number}" for number in (*range(13), *range(20, last + 1))} | {
        "ledger.box_rest"
    }


def test_a_box_beyond_all_partitions_is_kept_and_its_range_left_alone(blank_dsn: str) -> None:
    migrate(blank_dsn)
    with psycopg.connect(blank_dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO ledger.box VALUES (1, 20 * 131072, 1, 'early')")
        connection.execute("SELECT ledger.extend_boxes(21)")

        assert connection.execute("SELECT position FROM ledger.box_rest").fetchall() == [(20 * 131072,)]
        assert connection.execute("SELECT to_regclass('ledger.box_21')").fetchone() != (None,)


def test_boxes_from_before_narrow_partitions_stay_where_they_are(blank_dsn: str) -> None:
    with psycopg.connect(blank_dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for path in sorted(MIGRATIONS.glob("000[123]_*.sql")):
            with connection.transaction():
                connection.execute(path.read_bytes())
                connection.execute(
                    "INSERT INTO ledger.migration VALUES (%s, %s)", [path.name, sha256(path.read_bytes()).digest()]
                )
        connection.execute("INSERT INTO ledger.box VALUES (1, 1048576, 1, 'early')")
        connection.execute("UPDATE ledger.shard SET position = 1048576")
        migrate(blank_dsn)
        bounds: dict[str, str] = dict(
            connection.execute(
                "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid) FROM pg_inherits AS i "
                "JOIN pg_class AS c ON c.oid = inhrelid WHERE inhparent = 'ledger.box'::regclass"
            ).fetchall()
        )
        held = connection.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'ledger.held_box'::regclass"
        ).fetchone()

    assert bounds.pop("box_1") == "FOR VALUES FROM ('1048576') TO ('2097152')"
    assert bounds.pop("box_rest") == "DEFAULT"
    # Those ahead of the head lie in the wide one up to its end.
    assert set(bounds) == {f"box_{number}" for number in range(16, 8 + BOX_PARTITIONS_AHEAD + 1)}
    assert held == (4,)
