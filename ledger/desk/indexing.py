"""The blind index at the desk: which key makes tags now, and who is found by a value.

Holds the `BlindIndexer`. A process knows the newest key from its own book; when another process has changed it
meanwhile, the store refuses the tags (`IndexMoved`), and they are made again.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID, uuid5

from crypto_shredding import BlindIndexer, IndexKind, OpenRequest, Shredded, SlotId, SubjectShredded
from ledger.desk.ahead import Decided
from ledger.desk.books import Book, Shelf
from ledger.desk.engine import Engine, IndexMoved, Task
from ledger.desk.reading import StoreReader
from ledger.desk.receipts import receipt_of
from ledger.desk.stamping import Clock, FreshIds, stamp
from ledger.errors import ContendedAccount
from ledger.members.index_key import INDEX_STREAM, IndexKeys, issue
from ledger.points.commands import Command
from ledger.retention import MEMBERSHIP, PROFILE

ACTOR = "blind index"
# A look-up is repeated when the key changed under it, which it does once a week.
LOOKS_MAX = 20
_ANYTHING = (IndexKind.EXTERNAL_ID, "anything")


class Indexing:
    """One process's part in the index."""

    def __init__(
        self, indexer: BlindIndexer, shelf: Shelf, engine: Engine, reader: StoreReader, clock: Clock
    ) -> None:
        self.indexer = indexer
        self._shelf = shelf
        self._engine = engine
        self._reader = reader
        self._clock = clock

    async def newest(self) -> SlotId:
        """The slot that this process takes for the newest, its key at hand; the first caller of all makes one."""
        keys: IndexKeys | None = (await self._shelf.book(INDEX_STREAM)).state
        for _ in range(LOOKS_MAX):
            if keys is None:
                await self.issue(ACTOR)
            elif self.indexer.is_warm(keys.newest) or await self._tag(keys.newest, *_ANYTHING) is not None:
                return keys.newest
            keys = await self.keys()  # that key was replaced and destroyed meanwhile
        raise ContendedAccount(INDEX_STREAM, LOOKS_MAX)

    async def keys(self) -> IndexKeys | None:
        """The keys as the store has them; whoever asks has the newest book from then on."""
        [keys] = await self._shelf.stored([INDEX_STREAM])
        found: IndexKeys | None = keys
        return found

    async def issue(self, actor: str) -> None:
        """Bring the next key, unless a change is under way (or, for the first, another process was faster)."""
        had = await self.keys()
        slot = await asyncio.to_thread(self.indexer.issue)

        def decide_on(books: Sequence[Book]) -> Decided:
            if had is None and books[0].state is not None:
                return ()
            ids = stamp(FreshIds(), self._clock)
            return [(books[0], event) for event in issue(books[0].state, ids, slot=slot, actor=actor)]

        key = uuid5(INDEX_STREAM, str(slot))
        command = Command(key=key, occurred_at=self._clock(), actor=actor)
        answer = partial(receipt_of, INDEX_STREAM, command, None)
        task = Task(
            key=key, fingerprint=b"", streams=(INDEX_STREAM,), decide=decide_on, answer=answer, index_key=slot
        )
        await self._engine.carry_out(task)

    async def tag_sealed(self, slot: SlotId, kind: IndexKind, request: OpenRequest) -> bytes | None:
        """The tag of one sealed value; None where there is none, or the value is gone. Raises `IndexMoved`."""
        try:
            [tag] = await asyncio.to_thread(self.indexer.tag_sealed, slot, [(kind, request)])
        except SubjectShredded:
            raise IndexMoved from None
        return None if isinstance(tag, Shredded) else tag

    async def find(self, kind: IndexKind, text: str, *, dispute: bool = False) -> list[UUID]:
        """Members who have a value, in the order of their ids; two may share one.

        Members only, unless it is for a ``dispute``: then also those who left, as long as something of them is kept.
        """
        keys = await self.keys()
        for _ in range(LOOKS_MAX):
            if keys is None:
                return []
            tags = await self._tags(keys, kind, text)
            rows = await self._reader.find_by_tags(MEMBERSHIP.code, tags, kind)
            before, keys = keys, await self.keys()
            if keys == before:  # else a row may have moved to a key that was not asked for
                return sorted({
                    member for member, code, left in rows if dispute or (code == PROFILE.code and not left)
                })  # fmt: skip
        raise ContendedAccount(INDEX_STREAM, LOOKS_MAX)

    async def find_events(self, kind: IndexKind, text: str) -> list[tuple[UUID, UUID]]:
        """The events that carry a value, oldest first: stream and event id."""
        keys = await self.keys()
        for _ in range(LOOKS_MAX):
            if keys is None:
                return []
            found = await self._reader.find_events_by_tags(await self._tags(keys, kind, text), kind)
            before, keys = keys, await self.keys()
            if keys == before:
                return found
        raise ContendedAccount(INDEX_STREAM, LOOKS_MAX)

    async def has_moved(self, slot: SlotId | None) -> bool:
        """Whether another key than that of the slot makes tags now."""
        keys = await self.keys()
        return keys is not None and keys.newest != slot

    async def _tags(self, keys: IndexKeys, kind: IndexKind, text: str) -> list[bytes]:
        return [tag for slot in keys.slots if (tag := await self._tag(slot, kind, text)) is not None]

    async def _tag(self, slot: SlotId, kind: IndexKind, text: str) -> bytes | None:
        try:
            return await asyncio.to_thread(self.indexer.tag, slot, kind, text)
        except SubjectShredded:
            return None  # it is destroyed: a change was finished since the keys were read

