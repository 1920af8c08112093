"""References to sealed values, as a statement line keeps them."""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crypto_shredding import OpenRequest, Place, Sealed, SlotId


@dataclass(frozen=True, slots=True)
class Reference:
    """One sealed field of one event."""

    position: int
    name: str
    place: Place
    sealed: Sealed

    @property
    def place_of_box(self) -> tuple[int, int]:
        """Position and field id: the key of its box in the store."""
        return self.position, self.place.field_id


def references(row: Any) -> tuple[Reference, ...]:
    """The sealed fields of a row of `statement_line`."""
    event_id: UUID = row.event_id
    return tuple(
        Reference(
            row.position,
            name,
            Place(event_id, row.topic, field_id),
            Sealed(SlotId(subject_slot), SlotId(period_slot), urlsafe_b64decode(digest)),
        )
        for name, field_id, subject_slot, period_slot, digest in row.fields or ()
    )


def open_requests(
    lines: Sequence[Sequence[Reference]], boxes: Mapping[tuple[int, int], bytes]
) -> list[OpenRequest]:
    """In the order of the lines; a box that is not there any more is None, which only a destroyed key explains."""
    return [
        OpenRequest(reference.place, reference.sealed, boxes.get(reference.place_of_box))
        for line in lines
        for reference in line
    ]
