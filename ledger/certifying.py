"""Certifying what was destroyed: the facts of one erasure, key or compaction, signed into the installation's chain.

A destruction is certified once its keys are gone and its boxes were tried, and before it is recorded as done: a crash
in between ends in the same certificate, since there is one for each request.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from uuid import UUID

from crypto_shredding import (
    Certificate,
    DestroyedKey,
    DestroyedSlot,
    Holder,
    KeptByLaw,
    OpenRequest,
    Period,
    Place,
    Rotation,
    Scan,
    SlotId,
    Tombstone,
    erasure_body,
    key_destruction_body,
)
from crypto_shredding import Compaction as CompactionBody
from ledger.certificates import Certificates
from ledger.compaction import CompactionReport
from ledger.destruction import Destruction
from ledger.event import topics
from ledger.members.events import Kept
from ledger.members.member import ErasureRequest
from ledger.personal import personal_fields
from ledger.retention import BY_CODE, RetentionClass

COMPACTION_ROLE = "ledger_compaction"


@dataclass(frozen=True, slots=True)
class Destroyed:
    """One erasure, when everything of it is done but the record. ``codes``: the retention class of each slot."""

    member_id: UUID
    request: ErasureRequest
    actor: str
    closing: Sequence[int]
    kept: Collection[Kept]
    codes: Mapping[SlotId, int]
    destruction: Destruction
    boxes: Sequence[OpenRequest]
    indexed: int


@dataclass(frozen=True, slots=True)
class EndedKey:
    """A key that is gone without anybody's erasure. ``retention`` None: it was of the blind index.

    ``request`` is the same whoever destroys it. With a ``period`` it was the key of that one, which ended on
    ``last_day``; with a ``member_id`` that of a legal hold.
    """

    request: UUID
    slot: SlotId
    basis: str
    retention: RetentionClass | None = None
    period: Period | None = None
    last_day: date | None = None
    member_id: UUID | None = None

    @property
    def cause(self) -> str:
        """As certificates call it."""
        if self.period is not None:
            return "retention"
        return "index" if self.member_id is None else "legal-hold"


@dataclass(frozen=True, slots=True)
class Certifier:
    """Issues certificates; blocks. ``holders`` are the copies of the key tree that every rotation brings up to date."""

    certificates: Certificates
    holders: tuple[Holder, ...] = ()

    def erasure(self, done: Destroyed, *, at: datetime) -> Certificate:
        """The certificate of an erasure, the first one where it was certified before.

        Says what is left: boxes whose bytes wait for compaction, and rows of the blind index (none, behind the fence).
        """
        body = erasure_body(
            request=done.request.request_id,
            member=done.member_id,
            basis=done.request.basis,
            due_on=done.request.due_on,
            actor=done.actor,
            destroyed=[BY_CODE[code] for code in done.closing],
            kept=[_kept_by_law(each) for each in done.kept],
            slots=[_slot(stone, BY_CODE[done.codes[stone.slot]]) for stone in done.destruction.stones],
            unreadable_since=done.destruction.unreadable_since,
            rotations=_rotations(done.destruction),
            boxes_tried=len(done.boxes),
            scans=[
                Scan("ledger.box", boxes=sum(each.box is not None for each in done.boxes), values=0),
                Scan("ledger.blind_index", boxes=0, values=done.indexed),
            ],
            holders=(*self.holders, *done.destruction.holders),
            fenced_out=done.destruction.fenced_out,
        )
        return self.certificates.issue(body, at=at)

    def key(
        self, ended: EndedKey, destruction: Destruction, *, actor: str, at: datetime, boxes_tried: int = 0
    ) -> Certificate:
        """The certificate of a key that ended, the first one where it was certified before."""
        [stone] = (each for each in destruction.stones if each.slot == ended.slot)
        key = DestroyedKey(
            stone.slot,
            stone.kcv,
            None if ended.retention is None else ended.retention.code,
            "blind_index" if ended.retention is None else ended.retention.name,
            None if ended.period is None else ended.period.first_day,
            ended.last_day,
        )
        body = key_destruction_body(
            request=ended.request,
            cause=ended.cause,
            subject=ended.member_id,
            basis=ended.basis,
            actor=actor,
            keys=[key],
            unreadable_since=destruction.unreadable_since,
            rotations=_rotations(destruction),
            boxes_tried=boxes_tried,
            holders=(*self.holders, *destruction.holders),
            fenced_out=destruction.fenced_out,
        )
        return self.certificates.issue(body, at=at)

    def compaction(self, report: CompactionReport, *, request: UUID, at: datetime) -> Certificate:
        """The certificate of a complete run of compaction."""
        body = CompactionBody(
            request=request,
            partitions=tuple(each.name for each in report.partitions),
            boxes_deleted=report.deleted,
            boxes_left=report.left,
            at=at,
            role=COMPACTION_ROLE,
        )
        return self.certificates.issue(body, at=at)


async def certified(
    certifier: Certifier | None,
    ended: EndedKey,
    destruction: Destruction,
    *,
    actor: str,
    at: datetime,
    boxes_tried: int = 0,
) -> int | None:
    """The number of the certificate of a key that ended; None where nothing is certified."""
    if certifier is None:
        return None
    issue = partial(certifier.key, ended, destruction, actor=actor, at=at, boxes_tried=boxes_tried)
    return (await asyncio.to_thread(issue)).number


def class_at(place: Place) -> RetentionClass:
    """The retention class of the field that a box is bound to."""
    marks = personal_fields(topics()[place.event_type]).values()
    return next(mark.retention for mark in marks if mark.field_id == place.field_id)


def _kept_by_law(kept: Kept) -> KeptByLaw:
    retention = BY_CODE[kept.retention_code]
    return KeptByLaw(retention.code, retention.name, retention.basis, kept.last_day)


def _slot(stone: Tombstone, retention: RetentionClass) -> DestroyedSlot:
    return DestroyedSlot(stone.slot, stone.kcv, retention.code, retention.name)


def _rotations(destruction: Destruction) -> Iterable[Rotation]:
    return (
        Rotation(
            each.root_version, each.live_version, each.at, each.provider, each.recoverable_until, each.note
        )
        for each in destruction.horizons
    )
