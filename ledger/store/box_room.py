"""Room for boxes: partitions made ahead of the head by whoever appends, beside the appends and never within one.

What finds no partition goes to `box_rest` for ever, so a process that runs for months makes the next ones itself.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final

import psycopg

from ledger.store.connection import AsyncConnection, connect_async
from ledger.store.statements import statement

POSITIONS_A_PARTITION: Final = 131_072  # as in `ledger.extend_boxes` (migration 0005)
BOX_PARTITIONS_AHEAD: Final = 12  # of the head's: a million and a half positions

# How long until it is tried again: making one waits a second at most for those who read boxes, a dump for instance, and
# appends wait behind it. What is ahead lasts for five minutes at 5,000 events a second.
PAUSE_SECONDS: Final = 30.0

LOG: Final = logging.getLogger(__name__)


class BoxRoom:
    """Keeps partitions ahead of one process's appends. Belongs to one event loop."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._reached = 0  # the number of the partition that the head was last known in
        self._made_for = -1
        self._making: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def begin(self, connection: AsyncConnection) -> None:
        """Make what is missing, by a connection that is not in use yet; on failure again later."""
        if not await self._make(connection):
            self._making = asyncio.create_task(self._make_later(), name="ledger partitions")

    def reached(self, position: int) -> None:
        """Tell how far the log is; returns at once."""
        number = position // POSITIONS_A_PARTITION
        if number > self._reached:
            self._reached = number
            if self._making is None:
                self._making = asyncio.create_task(self._make_now(), name="ledger partitions")

    async def aclose(self) -> None:
        """Let what is being made be finished."""
        self._closing.set()
        if self._making is not None:
            await self._making

    async def _make_now(self) -> None:
        while self._made_for < self._reached and not self._closing.is_set():
            try:
                async with await connect_async(self._dsn, name="ledger partitions") as connection:
                    made = await self._make(connection)
            except psycopg.Error as error:
                made = False
                LOG.warning("no connection to make partitions for boxes, tries again: %s", type(error).__name__)
            if not made:
                await self._pause()
        self._making = None

    async def _make_later(self) -> None:
        await self._pause()
        await self._make_now()

    async def _make(self, connection: AsyncConnection) -> bool:
        made_for = self._reached
        try:
            await connection.execute(statement("extend_boxes"), [BOX_PARTITIONS_AHEAD])
        except psycopg.Error as error:
            LOG.warning("partitions for boxes are not made yet, tries again: %s", type(error).__name__)
            return False
        self._made_for = made_for
        return True

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), PAUSE_SECONDS)
