"""Void (망취소): what a command did, whose answer was lost, is undone; if it never came, it is barred for ever."""

from uuid import UUID

from ledger.calendar import utc
from ledger.points.account import Account
from ledger.points.clawing_back import left_of, take_back_lot, terms_of
from ledger.points.commands import Void
from ledger.points.couponing import closed_as
from ledger.points.draft import Draft
from ledger.points.errors import CouponClosed, KeyVoided, NotVoidable
from ledger.points.events import AccountEvent, KeyBarred
from ledger.points.holding import let_go
from ledger.points.limits import ALWAYS, active, happened, storable
from ledger.points.program import Program
from ledger.points.refunding import give_back
from ledger.points.stamp import Stamp, first_event_id


def void(account: Account | None, command: Void, program: Program, stamp: Stamp) -> tuple[AccountEvent, ...]:
    """Refund what the key paid or exchanged, release what it held, claw back what it accrued; as often as it is sent.

    The first event of a key has an id that follows from the key, so that the account itself tells what the key did.
    Never seen: whoever comes with it later is refused. Raises, in this order: `UnknownAccount`, `InvalidTime`,
    `InvalidText`, `CouponClosed`, `NotVoidable` (points that were charged: cash them out).
    """
    account = active(account, command.account_id, ALWAYS)
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor)
    done = first_event_id(command.account_id, command.voided_key)
    draft = Draft.of(account, command, program, stamp, utc(command.occurred_at))
    if done in account.aside.holds:
        _void_hold(draft, command)
    elif done in account.spendings:
        _void_spending(draft, command)
    elif done in account.aside.orders or done in account.aside.pending or done in account.lots:
        _void_accrual(draft, command, done)
    elif done not in account.aside.barred and done not in account.aside.cancelled:
        draft.add(KeyBarred, barred=done)
    return draft.events


def refuse_barred(account: Account | None, stamp: Stamp, key: UUID) -> None:
    """Raises `KeyVoided` where the command was voided before it came."""
    if account is not None and account.aside.barred and stamp.event_ids[0] in account.aside.barred:
        raise KeyVoided(key)


def _void_hold(draft: Draft, command: Void) -> None:
    held = draft.account.aside.holds[first_event_id(command.account_id, command.voided_key)]
    if held.is_open:
        let_go(draft, held, "voided")
    elif held.spending_id is not None:
        _refund_rest(draft, held.spending_id)


def _void_spending(draft: Draft, command: Void) -> None:
    _refund_rest(draft, first_event_id(command.account_id, command.voided_key))


def _refund_rest(draft: Draft, spending_id: UUID) -> None:
    spending = draft.account.spendings[spending_id]
    draft.lift(spending.occurred_at)
    closed = None if spending.coupon is None else closed_as(spending.coupon, draft.today)
    if closed in ("redeemed", "expired"):
        raise CouponClosed(spending.spending_id, closed)
    if spending.points_left or spending.cash_left:
        give_back(draft, spending, spending.points_left, spending.cash_left, fault="operator")


def _void_accrual(draft: Draft, command: Void, done: UUID) -> None:
    terms = terms_of(draft.account, done)
    if terms is None:
        return  # everything that it promised was cancelled before
    if terms.kind == "paid" and done in draft.account.lots:
        raise NotVoidable(command.voided_key, "points that were paid for")
    draft.lift(terms.earned_at)
    for lot_id in draft.account.aside.orders.get(done, (done,)):
        if left := left_of(draft.account, lot_id):
            take_back_lot(draft, lot_id, left, "void")
