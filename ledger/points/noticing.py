"""Expiry notices (소멸 예정 안내): which points, which last day, at which stage; the service tells the member.

The event is the message: it stands in the log in the transaction that decided it, and carries nothing personal. Whoever
delivers reads it from the outbox, and opens the member's address only then.
"""

from datetime import date, timedelta

from ledger.calendar import day_of, start_of, zone_of
from ledger.points.account import Account
from ledger.points.commands import NotifyExpiry
from ledger.points.draft import Draft
from ledger.points.events import AccountEvent, ExpiryNoticed
from ledger.points.expiry import notice_due_on, notice_opens_on
from ledger.points.limits import ALWAYS, active, due_day, happened, storable
from ledger.points.movements import Lot
from ledger.points.program import NoticeStage, Program
from ledger.points.stamp import Stamp


def notify_expiry(
    account: Account | None, command: NotifyExpiry, program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """One notice for each last day to come whose stage has opened and was not given; of several stages the latest.

    Points that came when a stage was over already are no part of it. The notice may be late; its ``due_on`` says by
    when it should have been. In every status but after leaving, when no points are left. Raises, in this order:
    `UnknownAccount`, `InvalidTime`, `InvalidText`.
    """
    account = active(account, command.account_id, ALWAYS)
    happened(command.occurred_at, stamp.recorded_at)
    due_day(command.as_of, command.occurred_at, stamp.recorded_at, program)
    storable(actor=command.actor)
    draft = Draft.of(account, command, program, stamp, command.occurred_at)
    lots = list(account.open_lots.expiring(command.as_of, _horizon(program, command.as_of)))
    for last in sorted({lot.expires_on for lot in lots if lot.expires_on is not None}):
        open_stages = [
            each for each in program.expiry_notices if notice_opens_on(each, last) <= command.as_of <= last
        ]
        if not open_stages:
            continue
        stage = open_stages[-1]
        if (last, stage.name) in account.aside.noticed:
            continue
        points = sum(
            lot.points
            for lot in lots
            if lot.expires_on == last and could_be_noticed(account, lot, stage, program)
        )
        if points:
            draft.add(
                ExpiryNoticed,
                stage=stage.name,
                expires_on=last,
                points=points,
                channels=program.notice_channels,
                as_of=command.as_of,
                due_on=notice_due_on(stage, last),
            )
    return draft.events


def could_be_noticed(account: Account, lot: Lot, stage: NoticeStage, program: Program) -> bool:
    """Whether an open lot had points while a notice of the stage could be in time.

    One of which all came in, or came back, when that day was over had none.
    """
    assert lot.expires_on is not None, "what never expires is not noticed"
    due_on, zone = notice_due_on(stage, lot.expires_on), zone_of(program.zone)
    if day_of(lot.earned_at, zone) > due_on:
        return False
    in_time = start_of(due_on + timedelta(days=1), zone) - timedelta.resolution
    if account.returned_at <= in_time:
        return True
    return lot.points > account.aside.returns.points_after(in_time).get((lot.lot_id, lot.expires_on), 0)


def _horizon(program: Program, as_of: date) -> date:
    """No stage has opened for this last day or a later one: a month has 31 days at most."""
    days = max((31 * each.months + each.days + each.lead_days for each in program.expiry_notices), default=-1)
    return as_of + timedelta(days=days + 1)
