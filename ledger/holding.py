"""Holding (분리 보관): what only a law still keeps of a member moves to where the running service cannot read it.

A step of erasure between the fence and the doom, not a part of the fence's transaction: the fence holds the lock that
every append waits for, and a member may have thousands of such boxes. Nothing can be added to them once the fence has
closed the membership, so they are the same whenever the step is repeated; and since the erasure is not finished before
the step, a crash in between is resumed. Readers do not depend on the moment either: their purpose is asked first.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from ledger.desk.reading import StoreReader, decoded
from ledger.personal import personal_fields
from ledger.retention import BY_CODE

ReadHeld = Callable[[Sequence[tuple[int, int]]], Mapping[tuple[int, int], bytes]]
"""Reads boxes that lie apart, by (position, field id), with the rights of the role of disputes. Blocks."""

# A page is one short transaction under the lock of compaction.
HELD_PAGE = 10_000


async def hold(reader: StoreReader, streams: Sequence[UUID], kept_codes: Collection[int]) -> int:
    """Move the boxes of the streams' fields in those of the kept classes that a law demands; answers how many moved."""
    codes = {code for code in kept_codes if BY_CODE[code].held_by_law}
    if not codes:
        return 0
    rows, _ = await reader.read([(stream, 0) for stream in streams])
    places = [
        (row.position, mark.field_id)
        for row, event in ((row, decoded(row)) for row in rows)
        for name, mark in personal_fields(type(event)).items()
        if mark.retention.code in codes and getattr(event, name) is not None
    ]
    pages = [places[start : start + HELD_PAGE] for start in range(0, len(places), HELD_PAGE)]
    return sum([await reader.hold_boxes(page) for page in pages])
