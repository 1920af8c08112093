"""Points for money: charge (충전) and cash-out (환급)."""

from datetime import datetime

from crypto_shredding import Sealed
from ledger.calendar import day_of, utc, zone_of
from ledger.errors import InsufficientPoints, InvalidAmount, InvalidTime
from ledger.points.account import Account
from ledger.points.balance import spendable
from ledger.points.commands import CashOut, Charge
from ledger.points.draft import Draft
from ledger.points.draws import draw, drawn
from ledger.points.events import AccountEvent, PointsAccrued, PointsCashedOut, PointsCharged
from ledger.points.expiry import last_usable_day
from ledger.points.limits import (
    ALWAYS,
    POINTS_MAX,
    active,
    happened,
    has_room,
    is_whole,
    last_day,
    money_of,
    storable,
    whole_points,
)
from ledger.points.movements import OPERATOR, Lot
from ledger.points.program import Program
from ledger.points.settling import settle
from ledger.points.stamp import Stamp


def charge(
    account: Account | None, command: Charge[Sealed], program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """Bought points, which pay no deficit and are never clawed back; and the free bonus for them, which names them.

    Raises, in this order: `UnknownAccount`, `AccountNotActive`, `InvalidTime`, `InvalidText`, `InvalidAmount`,
    `LimitReached`.
    """
    account = active(account, command.account_id)
    happened(command.occurred_at, stamp.recorded_at)
    at = utc(command.occurred_at)
    today = day_of(at, zone_of(program.zone))
    last_day(command.bonus_expires_on)
    if command.bonus_expires_on is not None and command.bonus_expires_on < today:
        raise InvalidTime(command.bonus_expires_on, "the last day of the bonus lies before the charge")
    storable(actor=command.actor)
    points = whole_points(command.points)
    money_of(program, command.money, points)
    if command.money.amount < points * program.unit_value:
        raise InvalidAmount(points, f"are worth more than the {command.money.amount} paid; the rest is a bonus")
    if not is_whole(command.bonus, 0, POINTS_MAX):
        raise InvalidAmount(command.bonus, f"a bonus is none to {POINTS_MAX} points")
    has_room(account, 2 if command.bonus else 1)
    draft = Draft.of(account, command, program, stamp, at)
    bought = Lot(draft.next_id, account.next_sequence, points, "paid", OPERATOR, None, at, at, None, 0)
    charged = draft.add(
        PointsCharged,
        lot=bought,
        money=command.money,
        memo=command.memo,
        detail=command.detail,
        instrument=command.instrument,
    )
    if command.bonus:
        last = command.bonus_expires_on or last_usable_day(program, at)
        number = draft.account.next_sequence
        bonus = Lot(draft.next_id, number, command.bonus, "free", OPERATOR, None, at, at, last, 0)
        draft.add(PointsAccrued, lot=bonus, charge_id=charged.id)
        settle(draft, [drawn(bonus)])  # a bonus is free, so it pays what is owed
    return draft.events


def cash_out(
    account: Account | None, command: CashOut[Sealed], program: Program, stamp: Stamp
) -> tuple[PointsCashedOut]:
    """Bought points back into money, at their worth less the program's fee.

    Raises, in this order: `UnknownAccount`, `InvalidTime`, `InvalidText`, `InvalidAmount`, `InsufficientPoints` (of
    those that were bought).
    """
    account = active(account, command.account_id, ALWAYS)
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor)
    points = whole_points(command.points)
    bought, available = _bought(account, command.occurred_at, program)
    if available < points:
        raise InsufficientPoints(points, available)
    money, fee = program.paid_out(points)
    draft = Draft.of(account, command, program, stamp, command.occurred_at)
    event = draft.add(
        PointsCashedOut,
        points=points,
        draws=draw(bought, points, program),
        money=money,
        fee=fee,
        memo=command.memo,
        payee=command.payee,
    )
    return (event,)


def _bought(account: Account, at: datetime, program: Program) -> tuple[list[Lot], int]:
    lots, _ = spendable(account, at, day_of(at, zone_of(program.zone)))
    bought = list(lots.of_kind("paid"))
    return bought, sum(lot.points for lot in bought)
