"""The recorder cases that ship inside eventsourcing, and a stock application, on our tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import AggregateRecorder, ApplicationRecorder, IntegrityError, StoredEvent
from eventsourcing.postgres import PostgresDatastore
from eventsourcing.tests.persistence import (
    AggregateRecorderTestCase,
    ApplicationRecorderTestCase,
    NonInterleavingNotificationIDsBaseCase,
)
from psycopg.conninfo import conninfo_to_dict

from ledger.store import chain
from ledger.store.factory import LedgerFactory
from ledger.store.recorder import LedgerRecorder, LedgerSnapshotRecorder


def environment(dsn: str) -> dict[str, str]:
    """What the library's factories read."""
    place = conninfo_to_dict(dsn)
    return {
        "PERSISTENCE_MODULE": "ledger.store",
        "POSTGRES_DBNAME": str(place["dbname"]),
        "POSTGRES_HOST": str(place["host"]),
        "POSTGRES_USER": str(place["user"]),
        "POSTGRES_PASSWORD": "none: the socket knows who asks",
    }


class _OnOurTables:
    """Makes each case's recorder on the database of the test."""

    datastore: PostgresDatastore

    @pytest.fixture(autouse=True)
    def _database(self, app_dsn: str) -> Iterator[None]:
        place = conninfo_to_dict(app_dsn)
        with PostgresDatastore(
            str(place["dbname"]), str(place["host"]), "5432", str(place["user"]), "", pool_size=2, max_overflow=10
        ) as self.datastore:
            yield


class TestLedgerRecorder(_OnOurTables, ApplicationRecorderTestCase[LedgerRecorder]):
    def create_recorder(self) -> LedgerRecorder:
        return LedgerRecorder(self.datastore)

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestLedgerRecorderDoesNotInterleave(_OnOurTables, NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> ApplicationRecorder:
        return LedgerRecorder(self.datastore)


class TestLedgerSnapshotRecorder(_OnOurTables, AggregateRecorderTestCase):
    def create_recorder(self) -> AggregateRecorder:
        return LedgerSnapshotRecorder(self.datastore)


class Cup(Aggregate):
    """An aggregate of the library as its users write them."""

    def __init__(self) -> None:
        self.sips = 0

    @event("Sipped")
    def sip(self) -> None:
        self.sips += 1


class Cups(Application[UUID]):
    snapshotting_intervals = {Cup: 2}  # noqa: RUF012 - the library's own way


def test_a_stock_application_works_on_the_ledgers_tables(app_dsn: str) -> None:
    with Cups(env=environment(app_dsn)) as cups:
        cup = Cup()
        for _ in range(3):
            cup.sip()
        cups.save(cup)

        assert cups.repository.get(cup.id).sips == 3
        assert [section.id for section in cups.notification_log.select(start=1, limit=10)] == [1, 2, 3, 4]
        with pytest.raises(AggregateNotFoundError):
            cups.repository.get(uuid4())
    with psycopg.connect(app_dsn) as connection:
        assert chain.verify(connection).is_intact


def test_several_aggregates_are_saved_together_or_not_at_all(app_dsn: str) -> None:
    with Cups(env=environment(app_dsn)) as cups:
        taken, fresh = Cup(), Cup()
        cups.save(taken)
        stale: Cup = cups.repository.get(taken.id)
        cups.save(_sipped(cups.repository.get(taken.id)))
        stale.sip()

        with pytest.raises(IntegrityError):
            cups.save(fresh, stale)

        with pytest.raises(AggregateNotFoundError):
            cups.repository.get(fresh.id)


def test_an_answer_that_was_lost_is_found_and_not_reported_as_a_conflict(
    app_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LedgerFactory(environment(app_dsn)) as factory:
        recorder = factory.application_recorder()
        assert isinstance(recorder, LedgerRecorder)
        append = recorder._append

        def append_and_lose_the_answer(events: Any) -> list[int]:
            monkeypatch.setattr(recorder, "_append", append)
            append(events)
            with recorder.datastore.get_connection() as connection:
                connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            raise AssertionError("unreachable: the connection is gone")

        monkeypatch.setattr(recorder, "_append", append_and_lose_the_answer)
        stored = [StoredEvent(uuid4(), 1, "cup", b"1"), StoredEvent(uuid4(), 1, "cup", b"2")]

        assert recorder.insert_events(stored) == [1, 2]

        with pytest.raises(IntegrityError):
            recorder.insert_events(stored)


def test_what_would_lose_events_or_ignore_tracking_is_refused(app_dsn: str) -> None:
    with pytest.raises(OSError, match="POSTGRES_ENABLE_DB_FUNCTIONS"):
        LedgerFactory({**environment(app_dsn), "POSTGRES_ENABLE_DB_FUNCTIONS": "y"})
    with LedgerFactory(environment(app_dsn)) as factory, pytest.raises(OSError, match="tracking"):
        factory.process_recorder()


def _sipped(cup: Cup) -> Cup:
    cup.sip()
    return cup
