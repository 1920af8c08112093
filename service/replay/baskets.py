"""Which commands a basket becomes: what it earns, what points pay of it, and what of it comes back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ledger import (
    Accrue,
    BusinessReference,
    Capture,
    ClawBack,
    Confirm,
    Hold,
    Money,
    Order,
    OrderLine,
    Pay,
    Refund,
    Release,
    Reprice,
    Tender,
    first_event_id,
    spread,
)
from service.replay import choices, rules
from service.replay.mapping import Identity
from service.replay.partners import RETAILER
from service.replay.people import Person, payment_detail, purchase_detail
from service.replay.rules import ACTOR, PROGRAM
from service.replay.source import Basket

CARD = "card"
GOODS = "goods"

def receipt_reference(basket: Basket, source: str = "journey") -> BusinessReference:
    """The receipt of the store; what earned, what points paid and what was set aside each have their own."""
    return BusinessReference(
        source=source,
        store=str(basket.store),
        terminal="",
        receipt=str(basket.basket),
        business_date=basket.at.date(),
    )


def purchase_key(basket: Basket, ids: Identity) -> UUID:
    """The idempotency key of what a basket earns."""
    return ids.key(str(basket.basket))


def payment_key(basket: Basket, ids: Identity) -> UUID:
    """The idempotency key of what points pay of a basket, or set aside for it."""
    return ids.key(f"pay/{basket.basket}")


def purchase(basket: Basket, paid: int, who: Person, ids: Identity) -> Accrue[str]:
    """A purchase earns points, with ``paid`` points having paid a part of it; of an order, by the program's rules."""
    way = rules.way_of(basket)
    order = order_of(basket, paid) if way in ("promoted", "points") else None
    return Accrue(
        key=purchase_key(basket, ids),
        occurred_at=basket.at,
        actor=ACTOR,
        account_id=ids.account,
        reference=receipt_reference(basket),
        purchase=Money(basket.cents - paid, PROGRAM.currency) if order is None else None,
        order=order,
        pending=way == "delivered",
        memo=who.purchase_memo(basket),
        detail=purchase_detail(basket),
    )


def order_of(basket: Basket, paid: int) -> Order:
    """A basket as lines with what paid each: each manufacturer's goods or else the dearest line, then the rest."""
    currency = PROGRAM.currency
    if not basket.promoted:
        tenders = [Tender(kind, amount) for kind, amount in (("points", paid), (CARD, basket.cents - paid)) if amount]
        amounts = [("dearest", basket.dearest), (GOODS, basket.cents - basket.dearest)]
        return spread([each for each in amounts if each[1]], tenders, currency)
    lines = []
    for each in basket.promoted:
        coupon = Tender(rules.coupon_tender(each.manufacturer), each.coupon)
        lines.append(OrderLine("promoted", (Tender(CARD, each.cents - each.coupon), coupon)))
    rest = basket.cents - sum(each.cents for each in basket.promoted)
    return Order((*lines, OrderLine(GOODS, (Tender(CARD, rest),))), currency)


def pay_part(basket: Basket, who: Person, ids: Identity) -> Pay[str]:
    """Points pay a quarter of a basket, the card the rest."""
    points = rules.points_paid(basket)
    return Pay(
        key=payment_key(basket, ids),
        occurred_at=basket.at,
        actor=ACTOR,
        account_id=ids.account,
        reference=receipt_reference(basket, "journey-pay"),
        points=points,
        cash=Money(basket.cents - points, PROGRAM.currency),
        store=str(basket.store),
        redeemer=RETAILER,
        memo=who.payment_memo(basket),
        detail=payment_detail(basket),
    )


def hold(basket: Basket, ids: Identity) -> Hold:
    """A pump sets points aside before it knows the price."""
    return Hold(
        key=payment_key(basket, ids),
        occurred_at=basket.at - choices.PUMP_AHEAD,
        actor=ACTOR,
        account_id=ids.account,
        reference=receipt_reference(basket, "journey-pump"),
        points=choices.PUMP_HOLD_POINTS,
        store=str(basket.store),
        redeemer=RETAILER,
    )


def capture(basket: Basket, who: Person, ids: Identity) -> Capture[str]:
    """What the fuel costs is paid out of the hold."""
    points = rules.points_paid(basket)
    return Capture(
        key=ids.key(f"capture/{basket.basket}"),
        occurred_at=basket.at,
        actor=ACTOR,
        account_id=ids.account,
        hold_id=first_event_id(ids.account, payment_key(basket, ids)),
        points=points,
        cash=Money(basket.cents - points, PROGRAM.currency),
        memo=who.payment_memo(basket),
        detail=payment_detail(basket),
    )


def let_go(basket: Basket, ids: Identity) -> Release:
    """The member paid by card."""
    return Release(
        key=ids.key(f"release/{basket.basket}"),
        occurred_at=basket.at,
        actor=ACTOR,
        account_id=ids.account,
        hold_id=first_event_id(ids.account, payment_key(basket, ids)),
    )


def confirm(basket: Basket, at: datetime, ids: Identity) -> Confirm:
    """The goods have stayed, so the points come."""
    return Confirm(
        key=ids.key(f"confirm/{basket.basket}"),
        occurred_at=at,
        actor=ACTOR,
        account_id=ids.account,
        accrual_id=first_event_id(ids.account, purchase_key(basket, ids)),
    )


def claw_back(basket: Basket, points: int | None, at: datetime, ids: Identity) -> ClawBack:
    """So many of a purchase's points, or all, go; of one that is pending, nothing but the promise."""
    return ClawBack(
        key=ids.key(f"return/{basket.basket}"),
        occurred_at=at,
        actor=ACTOR,
        account_id=ids.account,
        accrual_id=first_event_id(ids.account, purchase_key(basket, ids)),
        points=points,
        reason="goods returned",
    )


def reprice(basket: Basket, part: int, remains: Order, at: datetime, ids: Identity) -> Reprice:
    """What an order earns no longer goes, by the rules that earned it."""
    return Reprice(
        key=ids.key(f"return/{basket.basket}/{part}"),
        occurred_at=at,
        actor=ACTOR,
        account_id=ids.account,
        accrual_id=first_event_id(ids.account, purchase_key(basket, ids)),
        remains=remains,
        reason="goods returned",
    )


def refund_part(basket: Basket, part: int, at: datetime, who: Person, ids: Identity) -> Refund[str]:
    """First the dearest line, divided between points and card as the whole was; then everything that is left."""
    return Refund(
        key=ids.key(f"refund/{basket.basket}/{part}"),
        occurred_at=at,
        actor=ACTOR,
        account_id=ids.account,
        spending_id=first_event_id(ids.account, payment_key(basket, ids)),
        amount=basket.dearest if part == 1 else None,
        memo=who.return_memo(basket, part),
    )
