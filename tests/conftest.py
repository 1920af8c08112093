"""Databases for tests: one real PostgreSQL a run, a fresh copy of a template a test.

- `ledger_dsn`: a database with the migrations of `ledger` and `projections`, as its owner
- `app_dsn`: the same database as the role that the running service has, `ledger_app`
- `projector_dsn`: the same database as the role that keeps the read models, `ledger_projector`
- `compaction_dsn`, `dispute_dsn`: the same database as `ledger_compaction` and as `ledger_dispute`
- `keys_dsn`: a database with the migrations of `crypto_shredding`, as its owner; `keys_app_dsn`: as `keys_app`
- `blank_dsn`: an empty database
- `server`: the server itself, for tests that need several databases
- `pkcs11_spec`, `openbao_spec`: roots in a SoftHSM and an OpenBao of this worker
"""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from service.embedded_postgres import EmbeddedPostgres
from tests.root_servers import bao, openbao_spec, pkcs11_spec, tokens

__all__ = ["bao", "openbao_spec", "pkcs11_spec", "tokens"]  # fixtures

LEDGER_APP = "ledger_app"
LEDGER_PROJECTOR = "ledger_projector"
LEDGER_COMPACTION = "ledger_compaction"
LEDGER_DISPUTE = "ledger_dispute"
KEYS_APP = "keys_app"

_data_dir = pytest.StashKey[Path]()
_numbers = itertools.count(1)


def pytest_configure(config: pytest.Config) -> None:
    """The process that was started makes the run's data folder; workers are told where it is."""
    told = getattr(config, "workerinput", {}).get("data_dir")
    # Not pytest's own temporary folder: that one is closed to the user that PostgreSQL runs as under root.
    config.stash[_data_dir] = Path(told or tempfile.mkdtemp(prefix="points-ledger-tests-"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Called by xdist for each worker."""
    node.workerinput["data_dir"] = str(node.config.stash[_data_dir])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Workers have let go of the server by now, and the last of them stopped it."""
    if not hasattr(config, "workerinput") and _data_dir in config.stash:
        shutil.rmtree(config.stash[_data_dir], ignore_errors=True)


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Iterator[EmbeddedPostgres]:
    """The run's PostgreSQL, with the settings that we ship: fsync is on."""
    with EmbeddedPostgres(pytestconfig.stash[_data_dir]) as server:
        yield server


@pytest.fixture(scope="session")
def ledger_template(server: EmbeddedPostgres) -> str:
    """The name of a database with the migrations of ledger and projections; to be copied, never written."""

    def migrate(dsn: str) -> None:
        import ledger
        import projections

        ledger.migrate(dsn)
        projections.migrate(dsn)

    return _template(server, "template_ledger", migrate)


@pytest.fixture(scope="session")
def keys_template(server: EmbeddedPostgres) -> str:
    """The same for crypto_shredding."""

    def migrate(dsn: str) -> None:
        import crypto_shredding

        crypto_shredding.migrate(dsn)

    return _template(server, "template_keys", migrate)


@pytest.fixture
def ledger_database(server: EmbeddedPostgres, ledger_template: str) -> Iterator[str]:
    """The name of this test's ledger database."""
    yield from _database(server, "ledger", ledger_template)


@pytest.fixture
def keys_database(server: EmbeddedPostgres, keys_template: str) -> Iterator[str]:
    """The name of this test's keys database."""
    yield from _database(server, "keys", keys_template)


@pytest.fixture
def ledger_dsn(server: EmbeddedPostgres, ledger_database: str) -> str:
    """This test's ledger database, as its owner."""
    return server.dsn(ledger_database)


@pytest.fixture
def app_dsn(server: EmbeddedPostgres, ledger_database: str) -> str:
    """This test's ledger database, as the role of the running service."""
    return server.dsn(ledger_database, user=LEDGER_APP)


@pytest.fixture
def projector_dsn(server: EmbeddedPostgres, ledger_database: str) -> str:
    """This test's ledger database, as the role that keeps the read models."""
    return server.dsn(ledger_database, user=LEDGER_PROJECTOR)


@pytest.fixture
def compaction_dsn(server: EmbeddedPostgres, ledger_database: str) -> str:
    """This test's ledger database, as the role that compacts."""
    return server.dsn(ledger_database, user=LEDGER_COMPACTION)


@pytest.fixture
def dispute_dsn(server: EmbeddedPostgres, ledger_database: str) -> str:
    """This test's ledger database, as the role that reads what is held."""
    return server.dsn(ledger_database, user=LEDGER_DISPUTE)


@pytest.fixture
def keys_dsn(server: EmbeddedPostgres, keys_database: str) -> str:
    """This test's keys database, as its owner."""
    return server.dsn(keys_database)


@pytest.fixture
def keys_app_dsn(server: EmbeddedPostgres, keys_database: str) -> str:
    """This test's keys database, as the role of the running service."""
    return server.dsn(keys_database, user=KEYS_APP)


@pytest.fixture
def blank_dsn(server: EmbeddedPostgres) -> Iterator[str]:
    """An empty database, for tests of migrations."""
    for name in _database(server, "blank", None):
        yield server.dsn(name)


def _template(server: EmbeddedPostgres, name: str, migrate: Callable[[str], None]) -> str:
    """Build a template once a run, whichever worker comes first; it bears its name only when it is whole."""
    with open(server.data_dir / f"{name}.lock", "w") as lock, psycopg.connect(
        server.dsn("postgres"), autocommit=True
    ) as connection:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            unfinished = f"{name}_{os.getpid()}"
            server.create_database(unfinished)
            migrate(server.dsn(unfinished))
            connection.execute(
                sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(unfinished), sql.Identifier(name))
            )
    return name


def _database(server: EmbeddedPostgres, prefix: str, template: str | None) -> Iterator[str]:
    name = f"{prefix}_{os.getpid()}_{next(_numbers)}"
    server.create_database(name, template=template)
    yield name
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        # FORCE: a test that failed may have left a pool open, and that must not fail the next one.
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
