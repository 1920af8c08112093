"""Import (이관): what another points system owes, and what it remembers, as that system tells it.

Lots, holds and coupons are owed from the cut-over on, so the books begin there and say nothing of days before it: those
are in the other system's books, which are closed. A line of history is told with its own day and moves nothing.
"""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from crypto_shredding import Sealed
from ledger.calendar import day_of, utc, zone_of
from ledger.errors import InvalidAmount, InvalidText, InvalidTime, LimitReached
from ledger.points.account import Account
from ledger.points.balance import there_since
from ledger.points.commands import AccountCommand, ImportCoupon, ImportHistory, ImportHold, ImportLot, LotPoints
from ledger.points.commands.importing import PAYMENTS
from ledger.points.draft import Draft
from ledger.points.draws import drawn, total
from ledger.points.errors import NotInLot
from ledger.points.events import AccountEvent, CouponImported, HistoryImported, HoldImported, PointsImported
from ledger.points.holding import OPEN_HOLDS_MAX
from ledger.points.limits import (
    NOT_LEFT,
    POINTS_MAX,
    PRIORITY_MAX,
    active,
    happened,
    has_room,
    instant,
    is_whole,
    last_day,
    money_of,
    storable,
    whole_points,
)
from ledger.points.movements import Draw, Lot
from ledger.points.program import Program
from ledger.points.settling import settle
from ledger.points.stamp import Stamp

SOURCE = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def import_lot(account: Account | None, command: ImportLot, program: Program, stamp: Stamp) -> tuple[AccountEvent, ...]:
    """A lot with what is left of it; its id is the event's. It pays what the account owes, if that has happened here.

    Raises, in this order: `UnknownAccount`, `AccountNotActive` (left), `InvalidTime`, `InvalidText`, `InvalidAmount`,
    `LimitReached`.
    """
    account = active(account, command.account_id, NOT_LEFT)
    happened(command.occurred_at, stamp.recorded_at)
    earned_at = _earlier(command.earned_at, command, "the points were earned")
    usable_at = earned_at if command.usable_at is None else command.usable_at
    instant(usable_at)
    if usable_at < earned_at:
        raise InvalidTime(usable_at, "points are not usable before they are earned")
    last_day(command.expires_on)
    if command.expires_on is not None and command.expires_on < day_of(usable_at, zone_of(program.zone)):
        raise InvalidTime(command.expires_on, "the last day of points lies before the first on which they are usable")
    _coded(command.source)
    storable(actor=command.actor, funder=command.funder, supplier=command.supplier, own_use=command.own_use)
    points = whole_points(command.points)
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
        utc(usable_at),
        command.expires_on,
        command.priority,
        command.own_use,
    )
    draft = Draft.of(account, command, program, stamp, utc(command.occurred_at))
    draft.add(PointsImported, lot=lot, source=command.source)
    if account.aside.owing or account.aside.stretches:
        settle(draft, [drawn(lot)])
    return draft.events


