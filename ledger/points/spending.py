"""Spending: payment (사용) and exchange for a coupon (교환)."""

from crypto_shredding import Sealed
from ledger.calendar import day_of, zone_of
from ledger.errors import InsufficientPoints, InvalidAmount, InvalidTime
from ledger.points.account import Account
from ledger.points.balance import spendable_at
from ledger.points.commands import Exchange, Hold, Pay
from ledger.points.draws import draw, in_order
from ledger.points.events import PointsExchanged, PointsPaid
from ledger.points.facts import facts
from ledger.points.limits import active, happened, money_of, storable, whole_points
from ledger.points.movements import Draw
from ledger.points.program import Program, SpendingOrder
from ledger.points.stamp import Stamp


def pay(account: Account | None, command: Pay[Sealed], program: Program, stamp: Stamp) -> tuple[PointsPaid]:
    """Points for goods, with the exact draws.

    Raises, in this order: `UnknownAccount`, `AccountNotActive`, `InvalidTime`, `InvalidText`, `InvalidAmount`,
    `InsufficientPoints`.
    """
    account = spender(account, command, program, stamp, store=command.store, redeemer=command.redeemer)
    money_of(program, command.cash, command.points)
    event = PointsPaid(
        **_facts(command, program, stamp),
        points=command.points,
        draws=draws_for(account, command, program, command.redeemer, command.order),
        cash=command.cash,
        store=command.store,
        memo=command.memo,
        detail=command.detail,
        instrument=command.instrument,
    )
    return (event,)


def exchange(
    account: Account | None, command: Exchange[Sealed], program: Program, stamp: Stamp
) -> tuple[PointsExchanged]:
    """Points for a coupon. Raises what `pay` does, in the same order; `InvalidTime` also for the coupon's last day."""
    account = spender(account, command, program, stamp, coupon=command.coupon)
    if command.expires_on is not None and command.expires_on < day_of(command.occurred_at, zone_of(program.zone)):
        raise InvalidTime(command.expires_on, "the coupon's last day lies before its first")
    event = PointsExchanged(
        **_facts(command, program, stamp),
        points=command.points,
        draws=draws_for(account, command, program),
        coupon=command.coupon,
        coupon_id=command.coupon_id,
        memo=command.memo,
        detail=command.detail,
        code=command.code,
        expires_on=command.expires_on,
    )
    return (event,)


def spender(
    account: Account | None,
    command: Pay[Sealed] | Exchange[Sealed] | Hold,
    program: Program,
    stamp: Stamp,
    **texts: str | None,
) -> Account:
    """The account that may spend so many points at once. Raises the first five that `pay` does."""
    account = active(account, command.account_id)
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor, **texts)
    points = whole_points(command.points)
    if points < program.minimum_use:
        raise InvalidAmount(points, f"at least {program.minimum_use} points are spent at once")
    if points % program.unit_of_use:
        raise InvalidAmount(points, f"points are spent in units of {program.unit_of_use}")
    return account


def draws_for(
    account: Account,
    command: Pay[Sealed] | Exchange[Sealed] | Hold,
    program: Program,
    redeemer: str | None = None,
    order: SpendingOrder | None = None,
) -> tuple[Draw, ...]:
    """What the command takes from which lot. Raises `InsufficientPoints`."""
    day = day_of(command.occurred_at, zone_of(program.zone))
    lots, available = spendable_at(account, command.occurred_at, day, redeemer)
    if available < command.points:
        raise InsufficientPoints(command.points, available)
    return draw(in_order(lots, order or program.spending_order), command.points, program, redeemer)


def _facts(command: Pay[Sealed] | Exchange[Sealed], program: Program, stamp: Stamp) -> dict[str, object]:
    return facts(
        stamp,
        occurred_at=command.occurred_at,
        actor=command.actor,
        rule_version=program.version,
        reference=command.reference,
    )
