"""Which commands a coupon becomes: points are exchanged for it or pay with it, it is used, it is taken back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ledger import BusinessReference, Exchange, Pay, RedeemCoupon, Refund, first_event_id
from service.replay import choices, rules
from service.replay.mapping import Identity
from service.replay.partners import RETAILER
from service.replay.people import Person, redemption_detail
from service.replay.rules import ACTOR
from service.replay.source import Redemption


def redemption_reference(redemption: Redemption) -> BusinessReference:
    """The coupon and its campaign."""
    return BusinessReference(
        source="journey-coupon",
        store=str(redemption.campaign),
        terminal=str(redemption.nth),
        receipt=str(redemption.coupon),
        business_date=redemption.on,
    )


def redemption_key(redemption: Redemption, ids: Identity) -> UUID:
    """The idempotency key of a coupon's redemption."""
    return ids.key(f"coupon/{redemption.on}/{redemption.nth}")


def redeem(redemption: Redemption, who: Person, ids: Identity) -> Exchange[str] | Pay[str]:
    """A coupon costs points: an exchange for campaigns of type A, else a payment."""
    key = redemption_key(redemption, ids)
    at, reference = rules.redeemed_at(redemption), redemption_reference(redemption)
    points = choices.PRICES[redemption.campaign_type]
    memo, detail = who.redemption_memo(redemption), redemption_detail(redemption, who.household)
    if rules.is_exchange(redemption):
        return Exchange(
            key=key,
            occurred_at=at,
            actor=ACTOR,
            account_id=ids.account,
            reference=reference,
            points=points,
            coupon=f"campaign-{redemption.campaign}",
            coupon_id=ids.key(f"{key}/coupon"),
            expires_on=redemption.until,
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
        redeemer=RETAILER,
        memo=memo,
        detail=detail,
    )


def use_coupon(redemption: Redemption, at: datetime, ids: Identity) -> RedeemCoupon:
    """The coupon that points were exchanged for is used."""
    return RedeemCoupon(
        key=ids.key(f"use/{redemption.on}/{redemption.nth}"),
        occurred_at=at,
        actor=ACTOR,
        account_id=ids.account,
        spending_id=first_event_id(ids.account, redemption_key(redemption, ids)),
        store=f"campaign-{redemption.campaign}",
        redeemer=RETAILER,
    )


def take_back(redemption: Redemption, at: datetime, who: Person, ids: Identity) -> Refund[str]:
    """The points of a coupon come back."""
    return Refund(
        key=ids.key(f"refund/{redemption.on}/{redemption.nth}"),
        occurred_at=at,
        actor=ACTOR,
        account_id=ids.account,
        spending_id=first_event_id(ids.account, redemption_key(redemption, ids)),
        memo=who.refund_memo(redemption),
    )
