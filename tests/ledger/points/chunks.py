"""What must hold of lots in chunks."""

import pytest

from ledger.points import lot_chunk
from ledger.points import lots as lots_of_account
from ledger.points.lot_chunk import Chunk, nature_of, spending_key
from ledger.points.lots import Lots


def make_chunks_small(patch: pytest.MonkeyPatch) -> None:
    """So that few lots split chunks and join them."""
    for module, name, size in (
        (lot_chunk, "CHUNK_LOTS_MAX", 8),
        (lot_chunk, "CHUNK_LOTS_MIN", 3),
        (lots_of_account, "CHUNK_LOTS_MAX", 8),
    ):
        patch.setattr(module, name, size)


def assert_is_well_made(lots: Lots) -> None:
    """What chunks say of themselves is true, none is empty or too large, and the small ones are few."""
    chunks: tuple[Chunk, ...] = lots._chunks
    for chunk in chunks:
        assert 0 < len(chunk.lots) <= lot_chunk.CHUNK_LOTS_MAX
        assert chunk.points == sum(each.points for each in chunk.lots)
        assert chunk.last_key == spending_key(chunk.lots[-1])
        assert all(chunk.usable_from <= each.usable_at <= chunk.usable_to for each in chunk.lots)
        assert {nature_of(each) for each in chunk.lots} <= chunk.natures
    owned: dict[str, int] = {}
    for each in lots:
        if each.own_use is not None:
            owned[each.own_use] = owned.get(each.own_use, 0) + each.points
    assert dict(lots.owned) == owned
