"""Accrual (적립): points that a purchase, a campaign or a charge gives, as one new lot."""

from dataclasses import replace
from datetime import date, datetime

from crypto_shredding import Sealed
from ledger.calendar import day_of, utc, zone_of
from ledger.errors import InvalidAmount, InvalidTime
from ledger.points.account import Account
from ledger.points.commands import Accrue, Confirm
from ledger.points.dating import dated_by_program
from ledger.points.draft import Draft
from ledger.points.draws import drawn
from ledger.points.effective import History, always
from ledger.points.errors import NotPending, UnknownAccrual
from ledger.points.events import AccountEvent, AccrualConfirmed, AccrualPended, PointsAccrued
from ledger.points.expiry import last_usable_day
from ledger.points.facts import facts
from ledger.points.limits import (
    ALWAYS,
    PRIORITY_MAX,
    STOPPED,
    active,
    happened,
    has_room,
    instant,
    invalid_money,
    is_whole,
    last_day,
    money_of,
    not_before,
    storable,
    whole_points,
)
from ledger.points.movements import Lot
from ledger.points.ordering import accrue_order
from ledger.points.program import Program
from ledger.points.settling import settle
from ledger.points.stamp import Stamp


def accrue(
    account: Account | None, command: Accrue[Sealed], program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """A lot of the points given, or of those that the purchase earns; its id is the event's. It pays deficits first.

    A pending one is promised only, until `confirm`. Raises, in this order: `UnknownAccount`, `AccountNotActive`,
    `InvalidTime`, `InvalidText`, `InvalidAmount`, `LimitReached`.
    """
    account = active(account, command.account_id, STOPPED)
    happened(command.occurred_at, stamp.recorded_at)
    earned_at = utc(command.occurred_at)
    usable_at = _usable_at(command, earned_at)
    if command.order is not None:
        storable(actor=command.actor, supplier=command.supplier, own_use=command.own_use)
        return accrue_order(account, command, command.order, program, stamp, usable_at)
    expires_on = _expires_on(command, program, earned_at, usable_at)
    storable(actor=command.actor, funder=command.funder, supplier=command.supplier, own_use=command.own_use)
    points = _points(command, program)
    if not is_whole(command.priority, -PRIORITY_MAX, PRIORITY_MAX):
        raise InvalidAmount(points, f"priority is a whole number, -{PRIORITY_MAX} to {PRIORITY_MAX}")
    has_room(account)
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
        command.own_use,
    )
    event = (AccrualPended if command.pending else PointsAccrued)(
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
    if command.pending or not account.aside.owing:
        return (event,)
    draft = Draft.of(account, command, program, stamp, earned_at)
    draft.take(event)
    settle(draft, [drawn(lot)])
    return draft.events


def confirm(
    account: Account | None, command: Confirm, program: Program, stamp: Stamp, history: History[Program] | None = None
) -> tuple[AccountEvent, ...]:
    """What is left of a pending accrual becomes a lot. Its days run from now or from the accrual, as the program says.

    Raises, in this order: `UnknownAccount`, `UnknownAccrual`, `NotPending`, `InvalidTime`, `InvalidText`.
    """
    account = active(account, command.account_id, ALWAYS)
    ids = account.aside.orders.get(command.accrual_id, (command.accrual_id,))
    promised = [account.aside.pending[each] for each in ids if each in account.aside.pending]
    if not promised:
        known = any(each in account.lots or each in account.aside.cancelled for each in ids)
        raise NotPending(command.accrual_id) if known else UnknownAccrual(command.accrual_id)
    happened(command.occurred_at, stamp.recorded_at)
    at = not_before(promised[0].earned_at, utc(command.occurred_at), "the accrual")
    history = history or always(program.version, program)
    lots = [_confirmed(each, command, program, history, at) for each in promised]
    storable(actor=command.actor)
    draft = Draft.of(account, command, program, stamp, at)
    for lot in lots:
        draft.add(AccrualConfirmed, lot=lot)
    settle(draft, [drawn(lot) for lot in lots])
    return draft.events


def _confirmed(promised: Lot, command: Confirm, program: Program, history: History[Program], at: datetime) -> Lot:
    usable_at = max(promised.usable_at, at)
    if command.usable_at is not None:
        instant(command.usable_at)
        usable_at = max(usable_at, utc(command.usable_at))
    last_day(command.expires_on)
    expires_on = command.expires_on or promised.expires_on
    if command.expires_on is None and program.expiry_starts == "confirmation":
        # A stated last day stays; one that the program counted is counted again.
        is_counted = dated_by_program(promised, history) == promised.earned_at
        expires_on = last_usable_day(program, at) if is_counted else promised.expires_on
    if expires_on is not None and expires_on < day_of(usable_at, zone_of(program.zone)):
        raise InvalidTime(expires_on, "the last day of points lies before the first on which they are usable")
    return replace(promised, usable_at=usable_at, expires_on=expires_on)


def _usable_at(command: Accrue[Sealed], earned_at: datetime) -> datetime:
    if command.usable_at is None:
        return earned_at
    instant(command.usable_at)
    if command.usable_at < earned_at:
        raise InvalidTime(command.usable_at, "points are not usable before they are earned")
    return utc(command.usable_at)


def _expires_on(command: Accrue[Sealed], program: Program, earned_at: datetime, usable_at: datetime) -> date | None:
    expires_on = command.expires_on
    last_day(expires_on)
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
        raise invalid_money(command.purchase, "such a purchase earns nothing at this program's rate")
    return whole_points(points)
