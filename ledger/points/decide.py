"""Decisions: from an account and a command to what happens. Pure; ids and the clock arrive in the `Stamp`."""

from typing import TypeAlias, assert_never

from crypto_shredding import Sealed
from ledger.points.account import Account
from ledger.points.accruing import accrue
from ledger.points.commands import Accrue, Exchange, Expire, Pay, Refund
from ledger.points.defining import define_program
from ledger.points.events import AccountEvent
from ledger.points.expiring import expire
from ledger.points.leaving import forfeits, leave_account
from ledger.points.opening import open_account
from ledger.points.program import Program
from ledger.points.refunding import refund
from ledger.points.spending import exchange, pay
from ledger.points.stamp import Stamp

__all__ = [
    "PointsCommand",
    "Stamp",
    "accrue",
    "decide",
    "define_program",
    "exchange",
    "expire",
    "forfeits",
    "leave_account",
    "open_account",
    "pay",
    "refund",
]

PointsCommand: TypeAlias = Accrue[Sealed] | Pay[Sealed] | Exchange[Sealed] | Refund[Sealed] | Expire


def decide(account: Account | None, command: PointsCommand, program: Program, stamp: Stamp) -> tuple[AccountEvent, ...]:
    """What the command makes happen; see each verb for its refusals and their order. Opening is `open_account`."""
    match command:
        case Accrue():
            return accrue(account, command, program, stamp)
        case Pay():
            return pay(account, command, program, stamp)
        case Exchange():
            return exchange(account, command, program, stamp)
        case Refund():
            return refund(account, command, program, stamp)
        case Expire():
            return expire(account, command, program, stamp)
        case _:
            assert_never(command)
