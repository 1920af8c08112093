"""Steps of a fold that several kinds of event share: the account one event later, lots in, draws out and back."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from immutables import Map

from crypto_shredding import Sealed
from ledger.errors import ContradictoryHistory
from ledger.points.account import Account, Aside, Spending, Status
from ledger.points.draws import drawn
from ledger.points.events import AccountEvent
from ledger.points.lots import Lots, NotLying
from ledger.points.movements import Draw, Lot


def after(
    account: Account,
    event: AccountEvent,
    open_lots: Lots,
    open_points: int,
    *,
    status: Status | None = None,
    lots: Map[UUID, Lot] | None = None,
    spendings: Map[UUID, Spending] | None = None,
    all_usable_at: datetime | None = None,
    contract_at: datetime | None = None,
    payment_at: datetime | None = None,
    held: int = 0,
    pending: int = 0,
    deficit: int = 0,
    holder: Sealed | None = None,
    returned_at: datetime | None = None,
    aside: Aside | None = None,
) -> Account:
    """The account one event later; what is not given stays, ``held``, ``pending`` and ``deficit`` are added.

    Written out, since `replace` costs three times as much.
    """
    return Account(
        account.account_id,
        account.program,
        holder or account.holder,
        account.slots,
        status or account.status,
        account.version + 1,
        open_lots,
        open_points,
        all_usable_at or account.all_usable_at,
        account.lots if lots is None else lots,
        account.spendings if spendings is None else spendings,
        _later(account.contract_at, contract_at),
        _later(account.payment_at, payment_at),
        account.held + held,
        account.pending + pending,
        account.deficit + deficit,
        max(account.latest_at, event.occurred_at),
        account.returned_at if returned_at is None else max(account.returned_at, returned_at),
        account.aside if aside is None else aside,
    )


def with_lots(account: Account, event: AccountEvent, came: tuple[Lot, ...], **changes: Any) -> Account:
    """The account with new lots. One that was earned before it came in is not there as of the time between."""
    open_lots, lots, aside = account.open_lots, account.lots, changes.pop("aside", account.aside)
    usable_at = account.all_usable_at
    points = account.open_points
    late = tuple(drawn(lot) for lot in came if lot.earned_at < event.occurred_at)
    if late:
        aside = replace(aside, returns=aside.returns.with_return(event.occurred_at, late))
        changes["returned_at"] = event.occurred_at
    for lot in came:
        open_lots = open_lots.with_lot(lot)
        lots = lots.set(lot.lot_id, lot)
        points += lot.points
        usable_at = max(usable_at, lot.usable_at)
    return after(
        account, event, open_lots, points, lots=lots, all_usable_at=usable_at, aside=aside, **changes
    )


def with_draws_back(
    account: Account, event: AccountEvent, draws: tuple[Draw, ...], *, aside: Aside | None = None, **changes: Any
) -> Account:
    """The account with points back in the lots that they were drawn from."""
    open_lots, points = given_back(account, event.id, draws, account.open_lots), account.open_points
    aside = account.aside if aside is None else aside
    if draws:
        aside = replace(aside, returns=aside.returns.with_return(event.occurred_at, draws))
        points += sum(draw.points for draw in draws)
        changes["returned_at"] = event.occurred_at
    return after(account, event, open_lots, points, aside=aside, **changes)


def given_back(account: Account, event_id: UUID, draws: tuple[Draw, ...], open_lots: Lots) -> Lots:
    """Open lots with points back. Raises `ContradictoryHistory` for a lot that never was."""
    for draw in draws:
        terms = account.lots.get(draw.lot_id)
        if terms is None:
            raise ContradictoryHistory(event_id, "it gives points back to a lot that was never earned")
        open_lots = open_lots.with_points(terms, draw.points, draw.expires_on)
    return open_lots


def without(account: Account, event_id: UUID, draws: tuple[Draw, ...]) -> tuple[Lots, int]:
    """The open lots after draws, and the sum of their points. Raises `ContradictoryHistory`."""
    try:
        open_lots = account.open_lots.without(draws, account.lots)
    except NotLying as wrong:
        more = "it takes more points from a lot than the lot has"
        raise ContradictoryHistory(
            event_id, more if wrong.has else "it takes points from a lot that has none"
        ) from None
    return open_lots, account.open_points - sum([draw.points for draw in draws])


def _later(known: datetime | None, new: datetime | None) -> datetime | None:
    if new is None or (known is not None and known >= new):
        return known
    return new
