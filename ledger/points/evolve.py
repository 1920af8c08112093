"""How an account changes by what has happened. Decides nothing and refuses nothing but a contradictory history."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

from ledger.errors import ContradictoryHistory
from ledger.points import fold_aside, fold_imported, fold_validity
from ledger.points.account import Account, Aside, Coupon, Spending, Status
from ledger.points.commands import AccountSlots
from ledger.points.events import (
    AccountClaimed,
    AccountEvent,
    AccountFrozen,
    AccountLeft,
    AccountOpened,
    AccountReinstated,
    AccountSuspended,
    KeyBarred,
    PointsAccrued,
    PointsAdjustedUp,
    PointsCashedOut,
    PointsCharged,
    PointsConvertedIn,
    PointsConvertedOut,
    PointsExchanged,
    PointsExpired,
    PointsForfeited,
    PointsMovedToSuspense,
    PointsPaid,
    PointsReceived,
    PointsRefunded,
    PointsSent,
)
from ledger.points.fold_priced import with_priced
from ledger.points.folding import after, with_draws_back, with_lots, without


def evolve(account: Account | None, event: AccountEvent) -> Account:
    """The account after the event; None is an account before its first. Raises `ContradictoryHistory`."""
    if account is None:
        if not isinstance(event, AccountOpened):
            raise ContradictoryHistory(event.id, "nothing happens to an account before it is opened")
        return _opened(event)
    return FOLDS[type(event)](account, event)


def _opened(event: AccountOpened) -> Account:
    slots = AccountSlots(event.membership_slot, event.contract_slot, event.payment_slot)
    return Account(event.account_id, event.program, event.holder, slots, latest_at=event.occurred_at)


def _opened_twice(_: Account, event: AccountOpened) -> Account:
    raise ContradictoryHistory(event.id, "an account is opened once")


def _accrued(account: Account, event: PointsAccrued) -> Account:
    # Only points that a purchase earned belong to a contract's records; a gift of the programme is no contract.
    is_contract = event.purchase is not None or event.detail is not None
    aside = account.aside if event.priced is None else with_priced(account.aside, event.lot, event.priced)
    contract_at = event.occurred_at if is_contract else None
    return with_lots(account, event, (event.lot,), contract_at=contract_at, aside=aside)


def _charged(account: Account, event: PointsCharged) -> Account:
    return with_lots(account, event, (event.lot,), payment_at=event.occurred_at)


def _adjusted_up(account: Account, event: PointsAdjustedUp) -> Account:
    return with_lots(account, event, (event.lot,))


def _received(account: Account, event: PointsReceived) -> Account:
    aside = fold_validity.with_gifts(account.aside, event) if event.dated else account.aside
    return with_lots(account, event, event.lots, aside=aside)


def _converted(account: Account, event: PointsConvertedIn) -> Account:
    return with_lots(account, event, event.lots)


def _spent(account: Account, event: PointsPaid | PointsExchanged) -> Account:
    is_payment = isinstance(event, PointsPaid)
    cash = event.cash if isinstance(event, PointsPaid) else None
    coupon = Coupon(event.coupon_id, event.expires_on) if isinstance(event, PointsExchanged) else None
    spending = Spending(event.id, event.occurred_at, event.points, event.draws, cash, is_payment, coupon)
    late = getattr(event, "late_for", None)
    aside = account.aside if late is None else _captured_late(account, late, event.id)
    return after(
        account,
        event,
        *without(account, event.id, event.draws),
        spendings=account.spendings.set(event.id, spending),
        contract_at=None if is_payment else event.occurred_at,
        payment_at=event.occurred_at if is_payment else None,
        aside=aside.with_coupon_of(spending),
    )


def _captured_late(account: Account, hold_id: UUID, spending_id: UUID) -> Aside:
    hold = account.aside.holds.get(hold_id)
    if hold is None:
        raise ContradictoryHistory(spending_id, "it captures a hold that was never placed")
    return account.aside.with_hold(replace(hold, status="captured", spending_id=spending_id))


def _refunded(account: Account, event: PointsRefunded) -> Account:
    spending = account.spendings.get(event.spending_id)
    if spending is None:
        raise ContradictoryHistory(event.id, "it refunds what was never spent")
    coupon = spending.coupon
    if coupon is not None and spending.refunded + event.points >= spending.points:
        coupon = replace(coupon, status="cancelled")
    refunded = replace(
        spending,
        coupon=coupon,
        refunded=spending.refunded + event.points,
        refunded_cash=spending.refunded_cash + (0 if event.cash is None else event.cash.amount),
    )
    aside = account.aside.with_coupon_of(refunded)
    if aside.stretches:
        aside = fold_validity.with_grace(aside, event, spending)
    return with_draws_back(
        account,
        event,
        event.draws,
        aside=aside,
        spendings=account.spendings.set(spending.spending_id, refunded),
        contract_at=None if spending.is_payment else event.occurred_at,
        payment_at=event.occurred_at if spending.is_payment else None,
    )


def _taken(account: Account, event: PointsSent | PointsConvertedOut) -> Account:
    return after(account, event, *without(account, event.id, event.draws))


def _cashed_out(account: Account, event: PointsCashedOut) -> Account:
    return after(account, event, *without(account, event.id, event.draws), payment_at=event.occurred_at)


def _lapsed(account: Account, event: PointsExpired | PointsForfeited | PointsMovedToSuspense) -> Account:
    lapsed = account.aside.lapsed
    for draw in event.draws:
        lapsed = lapsed.set(draw.lot_id, lapsed.get(draw.lot_id, 0) + draw.points)
    aside = replace(account.aside, lapsed=lapsed)
    return after(account, event, *without(account, event.id, event.draws), aside=aside)


def _claimed(account: Account, event: AccountClaimed) -> Account:
    if account.holder is not None:
        raise ContradictoryHistory(event.id, "an account is claimed once")
    return after(account, event, account.open_lots, account.open_points, holder=event.holder)


def _stands(status: Status) -> Callable[[Account, Any], Account]:
    return lambda account, event: after(account, event, account.open_lots, account.open_points, status=status)


def _barred(account: Account, event: KeyBarred) -> Account:
    aside = replace(account.aside, barred=account.aside.barred.set(event.barred, None))
    return after(account, event, account.open_lots, account.open_points, aside=aside)


FOLDS: dict[type[Any], Callable[[Account, Any], Account]] = {
    AccountOpened: _opened_twice,
    AccountClaimed: _claimed,
    PointsAccrued: _accrued,
    PointsCharged: _charged,
    PointsAdjustedUp: _adjusted_up,
    PointsReceived: _received,
    PointsConvertedIn: _converted,
    PointsPaid: _spent,
    PointsExchanged: _spent,
    PointsRefunded: _refunded,
    PointsSent: _taken,
    PointsConvertedOut: _taken,
    PointsMovedToSuspense: _lapsed,
    PointsCashedOut: _cashed_out,
    PointsExpired: _lapsed,
    PointsForfeited: _lapsed,
    AccountSuspended: _stands("suspended"),
    AccountFrozen: _stands("frozen"),
    AccountReinstated: _stands("active"),
    AccountLeft: _stands("left"),
    KeyBarred: _barred,
    **fold_aside.FOLDS,
    **fold_imported.FOLDS,
    **fold_validity.FOLDS,
}
