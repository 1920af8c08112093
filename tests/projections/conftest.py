"""A ledger database, the read models over it, and an invented history to append."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool

from benchmarks.history import Boxes, Happened, History, Log
from projections import Projector

Pool = ConnectionPool[psycopg.Connection[Any]]
Project = Callable[..., None]


@pytest.fixture
def pool(ledger_dsn: str) -> Iterator[Pool]:
    """What queries read by."""
    with ConnectionPool(ledger_dsn, min_size=1, max_size=2, open=True) as opened:
        yield opened


@pytest.fixture
def app_pool(app_dsn: str) -> Iterator[Pool]:
    """The same as the running service."""
    with ConnectionPool(app_dsn, min_size=1, max_size=2, open=True) as opened:
        yield opened


@pytest.fixture
def projector(ledger_dsn: str) -> Iterator[Projector]:
    with Projector(ledger_dsn) as opened:
        yield opened


@pytest.fixture
def history() -> History:
    return History(seed=7)


@pytest.fixture
def project(ledger_dsn: str, projector: Projector) -> Project:
    """Append events and bring the read models up to date; streams may be continued."""

    log = Log(ledger_dsn)

    def append_and_project(events: Iterable[Happened], boxes: Boxes | None = None) -> None:
        log.append(events, boxes)
        projector.catch_up()

    return append_and_project