def import_hold(
    account: Account | None, command: ImportHold, program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """A hold of exactly these points of lots, which have been taken over before. It goes on as if placed here.

    One that says no time and is not authorising lasts from the cut-over as long as the program's do.

    Raises, in this order: `UnknownAccount`, `AccountNotActive` (left), `InvalidTime`, `InvalidText`, `InvalidAmount`,
    `LimitReached`, `NotInLot`.
    """
    account = active(account, command.account_id, NOT_LEFT)
    happened(command.occurred_at, stamp.recorded_at)
    held_at = _earlier(command.held_at, command, "the points were set aside")
    times_out_at = command.times_out_at
    if times_out_at is None and not command.authorising:
        times_out_at = command.occurred_at + timedelta(minutes=program.hold_minutes)
    if times_out_at is not None:
        instant(times_out_at)
        if times_out_at <= held_at:
            raise InvalidTime(times_out_at, "a hold times out after it was placed")
    _coded(command.source)
    storable(actor=command.actor, store=command.store)
    if not command.parts:
        raise InvalidAmount(0, "a hold names the lots whose points it has set aside")
    points = whole_points(sum(whole_points(each.points) for each in command.parts))
    money_of(program, command.cash, points)
    if len(account.aside.open_holds) >= OPEN_HOLDS_MAX:
        raise LimitReached("open holds", OPEN_HOLDS_MAX)
    draws = _taken(account, command.parts)
    # Sent with an earlier cut-over than its lots', it occurs when the last of them came in.
    at = there_since(account, draws, utc(command.occurred_at))
    draft = Draft.of(account, command, program, stamp, at)
    draft.add(
        HoldImported,
        points=points,
        draws=draws,
        source=command.source,
        held_at=held_at,
        status="authorising" if command.authorising else "open",
        cash=command.cash,
        store=command.store,
        times_out_at=None if times_out_at is None else utc(times_out_at),
    )
    return draft.events


def import_coupon(
    account: Account | None, command: ImportCoupon[Sealed], program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """A coupon that is issued: it may be redeemed, it expires, and a refund of the exchange gives its points back.

    Raises, in this order: `UnknownAccount`, `AccountNotActive` (left), `InvalidTime`, `InvalidText`, `InvalidAmount`.
    """
    account = active(account, command.account_id, NOT_LEFT)
    happened(command.occurred_at, stamp.recorded_at)
    issued_at = _earlier(command.issued_at, command, "the coupon was issued")
    last_day(command.points_expire_on)
    _coded(command.source)
    storable(actor=command.actor, coupon=command.coupon, funder=command.funder)
    points = whole_points(command.points)
    lot = Lot(
        stamp.event_ids[0],
        account.next_sequence,
        points,
        command.kind,
        command.funder,
        None,
        issued_at,
        issued_at,
        command.points_expire_on,
        0,
    )
    draft = Draft.of(account, command, program, stamp, utc(command.occurred_at))
    draft.add(
        CouponImported,
        lot=lot,
        source=command.source,
        coupon=command.coupon,
        coupon_id=command.coupon_id,
        issued_at=issued_at,
        expires_on=command.expires_on,
        code=command.code,
    )
    return draft.events


def import_history(
    account: Account | None, command: ImportHistory[Sealed], program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """A line that is told.

    Raises, in this order: `UnknownAccount`, `AccountNotActive` (left), `InvalidTime`, `InvalidText` (also a payment's
    record that is given as a contract's, or the other way round), `InvalidAmount`.
    """
    account = active(account, command.account_id, NOT_LEFT)
    happened(command.occurred_at, stamp.recorded_at)
    _coded(command.source)
    storable(actor=command.actor, store=command.store)
    misplaced, right = ("detail", "paid") if command.movement in PAYMENTS else ("paid", "detail")
    if getattr(command, misplaced) is not None:
        raise InvalidText(misplaced, f"the record of this movement ({command.movement}) is given as {right}")
    if not is_whole(command.points, -POINTS_MAX, POINTS_MAX):
        raise InvalidAmount(command.points, f"points told are a whole number, -{POINTS_MAX} to {POINTS_MAX}")
    draft = Draft.of(account, command, program, stamp, utc(command.occurred_at))
    draft.add(
        HistoryImported,
        movement=command.movement,
        points=command.points,
        source=command.source,
        store=command.store,
        memo=command.memo,
        detail=command.detail,
        paid=command.paid,
    )
    return draft.events


def _coded(source: str) -> None:
    """The name of a system is stored in plain for ever, so it may say nothing of anybody."""
    if not SOURCE.fullmatch(source):
        raise InvalidText("source", "is the code of a system: 1 to 32 of a-z, 0-9 and hyphen")


def _earlier(at: datetime, command: AccountCommand, what: str) -> datetime:
    instant(at)
    if at > command.occurred_at:
        raise InvalidTime(at, f"{what} after the cut-over, {command.occurred_at.isoformat()}")
    return utc(at)


def _taken(account: Account, parts: tuple[LotPoints, ...]) -> tuple[Draw, ...]:
    """Draws of these points, of a lot's parts by last day the earliest first. Raises `NotInLot` where it has fewer."""
    left: dict[UUID, list[Lot]] = {}
    draws: list[Draw] = []
    for each in parts:
        wanted = each.points
        terms = account.lots.get(each.lot_id)
        found = left.setdefault(each.lot_id, [] if terms is None else account.open_lots.of_lot(terms))
        for place, lot in enumerate(found):
            if taken := min(wanted, lot.points):
                draws.append(replace(drawn(lot), points=taken))
                found[place] = replace(lot, points=lot.points - taken)
                wanted -= taken
        if wanted:
            raise NotInLot(each.lot_id, each.points, each.points - wanted)
    assert total(draws) == sum(each.points for each in parts)
    return tuple(draws)
