"""Composing ahead: while the database writes one batch, the next is read and composed on a connection of its own."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg

from ledger import feed_beginning, read_feed
from projections.accounts.project import Register
from projections.batch import Batch, ReadModel
from projections.generation import Generation


class Composer:
    """Reads and composes batches, at most one of them ahead of what was asked for.

    What it looks up besides the log is an account's terms. Those of an account that a batch still on its way opens
    are in the register already, because this composer has composed that batch.
    """

    def __init__(self, dsn: str, shard: int, generation: Generation, kinds: Sequence[type[ReadModel]]) -> None:
        self._register = Register()
        self._kinds = kinds
        self._connection: psycopg.Connection[Any] = psycopg.connect(dsn, autocommit=True)
        generation.use(self._connection)
        self._beginning = feed_beginning(self._connection, shard=shard)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="projector composes")
        self._ahead: Future[Batch] | None = None

    @property
    def is_lost(self) -> bool:
        """Whether the connection broke; make another composer."""
        return self._connection.closed

    def batch(self, after: int, limit: int) -> Batch:
        """The batch after a position: the one that was composed ahead, if it is that one."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            batch = ahead.result()
            if (batch.after, batch.limit) == (after, limit):
                return batch
        return self._compose(after, limit)

    def look_ahead(self, after: int, limit: int) -> None:
        """Begin to compose the batch that will be asked for next."""
        self._ahead = self._thread.submit(self._compose, after, limit)

    def close(self) -> None:
        """Wait for what is being composed, then disconnect."""
        self._thread.shutdown(cancel_futures=True)
        with contextlib.suppress(psycopg.Error):
            self._connection.close()

    def _compose(self, after: int, limit: int) -> Batch:
        batch = Batch(after, limit, read_feed(self._connection, self._beginning.at(after), limit))
        with self._connection.cursor() as cursor:
            try:
                batch.compose(cursor, self._register, self._kinds)
            except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.ProgrammingError):
                raise
            except Exception as error:
                batch.failure = error  # raised by whoever writes the batch, in the place of the writing
        return batch
