"""The hash chain over a shard's events, recomputed outside of the database that made it.

docs/spec/chain.md is the specification; `ledger.append` is the other implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from struct import Struct
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg
from psycopg.rows import tuple_row

from ledger.store.checkpoint import Checkpoint
from ledger.store.statements import statement

TAG: Final = b"ledger.event.v1"
NIL: Final = UUID(int=0)  # stands for the id of an event that has none
FETCH_EVENTS: Final = 2_000  # about 1 MB a round trip
SWAP_SEARCH_EVENTS_MAX: Final = 200_000  # how far we look for the event that belongs to a place: a second or so

_POSITION = Struct(">q")
_LENGTH = Struct(">i")


class Kind(StrEnum):
    """What is wrong."""

    ALTERED = "altered"
    """The event at this position is not what was appended there."""
    DELETED = "deleted"
    """There is no event at this position, but there are later ones."""
    SWAPPED = "swapped"
    """The event at this position belongs elsewhere, and the one that belongs here is elsewhere."""
    INSERTED = "inserted"
    """More than one event has this position."""
    TRUNCATED = "truncated"
    """The last events are gone: the head, or a checkpoint, knows more of them."""
    BEYOND_HEAD = "beyond head"
    """There are events which the head does not know."""
    HEAD_ALTERED = "head altered"
    """The events are intact, and the head has another hash than they."""
    RECOMPUTED = "recomputed"
    """The chain is consistent, and not the one that a checkpoint was made of: it was written anew."""
    FOREIGN_TIMELINE = "foreign timeline"
    """A checkpoint is of another timeline than the database."""
    BOX = "box"
    """A sealed value is not the one that its event refers to."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, and the first place where."""

    kind: Kind
    position: int
    stream: UUID | None
    explanation: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What a verification saw. Findings are in the order of their discovery; the first broken link ends the reading."""

    shard: int
    timeline: UUID
    events: int
    head_position: int
    head_hash: bytes
    checkpoints: int
    findings: tuple[Finding, ...]

    @property
    def is_intact(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


class ChainedEvent(NamedTuple):
    """One event as the chain covers it."""

    position: int
    stream: UUID
    version: int
    event: UUID | None
    topic: str
    state: bytes
    hash: bytes


Boxes = Sequence[tuple[int, bytes]]
CheckBoxes = Callable[[ChainedEvent, Boxes], str | None]
"""Given an event and the digests of its boxes that are still there, by field: what is wrong with them, or None."""


def link(previous: bytes, event: ChainedEvent, *, position: int | None = None) -> bytes:
    """The hash of an event after another, at its own or at another position."""
    topic = event.topic.encode()
    return sha256(
        b"".join(
            (
                previous,
                TAG,
                _POSITION.pack(event.position if position is None else position),
                event.stream.bytes,
                _POSITION.pack(event.version),
                (event.event or NIL).bytes,
                _LENGTH.pack(len(topic)),
                topic,
                event.state,
            )
        )
    ).digest()


def genesis(timeline: UUID) -> bytes:
    """The hash of a chain without events."""
    return sha256(timeline.bytes).digest()


def verify(
    connection: psycopg.Connection[Any],
    checkpoints: Iterable[Checkpoint] = (),
    *,
    shard: int = 1,
    check_boxes: CheckBoxes | None = None,
) -> ChainReport:
    """Read all events in order and recompute the chain, in one snapshot, while appends go on.

    The connection must not be inside a transaction already, as the snapshot is taken at its beginning.

    Checkpoints must have been verified by their signatures (`verify_checkpoints`). What is wrong is in the report.
    """
    own = [checkpoint for checkpoint in checkpoints if checkpoint.shard == shard]
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        row = connection.cursor(row_factory=tuple_row).execute(statement("shard"), (shard,)).fetchone()
        if row is None:
            raise LookupError(f"shard {shard} does not exist")
        walk = _Walk(connection, shard, row, own, check_boxes)
        walk.run()
    return ChainReport(
        shard, walk.timeline, walk.events, walk.head_position, walk.head_hash, len(own), tuple(walk.findings)
    )


class _Walk:
    """One verification under way."""

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        shard: int,
        head: tuple[UUID, int, bytes],
        checkpoints: Sequence[Checkpoint],
        check_boxes: CheckBoxes | None,
    ) -> None:
        self._connection = connection
        self._shard = shard
        self._check_boxes = check_boxes
        self.timeline, self.head_position, self.head_hash = head
        self.events = 0
        self.findings: list[Finding] = []
        self._expected: dict[int, bytes] = {}
        for checkpoint in checkpoints:
            self._expect(checkpoint)

    def run(self) -> None:
        """Walk from the first event to the first broken link or the end."""
        previous, position = genesis(self.timeline), 0
        if not self._matches_checkpoint(0, previous, None):
            return
        for batch in self._batches():
            for event in batch:
                finding = self._broken(previous, position + 1, event)
                if finding is not None:
                    self.findings.append(finding)
                    return
                previous, position = event.hash, event.position
                self.events += 1
                if not self._matches_checkpoint(position, previous, event.stream):
                    return
            if self._check_boxes is not None:
                self._look_into_boxes(batch, self._check_boxes)
        self._at_the_end(position, previous)

    def _expect(self, checkpoint: Checkpoint) -> None:
        if checkpoint.timeline != self.timeline:
            self._find(
                Kind.FOREIGN_TIMELINE,
                checkpoint.position,
                f"the checkpoint is of timeline {checkpoint.timeline}, the database of {self.timeline}",
            )
        elif self._expected.setdefault(checkpoint.position, checkpoint.hash) != checkpoint.hash:
            self._find(Kind.RECOMPUTED, checkpoint.position, "two checkpoints of this position have different hashes")

    def _matches_checkpoint(self, position: int, hash_: bytes, stream: UUID | None) -> bool:
        expected = self._expected.get(position)
        if expected is None or expected == hash_:
            return True
        earlier = max((known for known in self._expected if known < position), default=0)
        self._find(
            Kind.RECOMPUTED,
            position,
            f"the chain was written anew: it agrees with the checkpoint at {earlier}, not with the one at {position}",
            stream,
        )
        return False

    def _broken(self, previous: bytes, position: int, event: ChainedEvent) -> Finding | None:
        if event.position < position:
            return Finding(Kind.INSERTED, event.position, event.stream, f"a second event has position {event.position}")
        if event.position > position:
            gap = (
                f"event {position}" if event.position == position + 1 else f"events {position} to {event.position - 1}"
            )
            return Finding(
                Kind.DELETED, position, None, f"{gap} deleted: position {event.position} follows {position - 1}"
            )
        if link(previous, event) == event.hash:
            return None
        other = self._belongs_here(previous, event)
        if other is not None:
            return Finding(
                Kind.SWAPPED,
                position,
                event.stream,
                f"the event that belongs at {position} is at {other.position} (stream {other.stream})",
            )
        return Finding(
            Kind.ALTERED, position, event.stream, f"event {position} is not what was appended: its hash does not fit"
        )

    def _belongs_here(self, previous: bytes, event: ChainedEvent) -> ChainedEvent | None:
        """A later event which would fit in the place of this one, under its own hash or under the one stored here."""
        searched = 0
        for batch in self._batches(after=event.position):
            for other in batch:
                if link(previous, other, position=event.position) in (other.hash, event.hash):
                    return other
            searched += len(batch)
            if searched >= SWAP_SEARCH_EVENTS_MAX:
                break
        return None

    def _at_the_end(self, position: int, last: bytes) -> None:
        if position < self.head_position:
            self._find(
                Kind.TRUNCATED, position + 1, f"cut off at the end: the head is {self.head_position}, found {position}"
            )
        elif position > self.head_position:
            self._find(Kind.BEYOND_HEAD, self.head_position + 1, f"the head is {self.head_position}, found {position}")
        elif last != self.head_hash:
            self._find(Kind.HEAD_ALTERED, position, "the head's hash is not that of the last event")
        beyond = [known for known in self._expected if known > position]
        if beyond:
            self._find(
                Kind.TRUNCATED,
                position + 1,
                f"cut off at the end: a checkpoint was made at {max(beyond)}, found {position}",
            )

    def _look_into_boxes(self, batch: Sequence[ChainedEvent], check: CheckBoxes) -> None:
        found: dict[int, list[tuple[int, bytes]]] = {}
        cursor = self._connection.cursor(binary=True, row_factory=tuple_row)
        cursor.execute(statement("boxes_between"), (self._shard, batch[0].position, batch[-1].position))
        for position, field, box in cursor:
            found.setdefault(position, []).append((field, sha256(box).digest()))
        cursor.execute(statement("held_digests_between"), (self._shard, batch[0].position, batch[-1].position))
        for position, field, digest in cursor:
            found.setdefault(position, []).append((field, digest))
        for event in batch:
            wrong = check(event, found.get(event.position, ()))
            if wrong is not None:
                self._find(Kind.BOX, event.position, wrong, event.stream)

    def _batches(self, after: int = 0) -> Iterator[list[ChainedEvent]]:
        name = f"chain_{after}"
        with self._connection.cursor(name=name, row_factory=tuple_row) as cursor:
            cursor.execute(statement("chain_events"), (self._shard, after), binary=True)
            while rows := cursor.fetchmany(FETCH_EVENTS):
                yield [ChainedEvent._make(row) for row in rows]

    def _find(self, kind: Kind, position: int, explanation: str, stream: UUID | None = None) -> None:
        self.findings.append(Finding(kind, position, stream, explanation))
