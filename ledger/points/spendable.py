"""What of an account may be spent at an instant: counted without being walked, and walked as far as one wants."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta

from ledger.points.account import Account
from ledger.points.lot_chunk import NEVER, Nature, nature_of
from ledger.points.lots import Piece
from ledger.points.movements import Kind, Lot
from ledger.points.returns import Part

Wanted = Callable[[Nature], bool]

NOTHING_LATER: Mapping[Part, int] = {}


class Spendable:
    """Lots that may be spent at the instant, which falls on the day, in spending order; it may be walked repeatedly.

    What came back after the instant is not among them: as of the days between, the account would have less than
    nothing. ``redeemer``: without lots that may be spent at other places alone.
    """

    __slots__ = ("_account", "_at", "_day", "_is_all", "_later", "_lots", "_wanted")

    def __init__(self, account: Account, at: datetime, day: date, wanted: Wanted | None = None) -> None:
        self._account, self._at = account, at
        self._lots, self._wanted = account.open_lots, wanted
        self._later = account.aside.returns.points_after(at) if at < account.returned_at else NOTHING_LATER
        # From the first day on where nothing is past its day: most accounts are swept.
        self._day = day if account.open_lots.are_past(day) else date.min
        self._is_all = (
            self._day == date.min and wanted is None and not self._later and at >= account.all_usable_at
        )

    def __iter__(self) -> Iterator[Lot]:
        return iter(self._lots) if self._is_all else self._chosen()

    def where(self, wanted: Wanted) -> "Spendable":
        """Those of which kind, funder and own use are wanted as well."""
        before = self._wanted
        both = wanted if before is None else lambda nature: before(nature) and wanted(nature)
        made = Spendable.__new__(Spendable)
        made._account, made._at, made._day, made._lots = self._account, self._at, self._day, self._lots
        made._later, made._wanted, made._is_all = self._later, both, False
        return made

    def of_kind(self, kind: Kind) -> "Spendable":
        """Free ones, or those that were bought."""
        return self.where(lambda nature: nature[0] == kind)

    def points(self) -> int:
        """The sum of their points, of what is wanted by its own use at most: the rest is told by `sum`."""
        if self._is_all:
            return self._account.open_points
        at, points = self._at, self._account.open_points
        if self._wanted is not None:
            points -= sum(each for place, each in self._lots.owned.items() if not self._wanted(("free", "", place)))
        if self._day > date.min:
            points -= sum(self._sum(piece, usable=True) for piece in self._lots.by_day(date.min, self._day))
        if at < self._account.all_usable_at:
            points -= sum(
                self._sum(piece, usable=False) for piece in self._lots.by_day(self._day) if piece[0].usable_to > at
            )
        return points - sum(min(back, lot.points) for lot, back in self._came_later())

    def next_expiry(self) -> tuple[date | None, int]:
        """The soonest last day, and the points of it; None where none of them expires."""
        if self._is_all and self._lots.has_one_rank:
            return self._lots.soonest()
        firsts = [first for run in self._lots.runs(self._day) for first in self._first(*run)]
        soonest = min((lot.expires_on for lot in firsts if lot.expires_on is not None), default=None)
        if soonest is None:
            return None, 0
        before = soonest + timedelta(days=1) if soonest < NEVER else None
        points = 0
        for chunk, start, stop in self._lots.by_day(soonest, before):
            if self._later or self._wanted is not None or chunk.usable_to > self._at:
                points += sum(lot.points for lot in self._in((chunk, start, stop)))
            elif stop - start == len(chunk.lots):
                points += chunk.points
            else:
                points += sum([lot.points for lot in chunk.lots[start:stop]])
        return soonest, points

    def _chosen(self) -> Iterator[Lot]:
        for piece in self._lots.by_day(self._day):
            yield from self._in(piece)

    def _in(self, piece: Piece) -> Iterator[Lot]:
        chunk, start, stop = piece
        at, wanted, later = self._at, self._wanted, self._later
        if chunk.usable_from > at or (wanted is not None and not any(map(wanted, chunk.natures))):
            return
        for lot in chunk.lots[start:stop]:
            if lot.usable_at > at or (wanted is not None and not wanted(nature_of(lot))):
                continue
            back = later.get((lot.lot_id, lot.expires_on), 0) if later else 0
            if not back:
                yield lot
            elif back < lot.points:
                yield lot.part(lot.points - back, lot.expires_on)

    def _first(self, start: tuple[int, int], stop: tuple[int, int]) -> Iterator[Lot]:
        for piece in self._lots.pieces(start, stop):
            for lot in self._in(piece):
                yield lot
                return

    def _sum(self, piece: Piece, *, usable: bool) -> int:
        """The points of wanted ones, also or only of those that are not usable yet."""
        chunk, start, stop = piece
        at, wanted = self._at, self._wanted
        is_whole = stop - start == len(chunk.lots) and (wanted is None or all(map(wanted, chunk.natures)))
        if is_whole and (usable or chunk.usable_from > at):
            return chunk.points
        return sum(
            lot.points
            for lot in chunk.lots[start:stop]
            if (usable or lot.usable_at > at) and (wanted is None or wanted(nature_of(lot)))
        )

    def _came_later(self) -> Iterator[tuple[Lot, int]]:
        for (lot_id, expires_on), back in self._later.items():
            lot = self._lots.part_of(self._account.lots[lot_id], expires_on)
            if lot is None or lot.usable_at > self._at or (expires_on or NEVER) < self._day:
                continue
            if self._wanted is None or self._wanted(nature_of(lot)):
                yield lot, back
