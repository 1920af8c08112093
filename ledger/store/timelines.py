"""Timelines: what a restore to an earlier time begins, so that what was made of the lost events is told apart.

The owner begins one behind the restored head; the log goes on from there in the same chain (docs/spec/chain.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from struct import Struct
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from ledger.store.checkpoint import Checkpoint
from ledger.store.connection import connect
from ledger.store.errors import LedgerBehindCheckpoint, LedgerBehindKeys, RestoreUnfinished, ShardMissing
from ledger.store.statements import statement

_WITNESS: Final = Struct(">qq16s32s")


class Timeline(NamedTuple):
    """One timeline of a shard. `begun_after` None: a later restore gave it up, and the log holds nothing of it."""

    number: int
    id: UUID
    begun_after: int | None
    begun_at: datetime | None
    is_open: bool


@dataclass(frozen=True, slots=True, order=True)
class LogPlace:
    """How far a log was, on which timeline, and its hash there. Later places are greater, also as bytes.

    With every doom the key store keeps the place of that moment: behind the events that the doom rests on.
    """

    number: int
    position: int
    timeline: UUID
    hash: bytes

    def to_bytes(self) -> bytes:
        """In the order of places."""
        return _WITNESS.pack(self.number, self.position, self.timeline.bytes, self.hash)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """What `to_bytes` wrote."""
        number, position, timeline, hash_ = _WITNESS.unpack(data)
        return cls(number, position, UUID(bytes=timeline), hash_)


def read_timelines(connection: psycopg.Connection[Any], *, shard: int = 1) -> list[Timeline]:
    """All timelines of a shard, oldest first."""
    cursor = connection.cursor(row_factory=tuple_row).execute(statement("timelines"), (shard,))
    return [Timeline._make(row) for row in cursor]


def read_place(connection: psycopg.Connection[Any], *, shard: int = 1) -> tuple[LogPlace, bool]:
    """The committed head, and whether its timeline is open for service. Raises `ShardMissing`."""
    row = connection.cursor(row_factory=tuple_row).execute(statement("place"), (shard,)).fetchone()
    if row is None:
        raise ShardMissing(shard)
    number, timeline, position, hash_, is_open = row
    return LogPlace(number, position, timeline, bytes(hash_)), is_open


def log_place(dsn: str, *, shard: int = 1) -> bytes:
    """The committed head as a witness for the key store. Raises `ShardMissing`, psycopg.OperationalError."""
    with connect(dsn, name="ledger witness") as connection:
        return read_place(connection, shard=shard)[0].to_bytes()


def refuse_restored(
    dsn: str, witness: bytes | None, *, checkpoint: Checkpoint | None = None, shard: int = 1
) -> None:
    """Compare the log with the latest place at which the key store saw it, and with the newest genuine checkpoint.

    Three rows are read. Read both before the call: the log may only have grown since. Raises, in this order:
    `ShardMissing`, `RestoreUnfinished`, `LedgerBehindKeys` (the log was restored to a time before some key was doomed),
    `LedgerBehindCheckpoint` (to a later time, and what the checkpoint vouches for is gone), psycopg.OperationalError.
    """
    with connect(dsn, name="ledger witness") as connection:
        here, is_open = read_place(connection, shard=shard)
        if not is_open:
            raise RestoreUnfinished(here.timeline)
        if witness is not None:
            seen = LogPlace.from_bytes(witness)
            # On an earlier timeline: the restore that began this one has looked at every doom until then.
            if seen.number >= here.number and (
                seen.timeline != here.timeline or not _holds(connection, seen.position, seen.hash, shard)
            ):
                raise LedgerBehindKeys(here.position, seen.position)
        if checkpoint is not None and checkpoint.shard == shard and not _vouched(connection, here, checkpoint):
            raise LedgerBehindCheckpoint(here.position, checkpoint.position)


def _vouched(connection: psycopg.Connection[Any], here: LogPlace, checkpoint: Checkpoint) -> bool:
    """Whether the log is what the checkpoint vouches for, or a restore is known to have given that up."""
    if checkpoint.timeline == here.timeline:
        return _holds(connection, checkpoint.position, checkpoint.hash, checkpoint.shard)
    return checkpoint.timeline in {each.id for each in read_timelines(connection, shard=checkpoint.shard)}


def _holds(connection: psycopg.Connection[Any], position: int, hash_: bytes, shard: int) -> bool:
    if position == 0:
        return True  # every log of this timeline begins so
    row = connection.execute(statement("hash_at"), (shard, position)).fetchone()
    return row is not None and bytes(row[0]) == hash_


def begin_timeline(
    owner_dsn: str, timeline: UUID, *, at: datetime, number: int, lost: Iterable[tuple[int, UUID]] = (), shard: int = 1
) -> LogPlace:
    """Begin a timeline behind the head; `lost` are the numbers and ids of those that the log knows nothing of.

    Cursors of before are refused from then on, and so is service, until `open_timeline`.
    """
    numbers: Sequence[int]
    numbers, ids = zip(*lost, strict=True) if (lost := list(lost)) else ((), ())
    with connect(owner_dsn, name="ledger restore") as connection:
        row = (shard, number, timeline, at, list(numbers), list(ids))
        connection.execute(statement("begin_timeline"), row)
        return read_place(connection, shard=shard)[0]


def open_timeline(owner_dsn: str, number: int, *, at: datetime, shard: int = 1) -> None:
    """Everything that a restore has to do was done. Repeatable."""
    with connect(owner_dsn, name="ledger restore") as connection:
        connection.execute(statement("open_timeline"), (shard, number, at))
