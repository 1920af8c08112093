"""What rules have earned: by which rule each lot came, which lots an order earned, and what counts against the caps."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from immutables import Map

from ledger.points.account import Aside
from ledger.points.movements import Lot, Priced


def with_priced(aside: Aside, lot: Lot, priced: Priced) -> Aside:
    """With a lot that a rule earned."""
    lots = aside.orders.get(priced.order_id, ())
    return replace(
        aside,
        priced=aside.priced.set(lot.lot_id, priced),
        orders=aside.orders.set(priced.order_id, (*lots, lot.lot_id)),
        earned=_counted(aside.earned, priced, lot.points),
    )


def with_less_earned(aside: Aside, lot_id: UUID, points: int) -> Aside:
    """With so many points of a lot taken back, if a rule earned it: the caps have room for them again."""
    priced = aside.priced.get(lot_id)
    return aside if priced is None else replace(aside, earned=_counted(aside.earned, priced, -points))


def _counted(
    earned: Map[tuple[str, date | None], int], priced: Priced, points: int
) -> Map[tuple[str, date | None], int]:
    for place in ((priced.rule, priced.day), (priced.rule, None)):
        earned = earned.set(place, earned.get(place, 0) + points)
    return earned
