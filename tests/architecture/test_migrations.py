"""Migrations: numbered without a gap, forward only, marked pre or post deploy, repeatable, readable as one."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from service.embedded_postgres import EmbeddedPostgres
from tests.architecture.checkout import files, named
from tests.architecture.schema import BELOW, schema_of

MADE = re.compile(r"CREATE (?:UNLOGGED )?(?:TABLE|FUNCTION|VIEW|SEQUENCE) (?:IF NOT EXISTS )?(\w+)\.")


def migrations(package: str) -> list[Path]:
    """The numbered files of a package, wherever in it they lie."""
    return sorted(path for path in files(".sql", under=(package,)) if path.parent.name == "migrations")


@pytest.mark.parametrize("package", BELOW)
def test_migrations_are_numbered_without_a_gap_and_say_when_they_run(package: str) -> None:
    names = [path.name for path in migrations(package)]

    assert names != []
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert [name for name in names if not re.fullmatch(r"\d{4}_(pre|post)_[a-z0-9_]+\.sql", name)] == []


@pytest.mark.parametrize("package", BELOW)
def test_each_package_keeps_to_a_schema_of_its_own_name(package: str) -> None:
    for path in migrations(package):
        assert set(MADE.findall(path.read_text())) <= {package}, named(path)


@pytest.mark.parametrize("package", BELOW)
def test_migrating_again_changes_nothing(server: EmbeddedPostgres, blank_dsn: str, package: str) -> None:
    for name in (*BELOW[package], package):
        importlib.import_module(name).migrate(blank_dsn)
    before = schema_of(server, blank_dsn, package)

    importlib.import_module(package).migrate(blank_dsn)

    assert schema_of(server, blank_dsn, package) == before
    assert f"CREATE SCHEMA {package};" in before


@pytest.mark.parametrize("package", BELOW)
def test_the_schema_that_people_read_makes_what_the_migrations_make(
    server: EmbeddedPostgres, blank_dsn: str, package: str
) -> None:
    [written] = [path for path in files(".sql", under=(package,)) if path.name == "schema.sql"]
    for name in (*BELOW[package], package):
        importlib.import_module(name).migrate(blank_dsn)
    migrated = schema_of(server, blank_dsn, package)

    with psycopg.connect(blank_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(package)))
        connection.execute("SET check_function_bodies = off")  # a function may stand before the tables it reads
        connection.execute(written.read_bytes())

    assert schema_of(server, blank_dsn, package) == migrated, f"{named(written)} is out of date: make schema"
