"""Posting: the balanced journal entry that each movement makes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from projections.errors import NoPlace
from projections.journal.chart import (
    ADJUSTMENTS,
    BREAKAGE_EXPIRED,
    BREAKAGE_FORFEITED,
    CASH_CLEARING,
    CONVERSION_CLEARING,
    COUPON_LIABILITY,
    HELD_POINTS,
    MEMBER_POINTS,
    OPENING_BALANCE,
    PENDING_POINTS,
    POINTS_EXPENSE,
    REDEMPTION_CLEARING,
    REFUND_CLAIMS,
    SUSPENSE,
    TRANSFER_CLEARING,
)
from projections.journal.post_owed import OWED_ENTRIES
from projections.journal.posting import Posting
from projections.movements import MOVEMENTS, STILL, Fields, parts


class Sides(NamedTuple):
    """An account and what stands against it. ``sign`` +1: the points on the account become more, which is a credit."""

    account: str
    sign: int
    contra: str


# A refund goes back to where its spending went, so its contra stands with that spending.
SIDES: Final[Mapping[str, Sides]] = {
    "accrue": Sides(MEMBER_POINTS, +1, POINTS_EXPENSE),
    "pend": Sides(PENDING_POINTS, +1, POINTS_EXPENSE),
    "confirm": Sides(MEMBER_POINTS, +1, PENDING_POINTS),
    "cancel": Sides(PENDING_POINTS, -1, POINTS_EXPENSE),
    "charge": Sides(MEMBER_POINTS, +1, CASH_CLEARING),
    "cash-out": Sides(MEMBER_POINTS, -1, CASH_CLEARING),
    "claim": Sides(MEMBER_POINTS, -1, REFUND_CLAIMS),
    "claim-settle": Sides(REFUND_CLAIMS, -1, CASH_CLEARING),
    "adjust-up": Sides(MEMBER_POINTS, +1, ADJUSTMENTS),
    "pay": Sides(MEMBER_POINTS, -1, REDEMPTION_CLEARING),
    "exchange": Sides(MEMBER_POINTS, -1, COUPON_LIABILITY),
    "refund": Sides(MEMBER_POINTS, +1, ""),
    "hold": Sides(MEMBER_POINTS, -1, HELD_POINTS),
    "capture": Sides(HELD_POINTS, -1, REDEMPTION_CLEARING),
    "release": Sides(MEMBER_POINTS, +1, HELD_POINTS),
    "transfer-out": Sides(MEMBER_POINTS, -1, TRANSFER_CLEARING),
    "transfer-in": Sides(MEMBER_POINTS, +1, TRANSFER_CLEARING),
    "convert-out": Sides(MEMBER_POINTS, -1, CONVERSION_CLEARING),
    "convert-in": Sides(MEMBER_POINTS, +1, CONVERSION_CLEARING),
    "coupon-redeem": Sides(COUPON_LIABILITY, -1, REDEMPTION_CLEARING),
    "coupon-expire": Sides(COUPON_LIABILITY, -1, BREAKAGE_EXPIRED),
    "expire": Sides(MEMBER_POINTS, -1, BREAKAGE_EXPIRED),
    "forfeit": Sides(MEMBER_POINTS, -1, BREAKAGE_FORFEITED),
    "suspense": Sides(MEMBER_POINTS, -1, SUSPENSE),
    "import": Sides(MEMBER_POINTS, +1, OPENING_BALANCE),
    "import-hold": Sides(MEMBER_POINTS, -1, HELD_POINTS),
    "import-coupon": Sides(COUPON_LIABILITY, +1, OPENING_BALANCE),
}

# What was bought stands against the money that charged it; nobody has given it away.
CONTRA_OF_PAID: Final[Mapping[str, str]] = {POINTS_EXPENSE: CASH_CLEARING}

WENT_TO: Final[Mapping[str, str]] = {
    **{word: SIDES[word].contra for word in ("pay", "exchange", "capture")},
    "import-coupon": COUPON_LIABILITY,
}
"""Movements that a refund can undo, and where their points went."""

SILENT: Final = frozenset({"authorise", "history"})
"""Movements without an entry."""

STAYING: Final = frozenset({"extend"})
"""Movements of points that stay on their account, hence without an entry; their column in the roll-forward is 0."""


def post(topic: str, state: Fields, refunded_from: str | None = None) -> tuple[Posting, ...]:
    """The entry of an event: for each kind and funder, the points and what stands against them.

    The sum is zero for each kind and funder, hence in all; an event that concerns no points posts nothing.
    ``refunded_from`` is the account code that the refunded spending went to. Raises `NoPlace` for a kind of event that
    has none, `BadEvent` for one that does not add up.
    """
    movement = MOVEMENTS.get(topic)
    if movement is None:
        if topic in STILL:
            return ()
        raise NoPlace(topic)
    word = movement.word
    sides = SIDES.get(word)
    if sides is None:
        return () if word in SILENT or word in STAYING else OWED_ENTRIES[word](state)
    moved = parts(movement, state)
    if len(moved) == 1:
        part = moved[0]
        return _pair(sides, part["kind"], part["funder"], part["points"], refunded_from)
    sums: dict[tuple[str, str], int] = {}
    for part in moved:
        owner = (part["kind"], part["funder"])
        sums[owner] = sums.get(owner, 0) + part["points"]
    return tuple(
        line
        for (kind, funder), points in sums.items()
        for line in _pair(sides, kind, funder, points, refunded_from)
    )


def _pair(sides: Sides, kind: str, funder: str, points: int, refunded_from: str | None) -> tuple[Posting, Posting]:
    """Two lines that cancel."""
    contra = refunded_from or sides.contra
    if kind == "paid":
        contra = CONTRA_OF_PAID.get(contra, contra)
    points *= sides.sign
    return Posting(sides.account, kind, funder, -points), Posting(contra, kind, funder, points)
