"""How validity changes: activities, points with a later last day, and of which last days notice was given."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ledger.calendar import day_of
from ledger.points.account import NO_NOTICES, Account, Aside, Spending
from ledger.points.events import AccountKeptAlive, ExpiryNoticed, PointsExtended, PointsReceived, PointsRefunded
from ledger.points.folding import after, given_back, without
from ledger.points.stretches import Stretch, with_activity


def with_grace(aside: Aside, event: PointsRefunded, spending: Spending) -> Aside:
    """What came back with days of grace had died: what was done before it came back gives it nothing."""
    had = {(draw.lot_id, draw.expires_on) for draw in spending.draws}
    graced = {(draw.lot_id, draw.expires_on): event.occurred_at for draw in event.draws}
    new = {place: at for place, at in graced.items() if place not in had}
    return replace(aside, since=aside.since.update(new)) if new else aside


def with_gifts(aside: Aside, event: PointsReceived) -> Aside:
    """A gift keeps its last day until its new account has an activity after it."""
    dated = set(event.dated)
    came = {(lot.lot_id, lot.expires_on): event.occurred_at for lot in event.lots if lot.lot_id in dated}
    gifts = aside.gifts.update(dict.fromkeys(event.dated))
    return replace(aside, gifts=gifts, since=aside.since.update(came))


def _extended(account: Account, event: PointsExtended) -> Account:
    lots, points = without(account, event.id, event.draws)
    lots = given_back(account, event.id, event.given, lots)
    aside = account.aside
    if aside.returns:
        aside = replace(aside, returns=aside.returns.with_days(event.draws, event.given))
    if event.cause == "unnoticed" and aside.stretches:
        aside = _apart(aside, event)
    if event.cause == "activity":
        aside = replace(aside, stretches=_told_before(aside.stretches, event))
    return after(account, event, lots, points + event.points, aside=aside)


def _apart(aside: Aside, event: PointsExtended) -> Aside:
    """What had been past its day lives on: what was done while it was dead gives it nothing."""
    since = aside.since
    for had, has in zip(event.draws, event.given, strict=True):
        if event.as_of is not None and had.expires_on is not None and had.expires_on < event.as_of:
            since = since.set((has.lot_id, has.expires_on), event.occurred_at)
    return replace(aside, since=since)


def _told_before(stretches: tuple[Stretch, ...], event: PointsExtended) -> tuple[Stretch, ...]:
    """Logs from before there was `AccountKeptAlive` tell of activities by what these extended alone."""
    until = event.given[0].expires_on
    if until is None or any(each.until == until for each in stretches):
        return stretches
    return with_activity(stretches, day_of(event.occurred_at), until)


def _kept_alive(account: Account, event: AccountKeptAlive) -> Account:
    aside = account.aside
    since = aside.since
    for (lot_id, last), at in aside.since.items():
        if at <= event.occurred_at and (last is None or event.day <= last):
            since = since.delete((lot_id, last))
    aside = replace(aside, stretches=with_activity(aside.stretches, event.day, event.until), since=since)
    return after(account, event, account.open_lots, account.open_points, aside=aside)


def _noticed(account: Account, event: ExpiryNoticed) -> Account:
    # Those of points that are past their day and not swept yet still say whether they were noticed.
    lying = {lot.expires_on for lot in account.open_lots.past(event.as_of)}
    rest = [each for each in account.aside.noticed if each[0] >= event.as_of or each[0] in lying]
    noticed = NO_NOTICES.update(dict.fromkeys((*rest, (event.expires_on, event.stage))))
    aside = replace(account.aside, noticed=noticed)
    return after(account, event, account.open_lots, account.open_points, aside=aside)


FOLDS: Mapping[type[Any], Callable[[Account, Any], Account]] = {
    AccountKeptAlive: _kept_alive,
    PointsExtended: _extended,
    ExpiryNoticed: _noticed,
}
