"""Refund (사용취소) of a payment or exchange: points back to the exact lots they came from."""

from datetime import date, datetime

from crypto_shredding import Sealed
from ledger.calendar import day_of, zone_of
from ledger.errors import AlreadyRefunded, UnknownSpending
from ledger.points.account import Account
from ledger.points.commands import Refund
from ledger.points.draws import total
from ledger.points.events import PointsExpired, PointsRefunded
from ledger.points.expiry import last_day_of_grace
from ledger.points.facts import facts
from ledger.points.limits import active, happened, not_before, storable
from ledger.points.movements import Draw
from ledger.points.program import Program
from ledger.points.stamp import Stamp


def refund(
    account: Account | None, command: Refund[Sealed], program: Program, stamp: Stamp
) -> tuple[PointsRefunded] | tuple[PointsRefunded, PointsExpired]:
    """All points of the spending, the last drawn first.

    Those of a lot that has expired meanwhile get the program's days of grace; where it grants none, they expire again
    in the same decision. Raises, in this order: `UnknownAccount`, `AccountNotActive`, `UnknownSpending`, `InvalidTime`
    (also before what it refunds), `InvalidText`, `AlreadyRefunded`.
    """
    account = active(account, command.account_id)
    spending = account.spendings.get(command.spending_id)
    if spending is None:
        raise UnknownSpending(command.spending_id)
    happened(command.occurred_at, stamp.recorded_at)
    at = not_before(spending.occurred_at, command.occurred_at, "what it refunds")
    storable(actor=command.actor)
    if spending.refunded >= spending.points:
        raise AlreadyRefunded(spending.spending_id)
    today = day_of(at, zone_of(program.zone))
    later = last_day_of_grace(program, at) if program.refund_grace_days else None
    draws = tuple(_given_back(each, today, later) for each in reversed(spending.draws))
    refunded = PointsRefunded(
        **_facts(command, program, stamp, at, 0),
        spending_id=spending.spending_id,
        points=spending.points,
        draws=draws,
        cash=spending.cash,
        memo=command.memo,
    )
    gone = tuple(_ended(each) for each in draws if _is_past(each.expires_on, today))
    if not gone:
        return (refunded,)
    expired = PointsExpired(**_facts(command, program, stamp, at, 1), as_of=today, points=total(gone), draws=gone)
    return refunded, expired


def _given_back(draw: Draw, today: date, later: date | None) -> Draw:
    if later is None or not _is_past(draw.expires_on, today):
        return draw
    return Draw(draw.lot_id, draw.points, draw.kind, draw.funder, later, draw.redeemer, draw.compensated)


def _ended(draw: Draw) -> Draw:
    return Draw(draw.lot_id, draw.points, draw.kind, draw.funder, draw.expires_on)


def _is_past(expires_on: date | None, today: date) -> bool:
    return expires_on is not None and expires_on < today


def _facts(command: Refund[Sealed], program: Program, stamp: Stamp, at: datetime, number: int) -> dict[str, object]:
    return facts(
        stamp,
        occurred_at=at,
        actor=command.actor,
        rule_version=program.version,
        reference=command.reference,
        number=number,
    )
