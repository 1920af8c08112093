"""Recorders of the eventsourcing library on our tables: the same append function, the same chain.

The stock recorder takes a table lock over about fifteen socket waits, and repeats an insert whose answer was lost as
if it had not happened. These make one call, and look what became of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep
from typing import Any
from uuid import UUID

import psycopg
from eventsourcing.persistence import (
    IntegrityError,
    InterfaceError,
    Notification,
    OperationalError,
    ProgrammingError,
    StoredEvent,
)
from eventsourcing.postgres import (
    PostgresAggregateRecorder,
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresSubscription,
)
from psycopg.rows import DictRow

from ledger.store.arrays import byteas, int8s, texts, uuids, uuids_or_null
from ledger.store.connection import RECONNECT_SECONDS_MAX, back_off, is_transient
from ledger.store.feed import CHANNEL
from ledger.store.statements import statement

PULL_SECONDS = 1.0
"""So late at most is an event that was recorded before the subscription listened, and so announced to nobody."""


class _Subscription(PostgresSubscription):
    """Looks now and then also where nothing is announced: the library's waits for ever (eventsourcing 9.5)."""

    def _loop_on_pull(self) -> None:
        try:
            while not self._has_been_stopped:
                self._pull()
                self._has_been_notified.wait(PULL_SECONDS)
        except BaseException as error:
            self._thread_error = self._thread_error or error
            self.stop()


class LedgerRecorder(PostgresApplicationRecorder):
    """Records an application's events in one shard of the ledger.

    Positions are notification ids. Versions may begin anywhere; events have no ids and no keys here, so commands go
    through `Appender` instead.
    """

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "events", shard: int = 1) -> None:
        super().__init__(datastore, events_table_name=events_table_name)
        self.channel_name = CHANNEL
        self._shard = shard

    def create_table(self) -> None:
        """Do nothing: `migrate` makes the tables, as another role."""

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> PostgresSubscription:
        """Events after a position, for ever."""
        return _Subscription(recorder=self, gt=gt, topics=topics)

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append all or none; their positions. After a lost answer they count as appended if they are stored so."""
        if kwargs.get("tracking") is not None:
            raise ProgrammingError("tracking is kept beside a projection's tables, not in the ledger")
        if not stored_events:
            return None
        lost: Exception | None = None
        for pause in back_off(RECONNECT_SECONDS_MAX):
            try:
                return self._append(stored_events)
            except IntegrityError:
                found = self._stored_as(stored_events) if lost else []
                if len(found) == len(stored_events):
                    return found
                raise
            except (InterfaceError, OperationalError) as error:
                if not (isinstance(error.__cause__, psycopg.Error) and is_transient(error.__cause__)):
                    raise
                lost = error
                sleep(pause)
        raise OperationalError("the outcome is unknown: read the stream before trying again") from lost

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """A stream's events, versions above `gt` up to `lte`."""
        name = "select_events_desc" if desc else "select_events"
        return [StoredEvent(**row) for row in _rows(self.datastore, name, originator_id, gt, lte, limit)]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Events in commit order, from `start` (or behind it) to `stop`."""
        after = 0 if start is None else start - 1 if inclusive_of_start else start
        wanted = list(topics) or None
        rows = _rows(self.datastore, "select_notifications", self._shard, after, stop, wanted, wanted, limit)
        return [Notification(**row) for row in rows]

    def max_notification_id(self) -> int | None:
        """The position of the last event, None before the first."""
        rows = _rows(self.datastore, "shard", self._shard)
        return rows[0]["position"] or None

    def _append(self, stored_events: Sequence[StoredEvent]) -> list[int]:
        streams, versions, topics, states = _columns(stored_events)
        no_ids = uuids_or_null([None] * len(stored_events))
        [row] = _rows(
            self.datastore,
            "insert_events",
            *(self._shard, len(stored_events), streams, versions, no_ids, no_ids, topics, states),
        )
        return list(range(row["position"] - len(stored_events) + 1, row["position"] + 1))

    def _stored_as(self, stored_events: Sequence[StoredEvent]) -> list[int]:
        return [row["position"] for row in _rows(self.datastore, "stored_as", *_columns(stored_events))]


class LedgerSnapshotRecorder(PostgresAggregateRecorder):
    """Records snapshots, which may be deleted at any time."""

    def create_table(self) -> None:
        """Do nothing: `migrate` makes the tables, as another role."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Keep snapshots, all or none."""
        if stored_events:
            with self.datastore.get_connection() as connection:
                connection.execute(statement("insert_snapshots"), _columns(stored_events), prepare=True)
        return None

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """A stream's snapshots, versions above `gt` up to `lte`."""
        name = "select_snapshots_desc" if desc else "select_snapshots"
        return [StoredEvent(**row) for row in _rows(self.datastore, name, originator_id, gt, lte, limit)]


def _columns(stored_events: Sequence[StoredEvent]) -> tuple[Any, Any, Any, Any]:
    return (
        uuids([_uuid(event.originator_id) for event in stored_events]),
        int8s([event.originator_version for event in stored_events]),
        texts([event.topic for event in stored_events]),
        byteas([event.state for event in stored_events]),
    )


def _uuid(originator_id: UUID | str) -> UUID:
    return originator_id if isinstance(originator_id, UUID) else UUID(originator_id)


def _rows(datastore: PostgresDatastore, name: str, *parameters: object) -> list[DictRow]:
    with datastore.get_connection() as connection:
        return connection.execute(statement(name), parameters, prepare=True, binary=True).fetchall()
