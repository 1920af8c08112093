"""The projector: carries the log into the read models, each event exactly once.

A batch's rows and its position are one transaction, so a crash between any two statements loses both or neither.
Writers of one generation take turns under a lock and read the position anew in each turn: two runners are one too many
but harm nothing. An event that cannot be applied stops it right before that event.
"""

from __future__ import annotations

import contextlib
import logging
import random
import time
from collections.abc import Sequence
from threading import Event
from types import TracebackType
from typing import Any, Final, Self

import psycopg

from ledger import Doorbell
from projections.ahead import Composer
from projections.batch import READ_MODELS, Batch, ReadModel
from projections.errors import CannotApply, FeedLost, NotReached
from projections.generation import Generation
from projections.tracking import log_name, move_position, read_position

# Measured: batches of 500, 1,000, 2,000 and 5,000 gave 23, 26, 30 and 30 thousand events a second. A batch of this size
# commits within 70 ms, which is how long it can delay a reader who waits for a position while the runner catches up.
BATCH_EVENTS_MAX: Final = 2_000

# How late an event can show when no bell rings, and how late a stop is noticed. A look costs half a millisecond.
LOOK_SECONDS: Final = 0.25

# A restart of the database takes seconds, a failover less than a minute; after this somebody has to look.
AWAY_SECONDS_MAX: Final = 300.0
RETRY_SECONDS_MIN: Final = 0.05
RETRY_SECONDS_MAX: Final = 2.0

WAIT_SECONDS_MIN: Final = 0.002
WAIT_SECONDS_MAX: Final = 0.05

DO_NOT_WAIT_FOR_DISK: Final = b"SET synchronous_commit = off"

LOG: Final = logging.getLogger(__name__)


class Projector:
    """Runs the read models of one generation after one shard's log. Not thread-safe; use one for each thread.

    Connects at first use; `close` it, or use it as a context manager.
    """

    def __init__(
        self,
        dsn: str,
        *,
        shard: int = 1,
        generation: Generation = Generation.LIVE,
        models: Sequence[type[ReadModel]] = READ_MODELS,
    ) -> None:
        self._dsn = dsn
        self._shard = shard
        self._name = log_name(shard)
        self._generation = generation
        self._models = models
        self._connection: psycopg.Connection[Any] | None = None
        self._composer: Composer | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Disconnect; the next use connects again."""
        composer, self._composer = self._composer, None
        if composer is not None:
            composer.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error):
                connection.close()

    def position(self) -> int:
        """The position of the last event that the read models hold; 0 before the first."""
        connection, _ = self._connected()
        with connection.cursor() as cursor:
            return read_position(cursor, self._name) or 0

    def wait_for(self, position: int, timeout: float = 10.0) -> None:
        """Return as soon as the read models hold the event at the position. Raises `NotReached`."""
        give_up_at = time.monotonic() + timeout
        pause = WAIT_SECONDS_MIN
        while (reached := self.position()) < position:
            if time.monotonic() >= give_up_at:
                raise NotReached(position, reached)
            time.sleep(pause)
            pause = min(pause * 2, WAIT_SECONDS_MAX)

    def catch_up(self, until: int | None = None) -> int:
        """Apply what is in the log, up to ``until`` or to its end; returns the number of events applied by this call.

        Raises `CannotApply`, with everything before that event applied, and psycopg's errors as they come.
        """
        applied = 0
        while (count := self._step(until)) > 0:
            applied += count
        return applied

    def run_forever(self, stop: Event) -> None:
        """Follow the log until told to stop, over lost connections and restarts of the database.

        Raises `CannotApply`, and `FeedLost` when the database stays away for too long.
        """
        bell = Doorbell(self._dsn)
        away_since: float | None = None
        pause = RETRY_SECONDS_MIN
        try:
            while not stop.is_set():
                try:
                    self.catch_up()
                    away_since, pause = None, RETRY_SECONDS_MIN
                    bell.wait(LOOK_SECONDS)
                except (psycopg.OperationalError, psycopg.InterfaceError) as error:
                    away_since = away_since or time.monotonic()
                    if time.monotonic() - away_since > AWAY_SECONDS_MAX:
                        raise FeedLost(AWAY_SECONDS_MAX, error) from error
                    LOG.warning("projector disconnected, tries again: %s", type(error).__name__)
                    self.close()
                    stop.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads reconnects, guards nothing
                    pause = min(pause * 2, RETRY_SECONDS_MAX)
        finally:
            bell.close()
            self.close()

    def _step(self, until: int | None, limit: int = BATCH_EVENTS_MAX) -> int:
        """Apply the next batch and return its size, 0 when there is none. A bad one is halved down to its bad event."""
        batch: Batch | None = None
        connection, composer = self._connected()
        try:
            with connection.transaction(), connection.cursor() as cursor:
                self._generation.lock(cursor, self._shard)
                position = read_position(cursor, self._name) or 0
                room = limit if until is None else min(limit, until - position)
                if room <= 0:
                    return 0
                batch = composer.batch(position, room)
                if not batch.events:
                    return 0
                if batch.is_full:
                    composer.look_ahead(batch.last, room)
                batch.write(cursor)
                move_position(cursor, self._name, batch.last)
            return len(batch.events)
        except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.ProgrammingError):
            raise  # the connection's fault, or the schema's; not the events'
        except Exception as cause:
            if batch is None:
                raise
            if len(batch.events) == 1:
                raise CannotApply(batch.last, batch.events[0].topic, cause) from cause
        return self._step(until, len(batch.events) // 2)

    def _connected(self) -> tuple[psycopg.Connection[Any], Composer]:
        if self._connection is None or self._composer is None or self._connection.closed or self._composer.is_lost:
            self.close()  # both: what was composed ahead is read again
            self._composer = Composer(self._dsn, self._shard, self._generation, self._models)
            self._connection = psycopg.connect(self._dsn, autocommit=True)
            self._generation.use(self._connection)
            # Position and rows are lost together if the server dies, and then they are simply applied again.
            self._connection.execute(DO_NOT_WAIT_FOR_DISK)
        return self._connection, self._composer
