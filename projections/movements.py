"""How each kind of event moves points: one word, its Korean, its sign. What is not here moves nothing.

Every read model asks this table, and every topic that the ledger writes stands in exactly one of the two; a new kind of
event without its place stops the runner and fails the build.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from projections.errors import BadEvent

Fields = Mapping[str, Any]


class Movement(NamedTuple):
    """``sign`` is what the movement does to the member's points."""

    word: str
    title: str
    sign: int
    makes_lot: bool = False


ACCRUE: Final = Movement("accrue", "적립", +1, makes_lot=True)
PAY: Final = Movement("pay", "사용", -1)
EXCHANGE: Final = Movement("exchange", "교환", -1)
REFUND: Final = Movement("refund", "사용취소", +1)
EXPIRE: Final = Movement("expire", "기간만료 소멸", -1)
FORFEIT: Final = Movement("forfeit", "탈퇴 소멸", -1)

MOVEMENTS: Final[Mapping[str, Movement]] = {
    "points.accrued.v1": ACCRUE,
    "points.paid.v1": PAY,
    "points.exchanged.v1": EXCHANGE,
    "points.refunded.v1": REFUND,
    "points.expired.v1": EXPIRE,
    "points.forfeited.v1": FORFEIT,
}

STILL: Final = frozenset(
    {
        "points.program-defined.v1",
        "points.partner-defined.v1",
        "points.expiry-noticed.v1",
        "points.account-opened.v1",
        "points.account-left.v1",
        "members.joined.v1",
        "members.left.v1",
        "members.erasure-requested.v1",
        "members.erased.v1",
        "members.keys-destroyed.v1",
        "members.legal-hold-placed.v1",
        "members.legal-hold-released.v1",
        "members.legal-hold-destroyed.v1",
        "index.key-issued.v1",
        "index.key-destroyed.v1",
        "retention.period-closed.v1",
        "retention.period-destroyed.v1",
    }
)
"""Events that move no points."""

BY_WORD: Final[Mapping[str, Movement]] = {movement.word: movement for movement in MOVEMENTS.values()}


def parts(movement: Movement, state: Fields) -> Sequence[Fields]:
    """What was moved, by lot: the new lot itself, or the draws. Each has lot_id, points, kind, funder, expires_on.

    Raises `BadEvent` when they do not add up to what the event says it moved.
    """
    moved: Sequence[Fields] = (state["lot"],) if movement.makes_lot else state["draws"]
    total = 0
    for part in moved:
        points = part["points"]
        if points <= 0:
            raise BadEvent(f"{movement.word} of {points} points of one lot")
        total += points
    if total == 0 or (not movement.makes_lot and total != state["points"]):
        raise BadEvent(f"{movement.word} of {state.get('points', total)} points, but its lots say {total}")
    return moved
