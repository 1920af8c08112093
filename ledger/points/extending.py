"""Longer validity (유효기간 연장): lots get a later last day, never an earlier one, by an event that says why.

The sweep finds two reasons, which both favour the member: a new version of the program counts longer and goes for
earlier points as well, or the last notice before an expiry was not issued in time. The third is `activity`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from ledger.calendar import day_of, zone_of
from ledger.points.account import Account
from ledger.points.activity import kept_alive_until
from ledger.points.commands import Extend
from ledger.points.dating import counted, dated_by_program
from ledger.points.draft import Draft
from ledger.points.draws import drawn
from ledger.points.effective import History
from ledger.points.events import AccountEvent, ExtensionCause, PointsExtended
from ledger.points.expiry import notice_due_on
from ledger.points.limits import ALWAYS, active, due_day, happened, storable
from ledger.points.lot_chunk import NEVER
from ledger.points.movements import Draw, Lot
from ledger.points.noticing import InTime
from ledger.points.program import Program
from ledger.points.stamp import Stamp


@dataclass(frozen=True, slots=True)
class Extension:
    """Points of a lot with the last day that they had, and the one that they get (None: never)."""

    had: Draw
    expires_on: date | None
    cause: ExtensionCause


def extend(
    account: Account | None, command: Extend, program: Program, stamp: Stamp, history: History[Program] | None = None
) -> tuple[AccountEvent, ...]:
    """Give the lots the later days that are theirs on ``as_of``; none, no event, so a sweep may be repeated.

    Raises, in this order: `UnknownAccount`, `InvalidTime`, `InvalidText`.
    """
    account = active(account, command.account_id, ALWAYS)
    happened(command.occurred_at, stamp.recorded_at)
    due_day(command.as_of, command.occurred_at, stamp.recorded_at, program)
    storable(actor=command.actor)
    draft = Draft.of(account, command, program, stamp, command.occurred_at)
    found = extensions(account, program, history, command.as_of)
    _add(draft, [each for each in found if each.cause == "policy"], command.as_of)
    _add(draft, [each for each in found if each.cause == "unnoticed"], command.as_of)
    return draft.events


def extensions(account: Account, program: Program, history: History[Program] | None, as_of: date) -> list[Extension]:
    """What a sweep of the day would extend. Also points past their day, which were not swept yet."""
    if not (program.extends_earlier or program.unnoticed_days):
        return []
    found, in_time = [], InTime(account, program)
    for lot in account.open_lots:
        if lot.expires_on is None:
            continue
        longer = _by_policy(account, lot, program, history)
        if (longer or NEVER) > lot.expires_on:
            found.append(Extension(drawn(lot), longer, "policy"))
        elif _is_unnoticed(account, lot, program, as_of, in_time):
            more = as_of + timedelta(days=program.unnoticed_days)
            if more > lot.expires_on:
                found.append(Extension(drawn(lot), more, "unnoticed"))
    return found


def _add(draft: Draft, found: Sequence[Extension], as_of: date) -> None:
    if found:
        draft.add(
            PointsExtended,
            points=sum(each.had.points for each in found),
            draws=tuple(each.had for each in found),
            given=tuple(replace(each.had, expires_on=each.expires_on) for each in found),
            cause=found[0].cause,
            as_of=as_of,
        )


def _by_policy(account: Account, lot: Lot, program: Program, history: History[Program] | None) -> date | None:
    """The last day by the program of now, for a lot that it dated and that lived to see it; else the day it has."""
    if not program.extends_earlier or history is None or lot.expires_on is None:
        return lot.expires_on
    began = day_of(history.versions[program.version - 1].begins_at, zone_of(program.zone))
    if lot.expires_on < began:
        return lot.expires_on
    terms = account.lots[lot.lot_id]
    start = dated_by_program(terms, history)
    if start is None:
        if lot.lot_id not in account.aside.gifts:
            return lot.expires_on
        start = terms.earned_at  # activities of whoever gave it had moved its day
    longer = counted(program, start)
    # So that it has the day of those which activities find with the longer validity.
    return None if longer is None else kept_alive_until(account, lot.lot_id, longer, program, history)


def _is_unnoticed(account: Account, lot: Lot, program: Program, as_of: date, in_time: InTime) -> bool:
    """Whether the last notice can no longer be in time; not of points that came when it was too late already."""
    if not program.unnoticed_days or not program.expiry_notices or lot.expires_on is None:
        return False
    stage = program.expiry_notices[-1]
    if as_of <= notice_due_on(stage, lot.expires_on) or (lot.expires_on, stage.name) in account.aside.noticed:
        return False
    return in_time.had(lot, stage)
