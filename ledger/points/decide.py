"""Decisions: from an account and a command to what happens. Pure; ids and the clock arrive in the `Stamp`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from crypto_shredding import Sealed
from ledger.points.account import Account
from ledger.points.accruing import accrue, confirm
from ledger.points.activity import keep_alive
from ledger.points.adjusting import adjust
from ledger.points.charging import cash_out, charge
from ledger.points.clawing_back import claw_back
from ledger.points.commands import (
    Accrue,
    Adjust,
    Authorise,
    Capture,
    CashOut,
    Charge,
    Claim,
    ClawBack,
    Confirm,
    Exchange,
    Expire,
    ExpireCoupons,
    Extend,
    Freeze,
    Hold,
    ImportCoupon,
    ImportHistory,
    ImportHold,
    ImportLot,
    NotifyExpiry,
    Pay,
    RedeemCoupon,
    Refund,
    Reinstate,
    Release,
    Reprice,
    SettleClaim,
    Suspend,
    TimeOutHolds,
    Void,
)
from ledger.points.couponing import expire_coupons, redeem_coupon
from ledger.points.defining import define_program
from ledger.points.draft import Draft
from ledger.points.effective import History
from ledger.points.events import AccountEvent
from ledger.points.expiring import expire
from ledger.points.extending import extend
from ledger.points.holding import authorise, capture, hold, release, time_out_holds
from ledger.points.importing import import_coupon, import_history, import_hold, import_lot
from ledger.points.leaving import forfeits, leave_account, settle_claim
from ledger.points.noticing import notify_expiry
from ledger.points.opening import claim, open_account
from ledger.points.ordering import reprice
from ledger.points.partnering import define_partner
from ledger.points.program import Program
from ledger.points.refunding import refund
from ledger.points.spending import exchange, pay
from ledger.points.stamp import Stamp
from ledger.points.standing import stand
from ledger.points.transferring import convert, transfer
from ledger.points.voiding import refuse_barred, void

__all__ = [
    "VERBS",
    "PointsCommand",
    "Stamp",
    "accrue",
    "convert",
    "decide",
    "define_partner",
    "define_program",
    "exchange",
    "expire",
    "forfeits",
    "leave_account",
    "open_account",
    "pay",
    "refund",
    "transfer",
]

PointsCommand: TypeAlias = (
    Claim[Sealed]
    | Accrue[Sealed]
    | Confirm
    | ClawBack
    | Reprice
    | Charge[Sealed]
    | Adjust[Sealed]
    | Pay[Sealed]
    | Exchange[Sealed]
    | Refund[Sealed]
    | Hold
    | Authorise
    | Capture[Sealed]
    | Release
    | SettleClaim[Sealed]
    | TimeOutHolds
    | Void
    | CashOut[Sealed]
    | RedeemCoupon
    | ExpireCoupons
    | Expire
    | Extend
    | NotifyExpiry
    | Suspend
    | Freeze
    | Reinstate
    | ImportLot
    | ImportHold
    | ImportCoupon[Sealed]
    | ImportHistory[Sealed]
)

VERBS: Mapping[type[Any], Callable[[Account | None, Any, Program, Stamp], tuple[AccountEvent, ...]]] = {
    Claim: claim,
    Accrue: accrue,
    Confirm: confirm,
    ClawBack: claw_back,
    Reprice: reprice,
    Charge: charge,
    Adjust: adjust,
    Pay: pay,
    Exchange: exchange,
    Refund: refund,
    Hold: hold,
    Authorise: authorise,
    Capture: capture,
    Release: release,
    SettleClaim: settle_claim,
    TimeOutHolds: time_out_holds,
    Void: void,
    CashOut: cash_out,
    RedeemCoupon: redeem_coupon,
    ExpireCoupons: expire_coupons,
    Expire: expire,
    Extend: extend,
    NotifyExpiry: notify_expiry,
    Suspend: stand,
    Freeze: stand,
    Reinstate: stand,
    ImportLot: import_lot,
    ImportHold: import_hold,
    ImportCoupon: import_coupon,
    ImportHistory: import_history,
}


NEED_HISTORY: Mapping[type[Any], Callable[..., tuple[AccountEvent, ...]]] = {
    Confirm: confirm,
    Reprice: reprice,
    Extend: extend,
    Expire: expire,
}
"""Verbs that also ask by which version something was earned."""

ACTIVITIES = frozenset({Accrue, Pay, Exchange, Capture})
"""What a member does, and by which a program may date the points of the account.

A hold is none before it is captured, nor is a gift, a conversion, a charge, or anything that undoes.
"""


def decide(
    account: Account | None,
    command: PointsCommand,
    program: Program,
    stamp: Stamp,
    history: History[Program] | None = None,
) -> tuple[AccountEvent, ...]:
    """What the command makes happen by the program's version of its day; see each verb for its refusals.

    Without a ``history`` everything was earned by the one version that is given.
    Raises `KeyVoided` before any of them, where the command was voided before it came. Opening is `open_account`;
    `transfer` and `convert` concern two accounts.
    """
    refuse_barred(account, stamp, command.key)
    verb = type(command)
    if program.expiry_from == "activity" or (account is not None and account.aside.stretches):
        stamp = replace(stamp, history=history)
    if verb in NEED_HISTORY:
        return NEED_HISTORY[verb](account, command, program, stamp, history)
    events = VERBS[verb](account, command, program, stamp)
    # What was done before already (a second capture) is no activity of the day on which it is asked for again.
    if events and program.expiry_from == "activity" and verb in ACTIVITIES and account is not None:
        draft = Draft.of(account, command, program, stamp, events[0].occurred_at)
        for event in events:
            draft.take(event)
        keep_alive(draft)
        return draft.events
    return events
