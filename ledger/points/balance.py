"""What an account has at an instant, and what of it may be spent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from ledger.calendar import SEOUL, day_of
from ledger.points.account import Account
from ledger.points.movements import Draw
from ledger.points.spendable import Spendable


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
    next_on, next_points = lots.next_expiry()
    pending = account.pending + not_usable_yet(account, at)
    return Balance(available, account.held, pending, account.deficit, next_on, next_points)


def spendable(account: Account, at: datetime, day: date) -> tuple[Spendable, int]:
    """The lots that may be spent at the instant, which falls on the day; and their points."""
    lots = Spendable(account, at, day)
    return lots, lots.points()


def spendable_at(account: Account, at: datetime, day: date, redeemer: str | None) -> tuple[Spendable, int]:
    """The same, without lots that may be spent at other places alone."""
    if not account.open_lots.owned:
        return spendable(account, at, day)
    lots = Spendable(account, at, day, lambda nature: nature[2] is None or nature[2] == redeemer)
    return lots, lots.points()


def not_usable_yet(account: Account, at: datetime) -> int:
    """Points whose first instant of use is still to come."""
    if at >= account.all_usable_at:
        return 0
    return sum(
        lot.points
        for chunk, start, stop in account.open_lots.by_day(date.min)
        if chunk.usable_to > at
        for lot in chunk.lots[start:stop]
        if lot.usable_at > at
    )


def there_since(account: Account, draws: Sequence[Draw], at: datetime) -> datetime:
    """The instant, or the later one from which all the drawn points are in their lots."""
    latest = max((at, *(account.lots[draw.lot_id].earned_at for draw in draws)))
    if latest < account.returned_at:
        places = {(draw.lot_id, draw.expires_on) for draw in draws}
        for back in account.aside.returns.later_than(latest):
            if any((draw.lot_id, draw.expires_on) in places for draw in back.draws):
                return back.at
    return latest
