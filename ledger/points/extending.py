"""Longer validity (유효기간 연장): lots get a later last day, never an earlier one, by an event that says why.

Three reasons, all of which favour the member: a new version of the program counts longer and goes for earlier points as
well; the program dates points by the last activity; or the last notice before an expiry was not issued in time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ledger.calendar import day_of, zone_of
from ledger.points.account import Account
from ledger.points.commands import Extend
from ledger.points.draft import Draft
from ledger.points.draws import drawn
from ledger.points.effective import History
from ledger.points.events import AccountEvent, ExtensionCause, PointsExtended
from ledger.points.expiry import last_usable_day, notice_due_on
from ledger.points.limits import ALWAYS, active, due_day, happened, storable
from ledger.points.lot_chunk import NEVER
from ledger.points.movements import Draw, Lot
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
    _add(draft, [each for each in found if each.cause == "policy"])
    _add(draft, [each for each in found if each.cause == "unnoticed"])
    return draft.events


def extensions(account: Account, program: Program, history: History[Program] | None, as_of: date) -> list[Extension]:
    """What a sweep of the day would extend. Also points past their day, which were not swept yet."""
    if not (program.extends_earlier or program.unnoticed_days):
        return []
    found = []
    for lot in account.open_lots:
        if lot.expires_on is None:
            continue
        longer = _by_policy(account, lot, program, history)
        if (longer or NEVER) > lot.expires_on:
            found.append(Extension(drawn(lot), longer, "policy"))
        elif _is_unnoticed(account, lot, program, as_of):
            more = as_of + timedelta(days=program.unnoticed_days)
            if more > lot.expires_on:
                found.append(Extension(drawn(lot), more, "unnoticed"))
    return found


def keep_alive(draft: Draft, at: datetime) -> None:
    """Where the program dates points by the last activity: those that it dated, and that live, get a new last day."""
    program = draft.program
    longer = last_usable_day(program, at)
    today = day_of(at, zone_of(program.zone))
    _add(
        draft,
        [
            Extension(drawn(lot), longer, "activity")
            for lot in draft.account.open_lots
            if lot.expires_on is not None
            and today <= lot.expires_on < (longer or NEVER)
            and _is_counted(draft.account, lot.lot_id, program)
        ],
    )


def revived(draft: Draft, came: Sequence[Draw]) -> list[Draw]:
    """Points that came back, with the last day that activities meanwhile gave those which stayed."""
    alive_until = draft.account.aside.alive_until
    if draft.program.expiry_from != "activity" or alive_until is None:
        return list(came)
    late = [
        each
        for each in came
        if each.expires_on is not None
        and each.expires_on < alive_until
        and _is_counted(draft.account, each.lot_id, draft.program)
    ]
    _add(draft, [Extension(_plain(each), alive_until, "activity") for each in late])
    return [replace(each, expires_on=alive_until) if each in late else each for each in came]


def _add(draft: Draft, found: Sequence[Extension]) -> None:
    if found:
        draft.add(
            PointsExtended,
            points=sum(each.had.points for each in found),
            draws=tuple(each.had for each in found),
            given=tuple(replace(each.had, expires_on=each.expires_on) for each in found),
            cause=found[0].cause,
        )


def _by_policy(account: Account, lot: Lot, program: Program, history: History[Program] | None) -> date | None:
    """The last day by the program of now, for a lot that it dated and that lived to see it; else the day it has."""
    if not program.extends_earlier or history is None:
        return lot.expires_on
    began = day_of(history.versions[program.version - 1].begins_at, zone_of(program.zone))
    if lot.expires_on is not None and lot.expires_on < began:
        return lot.expires_on
    terms = account.lots[lot.lot_id]
    # From the accrual or, where a promise was confirmed, from when it became usable.
    for start in (terms.earned_at, terms.usable_at):
        if terms.expires_on is not None and terms.expires_on == last_usable_day(history.at(terms.earned_at), start):
            return last_usable_day(program, start)
    return lot.expires_on


def _is_unnoticed(account: Account, lot: Lot, program: Program, as_of: date) -> bool:
    """Whether the last notice can no longer be in time; not of points that came when it was too late already."""
    if not program.unnoticed_days or not program.expiry_notices or lot.expires_on is None:
        return False
    stage = program.expiry_notices[-1]
    due_on = notice_due_on(stage, lot.expires_on)
    came_on = day_of(lot.earned_at, zone_of(program.zone))
    return came_on <= due_on < as_of and (lot.expires_on, stage.name) not in account.aside.noticed


def _is_counted(account: Account, lot_id: object, program: Program) -> bool:
    """Whether the program gave the lot its day, not somebody who stated one."""
    terms = account.lots[lot_id]  # type: ignore[index]
    return terms.expires_on in (last_usable_day(program, terms.earned_at), last_usable_day(program, terms.usable_at))


def _plain(draw: Draw) -> Draw:
    return Draw(draw.lot_id, draw.points, draw.kind, draw.funder, draw.expires_on)
