"""Points that come in pay first what the account owes; and undoing a spending undoes what its clawback took instead.

A clawback that came before the refund of what was spent found the points of its accrual gone: it took others in their
stead, or left a deficit. When the points come back to their lot they are the clawback's: they pay its deficit, then
give back what stood in for them. What is left, and whatever else comes in and is free, pays other deficits, the oldest
first. Points that come *back* pay no further than a clawback would have reached, had it found them: so either order of
undoing ends in one state. All of it occurs no earlier than the clawback that it settles.
"""

from collections.abc import Sequence
from datetime import date

from ledger.calendar import day_of, zone_of
from ledger.points.account import ClawedBack
from ledger.points.activity import revived
from ledger.points.draft import Draft
from ledger.points.draws import plain, total
from ledger.points.events import (
    ClawbackReturned,
    DeficitRepaid,
    PointsExpired,
    PointsMovedToSuspense,
    RefundClaimed,
)
from ledger.points.movements import Draw, Repaid


def settle(draft: Draft, came: Sequence[Draw], *, came_back: bool = False) -> None:
    """Add what follows from points that came in: debts paid, stand-ins given back, what is past its day expired.

    ``came_back``: they had been there before, as after a refund or a release. Into an account that was left nothing
    comes for good: what was bought becomes a claim, the rest goes to its funder's suspense account.
    """
    if draft.account.aside.stretches:
        came = revived(draft, came)
    back = _own(draft, list(came)) if draft.account.aside.clawed else list(came)
    if draft.account.aside.owing:
        _others(draft, back, same_funder=came_back and draft.program.clawback_reach == "same_funder")
    _expire(draft, back)
    if draft.account.status == "left":
        _after_leaving(draft, _still_there(draft, back))


def _after_leaving(draft: Draft, rest: tuple[Draw, ...]) -> None:
    bought = tuple(draw for draw in rest if draw.kind == "paid")
    free = tuple(draw for draw in rest if draw.kind == "free")
    if bought:
        money, _ = draft.program.paid_out(total(bought))
        draft.add(RefundClaimed, points=total(bought), draws=bought, money=money)
    if free:
        draft.add(PointsMovedToSuspense, points=total(free), draws=free)


def _own(draft: Draft, queue: list[Draw]) -> list[Draw]:
    """Points back in a lot that was clawed back are the clawback's. Returns what is left of all that came."""
    left: list[Draw] = []
    while queue:
        draw = queue.pop(0)
        clawed = draft.account.aside.clawed.get(draw.lot_id)
        if clawed is not None and draw.kind == "free":
            draw = _pay_own(draft, draw, clawed)
            draw, given = _give_back(draft, draw)
            queue += given
        if draw.points:
            left.append(draw)
    return left


def _pay_own(draft: Draft, draw: Draw, clawed: ClawedBack) -> Draw:
    points = min(draw.points, clawed.owed)
    if points:
        draft.lift(clawed.at)
        repaid = (Repaid(draw.lot_id, clawed.funder, points),)
        draft.add(DeficitRepaid, points=points, draws=(plain(draw, points),), repaid=repaid)
    return plain(draw, draw.points - points)


def _give_back(draft: Draft, draw: Draw) -> tuple[Draw, list[Draw]]:
    """The draw less what took the place of stand-ins, and the stand-ins, the last taken first."""
    clawed = draft.account.aside.clawed[draw.lot_id]
    stand_ins = clawed.stand_ins
    points = min(draw.points, total(stand_ins))
    if not points:
        return draw, []
    draft.lift(clawed.at)
    given: list[Draw] = []
    wanted = points
    for each in reversed(stand_ins):
        part = min(each.points, wanted)
        given.append(plain(each, part))
        wanted -= part
        if not wanted:
            break
    taken = (plain(draw, points),)
    draft.add(ClawbackReturned, accrual_id=draw.lot_id, points=points, draws=taken, given=tuple(given))
    if draft.account.aside.stretches:
        given = revived(draft, given)
    return plain(draw, draw.points - points), given


def _others(draft: Draft, came: list[Draw], *, same_funder: bool) -> None:
    """Other deficits, out of free points that have not expired. Changes the list to what is left."""
    owed = [(each, draft.account.aside.clawed[each]) for each in draft.account.aside.owing]
    draws: list[Draw] = []
    repaid: list[Repaid] = []
    at, zone = draft.at, zone_of(draft.program.zone)
    for owed_by, clawed in owed:
        wanted = clawed.owed
        today = day_of(max(at, clawed.at), zone)
        for place, draw in enumerate(came):
            if not wanted:
                break
            if draw.kind != "free" or _is_past(draw, today) or not draw.points:
                continue
            if same_funder and draw.funder != clawed.funder:
                continue
            part = min(draw.points, wanted)
            draws.append(plain(draw, part))
            came[place] = plain(draw, draw.points - part)
            wanted -= part
        if wanted < clawed.owed:
            at = max(at, clawed.at)
            repaid.append(Repaid(owed_by, clawed.funder, clawed.owed - wanted))
    if draws:
        draft.lift(at)
        draft.add(DeficitRepaid, points=total(draws), draws=tuple(draws), repaid=tuple(repaid))


def _expire(draft: Draft, back: list[Draw]) -> None:
    today = draft.today
    gone = tuple(draw for draw in _still_there(draft, back) if _is_past(draw, today))
    if gone:
        draft.add(PointsExpired, as_of=today, points=total(gone), draws=gone)


def _still_there(draft: Draft, back: Sequence[Draw]) -> tuple[Draw, ...]:
    """What came and lies in the lots, each lot and last day once."""
    account = draft.account
    found: dict[tuple[object, date | None], Draw] = {}
    for draw in back:
        place = (draw.lot_id, draw.expires_on)
        before = found[place].points if place in found else 0
        lying = account.open_lots.part_of(account.lots[draw.lot_id], draw.expires_on)
        points = 0 if lying is None else min(before + draw.points, lying.points)
        if points:
            found[place] = plain(draw, points)
    return tuple(found.values())


def _is_past(draw: Draw, today: date) -> bool:
    return draw.expires_on is not None and draw.expires_on < today
