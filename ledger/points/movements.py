"""What moves: lots of points, draws from them, money beside them. Shared by commands, events and state."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

Kind = Literal["free", "paid"]
OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Money:
    """Minor units of an ISO 4217 currency (won: whole won)."""

    amount: int
    currency: str = "KRW"


@dataclass(frozen=True, slots=True)
class Lot:
    """Points earned together, which expire together.

    ``points`` is what is left of it now (in an accrual: all of it). ``expires_on`` is the last usable day, inclusive;
    None never. ``supplier`` is the business number of the original supplier; ``sequence`` the order of earning within
    the account; ``own_use`` the one business number at which they may be spent (None: anywhere).
    """

    lot_id: UUID
    sequence: int
    points: int
    kind: Kind
    funder: str
    supplier: str | None
    earned_at: datetime
    usable_at: datetime
    expires_on: date | None
    priority: int
    own_use: str | None = None

    def part(self, points: int, expires_on: date | None) -> "Lot":
        """So many points of the same lot, with their last day."""
        return Lot(
            self.lot_id, self.sequence, points, self.kind, self.funder, self.supplier, self.earned_at, self.usable_at,
            expires_on, self.priority, self.own_use,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draw:
    """Points taken from one lot, or given back to it.

    Kind, funder and last day are the lot's, repeated so that books and statements need no look-up. Lot and last day
    together name the points: after a refund with grace, one lot has points of two last days. ``redeemer`` is the
    business number that took the points and ``compensated`` what the funder pays it for them, in minor units.
    """

    lot_id: UUID
    points: int
    kind: Kind
    funder: str
    expires_on: date | None
    redeemer: str | None = None
    compensated: int = 0


@dataclass(frozen=True, slots=True)
class Repaid:
    """So many points of what a clawback or an adjustment had not found were paid to the funder who was owed them.

    ``owed_by`` names the accrual that was clawed back, or the adjustment.
    """

    owed_by: UUID
    funder: str
    points: int


@dataclass(frozen=True, slots=True)
class Priced:
    """By which rule, of which version of the program, a lot was earned, and from what.

    ``order_id`` is the id of the first lot that the order earned, ``day`` the day whose cap it counts in. ``base``
    (minor units) and ``points`` are what the rule found; where the lot has fewer, caps of the day or campaign took it.
    """

    order_id: UUID
    rule: str
    version: int
    day: date
    base: int
    points: int
