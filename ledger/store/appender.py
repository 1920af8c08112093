"""The appender: what waits goes together, one call a batch, and each entry is answered by itself.

While a batch is in flight new entries gather; when it returns the next goes. A batch whose answer is lost is sent again
as it was: what had been committed is found by its key and reported as appended. Entries that are all to be appended or
none go as a batch of their own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Self, cast

import psycopg

from ledger.store.batch import Row, outcomes, pack, size
from ledger.store.box_room import BoxRoom
from ledger.store.connection import RECONNECT_SECONDS_MAX, AsyncConnection, back_off, connect_async, is_transient
from ledger.store.entries import Entry, Outcome, Status
from ledger.store.errors import AppenderClosed, EntryRejected, EntryTooLarge, StoreUnavailable
from ledger.store.statements import statement

BATCH_ENTRIES_MAX: Final = 2_000  # about 30 ms under the shard's lock, which other processes wait for
BATCH_BYTES_MAX: Final = 8 * 1024 * 1024  # likewise
OVERLAP_ENTRIES_MIN: Final = 24  # from here on a half goes while the callers of the other half decide

_NOT_ALL: Final = "LD081"  # raised by ledger.append_all, its detail the statuses
_CONFLICT: Final = Outcome(Status.CONFLICT, 0, None, None)

OnSettled = Callable[[Outcome | None], None]


class _Waiting(NamedTuple):
    """An entry in line. Those of one group stand together, one after the other."""

    entry: Entry
    size: int
    answer: asyncio.Future[Outcome]
    on_settled: OnSettled | None
    group: int = 0


class _Call(NamedTuple):
    name: str
    parameters: Sequence[object]


class Appender:
    """Appends for one process, by one connection of its own; belongs to the event loop it was opened in.

    Entries go in the order of `submit`, also after a retry: those of one stream never overtake each other.
    """

    def __init__(
        self, dsn: str, connection: AsyncConnection, box_room: BoxRoom, *, shard: int, patience: float
    ) -> None:
        self._dsn = dsn
        self._connection = connection
        self._box_room = box_room
        self._shard = shard
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._queue: deque[_Waiting] = deque()
        self._settled_last = 0
        self._groups = 0
        self._submitted = asyncio.Event()
        self._closing = False
        self._runner = self._loop.create_task(self._run(), name="ledger appender")

    @classmethod
    async def open(cls, dsn: str, *, shard: int = 1, patience: float = RECONNECT_SECONDS_MAX) -> Self:
        """Connect. ``patience`` is how long, in seconds, a lost connection is tried again before `StoreUnavailable`."""
        connection, box_room = await connect_async(dsn, name="ledger appender"), BoxRoom(dsn)
        await box_room.begin(connection)
        return cls(dsn, connection, box_room, shard=shard, patience=patience)

    async def aclose(self) -> None:
        """Append what was submitted, then disconnect. Repeatable."""
        self._closing = True
        self._submitted.set()
        try:
            await asyncio.shield(self._runner)
        finally:
            await self._box_room.aclose()
            await self._connection.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def submit(self, entry: Entry, on_settled: OnSettled | None = None) -> asyncio.Future[Outcome]:
        """Put an entry in line; the future has its outcome. Cancelling the future does not take the entry back.

        ``on_settled`` is called with the outcome (None where the future raises) before any later batch is sent, so
        that a caller who decides ahead of the answers can drop what rested on a refused entry. It must not raise.

        Raises `AppenderClosed`, `EntryTooLarge`. The future raises `EntryRejected`, `StoreUnavailable`.
        """
        return self._put(entry, on_settled)

    def submit_all(
        self, entries: Sequence[Entry], on_settled: Sequence[OnSettled]
    ) -> list[asyncio.Future[Outcome]]:
        """Put entries in line that are all appended or none, in their order; the futures have the outcomes.

        Where one is refused, those that would have been appended answer CONFLICT, and no outcome has a receipt.
        Raises and answers as `submit`; `EntryTooLarge` also for all of them together.
        """
        total = sum(map(size, entries))
        if total > BATCH_BYTES_MAX:
            raise EntryTooLarge(total, BATCH_BYTES_MAX)
        self._groups += 1
        return [self._put(*each, self._groups) for each in zip(entries, on_settled, strict=True)]

    def _put(self, entry: Entry, on_settled: OnSettled | None, group: int = 0) -> asyncio.Future[Outcome]:
        assert entry.guards or not entry.rosters, "whoever counts a member's accounts guards the membership too"
        if self._closing:
            raise AppenderClosed
        entry_size = size(entry)
        if entry_size > BATCH_BYTES_MAX:
            raise EntryTooLarge(entry_size, BATCH_BYTES_MAX)
        answer: asyncio.Future[Outcome] = self._loop.create_future()
        self._queue.append(_Waiting(entry, entry_size, answer, on_settled, group))
        self._submitted.set()
        return answer

    async def _run(self) -> None:
        batch: list[_Waiting] = []
        try:
            while True:
                if not self._queue:
                    if self._closing:
                        return
                    self._submitted.clear()
                    await self._submitted.wait()
                    continue
                batch = self._take()
                await self._append(batch)
                self._settled_last = len(batch)
        except BaseException:
            # A fault of this module or the end of the loop: nobody is left waiting for an answer that will not come.
            self._closing = True
            _fail([*batch, *self._queue], StoreUnavailable(len(batch) + len(self._queue), 0))
            raise

    def _take(self) -> list[_Waiting]:
        """The next batch: half of the callers' entries when many are under way, else everything that waits."""
        # Who was just answered comes back with a next entry soon. If all went at once, the database would wait for
        # their decisions and they for it; in halves each works while the other one does.
        under_way = len(self._queue) + self._settled_last
        count = min(len(self._queue), BATCH_ENTRIES_MAX, max(OVERLAP_ENTRIES_MIN, (under_way + 1) // 2))
        batch: list[_Waiting] = []
        total = 0
        group = self._queue[0].group
        if group:
            while self._queue and self._queue[0].group == group:
                batch.append(self._queue.popleft())
            return batch
        for _ in range(count):
            total += self._queue[0].size
            if self._queue[0].group or (total > BATCH_BYTES_MAX and batch):
                break
            batch.append(self._queue.popleft())
        return batch

    async def _append(self, batch: Sequence[_Waiting]) -> None:
        """Append a batch whatever happens; every entry of it is settled when this returns."""
        entries = [waiting.entry for waiting in batch]
        is_group = batch[0].group > 0
        try:
            # Whatever goes wrong with the data before it is sent is the data's fault too.
            call = _Call("append_all" if is_group else "append", pack(entries, self._shard))
            rows, sent_before = await self._call(call, len(entries))
        except StoreUnavailable as error:
            _fail(batch, error)
            self._drop_followers(batch)
        except Exception as error:
            if is_group:
                _settle_group(batch, error)
                self._drop_followers(batch)
                return
            if len(batch) == 1:
                _reject(batch[0], error)
                self._drop_followers(batch)
                return
            # One entry's data failed them all, and the answer does not tell which: in order, halves again. None of
            # them is stored, for had an earlier attempt been, this one had found it.
            middle = len(batch) // 2
            await self._append(batch[:middle])
            await self._append(batch[middle:])
        else:
            answered = outcomes(entries, rows)
            if sent_before:
                answered = [_own(*each) for each in zip(entries, answered, strict=True)]
            _settle(batch, answered)
            self._drop_followers([each for each, told in zip(batch, answered, strict=True) if told.status])
            self._box_room.reached(answered[-1].position)

    def _drop_followers(self, refused: Sequence[_Waiting]) -> None:
        """Answer CONFLICT to entries in line that were decided on events of refused ones, and to those in turn.

        The store would mostly say the same. But the id of a command's first event follows from its key, so another
        process's event of that id may be stored: what rests on ours would be taken for resting on that one.
        """
        if not refused or not self._queue:
            return
        missing = {event.event_id for waiting in refused for event in waiting.entry.events}
        groups: set[int] = set()
        dropped: list[_Waiting] = []
        kept, left = deque(self._queue), -1
        while left != len(kept):  # until no more follow; the queue is in order, so mostly once and once more
            left, queue, kept = len(kept), kept, deque()
            for waiting in queue:
                if waiting.group in groups or not missing.isdisjoint([each.base for each in waiting.entry.events]):
                    missing.update([each.event_id for each in waiting.entry.events])
                    groups.update([waiting.group] if waiting.group else [])
                    dropped.append(waiting)
                else:
                    kept.append(waiting)
        self._queue = kept
        _settle(dropped, [_CONFLICT] * len(dropped))

    async def _call(self, call: _Call, entries: int) -> tuple[list[Row], bool]:
        """The answer, and whether the batch may have been committed by an earlier attempt of this call."""
        attempts = 0
        last: psycopg.Error | None = None
        for pause in back_off(self._patience):
            try:
                if self._connection.closed:
                    self._connection = await connect_async(self._dsn, name="ledger appender")
                attempts += 1
                text = statement(call.name)
                cursor = await self._connection.execute(text, call.parameters, prepare=True, binary=True)
                rows = cast("list[Row]", await cursor.fetchall())
            except psycopg.Error as error:
                if not is_transient(error):
                    raise
                last = error
                await asyncio.sleep(pause)
            else:
                return rows, attempts > 1
        raise StoreUnavailable(entries, self._patience) from last


def _own(entry: Entry, outcome: Outcome) -> Outcome:
    """The outcome of an entry that was sent before: appended, if what is stored is this very attempt's."""
    is_own = (outcome.status, outcome.fingerprint, outcome.receipt) == (
        Status.REPLAYED,
        entry.fingerprint,
        entry.receipt,
    )
    return outcome._replace(status=Status.APPENDED) if is_own else outcome


def _settle(batch: Sequence[_Waiting], answered: Sequence[Outcome]) -> None:
    for waiting, outcome in zip(batch, answered, strict=True):
        if waiting.on_settled is not None:
            waiting.on_settled(outcome)
        if not waiting.answer.done():
            waiting.answer.set_result(outcome)


def _settle_group(batch: Sequence[_Waiting], error: Exception) -> None:
    """Nothing of the group was appended: by a refusal of some of it, or because the database cannot take its data."""
    told = getattr(getattr(error, "diag", None), "message_detail", None)
    if getattr(error, "sqlstate", None) != _NOT_ALL or told is None:
        for waiting in batch:
            _reject(waiting, error)
        return
    statuses = [Status(int(each)) or Status.CONFLICT for each in told.split()]
    _settle(batch, [Outcome(status, 0, None, None) for status in statuses])


def _reject(waiting: _Waiting, cause: Exception) -> None:
    error = EntryRejected(waiting.entry.stream, waiting.entry.key, getattr(cause, "sqlstate", None))
    error.__cause__ = cause
    _fail([waiting], error)


def _fail(batch: Sequence[_Waiting], error: Exception) -> None:
    for waiting in batch:
        if waiting.on_settled is not None:
            waiting.on_settled(None)
        if not waiting.answer.done():
            waiting.answer.set_exception(error)
