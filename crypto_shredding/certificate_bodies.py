"""What is certified: erasures, destroyed keys, compaction, restores, changes of the signing key.

docs/spec/certificate.md has every field; certificate_parts.py what they are made of.

No personal value belongs here. Every rule that a body must keep is checked when it is made, so also when it is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final, Protocol
from uuid import UUID

from crypto_shredding.certificate_parts import (
    BoxesTried,
    DestroyedClass,
    DestroyedKey,
    DestroyedSlot,
    FencedOut,
    Holder,
    KeptByLaw,
    LostWindow,
    Rotation,
    Scan,
    demand,
)
from crypto_shredding.signing_key import PUBLIC_KEY_BYTES

METHOD: Final = "cryptographic erase"
REMAINS: Final = "pseudonymous: amounts and times of kept records stay readable"
CAUSES: Final = ("retention", "legal-hold", "index")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_SUBJECT_BYTES: Final = 16  # 128 bits: nobody meets another subject by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """A cryptographic erase. Make it with `erasure_body`, which brings the parts into order."""

    request: UUID
    subject: str
    basis: str
    due_on: date | None
    actor: str
    method: str = METHOD
    remains: str = REMAINS
    destroyed: tuple[DestroyedClass, ...]
    kept: tuple[KeptByLaw, ...]
    slots: tuple[DestroyedSlot, ...]
    unreadable_since: datetime
    rotations: tuple[Rotation, ...]
    boxes: BoxesTried
    scans: tuple[Scan, ...]
    index_horizon: datetime | None
    holders: tuple[Holder, ...]
    fenced_out: tuple[FencedOut, ...]
    awaited: tuple[str, ...]

    def __post_init__(self) -> None:
        demand(_REFERENCE.fullmatch(self.subject) is not None, "a subject is an opaque reference, not a text")
        demand((self.method, self.remains) == (METHOD, REMAINS), "a certificate says what kind of erase it is")
        numbers = [each.slot for each in self.slots]
        demand(numbers == sorted(set(numbers)), "slots ascend, each once")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDestruction:
    """Keys that were destroyed without an erasure: of a retention period that ended, a legal hold, the blind index.

    Make it with `key_destruction_body`. `subject` is there for a legal hold alone: the others are about nobody.
    """

    request: UUID
    cause: str
    subject: str | None
    basis: str
    actor: str
    method: str = METHOD
    remains: str = REMAINS
    keys: tuple[DestroyedKey, ...]
    unreadable_since: datetime
    rotations: tuple[Rotation, ...]
    boxes: BoxesTried
    holders: tuple[Holder, ...]
    fenced_out: tuple[FencedOut, ...]

    def __post_init__(self) -> None:
        demand(self.cause in CAUSES, "keys are destroyed for one of the causes")
        demand((self.subject is not None) == (self.cause == "legal-hold"), "a legal hold is about a subject")
        demand(self.subject is None or _REFERENCE.fullmatch(self.subject) is not None, "a subject is a reference")
        demand((self.method, self.remains) == (METHOD, REMAINS), "a certificate says what kind of erase it is")
        numbers = [each.slot for each in self.keys]
        demand(numbers == sorted(set(numbers)), "slots ascend, each once")
        of_periods = {each.is_of_a_period for each in self.keys}  # of no key: empty, and refused
        demand(of_periods == {self.cause == "retention"}, "retention ends for periods, and for nothing else")


@dataclass(frozen=True, slots=True, kw_only=True)
class Compaction:
    """Sealed values of destroyed slots that left their files."""

    request: UUID
    partitions: tuple[str, ...]
    boxes_deleted: int
    boxes_left: int
    at: datetime
    role: str

    def __post_init__(self) -> None:
        demand(self.boxes_deleted >= 0 <= self.boxes_left, "boxes are counted from 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """The log was brought back from a backup, and the erasures that it had lost were appended again.

    So were `destructions_again`: the requests of key destructions of which it did not know.
    """

    request: UUID
    restored_to: int
    timeline_before: UUID
    timeline_after: UUID
    erasures_again: tuple[UUID, ...]
    destructions_again: tuple[UUID, ...]
    lost: LostWindow
    at: datetime
    actor: str

    def __post_init__(self) -> None:
        demand(self.timeline_before != self.timeline_after, "a restore begins another timeline")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChange:
    """From the next certificate on the new key signs; this one is signed by the old one."""

    request: UUID
    old_public_key: bytes
    new_public_key: bytes
    reason: str
    actor: str

    def __post_init__(self) -> None:
        lengths = {len(self.old_public_key), len(self.new_public_key)}
        demand(lengths == {PUBLIC_KEY_BYTES}, f"a public key has {PUBLIC_KEY_BYTES} bytes")


Body = Erasure | KeyDestruction | Compaction | Restore | KeyChange

KINDS: Final[dict[str, type[Body]]] = {
    "erasure": Erasure,
    "key-destruction": KeyDestruction,
    "compaction": Compaction,
    "restore": Restore,
    "key-change": KeyChange,
}


def kind_of(body: Body) -> str:
    """The kind of certificate that a body makes."""
    return next(kind for kind, each in KINDS.items() if isinstance(body, each))


class RetentionFact(Protocol):
    """What a certificate says of a retention class; the ledger's own classes fit."""

    @property
    def code(self) -> int:
        """Its number."""

    @property
    def name(self) -> str:
        """Its name."""


