"""The desk's own view of the store: whole streams, receipts, definitions, boxes; a lost connection is made again."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Self, TypeVar
from uuid import UUID

import psycopg

from ledger.event import Event, decode
from ledger.store import Outcome, StoreUnavailable, readers
from ledger.store.connection import RECONNECT_SECONDS_MAX, AsyncConnection, back_off, is_transient
from ledger.store.readers import IndexedValue, StoredRow

R = TypeVar("R")

# Definitions and erasures are few; a page is one round trip.
TOPIC_PAGE = 1_000


class StoreReader:
    """One connection, used by one question at a time; questions that come together are asked together (`Shelf`)."""

    def __init__(self, dsn: str, connection: AsyncConnection) -> None:
        self._dsn = dsn
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()

    @classmethod
    async def open(cls, dsn: str) -> Self:
        """Connect."""
        return cls(dsn, await readers.connect_reader(dsn))

    async def aclose(self) -> None:
        """Disconnect."""
        await self._connection.close()

    async def read(self, wanted: Sequence[tuple[UUID, int]]) -> tuple[Iterable[StoredRow], dict[UUID, UUID]]:
        """Many streams' rows after a version, and whose accounts they are.

        The rows are read first: a link is written with the first event of its account, so whoever sees the events
        finds the link.
        """
        rows = await self._ask(lambda link: readers.load_streams(link, wanted))
        return rows, await self._ask(lambda link: readers.holders(link, [stream for stream, _ in wanted]))

    async def find_receipt(self, stream: UUID, key: UUID) -> Outcome | None:
        """The stored answer of a key."""
        return await self._ask(lambda link: readers.find_receipt(link, stream, key))

    async def find_reference(self, stream: UUID, reference: str) -> Outcome | None:
        """The stored answer of a business reference."""
        return await self._ask(lambda link: readers.find_reference(link, stream, reference))

    async def definitions(self, topic: str, after: int) -> list[tuple[int, Event]]:
        """Definitions of one kind after a position, oldest first, each with its position."""
        return [(row.position, decoded(row)) for row in await self.of_topics([topic], after=after)]

    async def of_topics(self, topics: Sequence[str], *, after: int = 0) -> list[StoredRow]:
        """All events of a few indexed topics after a position, in the order in which they were appended."""
        found: list[StoredRow] = []
        while True:
            page = await self.page_of_topics(topics, after=found[-1].position if found else after, limit=TOPIC_PAGE)
            found += page
            if len(page) < TOPIC_PAGE:
                return found

    async def page_of_topics(self, topics: Sequence[str], *, after: int, limit: int) -> list[StoredRow]:
        """So many of them at most."""
        return await self._ask(partial(readers.load_topics, topics=topics, after=after, limit=limit))

    async def accounts_of(self, member_id: UUID) -> list[UUID]:
        """The accounts that are linked to a member."""
        return sorted(await self._ask(lambda link: readers.accounts_of(link, member_id)))

    async def closed_classes(self, member_id: UUID) -> Mapping[int, int]:
        """The classes of a member that are closed, each with the position that closed it."""
        return await self._ask(lambda link: readers.closed_classes(link, member_id))

    async def find_by_tags(self, membership: int, tags: Sequence[bytes], kind: int) -> list[tuple[UUID, int, bool]]:
        """Members by tags of the blind index: member, class of the row, and whether the member has left."""
        return await self._ask(lambda link: readers.find_by_tags(link, membership, tags, kind))

    async def rows_of_index_key(self, slot: int, limit: int) -> list[IndexedValue]:
        """Some rows of the blind index that a slot's key has made."""
        return await self._ask(lambda link: readers.rows_of_index_key(link, slot, limit))

    async def retag(self, old_slot: int, new_slot: int, rows: Sequence[tuple[IndexedValue, bytes]]) -> int:
        """Move rows to another slot; repeating it changes nothing."""
        return await self._ask(lambda link: readers.retag(link, old_slot, new_slot, rows))

    async def boxes(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """Sealed values by (position, field id)."""
        return await self._ask(lambda link: readers.boxes(link, places))

    async def held_digests(self, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
        """The digests of those that are held apart, by (position, field id)."""
        return await self._ask(lambda link: readers.held_digests(link, places))

    async def indexed(self, member: UUID, codes: Sequence[int]) -> int:
        """How many rows of the blind index a member still has in some classes."""
        return await self._ask(lambda link: readers.count_indexed(link, member, codes))

    async def hold_boxes(self, places: Sequence[tuple[int, int]]) -> int:
        """Move sealed values to where this connection cannot read them; repeating it moves nothing more."""
        return await self._ask(lambda link: readers.hold_boxes(link, places))

    async def _ask(self, question: Callable[[AsyncConnection], Awaitable[R]]) -> R:
        """Ask, and on a lost connection ask again: reading twice changes nothing. Raises `StoreUnavailable`."""
        last: psycopg.Error | None = None
        for pause in back_off(RECONNECT_SECONDS_MAX):
            try:
                async with self._one_at_a_time:
                    if self._connection.closed:
                        self._connection = await readers.connect_reader(self._dsn)
                    return await question(self._connection)
            except psycopg.Error as error:
                if not is_transient(error):
                    raise
                last = error
                await asyncio.sleep(pause)
        raise StoreUnavailable(0, RECONNECT_SECONDS_MAX) from last


def decoded(row: StoredRow) -> Event:
    """The event of a row."""
    return decode(row.topic, row.state)
