"""What a row of the data means in points: the program JOURNEY, and which command each row becomes.

- A purchase accrues 5 points for 100 cents: floor(cents x 5 / 100).
- A coupon of a campaign of type A is an exchange for 500 points; of type B a payment of 1,500, of type C of 300 points.
- Every 20th coupon, in the order of the data, is taken back a day later, if the points had been spent.
- Points expire at the end of the sixth month after the purchase; they are swept early on the first of the next month.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from ledger import (
    SEOUL,
    Accrue,
    BusinessReference,
    EarningRate,
    Exchange,
    Expire,
    Join,
    Money,
    OpenAccount,
    Pay,
    Program,
    Refund,
    Span,
    last_retention_day,
)
from service.replay.mapping import Identity
from service.replay.people import Person, purchase_detail, redemption_detail
from service.replay.source import Basket, Redemption

ACTOR = "replay"
DEFINED_AT = datetime(2017, 1, 1, tzinfo=SEOUL)  # for every slice the same, since it is content of the command
PROGRAM = Program(
    code="JOURNEY",
    name="Complete Journey Points",
    version=1,
    currency="USD",
    unit_value=1,
    earning=EarningRate(points=5, per=100),
    expires_after=Span(months=6),
    rounding="end_of_month",
)
PRICES = {"Type A": 500, "Type B": 1_500, "Type C": 300}
REFUND_EVERY = 20
REFUND_AFTER = timedelta(days=1)
REDEEMED_AT = time(23, 50)  # the data give no time; after the day's purchases, and a second apart
SWEPT_AT = time(0, 10)


def points_for(cents: int) -> int:
    """What a purchase earns."""
    return cents * PROGRAM.earning.points // PROGRAM.earning.per


def swept_on(bought_at: datetime) -> date:
    """The first day on which the points of a purchase are past their last day."""
    assert PROGRAM.expires_after is not None
    last = last_retention_day(bought_at, PROGRAM.expires_after)
    return date(last.year + last.month // 12, last.month % 12 + 1, 1)


def redeemed_at(redemption: Redemption) -> datetime:
    """When a coupon is taken to have been redeemed."""
    return datetime.combine(redemption.on, REDEEMED_AT, SEOUL) + timedelta(seconds=redemption.nth)


def join(who: Person, ids: Identity, at: datetime) -> Join[str]:
    """A household becomes a member."""
    return Join(
        key=ids.key("join"),
        occurred_at=at,
        actor=ACTOR,
        member_id=ids.member,
        email=who.email,
        phone=who.phone,
        name=who.name,
        demographics=who.demographics,
    )


def open_account(ids: Identity, at: datetime) -> OpenAccount[str]:
    """The member's account."""
    return OpenAccount(
        key=ids.key("open"),
        occurred_at=at,
        actor=ACTOR,
        account_id=ids.account,
        program=PROGRAM.code,
        holder=str(ids.member),
    )


def purchase_reference(basket: Basket) -> BusinessReference:
    """The receipt of the store."""
    return BusinessReference(
        source="journey",
        store=str(basket.store),
        terminal="",
        receipt=str(basket.basket),
        business_date=basket.at.date(),
    )


def redemption_reference(redemption: Redemption) -> BusinessReference:
    """The coupon and its campaign."""
    return BusinessReference(
        source="journey-coupon",
        store=str(redemption.campaign),
        terminal=str(redemption.nth),
        receipt=str(redemption.coupon),
        business_date=redemption.on,
    )


def purchase(basket: Basket, who: Person, ids: Identity) -> Accrue[str]:
    """A purchase earns points by the program's rate."""
    return Accrue(
        key=ids.key(str(basket.basket)),
        occurred_at=basket.at,
        actor=ACTOR,
        account_id=ids.account,
        reference=purchase_reference(basket),
        purchase=Money(basket.cents, PROGRAM.currency),
        memo=who.purchase_memo(basket),
        detail=purchase_detail(basket),
    )


def redemption_key(redemption: Redemption, ids: Identity) -> UUID:
    """The idempotency key of a coupon's redemption."""
    return ids.key(f"coupon/{redemption.on}/{redemption.nth}")


def redeem(redemption: Redemption, who: Person, ids: Identity) -> Exchange[str] | Pay[str]:
    """A coupon costs points: an exchange for campaigns of type A, else a payment."""
    key = redemption_key(redemption, ids)
    at, reference = redeemed_at(redemption), redemption_reference(redemption)
    points = PRICES[redemption.campaign_type]
    memo, detail = who.redemption_memo(redemption), redemption_detail(redemption, who.household)
    if redemption.campaign_type == "Type A":
        return Exchange(
            key=key,
            occurred_at=at,
            actor=ACTOR,
            account_id=ids.account,
            reference=reference,
            points=points,
            coupon=f"campaign-{redemption.campaign}",
            coupon_id=ids.key(f"{key}/coupon"),
            memo=memo,
            detail=detail,
        )
    return Pay(
        key=key,
        occurred_at=at,
        actor=ACTOR,
        account_id=ids.account,
        reference=reference,
        points=points,
        store=f"campaign-{redemption.campaign}",
        memo=memo,
        detail=detail,
    )


def take_back(redemption: Redemption, spending: UUID, who: Person, ids: Identity) -> Refund[str]:
    """The points of a coupon come back a day later; ``spending`` is the receipt id of the exchange or payment."""
    return Refund(
        key=ids.key(f"refund/{redemption.on}/{redemption.nth}"),
        occurred_at=redeemed_at(redemption) + REFUND_AFTER,
        actor=ACTOR,
        account_id=ids.account,
        spending_id=spending,
        memo=who.refund_memo(redemption),
    )


def sweep(ids: Identity, on: date) -> Expire:
    """What has passed its last day by the first of a month."""
    return Expire(
        key=ids.key(f"sweep/{on}"),
        occurred_at=datetime.combine(on, SWEPT_AT, SEOUL),
        actor=ACTOR,
        account_id=ids.account,
        as_of=on,
    )
