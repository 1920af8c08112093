"""Decisions: from an account and a command to what happens. Pure; ids and the clock arrive in the `Stamp`."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from crypto_shredding import Sealed
from ledger.points.account import Account
from ledger.points.accruing import accrue, confirm
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
    Freeze,
    Hold,
    ImportCoupon,
    ImportHistory,
    ImportHold,
    ImportLot,
    Pay,
    RedeemCoupon,
    Refund,
    Reinstate,
    Release,
    SettleClaim,
    Suspend,
    TimeOutHolds,
    Void,
)
from ledger.points.couponing import expire_coupons, redeem_coupon
from ledger.points.defining import define_program
from ledger.points.events import AccountEvent
from ledger.points.expiring import expire
from ledger.points.holding import authorise, capture, hold, release, time_out_holds
from ledger.points.importing import import_coupon, import_history, import_hold, import_lot
from ledger.points.leaving import forfeits, leave_account, settle_claim
from ledger.points.opening import claim, open_account
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
    Suspend: stand,
    Freeze: stand,
    Reinstate: stand,
    ImportLot: import_lot,
    ImportHold: import_hold,
    ImportCoupon: import_coupon,
    ImportHistory: import_history,
}


def decide(account: Account | None, command: PointsCommand, program: Program, stamp: Stamp) -> tuple[AccountEvent, ...]:
    """What the command makes happen; see each verb for its refusals and their order.

    Raises `KeyVoided` before any of them, where the command was voided before it came. Opening is `open_account`;
    `transfer` and `convert` concern two accounts.
    """
    refuse_barred(account, stamp, command.key)
    return VERBS[type(command)](account, command, program, stamp)
