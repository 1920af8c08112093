"""Commands that take over from another points system (이관) what it owes, and what it remembers.

``occurred_at`` of lots, holds and coupons is the cut-over, at which this ledger begins to owe them; their own instants
are in the past. Only of a line of history it is the line's own instant.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, Literal
from uuid import UUID

from ledger.points.commands.base import AccountCommand, T
from ledger.points.movements import OPERATOR, Kind, Money

EarlierMovement = Literal[
    "accrue",
    "pay",
    "exchange",
    "refund",
    "charge",
    "cash_out",
    "clawback",
    "expire",
    "forfeit",
    "transfer",
    "convert",
    "adjust",
]
"""What a line of history says happened, in this ledger's words."""

PAYMENTS: frozenset[EarlierMovement] = frozenset({"pay", "refund", "charge", "cash_out"})
"""Those whose record is that of a payment; of the others it is that of a contract, if there is one."""

CONTRACTS: frozenset[EarlierMovement] = frozenset({"accrue", "exchange", "clawback"})
"""Those that belong to a contract, with a record or without."""


@dataclass(frozen=True, slots=True)
class LotPoints:
    """So many points of a lot that was taken over before; ``lot_id`` is its receipt id."""

    lot_id: UUID
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLot(AccountCommand):
    """이관: ``points`` are what is left of the lot, with what an open hold has set aside of it.

    ``source`` names the system that they come from. A last day that is past already is taken over as it is: the next
    sweep expires it, so that the books tell it.
    """

    source: str
    points: int
    earned_at: datetime
    kind: Kind = "free"
    funder: str = OPERATOR
    supplier: str | None = None
    usable_at: datetime | None = None
    expires_on: date | None = None
    priority: int = 0
    own_use: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportHold(AccountCommand):
    """이관 of a hold that is still open; ``authorising``: somebody else was asked for money, and it waits for that."""

    source: str
    parts: tuple[LotPoints, ...]
    held_at: datetime
    cash: Money | None = None
    store: str | None = None
    times_out_at: datetime | None = None
    authorising: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportCoupon(AccountCommand, Generic[T]):
    """이관 of a coupon that was issued and not used; ``points`` were exchanged for it.

    If its exchange is refunded, they come back as one lot of this kind and funder, earned when the coupon was issued,
    with ``points_expire_on`` as their last day. ``expires_on`` is the coupon's own. ``code`` is its secret.
    """

    source: str
    coupon: str
    coupon_id: UUID
    points: int
    issued_at: datetime
    kind: Kind = "free"
    funder: str = OPERATOR
    expires_on: date | None = None
    points_expire_on: date | None = None
    code: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportHistory(AccountCommand, Generic[T]):
    """이관 of a line of history, which tells and moves nothing. ``points`` are signed, as the member saw them.

    ``detail`` is the record of a contract (적립, 교환), ``paid`` that of a payment; each is kept from ``occurred_at``.
    """

    source: str
    movement: EarlierMovement
    points: int
    store: str | None = None
    memo: T | None = field(default=None, repr=False)
    detail: T | None = field(default=None, repr=False)
    paid: T | None = field(default=None, repr=False)
