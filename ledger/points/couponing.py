"""The life of a coupon: issued by an exchange, then redeemed once, or expired, or cancelled by its refund."""

from dataclasses import replace
from datetime import date

from ledger.calendar import day_of, utc, zone_of
from ledger.errors import InvalidTime, UnknownSpending
from ledger.points.account import Account, Coupon, CouponStatus
from ledger.points.commands import ExpireCoupons, RedeemCoupon
from ledger.points.draft import Draft
from ledger.points.errors import CouponClosed, NoCoupon
from ledger.points.events import AccountEvent, CouponExpired, CouponRedeemed
from ledger.points.limits import ALWAYS, STOPPED, active, due_day, happened, not_before, storable
from ledger.points.movements import Draw
from ledger.points.program import Program
from ledger.points.stamp import Stamp


def closed_as(coupon: Coupon, day: date) -> CouponStatus | None:
    """As what a coupon is closed on the day, swept or not; None while it can still be used."""
    if coupon.is_past(day):
        return "expired"
    return None if coupon.status == "issued" else coupon.status


def redeem_coupon(
    account: Account | None, command: RedeemCoupon, program: Program, stamp: Stamp
) -> tuple[CouponRedeemed]:
    """The coupon is used, once. Whoever takes it is compensated at the points' worth.

    Raises, in this order: `UnknownAccount`, `AccountNotActive`, `UnknownSpending`, `NoCoupon`, `InvalidTime` (also past
    its last day), `InvalidText`, `CouponClosed`.
    """
    account = active(account, command.account_id, STOPPED)
    spending = account.spendings.get(command.spending_id)
    if spending is None:
        raise UnknownSpending(command.spending_id)
    if spending.coupon is None:
        raise NoCoupon(command.spending_id)
    happened(command.occurred_at, stamp.recorded_at)
    at = not_before(spending.occurred_at, utc(command.occurred_at), "the exchange")
    last = spending.coupon.expires_on
    if last is not None and day_of(at, zone_of(program.zone)) > last:
        raise InvalidTime(at, f"lies after the coupon's last day, {last.isoformat()}")
    storable(actor=command.actor, store=command.store, redeemer=command.redeemer)
    if spending.coupon.status != "issued":
        raise CouponClosed(spending.spending_id, spending.coupon.status)
    draws = tuple(_taken_by(each, command.redeemer, program) for each in spending.draws)
    draft = Draft.of(account, command, program, stamp, at)
    event = draft.add(
        CouponRedeemed, spending_id=spending.spending_id, points=spending.points, draws=draws, store=command.store
    )
    return (event,)


def expire_coupons(
    account: Account | None, command: ExpireCoupons, program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """Close what is past its last day on ``as_of``; nothing due, no event.

    Raises, in this order: `UnknownAccount`, `InvalidTime`, `InvalidText`.
    """
    account = active(account, command.account_id, ALWAYS)
    happened(command.occurred_at, stamp.recorded_at)
    due_day(command.as_of, command.occurred_at, stamp.recorded_at, program)
    storable(actor=command.actor)
    draft = Draft.of(account, command, program, stamp, command.occurred_at)
    exchanges = [account.spendings[each] for each in account.aside.open_coupons]
    for spending in sorted(exchanges, key=lambda each: (each.occurred_at, each.spending_id)):
        if spending.coupon is not None and spending.coupon.is_past(command.as_of):
            draft.add(
                CouponExpired,
                spending_id=spending.spending_id,
                points=spending.points,
                draws=tuple(_taken_by(each, None, program) for each in spending.draws),
                as_of=command.as_of,
            )
    return draft.events


def _taken_by(draw: Draw, redeemer: str | None, program: Program) -> Draw:
    paid = 0 if redeemer is None or redeemer == draw.funder else draw.points * program.unit_value
    return replace(draw, redeemer=redeemer, compensated=paid)
