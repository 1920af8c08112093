"""Some lots in a row, and what all of them have in common: a part of an account's lots."""

from datetime import date, datetime
from typing import NamedTuple, TypeAlias

from ledger.points.movements import Kind, Lot

SpendingKey: TypeAlias = tuple[int, date, datetime, int]
Nature: TypeAlias = tuple[Kind, str, str | None]
"""Kind, funder and own use of a lot: what may tell whether it is asked for."""

NEVER = date.max
"""Sorts a lot that never expires behind all that do."""

CHUNK_LOTS_MAX = 128
"""About the root of the lots that an account may have: a change copies one chunk and the list of all chunks."""

CHUNK_LOTS_MIN = 16
"""A chunk that draws have left with fewer is joined with a small neighbour, so that there are never many small ones."""


class Chunk(NamedTuple):
    """Lots in a row. ``usable_from``, ``usable_to`` and ``natures`` are bounds: of lots that were here once as well."""

    lots: tuple[Lot, ...]
    points: int
    usable_from: datetime
    usable_to: datetime
    natures: frozenset[Nature]
    last_key: SpendingKey

    @classmethod
    def of(cls, lots: tuple[Lot, ...]) -> "Chunk":
        """Of at least one lot."""
        usable = [lot.usable_at for lot in lots]
        natures = frozenset(map(nature_of, lots))
        return cls(lots, sum(lot.points for lot in lots), min(usable), max(usable), natures, spending_key(lots[-1]))

    def with_lot(self, place: int, lot: Lot) -> "Chunk":
        """With one more lot before the place."""
        lots = (*self.lots[:place], lot, *self.lots[place:])
        its = nature_of(lot)
        return Chunk(
            lots,
            self.points + lot.points,
            lot.usable_at if lot.usable_at < self.usable_from else self.usable_from,
            lot.usable_at if lot.usable_at > self.usable_to else self.usable_to,
            self.natures if its in self.natures else self.natures | {its},
            spending_key(lot) if place + 1 == len(lots) else self.last_key,
        )

    def with_points(self, place: int, points: int) -> "Chunk":
        """With so many points more (below 0: fewer) in one lot, which keeps some."""
        lots, lot = self.lots, self.lots[place]
        lots = (*lots[:place], lot.part(lot.points + points, lot.expires_on), *lots[place + 1 :])
        return Chunk(lots, self.points + points, self.usable_from, self.usable_to, self.natures, self.last_key)

    def left_with(self, lots: tuple[Lot, ...], points: int) -> "Chunk":
        """Only these lots, and points, are left of it."""
        last_key = self.last_key if lots[-1] is self.lots[-1] else spending_key(lots[-1])
        return Chunk(lots, points, self.usable_from, self.usable_to, self.natures, last_key)

    def halves(self) -> "tuple[Chunk, ...]":
        """Two of half the size if it is too large."""
        lots, half = self.lots, len(self.lots) // 2
        return (self,) if len(lots) <= CHUNK_LOTS_MAX else (Chunk.of(lots[:half]), Chunk.of(lots[half:]))


def join_with_next(chunks: list[Chunk], at: int) -> None:
    """Make one of two where one of them is small and both have room in half of one."""
    if at >= len(chunks) - 1:
        return
    lots, others = chunks[at].lots, chunks[at + 1].lots
    if min(len(lots), len(others)) < CHUNK_LOTS_MIN and len(lots) + len(others) <= CHUNK_LOTS_MAX // 2:
        chunks[at : at + 2] = [Chunk.of(lots + others)]


def spending_key(lot: Lot) -> SpendingKey:
    """Where a lot stands in the spending order: priority, then last day (never is last), then the order of earning."""
    return lot.priority, lot.expires_on or NEVER, lot.earned_at, lot.sequence


def nature_of(lot: Lot) -> Nature:
    """What may tell whether it is asked for."""
    return lot.kind, lot.funder, lot.own_use
