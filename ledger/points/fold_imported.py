"""How an account changes by what was taken over from another system."""

from collections.abc import Callable, Mapping
from typing import Any

from ledger.points.account import Account, Coupon, HeldPoints, Spending
from ledger.points.commands.importing import CONTRACTS, PAYMENTS
from ledger.points.draws import drawn
from ledger.points.events import CouponImported, HistoryImported, HoldImported, PointsImported
from ledger.points.folding import after, with_lots, without


def _lot(account: Account, event: PointsImported) -> Account:
    return with_lots(account, event, (event.lot,))


def _hold(account: Account, event: HoldImported) -> Account:
    hold = HeldPoints(
        event.id,
        event.occurred_at,  # nothing is captured or released before it is held in these books
        event.points,
        event.draws,
        event.cash,
        event.store,
        event.times_out_at,
        event.status,
    )
    aside = account.aside.with_hold(hold)
    return after(account, event, *without(account, event.id, event.draws), held=event.points, aside=aside)


def _coupon(account: Account, event: CouponImported) -> Account:
    coupon = Coupon(event.coupon_id, event.expires_on)
    lot = event.lot
    # Refunded no earlier than the cut-over: before it, the points lie in the other system's books.
    at = event.occurred_at
    spending = Spending(event.id, at, lot.points, (drawn(lot),), None, is_payment=False, coupon=coupon)
    # The terms of what was exchanged are known; points lie there only once the exchange is refunded.
    return after(
        account,
        event,
        account.open_lots,
        account.open_points,
        lots=account.lots.set(lot.lot_id, lot),
        all_usable_at=max(account.all_usable_at, lot.usable_at),
        spendings=account.spendings.set(spending.spending_id, spending),
        contract_at=event.issued_at,
        aside=account.aside.with_coupon_of(spending),
    )


def _history(account: Account, event: HistoryImported) -> Account:
    is_payment = event.movement in PAYMENTS
    is_contract = not is_payment and (event.detail is not None or event.movement in CONTRACTS)
    return after(
        account,
        event,
        account.open_lots,
        account.open_points,
        contract_at=event.occurred_at if is_contract else None,
        payment_at=event.occurred_at if is_payment else None,
    )


FOLDS: Mapping[type[Any], Callable[[Account, Any], Account]] = {
    PointsImported: _lot,
    HoldImported: _hold,
    CouponImported: _coupon,
    HistoryImported: _history,
}