def erasure_body(
    *,
    request: UUID,
    member: UUID,
    basis: str,
    due_on: date | None,
    actor: str,
    destroyed: Iterable[RetentionFact],
    kept: Iterable[KeptByLaw],
    slots: Iterable[DestroyedSlot],
    unreadable_since: datetime,
    rotations: Iterable[Rotation],
    boxes_tried: int,
    scans: Iterable[Scan] = (),
    index_horizon: datetime | None = None,
    holders: Iterable[Holder] = (),
    fenced_out: Iterable[FencedOut] = (),
    awaited: Iterable[str] = (),
) -> Erasure:
    """What an erasure certificate says, from what its process knows; the same facts in any order give the same body.

    `member` itself does not get into it. `boxes_tried` of its boxes were tried, and all were found shredded.
    Raises ValueError.
    """
    return Erasure(
        request=request,
        subject=subject_reference(request, member),
        basis=basis,
        due_on=due_on,
        actor=actor,
        destroyed=tuple(DestroyedClass(each.code, each.name) for each in sorted(destroyed, key=lambda each: each.code)),
        kept=tuple(sorted(kept, key=lambda each: (each.code, each.last_day))),
        slots=tuple(sorted(set(slots), key=lambda each: each.slot)),
        unreadable_since=unreadable_since,
        rotations=tuple(sorted(rotations, key=lambda each: (each.horizon, each.destroyed_version))),
        boxes=BoxesTried(boxes_tried, boxes_tried),
        scans=tuple(sorted(scans, key=lambda each: each.place)),
        index_horizon=index_horizon,
        holders=tuple(sorted(holders, key=lambda each: each.name)),
        fenced_out=tuple(sorted(fenced_out, key=lambda each: each.holder)),
        awaited=tuple(sorted(set(awaited))),
    )


def key_destruction_body(
    *,
    request: UUID,
    cause: str,
    subject: UUID | None,
    basis: str,
    actor: str,
    keys: Iterable[DestroyedKey],
    unreadable_since: datetime,
    rotations: Iterable[Rotation],
    boxes_tried: int,
    holders: Iterable[Holder] = (),
    fenced_out: Iterable[FencedOut] = (),
) -> KeyDestruction:
    """As `erasure_body`: `subject` itself does not get into it. Raises ValueError."""
    return KeyDestruction(
        request=request,
        cause=cause,
        subject=None if subject is None else subject_reference(request, subject),
        basis=basis,
        actor=actor,
        keys=tuple(sorted(set(keys), key=lambda each: each.slot)),
        unreadable_since=unreadable_since,
        rotations=tuple(sorted(rotations, key=lambda each: (each.horizon, each.destroyed_version))),
        boxes=BoxesTried(boxes_tried, boxes_tried),
        holders=tuple(sorted(holders, key=lambda each: each.name)),
        fenced_out=tuple(sorted(fenced_out, key=lambda each: each.holder)),
    )


def subject_reference(request: UUID, subject: UUID) -> str:
    """An opaque reference that whoever knows both ids can confirm, and that links no two requests of one subject."""
    return sha256(b"crypto_shredding/subject" + request.bytes + subject.bytes).hexdigest()[: 2 * _SUBJECT_BYTES]
