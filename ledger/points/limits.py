"""Limits of what an account takes, each with its reason, and the checks that every decision begins with."""

from datetime import datetime, timedelta
from uuid import UUID

from ledger.errors import AccountNotActive, InvalidAmount, InvalidTime, UnknownAccount
from ledger.points.account import Account
from ledger.points.movements import Money
from ledger.points.program import Program

POINTS_MAX = 1_000_000_000
"""In one movement: a billion won is a typing error in any shop. Nine billion such movements still fit a `bigint`."""

OPEN_LOTS_MAX = 4_000
"""Lots with points left: two accruals on every day of the usual validity (five years) are 3,652. A payment of all of
them is an event of less than a megabyte."""

CLOCK_SKEW_MAX = timedelta(minutes=5)
"""How far a caller's clock may run ahead of ours: a shop terminal's that is set once a day drifts by seconds."""


def active(account: Account | None, account_id: UUID) -> Account:
    """The account, if it takes new business. Raises, in this order: `UnknownAccount`, `AccountNotActive`."""
    if account is None:
        raise UnknownAccount(account_id)
    if account.status != "active":
        raise AccountNotActive(account_id, account.status)
    return account


def happened(occurred_at: datetime, recorded_at: datetime) -> None:
    """Raises `InvalidTime` for what has not happened yet."""
    if occurred_at.tzinfo is None:
        raise InvalidTime(occurred_at, "an instant needs a time zone")
    if occurred_at > recorded_at and occurred_at - recorded_at > CLOCK_SKEW_MAX:
        raise InvalidTime(occurred_at, f"lies after {recorded_at.isoformat()}, when it would be recorded")


def money_of(program: Program, money: Money | None, points: int) -> None:
    """Raises `InvalidAmount` for money that is negative or of another currency than the program's."""
    if money is None:
        return
    if type(money.amount) is not int or money.amount < 0:
        raise InvalidAmount(points, "money beside points is a whole number of minor units, not negative")
    if money.currency != program.currency:
        raise InvalidAmount(points, f"money is in {money.currency}, the program's currency is {program.currency}")


def whole_points(points: int) -> int:
    """The points, if they are a whole positive number within the limit. Raises `InvalidAmount`."""
    if type(points) is not int or points < 1:
        raise InvalidAmount(points, "points are a whole number, one or more")
    if points > POINTS_MAX:
        raise InvalidAmount(points, f"one movement has at most {POINTS_MAX} points")
    return points
