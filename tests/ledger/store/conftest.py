"""Databases with the store's own migrations, and small makers of entries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import psycopg
import pytest

from ledger.store import Appender, migrate
from service.embedded_postgres import EmbeddedPostgres
from tests.conftest import _template


@pytest.fixture(scope="session")
def ledger_template(server: EmbeddedPostgres) -> str:
    """The store alone: nothing here needs projections."""

    def migrate_store(dsn: str) -> None:
        migrate(dsn)

    return _template(server, "template_store", migrate_store)


@pytest.fixture
async def appender(app_dsn: str) -> AsyncIterator[Appender]:
    """An appender with the rights of the running service."""
    async with await Appender.open(app_dsn) as opened:
        yield opened


@pytest.fixture
def owner(ledger_dsn: str) -> Iterator[psycopg.Connection]:
    """The database as a superuser sees it."""
    with psycopg.connect(ledger_dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def app(app_dsn: str) -> Iterator[psycopg.Connection]:
    """The database as the running service sees it."""
    with psycopg.connect(app_dsn, autocommit=True) as connection:
        yield connection
