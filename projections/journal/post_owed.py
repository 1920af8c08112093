"""Entries of what is taken back from whom it may not have come: clawbacks, adjustments, and what repays them. Pure.

Where another funder's points stand in, that funder no longer has to honour them and owes as much to the funder whose
points are gone: `partner_payable` of the one, `partner_receivable` of the other. So each funder's lines still cancel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from projections.errors import BadEvent
from projections.journal.chart import (
    ADJUSTMENTS,
    CASH_CLEARING,
    DEFICITS,
    MEMBER_POINTS,
    PARTNER_PAYABLE,
    PARTNER_RECEIVABLE,
    POINTS_EXPENSE,
)
from projections.journal.posting import Entry, Posting
from projections.movements import ADJUST_DOWN, CLAWBACK, CLAWBACK_RETURN, REPAY, Fields, owed_by, parts


def _claw_back(state: Fields) -> tuple[Posting, ...]:
    """The expense of the accrual is undone, as far as the points, a debt or the caller's money make it good.

    What had lapsed before stays what it became, breakage; what was dropped stays an expense.
    """
    entry, funder = Entry(), state["funder"]
    for draw in parts(CLAWBACK, state):
        _take(entry, draw, funder, POINTS_EXPENSE)
    for owed_to, points in owed_by(CLAWBACK, state):
        entry.move(DEFICITS, POINTS_EXPENSE, "free", owed_to, points)
    if state["offset"] < 0:
        raise BadEvent(f"clawback leaves {state['offset']} points to offset")
    entry.move(CASH_CLEARING, POINTS_EXPENSE, "free", funder, state["offset"])
    return entry.lines()


def _adjust_down(state: Fields) -> tuple[Posting, ...]:
    entry = Entry()
    for draw in parts(ADJUST_DOWN, state):
        _take(entry, draw, state["funder"], ADJUSTMENTS)
    for owed_to, points in owed_by(ADJUST_DOWN, state):
        entry.move(DEFICITS, ADJUSTMENTS, "free", owed_to, points)
    return entry.lines()


def _repay(state: Fields) -> tuple[Posting, ...]:
    """Draws and debts come in one order: the draws of each debt are those that cover it."""
    entry = Entry()
    left = list(parts(REPAY, state))
    for owed_to, repaid in owed_by(REPAY, state):
        wanted = -repaid
        while wanted:
            draw = left.pop(0)
            part = min(draw["points"], wanted)
            _take(entry, {**draw, "points": part}, owed_to, DEFICITS)
            wanted -= part
            if part < draw["points"]:
                left.insert(0, {**draw, "points": draw["points"] - part})
    return entry.lines()


def _clawback_return(state: Fields) -> tuple[Posting, ...]:
    """Points that are back where they were earned take the place of what stood in for them, which is given back."""
    entry = Entry()
    own = parts(CLAWBACK_RETURN, state)
    if len({(draw["lot_id"], draw["kind"], draw["funder"]) for draw in own}) != 1:
        raise BadEvent("clawback-return takes from several lots")
    kind, funder = own[0]["kind"], own[0]["funder"]
    for given in state["given"]:
        _give(entry, given, kind, funder)
    return entry.lines()


def _take(entry: Entry, draw: Fields, funder: str, contra: str) -> None:
    """Points of a lot for whom they are owed to."""
    kind, giver, points = draw["kind"], draw["funder"], draw["points"]
    if giver == funder:
        entry.move(MEMBER_POINTS, contra, kind, funder, points)
    else:
        entry.move(MEMBER_POINTS, PARTNER_PAYABLE, kind, giver, points)
        entry.move(PARTNER_RECEIVABLE, contra, kind, funder, points)


def _give(entry: Entry, given: Fields, kind: str, funder: str) -> None:
    """The reverse, out of points of the funder's own."""
    giver, points = given["funder"], given["points"]
    if giver != funder:
        entry.move(PARTNER_PAYABLE, MEMBER_POINTS, given["kind"], giver, points)
        entry.move(MEMBER_POINTS, PARTNER_RECEIVABLE, kind, funder, points)
    # Within one funder points change their lot, not their owner.


OWED_ENTRIES: Final[Mapping[str, Callable[[Fields], tuple[Posting, ...]]]] = {
    "clawback": _claw_back,
    "adjust-down": _adjust_down,
    "repay": _repay,
    "clawback-return": _clawback_return,
}
