"""Re-keying the blind index: the next key, every row tagged anew from its sealed box, the old key destroyed.

```
IndexKeyIssued ─► rows tagged anew, a batch at a time ─► none left ─► doom ─► T_live ─► destroy ─► certified
               ─► IndexKeyDestroyed
```
From the first event on the store takes no tag of the old key, so the rows to move only become fewer; members are found
under both keys meanwhile. Each step may be repeated by any process. Holds the `Shredder` for the slots of index keys.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import uuid5

from crypto_shredding import IndexKind, OpenRequest, Place, Shredder, SlotId
from ledger.certifying import Certifier, EndedKey, certified
from ledger.desk.ahead import Decided
from ledger.desk.books import Book
from ledger.desk.engine import Task
from ledger.desk.indexing import Indexing
from ledger.desk.ledger import Ledger
from ledger.desk.receipts import receipt_of
from ledger.desk.stamping import FreshIds, stamp
from ledger.destruction import Destruction, destroy
from ledger.event import decode
from ledger.holding import ReadHeld
from ledger.horizon import BackupHorizon
from ledger.members.index_key import INDEX_STREAM, IndexKeyDestroyed, retired
from ledger.personal import personal_fields
from ledger.points.commands import Command
from ledger.store.readers import IndexedValue

# Some 20 ms under the shard's lock.
ROWS_AT_ONCE_MAX = 500
BASIS = "검색 색인 키의 교체; 개인정보 보호법 제29조"

Progress = Callable[[int], None]
"""Called with the number of rows that were just moved."""


@dataclass(frozen=True, slots=True)
class RekeyingReport:
    """``tagged_anew`` rows were moved to ``slot``; tags of the key before it say nothing since ``unreadable_since``.

    ``certificate``: the number of the one issued for the key before.
    """

    slot: SlotId
    tagged_anew: int
    unreadable_since: datetime
    horizons: tuple[BackupHorizon, ...]
    certificate: int | None = None


class Rekeying:
    """Changes the key of the index. Made for a ledger with an indexer."""

    def __init__(
        self, ledger: Ledger, shredder: Shredder, read_held: ReadHeld, certifier: Certifier | None = None
    ) -> None:
        assert ledger.indexing is not None, "a ledger without an indexer has no index"
        self._ledger = ledger
        self._indexing: Indexing = ledger.indexing
        self._shredder = shredder
        self._read_held = read_held
        self._certifier = certifier

    async def rekey(
        self, *, actor: str, issued_before: datetime | None = None, progress: Progress = lambda _: None
    ) -> RekeyingReport | None:
        """Finish the change that is under way, or make one; None where nobody has joined yet.

        With ``issued_before`` a key that was issued later is left alone (None as well): a schedule may ask every day.
        Raises `StoreUnavailable`, and what crypto_shredding raises; after any error the same call goes on.
        """
        keys = await self._indexing.keys()
        if keys is None:
            return None
        if keys.retiring is None:
            if issued_before is not None and keys.issued_at >= issued_before:
                return None
            await self._indexing.issue(actor)
            keys = await self._indexing.keys()
            assert keys is not None
        if keys.retiring is None:
            return None  # another process has made the change meanwhile
        tagged = await self._move(keys.retiring, keys.newest, progress)
        reason = "the blind index has a newer key"
        done = await destroy(self._shredder, [keys.retiring], reason=reason, clock=self._ledger.clock)
        number = await self._record(keys.retiring, tagged, done, actor)
        return RekeyingReport(keys.newest, tagged, done.unreadable_since, done.horizons, number)

    async def _move(self, old: SlotId, new: SlotId, progress: Progress) -> int:
        moved = 0
        while rows := await self._ledger.reader.rows_of_index_key(old, ROWS_AT_ONCE_MAX):
            tags = await asyncio.to_thread(self._tags, new, rows)
            moved += await self._ledger.reader.retag(old, new, list(zip(rows, tags, strict=True)))
            progress(len(rows))
        return moved

    def _tags(self, slot: SlotId, rows: Sequence[IndexedValue]) -> list[bytes]:
        """Empty where the value is gone or says nothing: such a row goes."""
        apart = [(row.position, row.field) for row in rows if row.box is None]  # what only a law keeps
        held = self._read_held(apart) if apart else {}
        items = [(IndexKind(row.kind), _request(row, held.get((row.position, row.field)))) for row in rows]
        tags = self._indexing.indexer.tag_sealed(slot, items)
        return [tag if isinstance(tag, bytes) else b"" for tag in tags]

    async def _record(self, slot: SlotId, tagged: int, done: Destruction, actor: str) -> int | None:
        key = uuid5(INDEX_STREAM, f"{IndexKeyDestroyed.TOPIC} {slot}")
        ended = EndedKey(key, slot, BASIS)
        number = await certified(self._certifier, ended, done, actor=actor, at=self._ledger.clock())

        def decide_on(books: Sequence[Book]) -> Decided:
            ids = stamp(FreshIds(), self._ledger.clock)
            events = retired(
                books[0].state,
                ids,
                slot=slot,
                tagged_anew=tagged,
                unreadable_since=done.unreadable_since,
                horizons=done.horizons,
                certificate=number,
                actor=actor,
            )
            return [(books[0], event) for event in events]

        command = Command(key=key, occurred_at=self._ledger.clock(), actor=actor)
        answer = partial(receipt_of, INDEX_STREAM, command, None)
        task = Task(key=key, fingerprint=b"", streams=(INDEX_STREAM,), decide=decide_on, answer=answer)
        await self._ledger.engine.carry_out(task)
        return number


def _request(row: IndexedValue, held: bytes | None) -> OpenRequest:
    event = decode(row.topic, row.state)
    [name] = [name for name, mark in personal_fields(type(event)).items() if mark.field_id == row.field]
    return OpenRequest(Place(event.id, row.topic, row.field), getattr(event, name), row.box or held)
