"""The sealed values of streams: which personal fields their events have, and under which keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from crypto_shredding import OpenRequest, Place, Sealed
from ledger import RetentionClass, decode, personal_fields, topics

DISPUTE = "dispute"
"""The purpose for which records that only a law or a legal hold still keeps may be read."""


@dataclass(frozen=True, slots=True)
class SealedValue:
    """One personal value of one event: what it is, which class it dies with, and what it takes to open it.

    ``is_held``: its box is kept apart, for disputes only; the request then has it only if that was the purpose.
    """

    item: str
    retention: RetentionClass
    request: OpenRequest
    is_held: bool = False


class StreamReader(Protocol):
    """What reading takes: the ledger's own reader."""

    async def read(self, wanted: Sequence[tuple[UUID, int]]) -> tuple[Iterable[Any], object]:
        """Rows of streams after a version."""

    async def boxes(self, places: Sequence[tuple[int, int]]) -> Mapping[tuple[int, int], bytes]:
        """Sealed values by position and field id."""

    async def held_digests(self, places: Sequence[tuple[int, int]]) -> Mapping[tuple[int, int], bytes]:
        """The digests of those that are held apart."""


ReadHeld = Callable[[Sequence[tuple[int, int]]], Mapping[tuple[int, int], bytes]]
"""Reads boxes that are held apart, with the rights of the role of disputes."""


async def read_sealed_values(
    reader: StreamReader, streams: Sequence[UUID], read_held: ReadHeld | None = None
) -> list[SealedValue]:
    """Every sealed value of the streams' events, in their order."""
    rows, _ = await reader.read([(stream, 0) for stream in streams])
    found: list[tuple[int, Place, Sealed, str, RetentionClass]] = []
    for row in rows:
        event = decode(row.topic, row.state)
        for name, mark in personal_fields(type(event)).items():
            sealed = getattr(event, name)
            if sealed is not None:
                place = Place(event.id, row.topic, mark.field_id)
                found.append((row.position, place, sealed, mark.item, mark.retention))
    data = dict(await reader.boxes([(position, place.field_id) for position, place, *_ in found]))
    missing = [at for position, place, *_ in found if (at := (position, place.field_id)) not in data]
    held = await reader.held_digests(missing)
    if held and read_held is not None:
        data |= await asyncio.to_thread(read_held, sorted(held))
    return [
        SealedValue(item, retention, OpenRequest(place, sealed, data.get(at)), is_held=at in held)
        for position, place, sealed, item, retention in found
        for at in [(position, place.field_id)]
    ]


def retention_of(place: Place) -> RetentionClass:
    """The retention class of the field that a place names."""
    fields = personal_fields(topics()[place.event_type])
    return next(mark.retention for mark in fields.values() if mark.field_id == place.field_id)


def withhold_held(request: OpenRequest) -> str | None:
    """Why a value of a member who left, or of a legal hold, is not shown to a reader with an everyday purpose."""
    retention = retention_of(request.place)
    return f"kept apart: {retention.basis}" if retention.held_by_law else None
