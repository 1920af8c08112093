"""A personal value sealed, the place it belongs to, and what comes back when it is opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple, NewType
from uuid import UUID

SlotId = NewType("SlotId", int)
"""Names a key for ever, 1 … 2⁶³−1. Never used twice, also after its key is gone."""

NO_SLOT = SlotId(0)
"""In the place of a period slot: the value does not live by the calendar."""


class Period(NamedTuple):
    """Names the shared key of all values of one retention class whose clock starts on one day."""

    class_code: int
    first_day: date


class Place(NamedTuple):
    """What a box is bound to, beside the installation and its slots. A moved box does not open."""

    event_id: UUID
    event_type: str
    field_id: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """The reference that event state carries. Nothing in it is personal; it survives its box and its keys."""

    subject_slot: SlotId
    period_slot: SlotId
    digest: bytes


class Box(NamedTuple):
    """A sealed value: the reference, and the envelope which is stored apart from it."""

    sealed: Sealed
    data: bytes

    def __repr__(self) -> str:
        return f"Box(sealed={self.sealed})"


@dataclass(frozen=True, slots=True)
class Shredded:
    """The value is gone on purpose. While its key is doomed but not yet destroyed, `at` is the time of the doom."""

    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Withheld:
    """The value is there, but this reader has no right to it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Tampered:
    """The value's keys live, and its box is gone or not the one that was sealed: open an incident."""

    reason: str


class SealRequest(NamedTuple):
    """One text to seal. `period` None: the subject's key alone decides how long it can be read."""

    place: Place
    text: str
    subject_slot: SlotId
    period: Period | None = None

    def __repr__(self) -> str:
        return f"SealRequest(place={self.place}, subject_slot={self.subject_slot}, period={self.period})"


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """One box to open. `box` None: its bytes were compacted away, or never found."""

    place: Place
    sealed: Sealed
    box: bytes | None = field(repr=False)
