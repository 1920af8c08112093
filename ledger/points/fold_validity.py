"""How validity changes: points with a later last day, and of which last days notice was given."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ledger.points.account import NO_NOTICES, Account
from ledger.points.events import ExpiryNoticed, PointsExtended
from ledger.points.folding import after, given_back, without


def _extended(account: Account, event: PointsExtended) -> Account:
    lots, points = without(account, event.id, event.draws)
    lots = given_back(account, event.id, event.given, lots)
    aside = account.aside
    if aside.returns:
        aside = replace(aside, returns=aside.returns.with_days(event.draws, event.given))
    if event.cause == "activity":
        aside = replace(aside, alive_until=event.given[0].expires_on)
    return after(account, event, lots, points + event.points, aside=aside)


def _noticed(account: Account, event: ExpiryNoticed) -> Account:
    # Those of points that are past their day and not swept yet still say whether they were noticed.
    lying = {lot.expires_on for lot in account.open_lots.past(event.as_of)}
    rest = [each for each in account.aside.noticed if each[0] >= event.as_of or each[0] in lying]
    noticed = NO_NOTICES.update(dict.fromkeys((*rest, (event.expires_on, event.stage))))
    aside = replace(account.aside, noticed=noticed)
    return after(account, event, account.open_lots, account.open_points, aside=aside)


FOLDS: Mapping[type[Any], Callable[[Account, Any], Account]] = {
    PointsExtended: _extended,
    ExpiryNoticed: _noticed,
}
