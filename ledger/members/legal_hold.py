"""Legal holds (증거 보전): what has happened to them, and one as a member has it.

A hold names one record (an event) and carries its personal values, sealed again under a key of the hold's own. So the
record's period and the member's classes end on their days like all others, and what the dispute needs stays, for it.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime

from crypto_shredding import Sealed, SlotId
from ledger.event import Event, stored_as
from ledger.horizon import BackupHorizon
from ledger.personal import Basis, Personal, personal_fields
from ledger.retention import LEGAL_HOLD

_DISPUTE = "분쟁 해결을 위한 증거 보전"

HELD_FIELDS_MAX = 6
"""As many personal fields as any event has, by their field ids; a test compares."""


def _held(field_id: int, item: str) -> Personal:
    return Personal(field_id, item, _DISPUTE, Basis.LEGITIMATE_INTEREST, LEGAL_HOLD)


def held_field_id(field_id: int) -> int:
    """The field of `LegalHoldPlaced` that carries the named record's personal field of that id."""
    return personal_fields(LegalHoldPlaced)[value_name(field_id)].field_id


def value_name(field_id: int) -> str:
    """The attribute of that field."""
    return f"value_{field_id}"


@stored_as("members.legal-hold-placed.v1")
class LegalHoldPlaced(Event):
    """A record is held for a dispute, asked for by ``actor`` and approved by another, to be reviewed by a day.

    ``record`` (stream, version and event id) is sealed, since it tells whose account a stream is; ``value_n`` is the
    record's personal field with the id n. ``record_topic`` says what kind of event it is.
    """

    hold_id: UUID
    slot: SlotId
    record_topic: str
    approved_by: str
    review_on: date
    record: Annotated[Sealed, _held(1, "보전 대상 기록")]
    reason: Annotated[Sealed, _held(2, "보전 사유")]
    value_1: Annotated[Sealed | None, _held(11, "보전된 값 1")] = None
    value_2: Annotated[Sealed | None, _held(12, "보전된 값 2")] = None
    value_3: Annotated[Sealed | None, _held(13, "보전된 값 3")] = None
    value_4: Annotated[Sealed | None, _held(14, "보전된 값 4")] = None
    value_5: Annotated[Sealed | None, _held(15, "보전된 값 5")] = None
    value_6: Annotated[Sealed | None, _held(16, "보전된 값 6")] = None


@stored_as("members.legal-hold-released.v1")
class LegalHoldReleased(Event):
    """The dispute is over; what was held for it is to be destroyed at once."""

    hold_id: UUID
    approved_by: str


@stored_as("members.legal-hold-destroyed.v1")
class LegalHoldDestroyed(Event):
    """The hold's key is gone: of no use to any process since ``unreadable_since``; its boxes were tried.

    ``horizons`` tell when no backup of the key store opened it any more. ``certificate``: the number of the one issued.
    """

    hold_id: UUID
    boxes_tried: int
    unreadable_since: AwareDatetime
    horizons: tuple[BackupHorizon, ...] = ()
    certificate: int | None = None


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A hold whose key is not destroyed yet; ``placed_as`` is the event that its boxes are bound to."""

    hold_id: UUID
    slot: SlotId
    placed_as: UUID
    review_on: date
    is_released: bool = False
