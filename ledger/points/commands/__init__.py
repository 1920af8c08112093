"""What backend services ask of an account, one class a verb."""

from ledger.points.commands.base import AccountCommand, BusinessReference, Command
from ledger.points.commands.earning import Accrue, Adjust, Charge, ClawBack, Confirm
from ledger.points.commands.opening import AccountSlots, DefineProgram, OpenAccount
from ledger.points.commands.spending import (
    Authorise,
    Capture,
    CashOut,
    Convert,
    Exchange,
    Expire,
    ExpireCoupons,
    Fault,
    Hold,
    Pay,
    RedeemCoupon,
    Refund,
    Release,
    SettleClaim,
    TimeOutHolds,
    Transfer,
    Void,
)
from ledger.points.commands.standing import Freeze, Reinstate, Suspend

__all__ = [
    "AccountCommand",
    "AccountSlots",
    "Accrue",
    "Adjust",
    "Authorise",
    "BusinessReference",
    "Capture",
    "CashOut",
    "Charge",
    "ClawBack",
    "Command",
    "Confirm",
    "Convert",
    "DefineProgram",
    "Exchange",
    "Expire",
    "ExpireCoupons",
    "Fault",
    "Freeze",
    "Hold",
    "OpenAccount",
    "Pay",
    "RedeemCoupon",
    "Refund",
    "Reinstate",
    "Release",
    "SettleClaim",
    "Suspend",
    "TimeOutHolds",
    "Transfer",
    "Void",
]
