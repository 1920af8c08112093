"""Validity from the last activity: what a member does gives the points of the account a whole span again.

The last day of points is what it would be, had they lain in the account all the time and every activity been told on
its day. So it makes no difference whether they were promised, held, or spent and came back, nor which command came
first. What was past its day by then is not revived, and nothing makes a day earlier.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from ledger.calendar import day_of, zone_of
from ledger.points.account import Account
from ledger.points.balance import there_since
from ledger.points.dating import is_dated
from ledger.points.draft import Draft
from ledger.points.draws import plain
from ledger.points.effective import History
from ledger.points.events import AccountKeptAlive, ExtensionCause, PointsAccrued, PointsExtended
from ledger.points.expiry import last_usable_day
from ledger.points.movements import Draw, Lot
from ledger.points.program import Program
from ledger.points.returns import Part
from ledger.points.stretches import lives_until, with_activity


def keep_alive(draft: Draft) -> None:
    """Add what follows from an activity at the draft's instant: no event, where one of the day told it all before.

    Points that came back after an activity which is told late get their day when they came back.
    """
    account, at, day = draft.account, draft.at, draft.today
    until = last_usable_day(draft.program, at)
    assert until is not None, "a program that dates by activity has a span"
    stretches = with_activity(account.aside.stretches, day, until)
    reaches = any(since <= at and day <= (last or day) for (_, last), since in account.aside.since.items())
    # A second activity of a day can only concern what it earned itself, if it is told late.
    lots: Iterable[Lot] = _earned(draft)
    if reaches or stretches != account.aside.stretches:
        draft.add(AccountKeptAlive, day=day, until=until)
        lots = draft.account.open_lots
    later = account.aside.returns.points_after(at) if at < account.returned_at else {}
    here: list[tuple[Draw, date]] = []
    back: list[tuple[Draw, date]] = []
    for lot in lots:
        if lot.expires_on is None:
            continue
        longer = kept_alive_until(draft.account, lot.lot_id, lot.expires_on, draft.program, draft.history)
        if longer == lot.expires_on:
            continue
        came = min(lot.points, later.get((lot.lot_id, lot.expires_on), 0))
        for points, found in ((lot.points - came, here), (came, back)):
            if points:
                draw = Draw(lot.lot_id, points, lot.kind, lot.funder, lot.expires_on)
                found.append((draw, longer))
    _extend(draft, here, "activity")
    if back:
        draft.lift(there_since(account, [draw for draw, _ in back], at))
        _extend(draft, back, "return")


def _earned(draft: Draft) -> Iterator[Lot]:
    for event in draft.events:
        if isinstance(event, PointsAccrued):
            yield from draft.account.open_lots.of_lot(event.lot)


def revived(draft: Draft, came: Sequence[Draw]) -> list[Draw]:
    """Points that came, with the last day that activities gave those which were there all the time."""
    found: list[tuple[Draw, date]] = []
    living: list[Draw] = []
    for each in came:
        longer = each.expires_on
        if each.expires_on is not None:
            longer = kept_alive_until(draft.account, each.lot_id, each.expires_on, draft.program, draft.history)
            if each.expires_on < longer >= draft.today:
                found.append((plain(each, each.points), longer))
            else:
                longer = each.expires_on
        living.append(replace(each, expires_on=longer))
    _extend(draft, found, "return")
    return living


def kept_alive_until(
    account: Account, lot_id: UUID, last: date, program: Program, history: History[Program]
) -> date:
    """The last day of points of a lot, with what activities gave; ``last`` is the one that they have or had.

    A day of grace, one for want of a notice, and that of a gift stand until an activity finds the points alive: one
    that is told after it, or one of a later day.
    """
    stretches, zone = account.aside.stretches, zone_of(program.zone)
    if not stretches:
        return last
    stands = account.aside.since.get((lot_id, last))
    if stands is not None and not any(day_of(stands, zone) < each.latest <= last for each in stretches):
        return last
    longer = lives_until(stretches, day_of(account.lots[lot_id].earned_at, zone), last)
    return longer if longer > last and is_dated(account, lot_id, history) else last


def _extend(draft: Draft, found: Sequence[tuple[Draw, date]], cause: ExtensionCause) -> None:
    parts: dict[Part, tuple[Draw, date]] = {}
    for draw, longer in found:
        before = parts.get((draw.lot_id, draw.expires_on))
        points = draw.points + (0 if before is None else before[0].points)
        parts[draw.lot_id, draw.expires_on] = plain(draw, points), longer
    if parts:
        draft.add(
            PointsExtended,
            points=sum(draw.points for draw, _ in parts.values()),
            draws=tuple(draw for draw, _ in parts.values()),
            given=tuple(replace(draw, expires_on=longer) for draw, longer in parts.values()),
            cause=cause,
        )
