"""Expiry (기간만료 소멸): sweeping out points that are past their last day."""

from datetime import date

from ledger.calendar import utc
from ledger.errors import UnknownAccount
from ledger.points.account import Account
from ledger.points.balance import there_since
from ledger.points.commands import Expire
from ledger.points.draws import draw_all, total
from ledger.points.effective import History
from ledger.points.events import PointsExpired
from ledger.points.extending import extensions
from ledger.points.facts import facts
from ledger.points.limits import due_day, happened, storable
from ledger.points.movements import Lot
from ledger.points.program import Program
from ledger.points.stamp import Stamp


def expire(
    account: Account | None, command: Expire, program: Program, stamp: Stamp, history: History[Program] | None = None
) -> tuple[()] | tuple[PointsExpired]:
    """Everything whose last day lies before ``as_of``; nothing due, no event, so a sweep may be repeated.

    What `extend` would give a later day is left to it. The calendar runs in every status of an account.
    Raises, in this order: `UnknownAccount`, `InvalidTime`, `InvalidText`.
    """
    if account is None:
        raise UnknownAccount(command.account_id)
    happened(command.occurred_at, stamp.recorded_at)
    due_day(command.as_of, command.occurred_at, stamp.recorded_at, program)
    storable(actor=command.actor)
    draws = draw_all(due(account, command.as_of))
    if draws and (program.extends_earlier or program.unnoticed_days):
        live_on = {each.had for each in extensions(account, program, history, command.as_of)}
        draws = tuple(each for each in draws if each not in live_on)
    if not draws:
        return ()
    event = PointsExpired(
        **facts(
            stamp,
            occurred_at=there_since(account, draws, utc(command.occurred_at)),  # not before the last of them came in
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
    return tuple(account.open_lots.past(day))
