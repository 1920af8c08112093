"""What came to lots later than it was earned: asked as of an earlier day, it was not there."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from uuid import UUID

from ledger.points.movements import Draw

RETURNS_A_CHUNK_MAX = 128
"""About the root of how often points come back in a long life; see `Lots`."""

Part = tuple[UUID, date | None]
"""Lot and last day, which together name points."""


@dataclass(frozen=True, slots=True)
class Return:
    """Points that came to their lots later than they were earned, and when."""

    at: datetime
    draws: tuple[Draw, ...]


@dataclass(frozen=True, slots=True)
class Returns:
    """All that ever came back, in the order of when; what came back at one instant, in the order of the events."""

    chunks: tuple[tuple[Return, ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.chunks)

    def __iter__(self) -> Iterator[Return]:
        return chain.from_iterable(self.chunks)

    def with_return(self, at: datetime, draws: tuple[Draw, ...]) -> "Returns":
        """With one more, which is the latest as a rule."""
        chunks, place = self.chunks, len(self.chunks) - 1
        while place > 0 and chunks[place][0].at > at:
            place -= 1
        if place < 0:
            return Returns(((Return(at, draws),),))
        chunk = chunks[place]
        if len(chunk) == RETURNS_A_CHUNK_MAX and place == len(chunks) - 1 and chunk[-1].at <= at:
            return Returns((*chunks, (Return(at, draws),)))
        where = bisect_right(chunk, at, key=lambda each: each.at)
        chunk = (*chunk[:where], Return(at, draws), *chunk[where:])
        half = len(chunk) // 2 if len(chunk) > RETURNS_A_CHUNK_MAX else len(chunk)
        return Returns((*chunks[:place], chunk[:half], *(chunk[half:],) * (half < len(chunk)), *chunks[place + 1 :]))

    def later_than(self, at: datetime) -> Iterator[Return]:
        """Those after the instant, the latest first."""
        for chunk in reversed(self.chunks):
            for back in reversed(chunk):
                if back.at <= at:
                    return
                yield back

    def with_days(self, had: Sequence[Draw], has: Sequence[Draw]) -> "Returns":
        """Points of parts that got other last days, as many as are told, are known by these; the latest back first.

        Else a payment of a day before they came back could be made of them.
        """
        left = {(each.lot_id, each.expires_on): each.points for each in had}
        days = {(old.lot_id, old.expires_on): new.expires_on for old, new in zip(had, has, strict=True)}

        def moved(back: Return) -> Return:
            draws: list[Draw] = []
            for draw in back.draws:
                place = (draw.lot_id, draw.expires_on)
                here = min(draw.points, left.get(place, 0))
                if here:
                    left[place] -= here
                    draws.append(replace(draw, points=here, expires_on=days[place]))
                if draw.points > here:
                    draws.append(replace(draw, points=draw.points - here) if here else draw)
            return replace(back, draws=tuple(draws))

        chunks = [tuple([moved(back) for back in reversed(chunk)][::-1]) for chunk in reversed(self.chunks)]
        return Returns(tuple(reversed(chunks)))

    def points_after(self, at: datetime) -> dict[Part, int]:
        """How many points came back after the instant."""
        later: dict[Part, int] = {}
        for back in self.later_than(at):
            for draw in back.draws:
                place = (draw.lot_id, draw.expires_on)
                later[place] = later.get(place, 0) + draw.points
        return later
