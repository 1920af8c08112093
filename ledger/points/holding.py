"""Holds (가승인): points set aside for a payment, then captured or let go."""

from datetime import datetime, timedelta
from uuid import UUID

from crypto_shredding import Sealed
from ledger.calendar import day_of, utc, zone_of
from ledger.errors import InvalidTime, LimitReached
from ledger.points.account import Account, HeldPoints
from ledger.points.balance import spendable_at
from ledger.points.commands import Authorise, Capture, Hold, Release, TimeOutHolds
from ledger.points.draft import Draft
from ledger.points.draws import draw, in_order, total
from ledger.points.errors import CancelAtPsp, CaptureTooLarge, HoldEnded, UnknownHold
from ledger.points.events import AccountEvent, HoldAuthorising, HoldCaptured, HoldReleased, PointsHeld, PointsPaid
from ledger.points.limits import (
    ALWAYS,
    active,
    happened,
    instant,
    money_of,
    not_before,
    storable,
    whole_points,
)
from ledger.points.movements import Draw
from ledger.points.program import Program
from ledger.points.settling import settle
from ledger.points.spending import draws_for, spender
from ledger.points.stamp import Stamp

OPEN_HOLDS_MAX = 100
"""A member pays at so many tills at once only if something sends holds and never ends them."""


def hold(account: Account | None, command: Hold, program: Program, stamp: Stamp) -> tuple[PointsHeld]:
    """Points set aside, with the exact draws; available to nothing else until the hold ends.

    Raises, in this order: `UnknownAccount`, `AccountNotActive`, `InvalidTime`, `InvalidText`, `InvalidAmount`,
    `LimitReached`, `InsufficientPoints`.
    """
    account = spender(account, command, program, stamp, store=command.store, redeemer=command.redeemer)
    money_of(program, command.cash, command.points)
    times_out_at = command.times_out_at
    if times_out_at is None:
        times_out_at = command.occurred_at + timedelta(minutes=program.hold_minutes)
    instant(times_out_at)
    if times_out_at <= command.occurred_at:
        raise InvalidTime(times_out_at, "a hold times out after it was placed")
    if len(account.aside.open_holds) >= OPEN_HOLDS_MAX:
        raise LimitReached("open holds", OPEN_HOLDS_MAX)
    draft = Draft.of(account, command, program, stamp, command.occurred_at)
    event = draft.add(
        PointsHeld,
        points=command.points,
        draws=draws_for(account, command, program, command.redeemer, command.order),
        cash=command.cash,
        store=command.store,
        times_out_at=utc(times_out_at),
    )
    return (event,)


def authorise(account: Account | None, command: Authorise, program: Program, stamp: Stamp) -> tuple[AccountEvent, ...]:
    """From now on the hold waits for an answer and does not time out; nothing, where it does so already.

    Raises, in this order: `UnknownAccount`, `AccountNotActive`, `UnknownHold`, `InvalidTime`, `InvalidText`,
    `HoldEnded`.
    """
    account = active(account, command.account_id)
    held, at = _found(account, command.hold_id, command.occurred_at, stamp, command.actor)
    if not held.is_open:
        raise HoldEnded(held.hold_id, held.status)
    if held.status == "authorising":
        return ()
    draft = Draft.of(account, command, program, stamp, at)
    draft.add(HoldAuthorising, hold_id=held.hold_id)
    return draft.events


