"""What happens in the year, one class a kind of step; every step but a sweep is one household's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.replay.source import Basket, Redemption


@dataclass(frozen=True, slots=True)
class HouseholdStep:
    """Something that a household does, or that happens to it."""

    at: datetime
    household: int


@dataclass(frozen=True, slots=True)
class Arrival(HouseholdStep):
    """A household joins and opens its account."""


@dataclass(frozen=True, slots=True)
class BasketStep(HouseholdStep):
    """One that belongs to a purchase."""

    basket: Basket


@dataclass(frozen=True, slots=True)
class Purchase(BasketStep):
    """A purchase that earns points, or the promise of them."""


@dataclass(frozen=True, slots=True)
class Payment(BasketStep):
    """Points pay a part of a purchase."""


@dataclass(frozen=True, slots=True)
class Holding(BasketStep):
    """Points are set aside at a pump."""


@dataclass(frozen=True, slots=True)
class Capturing(BasketStep):
    """What was set aside pays for the fuel; the rest is free again."""


@dataclass(frozen=True, slots=True)
class LettingGo(BasketStep):
    """What was set aside is free again."""


@dataclass(frozen=True, slots=True)
class Confirmation(BasketStep):
    """Promised points come."""


@dataclass(frozen=True, slots=True)
class Cancellation(BasketStep):
    """Promised points will not come."""


@dataclass(frozen=True, slots=True)
class Return(BasketStep):
    """Goods come back: the points that they earned go, and the points that paid them come back. ``part`` 1 or 2."""

    part: int


@dataclass(frozen=True, slots=True)
class CouponStep(HouseholdStep):
    """One that belongs to a coupon."""

    redemption: Redemption


@dataclass(frozen=True, slots=True)
class Spending(CouponStep):
    """A coupon redeemed."""


@dataclass(frozen=True, slots=True)
class CouponUse(CouponStep):
    """A coupon for which points were exchanged is used."""


@dataclass(frozen=True, slots=True)
class TakingBack(CouponStep):
    """A coupon taken back."""


Step = (
    Arrival
    | Purchase
    | Payment
    | Holding
    | Capturing
    | LettingGo
    | Confirmation
    | Cancellation
    | Return
    | Spending
    | CouponUse
    | TakingBack
)
