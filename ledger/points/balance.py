"""What an account has at an instant, and what of it may be spent."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.calendar import SEOUL, day_of
from ledger.points.account import Account
from ledger.points.movements import Draw, Lot


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has at an instant.

    ``available`` can be spent; ``next_expiry_points`` of it will be gone after ``next_expiry_on``. ``held`` is set
    aside for payments, ``pending`` promised or not usable yet, ``deficit`` owed.
    """

    available: int
    held: int
    pending: int
    deficit: int
    next_expiry_on: date | None
    next_expiry_points: int


def balance(account: Account, at: datetime, zone: ZoneInfo = SEOUL) -> Balance:
    """The balance at an instant, of the lots known now. Expired points are not available, swept or not."""
    lots, available = spendable(account, at, day_of(at, zone))
    next_on, next_points = _next_expiry(lots)
    pending = account.pending
    if at < account.all_usable_at:
        pending += sum(lot.points for lot in account.open_lots if lot.usable_at > at)
    return Balance(available, account.held, pending, account.deficit, next_on, next_points)


def spendable(account: Account, at: datetime, day: date) -> tuple[Sequence[Lot], int]:
    """The lots that may be spent at the instant, which falls on the day, in spending order; and their points.

    What came back after the instant is not among them: as of the days between, the account would have less than
    nothing.
    """
    lots, points = account.open_lots, account.open_points
    if not lots:
        return lots, 0
    if at < account.returned_at:
        lots = _without_what_came_back_after(account, at)
    if lots is not account.open_lots or at < account.all_usable_at or lots[0].priority != lots[-1].priority:
        chosen = [lot for lot in lots if lot.usable_at <= at and (lot.expires_on is None or lot.expires_on >= day)]
        return chosen, sum(lot.points for lot in chosen)
    # Every lot is usable and one priority reigns, so that the expired ones are the first.
    expired = 0
    for lot in lots:
        if lot.expires_on is None or lot.expires_on >= day:
            break
        points -= lot.points
        expired += 1
    return (lots[expired:] if expired else lots), points


def spendable_at(account: Account, at: datetime, day: date, redeemer: str | None) -> tuple[Sequence[Lot], int]:
    """The same, without lots that may be spent at other places alone."""
    lots, points = spendable(account, at, day)
    if not account.aside.has_own_use:
        return lots, points
    chosen = [lot for lot in lots if lot.own_use is None or lot.own_use == redeemer]
    return chosen, sum(lot.points for lot in chosen)


def there_since(account: Account, draws: Sequence[Draw], at: datetime) -> datetime:
    """The instant, or the later one from which all the drawn points are in their lots."""
    latest = max((at, *(account.lots[draw.lot_id].earned_at for draw in draws)))
    if latest < account.returned_at:
        places = {(draw.lot_id, draw.expires_on) for draw in draws}
        for back in account.aside.returns.values():
            if back.at > latest and any((draw.lot_id, draw.expires_on) in places for draw in back.draws):
                latest = back.at
    return latest


def came_after(account: Account, at: datetime) -> Counter[tuple[UUID, date | None]]:
    """How many points of which lot and last day came back, or came later than they were earned, after the instant."""
    later: Counter[tuple[UUID, date | None]] = Counter()
    for back in account.aside.returns.values():
        if back.at > at:
            for draw in back.draws:
                later[draw.lot_id, draw.expires_on] += draw.points
    return later


def _without_what_came_back_after(account: Account, at: datetime) -> tuple[Lot, ...]:
    later = came_after(account, at)
    parts = (lot.part(lot.points - later[lot.lot_id, lot.expires_on], lot.expires_on) for lot in account.open_lots)
    return tuple(part for part in parts if part.points > 0)


def _next_expiry(lots: Sequence[Lot]) -> tuple[date | None, int]:
    if not lots:
        return None, 0
    soonest = lots[0].expires_on
    if lots[0].priority != lots[-1].priority:
        soonest = min((lot.expires_on for lot in lots if lot.expires_on is not None), default=None)
        return soonest, sum(lot.points for lot in lots if soonest is not None and lot.expires_on == soonest)
    points = 0
    if soonest is not None:
        for lot in lots:
            if lot.expires_on != soonest:
                break
            points += lot.points
    return soonest, points
