"""What is appended, and what the store answers: entries, their events, outcomes."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple
from uuid import UUID

from crypto_shredding import Period

FIRST_VERSION: Final = 1

Boxes = tuple[tuple[int, bytes], ...]
"""Sealed values of one event: (field id, envelope)."""


class Status(IntEnum):
    """What became of an entry. The numbers are those of `ledger.append` (migration 0006)."""

    APPENDED = 0
    REPLAYED = 1
    """The key was seen: nothing is stored again, the outcome carries the first fingerprint, receipt and position."""
    REFERENCE_SEEN = 2
    """The business reference was seen under another key: likewise."""
    CONFLICT = 3
    """A stream is not where the entry was decided: load it, decide again, submit again."""
    CLASS_CLOSED = 4
    """A class that the entry guards was closed (the member left or was erased)."""
    PERIOD_CLOSED = 5
    """A retention period that the entry's boxes use was closed: for ever, so nothing of that day is recorded again."""
    INDEX_MOVED = 6
    """Tags were made under a key of the blind index that is not the newest any more: tag again, submit again."""


class IndexRow(NamedTuple):
    """A value of the entry's first event by which its member may be found: the field's tag under an index key."""

    member: UUID
    class_code: int
    kind: int
    field: int
    slot: int
    tag: bytes


class NewEvent(NamedTuple):
    """One event to append. ``base`` is the id of the event that it was decided on, None for the first of its stream.

    The base is checked by identity: another event that took its place, even at the right version, is a conflict.
    """

    stream: UUID
    version: int
    event_id: UUID
    base: UUID | None
    topic: str
    state: bytes
    boxes: Boxes = ()


class Entry(NamedTuple):
    """One command's effect, stored whole or not at all; it may touch several streams.

    ``stream`` is where `key` and `reference` are unique. ``receipt`` must tell this attempt from others by the same key
    (it has the instant of recording): by it an attempt whose answer was lost knows its own work again.
    ``guards`` are (member, class) pairs that must not be closed; ``closes`` closes such pairs, after all checks.
    ``periods`` are the retention periods that its boxes use, and must be open; ``ends`` closes periods likewise.
    ``index_rows`` are rows of the blind index, which go when their class closes; ``index_key`` brings its next slot.
    ``links`` are (account, member) rows; ``unlinks`` deletes accounts'. ``rosters`` say how many accounts a member has
    where all of them are decided about: another number is a conflict, and who counts them guards the membership too. Of
    an entry that touches a stream more than once, each event has the one before as its base.
    """

    stream: UUID
    key: UUID
    fingerprint: bytes
    receipt: bytes
    events: tuple[NewEvent, ...]
    reference: str | None = None
    guards: tuple[tuple[UUID, int], ...] = ()
    closes: tuple[tuple[UUID, int], ...] = ()
    links: tuple[tuple[UUID, UUID], ...] = ()
    unlinks: tuple[UUID, ...] = ()
    rosters: tuple[tuple[UUID, int], ...] = ()
    periods: tuple[Period, ...] = ()
    ends: tuple[Period, ...] = ()
    index_rows: tuple[IndexRow, ...] = ()
    index_key: int | None = None


class Outcome(NamedTuple):
    """The store's answer to one entry.

    ``position`` is that of its last event; after a refusal, the head after its batch.
    """

    status: Status
    position: int
    receipt: bytes | None
    fingerprint: bytes | None
