"""Accrual (적립): points that a purchase, a campaign or a charge gives, as one new lot."""

from datetime import date, datetime

from crypto_shredding import Sealed
from ledger.calendar import day_of, utc, zone_of
from ledger.errors import InvalidAmount, InvalidTime, LimitReached
from ledger.points.account import Account
from ledger.points.commands import Accrue
from ledger.points.events import PointsAccrued
from ledger.points.expiry import last_usable_day
from ledger.points.facts import facts
from ledger.points.limits import (
    OPEN_LOTS_MAX,
    PRIORITY_MAX,
    active,
    happened,
    instant,
    is_whole,
    money_of,
    storable,
    whole_points,
)
from ledger.points.movements import Lot
from ledger.points.program import Program
from ledger.points.stamp import Stamp


def accrue(account: Account | None, command: Accrue[Sealed], program: Program, stamp: Stamp) -> tuple[PointsAccrued]:
    """A lot of the points given, or of those that the purchase earns; the lot's id is the event's.

    Raises, in this order: `UnknownAccount`, `AccountNotActive`, `InvalidTime`, `InvalidText`, `InvalidAmount`,
    `LimitReached`.
    """
    account = active(account, command.account_id)
    happened(command.occurred_at, stamp.recorded_at)
    earned_at = utc(command.occurred_at)
    usable_at = _usable_at(command, earned_at)
    expires_on = _expires_on(command, program, earned_at, usable_at)
    storable(actor=command.actor, funder=command.funder, supplier=command.supplier)
    points = _points(command, program)
    if not is_whole(command.priority, -PRIORITY_MAX, PRIORITY_MAX):
        raise InvalidAmount(points, f"priority is a whole number, -{PRIORITY_MAX} to {PRIORITY_MAX}")
    if len(account.open_lots) >= OPEN_LOTS_MAX:
        raise LimitReached("lots with points left", OPEN_LOTS_MAX)
    lot = Lot(
        stamp.event_ids[0],
        account.next_sequence,
        points,
        command.kind,
        command.funder,
        command.supplier,
        earned_at,
        usable_at,
        expires_on,
        command.priority,
    )
    event = PointsAccrued(
        **facts(
            stamp,
            occurred_at=earned_at,
            actor=command.actor,
            rule_version=program.version,
            reference=command.reference,
        ),
        lot=lot,
        purchase=command.purchase,
        memo=command.memo,
        detail=command.detail,
    )
    return (event,)


def _usable_at(command: Accrue[Sealed], earned_at: datetime) -> datetime:
    if command.usable_at is None:
        return earned_at
    instant(command.usable_at)
    if command.usable_at < earned_at:
        raise InvalidTime(command.usable_at, "points are not usable before they are earned")
    return utc(command.usable_at)


def _expires_on(command: Accrue[Sealed], program: Program, earned_at: datetime, usable_at: datetime) -> date | None:
    expires_on = command.expires_on
    if expires_on is None:
        expires_on = last_usable_day(program, earned_at)
        if usable_at is earned_at:
            return expires_on
    if expires_on is not None and expires_on < day_of(usable_at, zone_of(program.zone)):
        raise InvalidTime(expires_on, "the last day of points lies before the first on which they are usable")
    return expires_on


def _points(command: Accrue[Sealed], program: Program) -> int:
    """What is given, or what the purchase earns by the program's rate."""
    money_of(program, command.purchase, command.points or 0)
    if command.points is not None:
        return whole_points(command.points)
    if command.purchase is None:
        raise InvalidAmount(0, "an accrual needs points, or a purchase that earns them")
    points = command.purchase.amount * program.earning.points // program.earning.per
    if points == 0:
        raise InvalidAmount(0, f"a purchase of {command.purchase.amount} earns nothing at this program's rate")
    return whole_points(points)
