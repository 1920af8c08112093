"""What a hold keeps readable, by the attribute of the event that placed it."""

from __future__ import annotations

from uuid import UUID

from crypto_shredding import OpenRequest, Place
from ledger import LegalHoldPlaced, decode, personal_fields
from tests.ledger.office import Office, read_held


async def held_values(office: Office, member: UUID, hold: UUID) -> dict[str, object]:
    """Each value of a hold as it opens; empty where no such hold was placed."""
    rows, _ = await office.ledger.reader.read([(member, 0)])
    found: dict[str, OpenRequest] = {}
    for row in rows:
        event = decode(row.topic, row.state)
        if isinstance(event, LegalHoldPlaced) and event.hold_id == hold:
            for name, mark in personal_fields(LegalHoldPlaced).items():
                if (sealed := getattr(event, name)) is not None:
                    stored = read_held(office.addresses, [(row.position, mark.field_id)])
                    place = Place(event.id, row.topic, mark.field_id)
                    found[name] = OpenRequest(place, sealed, stored.get((row.position, mark.field_id)))
    return dict(zip(found, office.opened(list(found.values())), strict=True))
