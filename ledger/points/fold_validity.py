"""How validity changes: points with a later last day, and of which last days notice was given."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from immutables import Map

from ledger.points.account import NO_NOTICES, Account, Return
from ledger.points.events import ExpiryNoticed, PointsExtended
from ledger.points.folding import after, given_back, without
from ledger.points.movements import Draw


def _extended(account: Account, event: PointsExtended) -> Account:
    lots, points = without(account, event.id, event.draws)
    lots = given_back(account, event.id, event.given, lots)
    aside = account.aside
    if aside.returns:
        aside = replace(aside, returns=_moved(aside.returns, event))
    if event.cause == "activity":
        aside = replace(aside, alive_until=event.given[0].expires_on)
    return after(account, event, lots, points + event.points, aside=aside)


def _moved(returns: Map[UUID, Return], event: PointsExtended) -> Map[UUID, Return]:
    """What came back is known by lot and last day: so many points of it have the new day now, the latest back first.

    Else a payment of a day before they came back could be made of them.
    """
    for had, has in zip(event.draws, event.given, strict=True):
        left = had.points
        for event_id, back in sorted(returns.items(), key=lambda item: item[1].at, reverse=True):
            draws: list[Draw] = []
            for draw in back.draws:
                here = min(draw.points, left) if (draw.lot_id, draw.expires_on) == (had.lot_id, had.expires_on) else 0
                left -= here
                if here:
                    draws.append(replace(draw, points=here, expires_on=has.expires_on))
                if draw.points > here:
                    draws.append(replace(draw, points=draw.points - here))
            if tuple(draws) != back.draws:
                returns = returns.set(event_id, replace(back, draws=tuple(draws)))
    return returns


def _noticed(account: Account, event: ExpiryNoticed) -> Account:
    # Those of points that are past their day and not swept yet still say whether they were noticed.
    lying = {lot.expires_on for lot in account.open_lots}
    rest = [each for each in account.aside.noticed if each[0] >= event.as_of or each[0] in lying]
    noticed = NO_NOTICES.update(dict.fromkeys((*rest, (event.expires_on, event.stage))))
    aside = replace(account.aside, noticed=noticed)
    return after(account, event, account.open_lots, account.open_points, aside=aside)


FOLDS: Mapping[type[Any], Callable[[Account, Any], Account]] = {
    PointsExtended: _extended,
    ExpiryNoticed: _noticed,
}
