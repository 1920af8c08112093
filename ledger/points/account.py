"""An account: what it has, in spending order, and its balance at an instant."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from immutables import Map

from crypto_shredding import Sealed, SlotId
from ledger.calendar import SEOUL, day_of, last_retention_day
from ledger.points.commands import AccountSlots
from ledger.points.movements import Draw, Lot, Money
from ledger.retention import CONTRACT, PAYMENT, POINT_HISTORY, RetentionClass

Status = Literal["active", "suspended", "frozen", "left"]
SpendingKey: TypeAlias = tuple[int, date, datetime, int]

NEVER = date.max
"""Sorts a lot that never expires behind all that do."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Spending:
    """A payment or an exchange, as a refund needs it; and once it was refunded, what came back and when."""

    spending_id: UUID
    occurred_at: datetime
    points: int
    draws: tuple[Draw, ...]
    cash: Money | None
    is_payment: bool
    refunded: int = 0
    refunded_at: datetime | None = None
    given_back: tuple[Draw, ...] = ()


NO_LOTS: Map[UUID, Lot] = Map()
NO_SPENDINGS: Map[UUID, Spending] = Map()


@dataclass(frozen=True, slots=True)
class Account:
    """One member's points in one program, after ``version`` events.

    ``open_lots`` are those with points left, in spending order, ``open_points`` their sum (expired and not yet usable
    ones included). After a refund with grace, one lot may be there twice with two last days. ``lots`` keeps the terms
    of every lot ever, with its points as earned; ``all_usable_at`` is the latest instant from which any of them may
    be spent. ``latest_at`` is when the latest of its events occurred, ``refunded_at`` the latest refund;
    ``contract_at`` and ``payment_at`` are when the latest record of these retention classes occurred, whether or not
    something personal was sealed with it.
    """

    account_id: UUID
    program: str
    holder: Sealed
    slots: AccountSlots
    status: Status = "active"
    version: int = 1
    open_lots: tuple[Lot, ...] = ()
    open_points: int = 0
    all_usable_at: datetime = LONG_AGO
    lots: Map[UUID, Lot] = NO_LOTS
    spendings: Map[UUID, Spending] = NO_SPENDINGS
    contract_at: datetime | None = None
    payment_at: datetime | None = None
    held: int = 0
    pending: int = 0
    deficit: int = 0
    latest_at: datetime = LONG_AGO
    refunded_at: datetime = LONG_AGO

    @property
    def next_sequence(self) -> int:
        """The place in the order of earning that the next lot takes."""
        return len(self.lots) + 1

    @property
    def contract_until(self) -> date | None:
        """The last day on which the law keeps a contract record of this account; None without one."""
        return _kept_until(self.contract_at, CONTRACT)

    @property
    def payment_until(self) -> date | None:
        """The last day on which the law keeps a payment record of this account; None without one."""
        return _kept_until(self.payment_at, PAYMENT)

    @property
    def slots_by_class(self) -> dict[int, SlotId]:
        """The account's subject slots by retention class; the holder's link has its own, which its reference names."""
        slots = self.slots.by_class()
        slots[POINT_HISTORY.code] = self.holder.subject_slot
        return slots


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account has at an instant.

    ``available`` can be spent; ``next_expiry_points`` of it will be gone after ``next_expiry_on``.
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
    return Balance(available, account.held, account.pending, account.deficit, next_on, next_points)


def spendable(account: Account, at: datetime, day: date) -> tuple[Sequence[Lot], int]:
    """The lots that may be spent at the instant, which falls on the day, in spending order; and their points.

    What a refund gave back after the instant is not among them: as of the days between, the account would have less
    than nothing.
    """
    lots, points = account.open_lots, account.open_points
    if not lots:
        return lots, 0
    if at < account.refunded_at:
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


def _without_what_came_back_after(account: Account, at: datetime) -> tuple[Lot, ...]:
    later: Counter[tuple[UUID, date | None]] = Counter()
    for spending in account.spendings.values():
        if spending.refunded_at is not None and spending.refunded_at > at:
            for draw in spending.given_back:
                later[draw.lot_id, draw.expires_on] += draw.points
    parts = (lot.part(lot.points - later[lot.lot_id, lot.expires_on], lot.expires_on) for lot in account.open_lots)
    return tuple(part for part in parts if part.points > 0)


def spending_key(lot: Lot) -> SpendingKey:
    """Where a lot stands in the spending order: priority, then last day (never is last), then the order of earning."""
    return lot.priority, lot.expires_on or NEVER, lot.earned_at, lot.sequence


def with_lot(lots: tuple[Lot, ...], lot: Lot) -> tuple[Lot, ...]:
    """The lots in spending order with points of one more lot, or more points of one that is there."""
    key = spending_key(lot)
    if not lots or spending_key(lots[-1]) < key:
        return (*lots, lot)
    place = bisect_left(lots, key, key=spending_key)
    there = lots[place]
    if spending_key(there) == key:
        return (*lots[:place], there.part(there.points + lot.points, there.expires_on), *lots[place + 1 :])
    return (*lots[:place], lot, *lots[place:])


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


def _kept_until(latest: datetime | None, retention: RetentionClass) -> date | None:
    if latest is None or retention.span is None:
        return None
    return last_retention_day(latest, retention.span)
