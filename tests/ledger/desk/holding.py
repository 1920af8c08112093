"""The shard's lock held by the test: appends queue up behind it in an order that the test chooses."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import psycopg

from tests.ledger.office import Office

# What `ledger.append` takes first (migration 0003); those who wait for it get it in the order in which they came.
SHARD_LOCK = "SELECT pg_advisory_xact_lock(1279541616, 1)"
WAITING = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 1279541616 AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


@dataclass(frozen=True)
class Queue:
    """The appends that wait for the lock."""

    watcher: psycopg.Connection

    async def reaches(self, length: int) -> None:
        """Wait until so many batches, each on a connection of its own, wait for the lock."""
        while True:
            row = await asyncio.to_thread(lambda: self.watcher.execute(WAITING).fetchone())
            if row == (length,):
                return
            await asyncio.sleep(0.002)


@contextmanager
def appends_queue(dsn: str) -> Iterator[Queue]:
    """Until the block ends no append gets further than the lock; then they go on in the order in which they came."""
    with psycopg.connect(dsn) as holder, psycopg.connect(dsn, autocommit=True) as watcher:
        holder.execute(SHARD_LOCK)
        yield Queue(watcher)
        holder.rollback()


async def submitted(office: Office, account: UUID, count: int) -> None:
    """Wait until the office's book of the account rests on so many entries without an answer."""
    while True:
        book = office.ledger.shelf.at_hand(account)
        if book is not None and book.submitted - book.answered >= count:
            return
        await asyncio.sleep(0)