def capture(
    account: Account | None, command: Capture[Sealed], program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """A payment out of the hold; what it does not take is released, and expires where its lot has.

    Captured before: nothing, and the first payment is the answer (`HoldEnded` where the amount differs). Let go before:
    the points are drawn anew, if they are all there and the account may still spend. Raises, in this order:
    `UnknownAccount`, `UnknownHold`, `InvalidTime`, `InvalidText`, `InvalidAmount`, `CaptureTooLarge`, `HoldEnded`,
    `CancelAtPsp`.
    """
    account = active(account, command.account_id, ALWAYS)
    held, at = _found(account, command.hold_id, command.occurred_at, stamp, command.actor)
    points = held.points if command.points is None else whole_points(command.points)
    cash = held.cash if command.cash is None else command.cash
    money_of(program, cash, points)
    if points > held.points:
        raise CaptureTooLarge(held.hold_id, points, held.points)
    if held.status == "captured":
        assert held.spending_id is not None
        if account.spendings[held.spending_id].points != points:
            raise HoldEnded(held.hold_id, held.status)
        return ()
    if held.status == "released":
        return _capture_late(account, command, program, stamp, held, points, at)
    draft = Draft.of(account, command, program, stamp, at)
    taken, rest = _split(held.draws, points)
    draft.add(
        HoldCaptured,
        hold_id=held.hold_id,
        points=points,
        draws=taken,
        cash=cash,
        store=held.store,
        memo=command.memo,
        detail=command.detail,
        instrument=command.instrument,
    )
    if rest:
        draft.add(HoldReleased, hold_id=held.hold_id, points=total(rest), draws=rest, cause="rest")
        settle(draft, rest, came_back=True)
    return draft.events


def release(account: Account | None, command: Release, program: Program, stamp: Stamp) -> tuple[AccountEvent, ...]:
    """Points back to their lots; those past their day expire. Nothing, where it was let go before.

    Raises, in this order: `UnknownAccount`, `UnknownHold`, `InvalidTime`, `InvalidText`, `HoldEnded` (captured: refund
    the payment).
    """
    account = active(account, command.account_id, ALWAYS)
    held, at = _found(account, command.hold_id, command.occurred_at, stamp, command.actor)
    if held.status == "captured":
        raise HoldEnded(held.hold_id, held.status)
    if held.status == "released":
        return ()
    draft = Draft.of(account, command, program, stamp, at)
    let_go(draft, held, "asked")
    return draft.events


def time_out_holds(
    account: Account | None, command: TimeOutHolds, program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """Let go of holds whose time is over; those that are authorising wait. Nothing due, no event.

    Raises, in this order: `UnknownAccount`, `InvalidTime`, `InvalidText`.
    """
    account = active(account, command.account_id, ALWAYS)
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor)
    at = utc(command.occurred_at)
    draft = Draft.of(account, command, program, stamp, at)
    come = min(at, utc(stamp.recorded_at))  # a clock that runs ahead takes nothing before its time
    holds = [account.aside.holds[each] for each in account.aside.open_holds]
    for held in sorted(holds, key=lambda each: (each.occurred_at, each.hold_id)):
        if held.status == "open" and held.times_out_at is not None and held.times_out_at <= come:
            let_go(draft, held, "timed_out")
    return draft.events


def let_go(draft: Draft, held: HeldPoints, cause: str) -> None:
    """Release a hold within a decision."""
    draft.lift(held.occurred_at)
    draft.add(HoldReleased, hold_id=held.hold_id, points=held.points, draws=held.draws, cause=cause)
    settle(draft, held.draws, came_back=True)


def _found(
    account: Account, hold_id: UUID, occurred_at: datetime, stamp: Stamp, actor: str
) -> tuple[HeldPoints, datetime]:
    held = account.aside.holds.get(hold_id)
    if held is None:
        raise UnknownHold(hold_id)
    happened(occurred_at, stamp.recorded_at)
    at = not_before(held.occurred_at, utc(occurred_at), "the hold")
    storable(actor=actor)
    return held, at


def _capture_late(
    account: Account,
    command: Capture[Sealed],
    program: Program,
    stamp: Stamp,
    held: HeldPoints,
    points: int,
    at: datetime,
) -> tuple[AccountEvent, ...]:
    """The card company has approved what was let go: pay if the points are there, else it must be cancelled there."""
    redeemer = held.draws[0].redeemer
    lots, available = spendable_at(account, at, day_of(at, zone_of(program.zone)), redeemer)
    if account.status not in ("active", "suspended") or available < points:
        raise CancelAtPsp(held.hold_id, points, available)
    draft = Draft.of(account, command, program, stamp, at)
    draft.add(
        PointsPaid,
        points=points,
        draws=draw(in_order(lots, program.spending_order), points, program, redeemer),
        cash=held.cash if command.cash is None else command.cash,
        store=held.store,
        memo=command.memo,
        detail=command.detail,
        instrument=command.instrument,
        late_for=held.hold_id,
    )
    return draft.events


def _split(draws: tuple[Draw, ...], points: int) -> tuple[tuple[Draw, ...], tuple[Draw, ...]]:
    """The first so many points of the draws, and the rest. What a redeemer is compensated follows the points."""
    taken: list[Draw] = []
    rest: list[Draw] = []
    for each in draws:
        part = min(each.points, points)
        points -= part
        if part:
            taken.append(_part(each, part))
        if part < each.points:
            rest.append(_part(each, each.points - part))
    return tuple(taken), tuple(rest)


def _part(each: Draw, points: int) -> Draw:
    compensated = each.compensated // each.points * points
    return Draw(each.lot_id, points, each.kind, each.funder, each.expires_on, each.redeemer, compensated)
