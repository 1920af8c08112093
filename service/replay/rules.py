"""What a row of the data means in points: the program JOURNEY, and the way in which each basket goes.

- A purchase accrues 5 points for 100 cents that were not paid with points: floor(cents x 5 / 100).
- A manufacturer's coupon gives as many points again as it took off the price; they are the manufacturer's.
- A coupon of a campaign of type A is an exchange for 500 points; of type B a payment of 1,500, of type C of 300 points.
- Every 20th coupon, in the order of the data, is taken back a day later, if the points had been spent.
- Points expire at the end of the sixth month after the purchase, a manufacturer's at the end of the second.

How often a basket is paid with points, delivered or brought back: `service.replay.choices`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from ledger import ANY_TENDER, SEOUL, EarningRate, EarningRule, NoticeStage, Program, Span, TenderRate
from service.replay import choices
from service.replay.choices import falls
from service.replay.partners import FUNDERS
from service.replay.source import Basket, Redemption

ACTOR = "replay"
DEFINED_AT = datetime(2017, 1, 1, tzinfo=SEOUL)  # for every slice the same, since it is content of the command
EARNING = EarningRate(points=5, per=100)

Way = Literal["promoted", "pump", "points", "delivered", "plain"]
PumpEnd = Literal["captured", "let go", "lost"]


def coupon_tender(manufacturer: int) -> str:
    """How an order says that a manufacturer's coupon paid a part of it."""
    return f"coupon-{manufacturer}"


def _campaign(manufacturer: int) -> EarningRule:
    return EarningRule(
        code=f"campaign-{manufacturer}",
        rates=(TenderRate(coupon_tender(manufacturer), choices.BONUS_POINTS, choices.BONUS_PER_CENTS),),
        funder=FUNDERS[manufacturer],
        expires_after=Span(months=choices.CAMPAIGN_MONTHS),
    )


PROGRAM = Program(
    code="JOURNEY",
    name="Complete Journey Points",
    version=1,
    currency="USD",
    unit_value=1,
    earning=EARNING,
    expires_after=Span(months=6),
    rounding="end_of_month",
    rules=(
        EarningRule("purchase", (TenderRate(ANY_TENDER, EARNING.points, EARNING.per),)),
        *(_campaign(manufacturer) for manufacturer in FUNDERS),
    ),
    # One stage: the sweep of a first of the month tells what will be gone at its end.
    expiry_notices=(NoticeStage("this_month", days=27, lead_days=3),),
)


def points_for(cents: int) -> int:
    """What a purchase earns by the plain rate."""
    return cents * EARNING.points // EARNING.per


def way_of(basket: Basket) -> Way:
    """How a basket goes. The first that applies, of which points can pay something only if the share is a hundred."""
    if basket.promoted:
        return "promoted"
    number, share = basket.basket, choices.share_of(basket.cents)
    if basket.is_fuel:
        return "pump" if share and falls("pump", number, one_in=choices.PUMP_ONE_IN) else "plain"
    if share and falls("points", number, one_in=choices.POINTS_ONE_IN):
        return "points"
    return "delivered" if falls("delivery", number, one_in=choices.DELIVERED_ONE_IN) else "plain"


def pump_end(basket: Basket) -> PumpEnd:
    """What becomes of the hold of a pump."""
    if falls("lost", basket.basket, one_in=choices.PUMP_LOST_ONE_IN):
        return "lost"
    return "let go" if falls("card", basket.basket, one_in=choices.PUMP_CARD_ONE_IN) else "captured"


def points_paid(basket: Basket) -> int:
    """What points pay of a basket, if the member has them."""
    share = choices.share_of(basket.cents)
    match way_of(basket):
        case "points":
            return share
        case "pump" if pump_end(basket) == "captured":
            return min(share, choices.PUMP_HOLD_POINTS)
        case _:
            return 0


def is_cancelled(basket: Basket) -> bool:
    """Whether a delivery is cancelled before its points are confirmed."""
    return falls("cancel", basket.basket, one_in=choices.CANCELLED_ONE_IN)


def comes_back(basket: Basket) -> Literal["nothing", "a part", "everything"]:
    """What of a basket is brought back."""
    one_in = choices.RETURNED_ONE_IN.get(way_of(basket))
    if one_in is None or basket.is_fuel or not falls("return", basket.basket, one_in=one_in):
        return "nothing"
    return "everything" if falls("whole", basket.basket, one_in=choices.WHOLE_ONE_IN) else "a part"


def redeemed_at(redemption: Redemption) -> datetime:
    """When a coupon is taken to have been redeemed."""
    return datetime.combine(redemption.on, choices.REDEEMED_AT, SEOUL) + timedelta(seconds=redemption.nth)


def is_exchange(redemption: Redemption) -> bool:
    """A coupon of type A is one that the member exchanges points for, and then uses or not."""
    return redemption.campaign_type == "Type A"


def taken_back_at(redemption: Redemption) -> datetime | None:
    """A day later, for every 20th; what was exchanged for a coupon only while the coupon is good."""
    at = redeemed_at(redemption) + choices.REFUND_AFTER
    if redemption.number % choices.REFUND_EVERY or (is_exchange(redemption) and at.date() > redemption.until):
        return None
    return at


def coupon_used_at(redemption: Redemption) -> datetime | None:
    """Two days later, or where the campaign ends before that, a minute later; three of four."""
    if not is_exchange(redemption) or taken_back_at(redemption) is not None:
        return None
    if falls("unused", redemption.number, one_in=choices.UNUSED_ONE_IN):
        return None
    at = redeemed_at(redemption)
    later = at + choices.COUPON_USED_AFTER
    return later if later.date() <= redemption.until else at + timedelta(minutes=1)
