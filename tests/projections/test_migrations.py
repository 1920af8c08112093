"""Who may do what with the read models, and migrations that are applied once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

import ledger
from benchmarks.history import History, append
from projections import MigrationChanged, Projector, migrate, rebuild
from projections.migrate import FOLDER
from service.embedded_postgres import EmbeddedPostgres
from tests.projections.tables import TABLES


def test_migrations_are_applied_once(blank_dsn: str) -> None:
    ledger.migrate(blank_dsn)

    assert migrate(blank_dsn) == sorted(file.name for file in FOLDER.glob("*.sql"))
    assert migrate(blank_dsn) == []


def test_a_migration_that_was_changed_afterwards_is_refused(blank_dsn: str, tmp_path: Path) -> None:
    ledger.migrate(blank_dsn)
    migrate(blank_dsn)
    for file in FOLDER.glob("*.sql"):
        (tmp_path / file.name).write_bytes(file.read_bytes() + b"-- afterwards\n")

    with pytest.raises(MigrationChanged):
        migrate(blank_dsn, tmp_path)


def test_the_projector_can_follow_and_rebuild_with_its_own_role_alone(
    server: EmbeddedPostgres, ledger_database: str, history: History
) -> None:
    history.run(200, accounts=3)
    append(server.dsn(ledger_database), history.events)
    dsn = server.dsn(ledger_database, user="ledger_projector")

    with Projector(dsn) as projector:
        assert projector.catch_up() == 200
    assert rebuild(dsn).equal


@pytest.mark.parametrize("verb", ["INSERT INTO {} DEFAULT VALUES", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("after", [lambda dsn: None, rebuild], ids=["at first", "after a rebuild"])
def test_the_running_service_may_read_the_read_models_and_not_write_them(
    ledger_dsn: str, app_dsn: str, verb: str, after: Callable[[str], object]
) -> None:
    after(ledger_dsn)
    with psycopg.connect(app_dsn, autocommit=True) as service:
        for table in TABLES:
            service.execute(f"SELECT FROM projections.{table}")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                service.execute(verb.format(f"projections.{table}"))


def test_the_projector_may_read_the_log_and_not_write_it(server: EmbeddedPostgres, ledger_database: str) -> None:
    with psycopg.connect(server.dsn(ledger_database, user="ledger_projector"), autocommit=True) as projector:
        projector.execute("SELECT FROM ledger.events")
        for statement in ("DELETE FROM ledger.events", "SELECT FROM ledger.box", "SELECT FROM ledger.account_holder"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                projector.execute(statement)
