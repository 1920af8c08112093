"""Commands that give points, and those that take back what was given."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic
from uuid import UUID

from ledger.points.commands.command import AccountCommand, T
from ledger.points.movements import OPERATOR, Kind, Money
from ledger.points.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrue(AccountCommand, Generic[T]):
    """적립: ``points``; or by the program's earning rate from ``purchase``; or by its rules from ``order``.

    What rules give has the kind, funder, priority and last day that they say, and this command's other terms.
    ``pending``: promised only (적립예정), until it is confirmed or cancelled. ``own_use``: the business number at which
    alone the points may be spent.
    """

    points: int | None = None
    purchase: Money | None = None
    kind: Kind = "free"
    funder: str = OPERATOR
    supplier: str | None = None
    usable_at: datetime | None = None
    expires_on: date | None = None
    priority: int = 0
    memo: T | None = field(default=None, repr=False)
    detail: T | None = field(default=None, repr=False)
    pending: bool = False
    own_use: str | None = None
    order: Order | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(AccountCommand):
    """적립확정 (구매확정) of a pending accrual, whose receipt id ``accrual_id`` is; of all that an order earned."""

    accrual_id: UUID
    usable_at: datetime | None = None
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClawBack(AccountCommand):
    """적립취소: the purchase that earned is cancelled, in whole or so that ``points`` of the accrual go.

    In whole it takes back everything that an order earned.
    """

    accrual_id: UUID
    points: int | None = None
    reason: str = "purchase cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprice(AccountCommand):
    """부분취소: of the order whose receipt id ``accrual_id`` is, ``remains`` is left; no lines: nothing is.

    What it earns no longer is clawed back, by the rules that earned it.
    """

    accrual_id: UUID
    remains: Order
    reason: str = "order cancelled in part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge(AccountCommand, Generic[T]):
    """충전: points for money, and perhaps a free bonus for charging. ``money`` is what was paid for ``points``."""

    points: int
    money: Money
    bonus: int = 0
    bonus_expires_on: date | None = None
    memo: T | None = field(default=None, repr=False)
    detail: T | None = field(default=None, repr=False)
    instrument: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust(AccountCommand, Generic[T]):
    """조정: add points (above 0) or take them (below 0), for a reason, which is a code and no sentence.

    Above the program's limit ``approver``, another person, must have approved. ``may_owe``: what is not there to be
    taken becomes a deficit. ``corrects``: the event that this puts right.
    """

    points: int
    reason: str
    approver: str | None = None
    may_owe: bool = False
    corrects: UUID | None = None
    kind: Kind = "free"
    funder: str = OPERATOR
    expires_on: date | None = None
    memo: T | None = field(default=None, repr=False)
