"""Expiry notices (소멸 예정 안내): which points, which last day, at which stage; the service tells the member.

The event is the message: it stands in the log in the transaction that decided it, and carries nothing personal. Whoever
delivers reads it from the outbox, and opens the member's address only then.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from ledger.calendar import day_of, start_of, zone_of
from ledger.points.account import Account
from ledger.points.commands import NotifyExpiry
from ledger.points.draft import Draft
from ledger.points.events import AccountEvent, ExpiryNoticed
from ledger.points.expiry import notice_due_on, notice_opens_on
from ledger.points.limits import ALWAYS, active, due_day, happened, storable
from ledger.points.movements import Lot
from ledger.points.program import NoticeStage, Program
from ledger.points.returns import Part
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
    in_time = InTime(account, program)
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
            if lot.expires_on == last and in_time.had(lot, stage)
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


class InTime:
    """Whether open lots of an account had points while a notice could be in time; what came later is counted once."""

    def __init__(self, account: Account, program: Program) -> None:
        self._account, self._zone = account, zone_of(program.zone)
        self._later: dict[datetime, Mapping[Part, int]] = {}

    def had(self, lot: Lot, stage: NoticeStage) -> bool:
        """A lot of which all came in, or came back, when the stage's day was over had none."""
        assert lot.expires_on is not None, "what never expires is not noticed"
        account, due_on = self._account, notice_due_on(stage, lot.expires_on)
        if day_of(lot.earned_at, self._zone) > due_on:
            return False
        in_time = start_of(due_on + timedelta(days=1), self._zone) - timedelta.resolution
        if account.returned_at <= in_time:
            return True
        if in_time not in self._later:
            self._later[in_time] = account.aside.returns.points_after(in_time)
        return lot.points > self._later[in_time].get((lot.lot_id, lot.expires_on), 0)


def _horizon(program: Program, as_of: date) -> date:
    """No stage has opened for this last day or a later one: a month has 31 days at most."""
    days = max((31 * each.months + each.days + each.lead_days for each in program.expiry_notices), default=-1)
    return as_of + timedelta(days=days + 1)
