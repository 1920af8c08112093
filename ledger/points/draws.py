"""Drawing points from lots, and how draws are made."""

from collections.abc import Iterable
from itertools import chain

from ledger.points.movements import Draw, Lot
from ledger.points.program import Program, SpendingOrder
from ledger.points.spendable import Spendable


def in_order(lots: Spendable, order: SpendingOrder) -> Iterable[Lot]:
    """The lots as the program spends them; they come expiring first, and within a kind that order stays."""
    return chain(lots.of_kind("free"), lots.of_kind("paid")) if order == "free_first" else lots


def draw(lots: Iterable[Lot], points: int, program: Program, redeemer: str | None = None) -> tuple[Draw, ...]:
    """Take points from the lots in their order, which have at least as many."""
    draws: list[Draw] = []
    wanted = points
    for lot in lots:
        taken = lot.points if lot.points < wanted else wanted
        draws.append(
            Draw(
                lot.lot_id,
                taken,
                lot.kind,
                lot.funder,
                lot.expires_on,
                redeemer,
                # Nobody pays itself: a partner that takes its own points back is compensated nothing.
                0 if redeemer is None or redeemer == lot.funder else taken * program.unit_value,
            )
        )
        wanted -= taken
        if not wanted:
            return tuple(draws)
    raise AssertionError(f"{wanted} of {points} points were not in the lots that were counted")


def draw_all(lots: Iterable[Lot]) -> tuple[Draw, ...]:
    """Everything that is left in the lots, taken by nobody: points that expire or are forfeited."""
    return tuple(map(drawn, lots))


def drawn(lot: Lot) -> Draw:
    """Everything that is in the lot, taken by nobody."""
    return Draw(lot.lot_id, lot.points, lot.kind, lot.funder, lot.expires_on)


def plain(draw: Draw, points: int) -> Draw:
    """So many points of the same lot and last day, taken by nobody."""
    return Draw(draw.lot_id, points, draw.kind, draw.funder, draw.expires_on)


def total(draws: Iterable[Draw]) -> int:
    """The sum of the points drawn."""
    return sum(each.points for each in draws)
