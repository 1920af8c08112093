"""How an account changes by what has happened. Decides nothing and refuses nothing but a contradictory history."""

from datetime import datetime
from typing import assert_never
from uuid import UUID

from immutables import Map

from ledger.errors import ContradictoryHistory
from ledger.points.account import Account, Spending, Status, with_lot
from ledger.points.commands import AccountSlots
from ledger.points.events import (
    AccountEvent,
    AccountLeft,
    AccountOpened,
    PointsAccrued,
    PointsExchanged,
    PointsExpired,
    PointsForfeited,
    PointsPaid,
    PointsRefunded,
)
from ledger.points.movements import Draw, Lot


def evolve(account: Account | None, event: AccountEvent) -> Account:
    """The account after the event; None is an account before its first. Raises `ContradictoryHistory`."""
    if account is None:
        if not isinstance(event, AccountOpened):
            raise ContradictoryHistory(event.id, "nothing happens to an account before it is opened")
        return _opened(event)
    match event:
        case PointsAccrued():
            return _accrued(account, event)
        case PointsPaid() | PointsExchanged():
            return _spent(account, event)
        case PointsRefunded():
            return _refunded(account, event)
        case PointsExpired() | PointsForfeited():
            return _after(account, event, *_without(account, event.id, event.draws))
        case AccountLeft():
            return _after(account, event, account.open_lots, account.open_points, status="left")
        case AccountOpened():
            raise ContradictoryHistory(event.id, "an account is opened once")
        case _:
            assert_never(event)


def _opened(event: AccountOpened) -> Account:
    slots = AccountSlots(event.membership_slot, event.contract_slot, event.payment_slot)
    return Account(event.account_id, event.program, event.holder, slots, latest_at=event.occurred_at)


def _accrued(account: Account, event: PointsAccrued) -> Account:
    lot = event.lot
    # Only points that a purchase earned belong to a contract's records; a gift of the programme is no contract.
    is_contract = event.purchase is not None or event.detail is not None
    return _after(
        account,
        event,
        with_lot(account.open_lots, lot),
        account.open_points + lot.points,
        lots=account.lots.set(lot.lot_id, lot),
        all_usable_at=max(account.all_usable_at, lot.usable_at),
        contract_at=event.occurred_at if is_contract else None,
    )


def _spent(account: Account, event: PointsPaid | PointsExchanged) -> Account:
    is_payment = isinstance(event, PointsPaid)
    cash = event.cash if isinstance(event, PointsPaid) else None
    spending = Spending(event.id, event.occurred_at, event.points, event.draws, cash, is_payment)
    return _after(
        account,
        event,
        *_without(account, event.id, event.draws),
        spendings=account.spendings.set(event.id, spending),
        contract_at=None if is_payment else event.occurred_at,
        payment_at=event.occurred_at if is_payment else None,
    )


def _refunded(account: Account, event: PointsRefunded) -> Account:
    spending = account.spendings.get(event.spending_id)
    if spending is None:
        raise ContradictoryHistory(event.id, "it refunds what was never spent")
    open_lots = account.open_lots
    for draw in event.draws:
        terms = account.lots.get(draw.lot_id)
        if terms is None:
            raise ContradictoryHistory(event.id, "it gives points back to a lot that was never earned")
        open_lots = with_lot(open_lots, terms.part(draw.points, draw.expires_on))
    refunded = Spending(
        spending.spending_id,
        spending.occurred_at,
        spending.points,
        spending.draws,
        spending.cash,
        spending.is_payment,
        spending.refunded + event.points,
        event.occurred_at,
        event.draws,
    )
    return _after(
        account,
        event,
        open_lots,
        account.open_points + event.points,
        spendings=account.spendings.set(spending.spending_id, refunded),
        refunded_at=event.occurred_at,
        contract_at=None if spending.is_payment else event.occurred_at,
        payment_at=event.occurred_at if spending.is_payment else None,
    )


def _without(account: Account, event_id: UUID, draws: tuple[Draw, ...]) -> tuple[tuple[Lot, ...], int]:
    """The open lots after draws, and the sum of their points. Draws mostly come in the order of the lots."""
    lots = list(account.open_lots)
    points = account.open_points
    place = 0
    for draw in draws:
        place = _place_of(lots, draw, place, event_id)
        lot = lots[place]
        left = lot.points - draw.points
        if left > 0:
            lots[place] = lot.part(left, lot.expires_on)
        elif left == 0:
            del lots[place]
        else:
            raise ContradictoryHistory(event_id, "it takes more points from a lot than the lot has")
        points -= draw.points
    return tuple(lots), points


def _place_of(lots: list[Lot], draw: Draw, start: int, event_id: UUID) -> int:
    lot_id = draw.lot_id.int
    expires_on = draw.expires_on
    for place in range(start, len(lots)):
        if lots[place].lot_id.int == lot_id and lots[place].expires_on == expires_on:
            return place
    for place in range(start):
        if lots[place].lot_id.int == lot_id and lots[place].expires_on == expires_on:
            return place
    raise ContradictoryHistory(event_id, "it takes points from a lot that has none")


def _after(
    account: Account,
    event: AccountEvent,
    open_lots: tuple[Lot, ...],
    open_points: int,
    *,
    status: Status | None = None,
    lots: Map[UUID, Lot] | None = None,
    spendings: Map[UUID, Spending] | None = None,
    all_usable_at: datetime | None = None,
    contract_at: datetime | None = None,
    payment_at: datetime | None = None,
    refunded_at: datetime | None = None,
) -> Account:
    """The account one event later; what is not given stays. Written out, since `replace` costs three times as much."""
    return Account(
        account.account_id,
        account.program,
        account.holder,
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
        account.held,
        account.pending,
        account.deficit,
        max(account.latest_at, event.occurred_at),
        account.refunded_at if refunded_at is None else max(account.refunded_at, refunded_at),
    )


def _later(known: datetime | None, new: datetime | None) -> datetime | None:
    if new is None or (known is not None and known >= new):
        return known
    return new
