"""Spending: payment (사용) and exchange for a coupon (교환)."""

from crypto_shredding import Sealed
from ledger.calendar import day_of, zone_of
from ledger.errors import InsufficientPoints, InvalidAmount
from ledger.points.account import Account, spendable
from ledger.points.commands import Exchange, Pay
from ledger.points.draws import draw, in_order
from ledger.points.events import PointsExchanged, PointsPaid
from ledger.points.facts import facts
from ledger.points.limits import active, happened, money_of, storable, whole_points
from ledger.points.movements import Draw
from ledger.points.program import Program
from ledger.points.stamp import Stamp


def pay(account: Account | None, command: Pay[Sealed], program: Program, stamp: Stamp) -> tuple[PointsPaid]:
    """Points for goods, with the exact draws.

    Raises, in this order: `UnknownAccount`, `AccountNotActive`, `InvalidTime`, `InvalidText`, `InvalidAmount`,
    `InsufficientPoints`.
    """
    account = _checked(account, command, program, stamp, store=command.store, redeemer=command.redeemer)
    money_of(program, command.cash, command.points)
    event = PointsPaid(
        **_facts(command, program, stamp),
        points=command.points,
        draws=_draws(account, command, program, command.redeemer),
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
    """Points for a coupon. Raises what `pay` does, in the same order."""
    account = _checked(account, command, program, stamp, coupon=command.coupon)
    event = PointsExchanged(
        **_facts(command, program, stamp),
        points=command.points,
        draws=_draws(account, command, program, None),
        coupon=command.coupon,
        coupon_id=command.coupon_id,
        memo=command.memo,
        detail=command.detail,
    )
    return (event,)


def _checked(
    account: Account | None,
    command: Pay[Sealed] | Exchange[Sealed],
    program: Program,
    stamp: Stamp,
    **texts: str | None,
) -> Account:
    account = active(account, command.account_id)
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor, **texts)
    points = whole_points(command.points)
    if points < program.minimum_use:
        raise InvalidAmount(points, f"at least {program.minimum_use} points are spent at once")
    if points % program.unit_of_use:
        raise InvalidAmount(points, f"points are spent in units of {program.unit_of_use}")
    return account


def _facts(command: Pay[Sealed] | Exchange[Sealed], program: Program, stamp: Stamp) -> dict[str, object]:
    return facts(
        stamp,
        occurred_at=command.occurred_at,
        actor=command.actor,
        rule_version=program.version,
        reference=command.reference,
    )


def _draws(
    account: Account, command: Pay[Sealed] | Exchange[Sealed], program: Program, redeemer: str | None
) -> tuple[Draw, ...]:
    day = day_of(command.occurred_at, zone_of(program.zone))
    lots, available = spendable(account, command.occurred_at, day)
    if available < command.points:
        raise InsufficientPoints(command.points, available)
    return draw(in_order(lots, program.spending_order), command.points, program, redeemer)
