"""Adjustment (조정): points put right by a person, with a reason, and by two persons above a limit."""

from crypto_shredding import Sealed
from ledger.calendar import day_of, utc, zone_of
from ledger.errors import InsufficientPoints, InvalidAmount, InvalidTime
from ledger.four_eyes import approved_by_another
from ledger.points.account import Account
from ledger.points.balance import spendable
from ledger.points.commands import Adjust
from ledger.points.draft import Draft
from ledger.points.draws import draw, drawn
from ledger.points.events import AccountEvent, PointsAdjustedDown, PointsAdjustedUp
from ledger.points.expiry import last_usable_day
from ledger.points.limits import ALWAYS, active, happened, has_room, last_day, reason_code, storable, whole_points
from ledger.points.movements import Lot
from ledger.points.program import Program
from ledger.points.settling import settle
from ledger.points.stamp import Stamp


def adjust(
    account: Account | None, command: Adjust[Sealed], program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """Add a lot, or take points of the kind and funder. Only with an approver may what is missing become a deficit.

    Raises, in this order: `UnknownAccount`, `InvalidTime`, `InvalidText` (also without a reason), `InvalidAmount`,
    `FourEyesNeeded`, `LimitReached`, `InsufficientPoints`.
    """
    account = active(account, command.account_id, ALWAYS)
    happened(command.occurred_at, stamp.recorded_at)
    at = utc(command.occurred_at)
    today = day_of(at, zone_of(program.zone))
    last_day(command.expires_on)
    if command.expires_on is not None and command.expires_on < today:
        raise InvalidTime(command.expires_on, "the last day of points lies before they are added")
    storable(actor=command.actor, approver=command.approver, funder=command.funder)
    reason_code(command.reason)
    if type(command.points) is not int or not command.points:
        raise InvalidAmount(0, "an adjustment adds (above 0) or takes (below 0) a whole number of points")
    points = whole_points(abs(command.points))
    if command.may_owe and command.kind == "paid":
        raise InvalidAmount(points, "bought points are never owed")
    _approved(command, program, points)
    draft = Draft.of(account, command, program, stamp, at)
    if command.points > 0:
        has_room(account)
        last = command.expires_on or last_usable_day(program, at)
        number, operator = account.next_sequence, command.funder
        lot = Lot(draft.next_id, number, points, command.kind, operator, None, at, at, last, 0)
        draft.add(PointsAdjustedUp, lot=lot, **_why(command))
        settle(draft, [drawn(lot)])
    else:
        _take(draft, command, points)
    return draft.events


def _take(draft: Draft, command: Adjust[Sealed], points: int) -> None:
    program = draft.program
    lots, _ = spendable(draft.account, command.occurred_at, day_of(command.occurred_at, zone_of(program.zone)))
    asked = lots.where(lambda nature: nature[:2] == (command.kind, command.funder))
    available = sum(lot.points for lot in asked)
    if available < points and not command.may_owe:
        raise InsufficientPoints(points, available)
    taken = min(points, available)
    draft.add(
        PointsAdjustedDown,
        points=taken,
        draws=draw(asked, taken, program) if taken else (),
        owed=points - taken,
        funder=command.funder,
        **_why(command),
    )


def _approved(command: Adjust[Sealed], program: Program, points: int) -> None:
    """An approver who is named must be another person, also where none is needed."""
    if (command.approver or "").strip() or points > program.adjust_alone_max or command.may_owe:
        approved_by_another(command.actor, command.approver)


def _why(command: Adjust[Sealed]) -> dict[str, object]:
    return {
        "reason": command.reason,
        "approver": command.approver,
        "corrects": command.corrects,
        "memo": command.memo,
    }
