"""Posting: the balanced journal entry that each movement makes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from projections.errors import NoPlace
from projections.journal.chart import (
    BREAKAGE_EXPIRED,
    BREAKAGE_FORFEITED,
    CASH_CLEARING,
    COUPON_LIABILITY,
    MEMBER_POINTS,
    POINTS_EXPENSE,
    REDEMPTION_CLEARING,
)
from projections.movements import MOVEMENTS, STILL, Fields, parts


class Posting(NamedTuple):
    """One line of an entry: debit positive, credit negative. ``funder`` pays for the points and stays with them."""

    account_code: str
    kind: str
    funder: str
    points: int


# What stands against the member's points. A refund goes back to where its spending went, so it has no line here;
# an accrual of paid points stands against the money that charged them.
CONTRA: Final[Mapping[str, str]] = {
    "accrue": POINTS_EXPENSE,
    "pay": REDEMPTION_CLEARING,
    "exchange": COUPON_LIABILITY,
    "expire": BREAKAGE_EXPIRED,
    "forfeit": BREAKAGE_FORFEITED,
}
CONTRA_OF_PAID: Final[Mapping[str, str]] = {**CONTRA, "accrue": CASH_CLEARING}

SPENDINGS: Final = frozenset({"pay", "exchange"})
"""Movements that a refund can undo."""


def post(topic: str, state: Fields, refunded_from: str | None = None) -> tuple[Posting, ...]:
    """The entry of an event: for each kind and funder, the member's points and what stands against them.

    The sum is zero for each kind and funder, hence in all. ``refunded_from`` is the account code that the refunded
    spending went to. Raises `NoPlace` for a kind of event that has none, `BadEvent` for one that does not add up.
    """
    movement = MOVEMENTS.get(topic)
    if movement is None:
        if topic in STILL:
            return ()
        raise NoPlace(topic)
    moved = parts(movement, state)
    if len(moved) == 1:
        part = moved[0]
        return _pair(movement.word, part["kind"], part["funder"], movement.sign * part["points"], refunded_from)
    sums: dict[tuple[str, str], int] = {}
    for part in moved:
        owner = (part["kind"], part["funder"])
        sums[owner] = sums.get(owner, 0) + part["points"]
    return tuple(
        line
        for (kind, funder), points in sums.items()
        for line in _pair(movement.word, kind, funder, movement.sign * points, refunded_from)
    )


def _pair(word: str, kind: str, funder: str, points: int, refunded_from: str | None) -> tuple[Posting, Posting]:
    """Two lines that cancel; more points for the member are a credit."""
    contra = refunded_from or (CONTRA_OF_PAID if kind == "paid" else CONTRA)[word]
    return Posting(MEMBER_POINTS, kind, funder, -points), Posting(contra, kind, funder, points)
