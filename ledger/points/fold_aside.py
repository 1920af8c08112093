"""How what is set aside changes: pending accruals, holds, coupons, and what a clawback owes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from ledger.errors import ContradictoryHistory
from ledger.points.account import Account, Aside, ClawedBack, HeldPoints, RefundClaim, Spending
from ledger.points.events import (
    AccrualCancelled,
    AccrualConfirmed,
    AccrualPended,
    ClaimSettled,
    ClawbackReturned,
    CouponExpired,
    CouponRedeemed,
    DeficitRepaid,
    HoldAuthorising,
    HoldCaptured,
    HoldReleased,
    PointsAdjustedDown,
    PointsClawedBack,
    PointsHeld,
    RefundClaimed,
)
from ledger.points.fold_priced import with_less_earned, with_priced
from ledger.points.folding import after, given_back, with_draws_back, with_lots, without
from ledger.points.movements import Draw


def _pended(account: Account, event: AccrualPended) -> Account:
    lot = event.lot
    aside = replace(account.aside, pending=account.aside.pending.set(lot.lot_id, lot))
    if event.priced is not None:
        aside = with_priced(aside, lot, event.priced)
    is_contract = event.purchase is not None or event.detail is not None
    return after(
        account,
        event,
        account.open_lots,
        account.open_points,
        pending=lot.points,
        aside=aside,
        contract_at=event.occurred_at if is_contract else None,
    )


def _confirmed(account: Account, event: AccrualConfirmed) -> Account:
    lot = event.lot
    if lot.lot_id not in account.aside.pending:
        raise ContradictoryHistory(event.id, "it confirms an accrual that is not pending")
    aside = replace(account.aside, pending=account.aside.pending.delete(lot.lot_id))
    return with_lots(account, event, (lot,), pending=-lot.points, aside=aside)


def _cancelled(account: Account, event: AccrualCancelled) -> Account:
    pending, cancelled = account.aside.pending, account.aside.cancelled
    for draw in event.draws:
        promised = pending.get(draw.lot_id)
        left = -1 if promised is None else promised.points - draw.points
        if promised is None or left < 0:
            raise ContradictoryHistory(event.id, "it cancels more than is pending")
        if left:
            pending = pending.set(draw.lot_id, promised.part(left, promised.expires_on))
        else:
            pending, cancelled = pending.delete(draw.lot_id), cancelled.set(draw.lot_id, None)
    aside = replace(account.aside, pending=pending, cancelled=cancelled)
    for draw in event.draws:
        aside = with_less_earned(aside, draw.lot_id, draw.points)
    return after(account, event, account.open_lots, account.open_points, pending=-event.points, aside=aside)


def _held(account: Account, event: PointsHeld) -> Account:
    hold = HeldPoints(
        event.id, event.occurred_at, event.points, event.draws, event.cash, event.store, event.times_out_at
    )
    return after(
        account,
        event,
        *without(account, event.id, event.draws),
        held=event.points,
        aside=account.aside.with_hold(hold),
    )


def _authorising(account: Account, event: HoldAuthorising) -> Account:
    hold = replace(_open_hold(account, event.hold_id, event.id), status="authorising")
    return after(account, event, account.open_lots, account.open_points, aside=account.aside.with_hold(hold))


def _captured(account: Account, event: HoldCaptured) -> Account:
    hold = _open_hold(account, event.hold_id, event.id)
    left = hold.points - event.points
    if left < 0:
        raise ContradictoryHistory(event.id, "it captures more than was held")
    spending = Spending(event.id, event.occurred_at, event.points, event.draws, event.cash, is_payment=True)
    hold = replace(hold, status="captured", spending_id=event.id)
    return after(
        account,
        event,
        account.open_lots,
        account.open_points,
        spendings=account.spendings.set(event.id, spending),
        payment_at=event.occurred_at,
        held=-event.points,
        aside=account.aside.with_hold(hold),
    )


def _released(account: Account, event: HoldReleased) -> Account:
    hold = account.aside.holds.get(event.hold_id)
    if hold is None:
        raise ContradictoryHistory(event.id, "it releases a hold that was never placed")
    if event.cause != "rest":
        hold = replace(_open_hold(account, event.hold_id, event.id), status="released")
    return with_draws_back(
        account, event, event.draws, held=-event.points, aside=account.aside.with_hold(hold)
    )


def _clawed_back(account: Account, event: PointsClawedBack) -> Account:
    terms = account.lots.get(event.accrual_id)
    if terms is None:
        raise ContradictoryHistory(event.id, "it claws back what was never earned")
    before = account.aside.clawed.get(event.accrual_id) or ClawedBack(terms.funder, 0)
    taken = event.points + event.lapsed + event.owed + event.offset + event.dropped
    now = replace(
        before,
        points=before.points + taken,
        lapsed=before.lapsed + event.lapsed,
        owed=before.owed + event.owed,
        stand_ins=before.stand_ins + _of_others(event.draws, event.accrual_id),
        at=max(before.at, event.occurred_at),
    )
    return after(
        account,
        event,
        *without(account, event.id, event.draws),
        deficit=event.owed,
        aside=with_less_earned(_with_clawback(account.aside, event.accrual_id, now), event.accrual_id, taken),
    )


def _adjusted_down(account: Account, event: PointsAdjustedDown) -> Account:
    aside = account.aside
    if event.owed:
        aside = _with_clawback(aside, event.id, _owed(event))
    return after(account, event, *without(account, event.id, event.draws), deficit=event.owed, aside=aside)


def _repaid(account: Account, event: DeficitRepaid) -> Account:
    aside, draws = account.aside, list(event.draws)
    for each in event.repaid:
        clawed = aside.clawed.get(each.owed_by)
        if clawed is None or clawed.owed < each.points:
            raise ContradictoryHistory(event.id, "it repays more than is owed")
        covering = _first(draws, each.points, event.id)
        now = replace(
            clawed,
            owed=clawed.owed - each.points,
            stand_ins=clawed.stand_ins + _of_others(covering, each.owed_by),
            at=max(clawed.at, event.occurred_at),
        )
        aside = _with_clawback(aside, each.owed_by, now)
    return after(
        account, event, *without(account, event.id, event.draws), deficit=-event.points, aside=aside
    )


def _clawback_returned(account: Account, event: ClawbackReturned) -> Account:
    clawed = account.aside.clawed.get(event.accrual_id)
    if clawed is None or sum(each.points for each in clawed.stand_ins) < event.points:
        raise ContradictoryHistory(event.id, "it gives back more than other lots stood in for")
    now = replace(clawed, stand_ins=_without_last(clawed.stand_ins, event.points))
    lots, points = without(account, event.id, event.draws)
    lots = given_back(account, event.id, event.given, lots)
    aside = _with_clawback(account.aside, event.accrual_id, now)
    aside = replace(aside, returns=aside.returns.with_return(event.occurred_at, event.given))
    return after(account, event, lots, points + event.points, aside=aside, returned_at=event.occurred_at)


def _claimed(account: Account, event: RefundClaimed) -> Account:
    claims = account.aside.claims.set(event.id, RefundClaim(event.occurred_at, event.points, event.draws, event.money))
    return after(
        account,
        event,
        *without(account, event.id, event.draws),
        aside=replace(account.aside, claims=claims),
        payment_at=event.occurred_at,
    )


def _claim_settled(account: Account, event: ClaimSettled) -> Account:
    claim = account.aside.claims.get(event.claim_id)
    if claim is None or claim.is_settled:
        raise ContradictoryHistory(event.id, "it settles a claim that is not open")
    claims = account.aside.claims.set(event.claim_id, replace(claim, is_settled=True))
    aside = replace(account.aside, claims=claims)
    return after(account, event, account.open_lots, account.open_points, aside=aside, payment_at=event.occurred_at)


def _redeemed(account: Account, event: CouponRedeemed) -> Account:
    return _coupon_is(account, event, "redeemed")


def _coupon_expired(account: Account, event: CouponExpired) -> Account:
    return _coupon_is(account, event, "expired")


def _coupon_is(account: Account, event: Any, status: Any) -> Account:
    spending = account.spendings.get(event.spending_id)
    if spending is None or spending.coupon is None or spending.coupon.status != "issued":
        raise ContradictoryHistory(event.id, "it closes a coupon that is not open")
    spending = replace(spending, coupon=replace(spending.coupon, status=status))
    return after(
        account,
        event,
        account.open_lots,
        account.open_points,
        spendings=account.spendings.set(spending.spending_id, spending),
        contract_at=event.occurred_at,
        aside=account.aside.with_coupon_of(spending),
    )


def _open_hold(account: Account, hold_id: UUID, event_id: UUID) -> HeldPoints:
    hold = account.aside.holds.get(hold_id)
    if hold is None or not hold.is_open:
        raise ContradictoryHistory(event_id, "its hold is not open")
    return hold


def _with_clawback(aside: Aside, owed_by: UUID, clawed: ClawedBack) -> Aside:
    owing = aside.owing
    if clawed.owed and owed_by not in owing:
        owing = (*owing, owed_by)
    elif not clawed.owed and owed_by in owing:
        owing = tuple(each for each in owing if each != owed_by)
    return replace(aside, clawed=aside.clawed.set(owed_by, clawed), owing=owing)


def _owed(event: PointsAdjustedDown) -> ClawedBack:
    return ClawedBack(event.funder, event.owed, owed=event.owed, at=event.occurred_at)


def _of_others(draws: tuple[Draw, ...], lot_id: UUID) -> tuple[Draw, ...]:
    return tuple(draw for draw in draws if draw.lot_id != lot_id)


def _first(draws: list[Draw], points: int, event_id: UUID) -> tuple[Draw, ...]:
    """Take the draws that make up so many points from the list."""
    taken: list[Draw] = []
    while points > 0 and draws:
        taken.append(draws.pop(0))
        points -= taken[-1].points
    if points:
        raise ContradictoryHistory(event_id, "its draws are not those of what it repays")
    return tuple(taken)


def _without_last(draws: tuple[Draw, ...], points: int) -> tuple[Draw, ...]:
    """The draws without so many points at their end."""
    left = list(draws)
    while points:
        last = left.pop()
        if last.points > points:
            left.append(replace(last, points=last.points - points))
            break
        points -= last.points
    return tuple(left)


FOLDS: Mapping[type[Any], Callable[[Account, Any], Account]] = {
    AccrualPended: _pended,
    AccrualConfirmed: _confirmed,
    AccrualCancelled: _cancelled,
    PointsHeld: _held,
    HoldAuthorising: _authorising,
    HoldCaptured: _captured,
    HoldReleased: _released,
    PointsClawedBack: _clawed_back,
    PointsAdjustedDown: _adjusted_down,
    DeficitRepaid: _repaid,
    ClawbackReturned: _clawback_returned,
    CouponRedeemed: _redeemed,
    CouponExpired: _coupon_expired,
    RefundClaimed: _claimed,
    ClaimSettled: _claim_settled,
}
