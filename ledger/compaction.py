"""Compaction: the boxes of destroyed keys are deleted, and their partitions written anew without them.

```
each partition: read the keys its boxes name ─► ask which are destroyed ─► delete those boxes ─► rewrite the file
then: turn the WAL over ─► report
```
The key alone decides whether a value can be read; compaction is about the bytes. Every step may be repeated, and what
is still to be done is noted in the database, so whoever runs it again after a crash finishes it. Works with the rights
of the role `ledger_compaction`, which can do nothing else (docs/adr/0205-compaction-rewrites-in-place.md).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import psycopg

from crypto_shredding import NO_SLOT, SlotId, SlotState
from ledger.store.arrays import int2s, int8s
from ledger.store.connection import connect
from ledger.store.errors import CompactionRefused
from ledger.store.statements import statement

PAGE_BOXES: Final = 10_000  # 260 kB a round trip, one look-up of keys and at most one transaction of deletions
PATIENCE_SECONDS: Final = 30.0  # a page of a statement is read in milliseconds; a backup or `verify` takes minutes
PAUSE_SECONDS: Final = 0.5  # between attempts at a lock, each of which holds readers up for 0.2 s at most
_REFUSED: Final = "LD004"

KeyStates = Callable[[Collection[SlotId]], Mapping[SlotId, SlotState]]
"""The states of keys as the keys database has them now; all that compaction may know of keys."""


class Partition(NamedTuple):
    """A partition before compaction; stale when its file still holds boxes that are not in the table any more."""

    name: str
    boxes: int
    is_stale: bool


@dataclass(frozen=True, slots=True)
class CompactedPartition:
    """What was done to one partition.

    ``left`` boxes of destroyed keys are still in the table (those that a dry run found, or whose destruction no event
    records yet). ``is_clean``: nothing that went from the table is in the file any more. While the file was rewritten,
    for at most ``locked_seconds``, readers and appends of this partition waited.
    """

    name: str
    boxes: int
    deleted: int
    left: int
    is_clean: bool
    locked_seconds: float


@dataclass(frozen=True, slots=True)
class CompactionReport:
    """The facts for a certificate.

    ``stale``: partitions whose files still hold what went from their tables, as seen at the end of the run.
    ``wal_turned_over``: nothing from before is left in the server's own WAL folder.
    """

    partitions: tuple[CompactedPartition, ...]
    stale: tuple[str, ...]
    wal_turned_over: bool
    dry_run: bool

    @property
    def boxes(self) -> int:
        """How many boxes were looked at."""
        return sum(each.boxes for each in self.partitions)

    @property
    def deleted(self) -> int:
        """How many boxes of destroyed keys were deleted."""
        return sum(each.deleted for each in self.partitions)

    @property
    def left(self) -> int:
        """How many boxes of destroyed keys are still there."""
        return sum(each.left for each in self.partitions)

    @property
    def is_complete(self) -> bool:
        """Whether neither tables nor files of the ledger database hold a box of a destroyed key."""
        return not self.left and not self.stale and self.wal_turned_over


class Compaction:
    """One run, on a connection of its own; use it as a context manager."""

    def __init__(self, dsn: str, states: KeyStates, *, patience: float = PATIENCE_SECONDS) -> None:
        self._connection = connect(dsn, name="ledger compaction")
        self._states = _Known(states)
        self._patience = patience

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def survey(self) -> list[Partition]:
        """The partitions there is anything in."""
        return [Partition._make(row) for row in self._rows("box_partitions")]

    def run(self, *, dry_run: bool = False, progress: Callable[[int], None] = lambda _: None) -> CompactionReport:
        """Compact every partition; a dry run only counts. ``progress`` is told of boxes that were looked at.

        Raises `CompactionRefused`; what was done until then is done.
        """
        done = tuple(self._compact(each, dry_run, progress) for each in self.survey())
        turned_over = not dry_run and bool(self._one("turn_over_wal"))
        # Also those that an erasure has made stale meanwhile.
        stale = tuple(each.name for each in self.survey() if each.is_stale)
        return CompactionReport(done, stale, turned_over, dry_run)

    def _compact(self, partition: Partition, dry_run: bool, progress: Callable[[int], None]) -> CompactedPartition:
        boxes = deleted = left = 0
        for page, dead in self._pages(partition.name):
            boxes += page
            gone = 0 if dry_run else self._delete(dead)
            deleted += gone
            left += len(dead) - gone
            progress(page)
        if dry_run:
            return CompactedPartition(partition.name, boxes, 0, left, not partition.is_stale, 0.0)
        is_clean, locked_seconds = self._rewrite(partition.name)
        if deleted or left:  # counted once more, not concluded
            left = sum(len(dead) for _, dead in self._pages(partition.name))
        return CompactedPartition(partition.name, boxes, deleted, left, is_clean, locked_seconds)

    def _pages(self, partition: str) -> Iterator[tuple[int, list[_Dead]]]:
        """The number of boxes of each page, and those whose key is destroyed."""
        after = (0, 0, 0)
        while rows := self._rows("box_slots", partition, *after, PAGE_BOXES):
            states = self._states({slot for *_, subject, period in rows for slot in (subject, period)})
            yield len(rows), [
                _Dead(shard, position, field, subject if subject in states else period)
                for shard, position, field, subject, period in rows
                if subject in states or period in states
            ]
            after = rows[-1][:3]

    def _delete(self, dead: list[_Dead]) -> int:
        """Delete them, but for those whose destruction no event records yet."""
        deleted = 0
        for shard in {each.shard for each in dead}:
            newest = self._one("newest_destruction", shard)
            due = [each for each in dead if each.shard == shard and each.position < newest]
            if due:
                positions, fields = int8s([each.position for each in due]), int2s([each.field for each in due])
                deleted += self._one("delete_boxes", shard, positions, fields, int8s([each.slot for each in due]))
        return deleted

    def _rewrite(self, partition: str) -> tuple[bool, float]:
        """Whether the file is clean now; tried until patience ends where readers or an old snapshot are in the way."""
        give_up_at = time.monotonic() + self._patience
        while True:
            started = time.monotonic()
            with suppress(psycopg.errors.LockNotAvailable):
                if self._one("rewrite_partition", partition):
                    return True, time.monotonic() - started
            if time.monotonic() > give_up_at:
                return False, 0.0
            time.sleep(PAUSE_SECONDS)

    def _one(self, name: str, *parameters: object) -> Any:
        return self._rows(name, *parameters)[0][0]

    def _rows(self, name: str, *parameters: object) -> list[Any]:
        try:
            return self._connection.execute(statement(name), parameters, prepare=True, binary=True).fetchall()
        except psycopg.Error as error:
            if error.sqlstate == _REFUSED:
                raise CompactionRefused from error
            raise


class _Dead(NamedTuple):
    shard: int
    position: int
    field: int
    slot: int


class _Known:
    """Which keys are destroyed. That never changes back, so it is asked once; whether others live is asked each time.

    A key that is neither there nor destroyed was lost, not destroyed: its boxes stay.
    """

    def __init__(self, states: KeyStates) -> None:
        self._ask = states
        self._destroyed: set[int] = set()

    def __call__(self, slots: Collection[int]) -> set[int]:
        """Those of the slots whose keys are destroyed."""
        unknown = [SlotId(slot) for slot in slots if slot not in self._destroyed and slot != NO_SLOT]
        if unknown:
            states = self._ask(unknown)
            self._destroyed.update(slot for slot, state in states.items() if state is SlotState.SHREDDED)
        return self._destroyed.intersection(slots)
