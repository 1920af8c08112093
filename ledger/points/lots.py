"""Lots with points left, in spending order: a sequence that never changes, and of which a changed one costs little.

```
chunks   [ up to 128 lots | points, first and last instant of use, kinds of lots ] [ … ] [ … ]
```
A change makes one chunk anew and shares all others, so that its cost hardly grows with the lots. What a chunk says of
itself lets a question pass over it: whether its points are all past their day, or usable, or of a kind that is asked.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from operator import attrgetter
from typing import Any, TypeAlias, overload
from uuid import UUID

from immutables import Map

from ledger.points.lot_chunk import CHUNK_LOTS_MAX, NEVER, Chunk, join_with_next, spending_key
from ledger.points.movements import Draw, Lot

Place: TypeAlias = tuple[int, int]
"""Number of the chunk, and of the lot in it."""

Piece: TypeAlias = "tuple[Chunk, int, int]"
"""A chunk, and from which to before which of its lots."""


class NotLying(Exception):
    """Points are taken from a lot that has none, or not so many; ``has`` is what it has."""

    def __init__(self, has: int) -> None:
        super().__init__(has)
        self.has = has


class Lots(Sequence[Lot]):
    """Lots in spending order, at most one for each lot and last day. Equal to any sequence of the same lots."""

    __slots__ = ("_chunks", "_count", "_days", "owned")

    def __init__(
        self,
        chunks: tuple[Chunk, ...] = (),
        count: int = 0,
        owned: Map[str, int] = Map(),  # noqa: B008  it never changes
        days: Map[UUID, tuple[date | None, ...]] = Map(),  # noqa: B008
    ) -> None:
        self._chunks = chunks
        self._count = count
        # Points that may be spent at one place alone, by the place.
        self.owned = owned
        # Last days of parts that lie here, of lots that have another one than the lot was earned with.
        self._days = days

    @classmethod
    def of(cls, lots: Iterable[Lot]) -> "Lots":
        """The lots in spending order; parts of one lot and last day become one."""
        made = cls()
        for lot in lots:
            made = made.with_lot(lot)
        return made

    def with_lot(self, lot: Lot) -> "Lots":
        """With points of one more lot, or more points of one that is there."""
        chunks, key, owned = self._chunks, spending_key(lot), self.owned
        if lot.own_use is not None:
            owned = owned.set(lot.own_use, owned.get(lot.own_use, 0) + lot.points)
        if not chunks or chunks[-1].last_key < key:
            if not chunks or len(chunks[-1].lots) == CHUNK_LOTS_MAX:
                return Lots((*chunks, Chunk.of((lot,))), self._count + 1, owned, self._days)
            grown = chunks[-1].with_lot(len(chunks[-1].lots), lot)
            return Lots((*chunks[:-1], grown), self._count + 1, owned, self._days)
        at, place = self._place(key)
        if spending_key(chunks[at].lots[place]) == key:
            changed = chunks[at].with_points(place, lot.points)
            return Lots((*chunks[:at], changed, *chunks[at + 1 :]), self._count, owned, self._days)
        halves = chunks[at].with_lot(place, lot).halves()
        return Lots((*chunks[:at], *halves, *chunks[at + 1 :]), self._count + 1, owned, self._days)

    def with_points(self, terms: Lot, points: int, expires_on: date | None) -> "Lots":
        """With points of a lot, whose ``terms`` are as it was earned, with any last day."""
        made = self.with_lot(terms.part(points, expires_on))
        if expires_on != terms.expires_on:
            days = self._days.get(terms.lot_id, ())
            if expires_on not in days:
                made._days = made._days.set(terms.lot_id, (*days, expires_on))  # made here, not seen by anybody yet
        return made

    def without(self, draws: Sequence[Draw], terms: Mapping[UUID, Lot]) -> "Lots":
        """After draws, which mostly come in the order of the lots. Raises `NotLying`."""
        chunks, owned, days = self._chunks, self.owned, self._days
        left_of: dict[int, list[Lot | None]] = {}
        taken: dict[int, int] = {}
        at, place, gone = 0, 0, 0
        for draw in draws:
            if at < len(chunks) and place == len(chunks[at].lots):
                at, place = at + 1, 0
            lots = left_of.get(at)
            lot = None if at == len(chunks) else (lots or chunks[at].lots)[place]
            if lot is None or not _has(lot, draw):
                at, place, lot = self._place_of(draw, terms, left_of)
                lots = left_of.get(at)
            if lots is None:
                lots = left_of[at] = list(chunks[at].lots)
            left = lot.points - draw.points
            lots[place] = lot.part(left, lot.expires_on) if left else None
            taken[at] = taken.get(at, 0) + draw.points
            if lot.own_use is not None:
                owned = _with_less(owned, lot.own_use, draw.points)
            if not left:
                if lot.lot_id in days:
                    days = _without_day(days, lot)
                gone += 1
                place += 1
        return Lots(_left(chunks, left_of, taken), self._count - gone, owned, days)

    def of_lot(self, terms: Lot) -> list[Lot]:
        """The parts of one lot, in spending order."""
        last_days = {terms.expires_on, *self._days.get(terms.lot_id, ())}
        found = (self.part_of(terms, each) for each in sorted(last_days, key=lambda day: day or NEVER))
        return [part for part in found if part is not None]

    def part_of(self, terms: Lot, expires_on: date | None) -> Lot | None:
        """The points of one lot and last day."""
        at, place = self._place((terms.priority, expires_on or NEVER, terms.earned_at, terms.sequence))
        if at == len(self._chunks):
            return None
        lot = self._chunks[at].lots[place]
        return lot if lot.lot_id == terms.lot_id and lot.expires_on == expires_on else None

    def runs(self, first: date, before: date | None = None) -> Iterator[tuple[Place, Place]]:
        """For each priority the place of the first lot whose last day is within the two, and that behind the last one.

        Without ``before`` also those that never expire.
        """
        chunks, start = self._chunks, (0, 0)
        while start[0] < len(chunks):
            rank = chunks[start[0]].lots[start[1]].priority
            end = (len(chunks), 0) if chunks[-1].last_key[0] == rank else self._place((rank + 1,))
            yield (
                start if first == date.min else self._place((rank, first)),
                end if before is None else self._place((rank, before)),
            )
            start = end

    def pieces(self, start: Place, stop: Place) -> Iterator[Piece]:
        """From one place to before the other."""
        at, place = start
        while at < stop[0]:
            chunk = self._chunks[at]
            yield chunk, place, len(chunk.lots)
            at, place = at + 1, 0
        if at == stop[0] and place < stop[1]:
            yield self._chunks[at], place, stop[1]

    def by_day(self, first: date, before: date | None = None) -> Iterator[Piece]:
        """The pieces of all `runs`."""
        if first == date.min and before is None:
            yield from ((chunk, 0, len(chunk.lots)) for chunk in self._chunks)
            return
        for start, stop in self.runs(first, before):
            yield from self.pieces(start, stop)

    def expiring(self, first: date, before: date) -> Iterator[Lot]:
        """Those whose last day is within the two, in spending order."""
        for chunk, start, stop in self.by_day(first, before):
            yield from chunk.lots[start:stop]

    def past(self, day: date) -> Iterator[Lot]:
        """Those whose last day lies before the day."""
        return self.expiring(date.min, day)

    @property
    def has_one_rank(self) -> bool:
        """Whether all have one priority, so that the one that expires first is the first."""
        chunks = self._chunks
        return not chunks or chunks[0].lots[0].priority == chunks[-1].last_key[0]

    def are_past(self, day: date) -> bool:
        """Whether the last day of any lies before the day."""
        if not self._chunks:
            return False
        if self.has_one_rank:
            first = self._chunks[0].lots[0].expires_on
            return first is not None and first < day
        return next(self.past(day), None) is not None

    def soonest(self) -> tuple[date | None, int]:
        """The last day of the first, and the points of all that follow with the same one."""
        first = self._chunks[0].lots[0].expires_on if self._chunks else None
        points = 0
        if first is not None:
            for chunk in self._chunks:
                if chunk.last_key[1] == first:
                    points += chunk.points
                    continue
                for lot in chunk.lots:
                    if lot.expires_on != first:
                        return first, points
                    points += lot.points
        return first, points

    def _place(self, key: tuple[Any, ...]) -> Place:
        """Chunk and place of the first lot that is not before the key."""
        at = bisect_left(self._chunks, key, key=_LAST_KEY)
        return (at, 0) if at == len(self._chunks) else (at, bisect_left(self._chunks[at].lots, key, key=spending_key))

    def _place_of(
        self, draw: Draw, terms: Mapping[UUID, Lot], left_of: Mapping[int, list[Lot | None]]
    ) -> tuple[int, int, Lot]:
        """Where a draw's points are, and what is left there.

        An account that runs ahead of the store has an accrual twice that was sent twice, until the second is answered:
        two lots of one id, of which ``terms`` know one. So what is not where it should be is looked for everywhere.
        """
        has, known = 0, terms.get(draw.lot_id)
        if known is not None:
            at, place = self._place((known.priority, draw.expires_on or NEVER, known.earned_at, known.sequence))
            lot = None if at == len(self._chunks) else left_of.get(at, self._chunks[at].lots)[place]
            if lot is not None and lot.lot_id == draw.lot_id and lot.expires_on == draw.expires_on:
                if lot.points >= draw.points:
                    return at, place, lot
                has = lot.points
            for at, chunk in enumerate(self._chunks):
                for place, lot in enumerate(left_of.get(at, chunk.lots)):
                    if lot is not None and _has(lot, draw):
                        return at, place, lot
        raise NotLying(has)

    def __iter__(self) -> Iterator[Lot]:
        return chain.from_iterable(map(_LOTS, self._chunks))

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, place: int) -> Lot: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Lot, ...]: ...
    def __getitem__(self, place: int | slice) -> Lot | tuple[Lot, ...]:
        if self._chunks and place == 0:
            return self._chunks[0].lots[0]
        if self._chunks and place == -1:
            return self._chunks[-1].lots[-1]
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Lots):
            return self is other or (self._count == other._count and tuple(self) == tuple(other))
        return tuple(self) == other if isinstance(other, tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"Lots.of({list(self)!r})"


_LAST_KEY: Callable[[Chunk], Any] = attrgetter("last_key")
_LOTS: Callable[[Chunk], tuple[Lot, ...]] = attrgetter("lots")


def _has(lot: Lot, draw: Draw) -> bool:
    return (
        lot.lot_id.int == draw.lot_id.int and lot.expires_on == draw.expires_on and lot.points >= draw.points
    )


def _left(
    chunks: tuple[Chunk, ...], left_of: Mapping[int, list[Lot | None]], taken: Mapping[int, int]
) -> tuple[Chunk, ...]:
    """The chunks with what is left of some of them."""
    made = list(chunks)
    for at in sorted(left_of, reverse=True):  # so that the places before it stay
        lots = tuple(filter(None, left_of[at]))
        made[at : at + 1] = [chunks[at].left_with(lots, chunks[at].points - taken[at])] if lots else []
        join_with_next(made, at)
    first = min(left_of, default=0)
    if first:
        join_with_next(made, first - 1)
    return tuple(made)


def _with_less(owned: Map[str, int], place: str, points: int) -> Map[str, int]:
    left = owned[place] - points
    return owned.set(place, left) if left else owned.delete(place)


def _without_day(days: Map[UUID, tuple[date | None, ...]], lot: Lot) -> Map[UUID, tuple[date | None, ...]]:
    rest = tuple(each for each in days[lot.lot_id] if each != lot.expires_on)
    return days.set(lot.lot_id, rest) if rest else days.delete(lot.lot_id)
