"""What is certified: erasure, compaction, restore, change of the signing key. docs/spec/certificate.md has every field.

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

from crypto_shredding.signing_key import PUBLIC_KEY_BYTES

METHOD: Final = "cryptographic erase"
REMAINS: Final = "pseudonymous: amounts and times of kept records stay readable"
CHECK_BYTES: Final = 32
_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_SUBJECT_BYTES: Final = 16  # 128 bits: nobody meets another subject by chance


@dataclass(frozen=True, slots=True)
class DestroyedClass:
    """A retention class of which every key of the subject is gone."""

    code: int
    name: str


@dataclass(frozen=True, slots=True)
class KeptByLaw:
    """A retention class that a law keeps to its last day, inclusive."""

    code: int
    name: str
    basis: str
    last_day: date


@dataclass(frozen=True, slots=True)
class DestroyedSlot:
    """A key that was destroyed, pinned by its check value, with the class that it belonged to."""

    slot: int
    check: bytes
    code: int
    name: str

    def __post_init__(self) -> None:
        _demand(self.slot > 0, "a slot is above 0")
        _demand(len(self.check) == CHECK_BYTES, f"a key check value has {CHECK_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class Rotation:
    """A root version that was destroyed. `horizon` is T_horizon; `recoverable_until` None: nothing can be promised."""

    destroyed_version: int
    live_version: int
    horizon: datetime
    provider: str
    recoverable_until: datetime | None
    note: str

    def __post_init__(self) -> None:
        _demand(0 < self.destroyed_version != self.live_version > 0, "root versions are two numbers above 0")


@dataclass(frozen=True, slots=True)
class BoxesTried:
    """Sealed values that were tried after the destruction. One that opened, or a lost key, is nothing to certify."""

    tried: int
    shredded: int

    def __post_init__(self) -> None:
        _demand(self.tried == self.shredded >= 0, "every box that was tried must be found shredded")


@dataclass(frozen=True, slots=True)
class Scan:
    """A place that was searched for the slots: sealed values (boxes) and readable values found there."""

    place: str
    boxes: int
    values: int

    def __post_init__(self) -> None:
        _demand(self.boxes >= 0 <= self.values, "what was found is counted from 0")


@dataclass(frozen=True, slots=True)
class Holder:
    """A registered copy of the key tree, or a failover target that held it."""

    name: str
    role: str

    def __post_init__(self) -> None:
        _demand(self.role in ("copy", "failover"), "a holder is a copy or a failover")


@dataclass(frozen=True, slots=True)
class FencedOut:
    """A silent holder that the destruction did not wait for, by the word of two persons."""

    holder: str
    at: datetime
    reason: str
    first_actor: str
    second_actor: str

    def __post_init__(self) -> None:
        _demand(self.first_actor != self.second_actor, "fencing a holder out takes two persons")


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
        _demand(_REFERENCE.fullmatch(self.subject) is not None, "a subject is an opaque reference, not a text")
        _demand((self.method, self.remains) == (METHOD, REMAINS), "a certificate says what kind of erase it is")
        numbers = [each.slot for each in self.slots]
        _demand(numbers == sorted(set(numbers)), "slots ascend, each once")


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
        _demand(self.boxes_deleted >= 0 <= self.boxes_left, "boxes are counted from 0")


@dataclass(frozen=True, slots=True)
class LostWindow:
    """What a restore could not bring back; `until_position` None: how far the log had been is not known."""

    after_position: int
    until_position: int | None
    after: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """The log was brought back from a backup, and the erasures that it had lost were appended again."""

    request: UUID
    restored_to: int
    timeline_before: UUID
    timeline_after: UUID
    erasures_again: tuple[UUID, ...]
    lost: LostWindow
    at: datetime
    actor: str

    def __post_init__(self) -> None:
        _demand(self.timeline_before != self.timeline_after, "a restore begins another timeline")


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
        _demand(lengths == {PUBLIC_KEY_BYTES}, f"a public key has {PUBLIC_KEY_BYTES} bytes")


Body = Erasure | Compaction | Restore | KeyChange

KINDS: Final[dict[str, type[Body]]] = {
    "erasure": Erasure,
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


def subject_reference(request: UUID, subject: UUID) -> str:
    """An opaque reference that whoever knows both ids can confirm, and that links no two requests of one subject."""
    return sha256(b"crypto_shredding/subject" + request.bytes + subject.bytes).hexdigest()[: 2 * _SUBJECT_BYTES]


def _demand(holds: bool, rule: str) -> None:
    if not holds:
        raise ValueError(rule)
