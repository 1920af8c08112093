"""Expiry (기간만료 소멸): sweeping out points that are past their last day."""

from datetime import date

from ledger.calendar import day_of, zone_of
from ledger.errors import InvalidTime, UnknownAccount
from ledger.points.account import Account
from ledger.points.commands import Expire
from ledger.points.draws import draw_all, total
from ledger.points.events import PointsExpired
from ledger.points.facts import facts
from ledger.points.limits import happened, storable
from ledger.points.movements import Lot
from ledger.points.program import Program
from ledger.points.stamp import Stamp


def expire(
    account: Account | None, command: Expire, program: Program, stamp: Stamp
) -> tuple[()] | tuple[PointsExpired]:
    """Everything whose last day lies before ``as_of``; nothing due, no event, so a sweep may be repeated.

    The calendar runs in every status of an account. Raises, in this order: `UnknownAccount`, `InvalidTime`,
    `InvalidText`.
    """
    if account is None:
        raise UnknownAccount(command.account_id)
    happened(command.occurred_at, stamp.recorded_at)
    _has_come(command, program, stamp)
    storable(actor=command.actor)
    draws = draw_all(due(account, command.as_of))
    if not draws:
        return ()
    event = PointsExpired(
        **facts(
            stamp,
            occurred_at=command.occurred_at,
            actor=command.actor,
            rule_version=program.version,
            reference=command.reference,
        ),
        as_of=command.as_of,
        points=total(draws),
        draws=draws,
    )
    return (event,)


def due(account: Account, day: date) -> tuple[Lot, ...]:
    """The open lots whose last usable day lies before the day."""
    return tuple(lot for lot in account.open_lots if lot.expires_on is not None and lot.expires_on < day)


def _has_come(command: Expire, program: Program, stamp: Stamp) -> None:
    """A sweep for a day to come would take points that may still be used."""
    today = day_of(min(command.occurred_at, stamp.recorded_at), zone_of(program.zone))
    if command.as_of > today:
        raise InvalidTime(command.as_of, f"a sweep takes what is past today, {today.isoformat()}, or an earlier day")
