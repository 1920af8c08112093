"""An account: what it has, in spending order, what is set aside, and what it owes."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from immutables import Map

from crypto_shredding import Sealed, SlotId
from ledger.calendar import last_retention_day
from ledger.points.commands import AccountSlots
from ledger.points.lots import Lots
from ledger.points.movements import Draw, Lot, Money, Priced
from ledger.points.returns import Part, Returns
from ledger.points.stretches import Stretch
from ledger.retention import CONTRACT, PAYMENT, POINT_HISTORY, RetentionClass

Status = Literal["active", "suspended", "frozen", "left"]
CouponStatus = Literal["issued", "redeemed", "expired", "cancelled"]

LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Coupon:
    """What an exchange issued. ``expires_on`` is its last day, inclusive."""

    coupon_id: UUID
    expires_on: date | None
    status: CouponStatus = "issued"

    def is_past(self, day: date) -> bool:
        """Whether its last day lies before the day, and nobody has used it or got its points back."""
        return self.status == "issued" and self.expires_on is not None and self.expires_on < day


@dataclass(frozen=True, slots=True)
class Spending:
    """A payment or an exchange, as a refund needs it, and how much was refunded.

    What came back is always the last drawn, so ``refunded`` alone says of which draws. Cash in minor units.
    """

    spending_id: UUID
    occurred_at: datetime
    points: int
    draws: tuple[Draw, ...]
    cash: Money | None
    is_payment: bool
    coupon: Coupon | None = None
    refunded: int = 0
    refunded_cash: int = 0

    @property
    def cash_left(self) -> int:
        """Minor units that were not refunded."""
        return (0 if self.cash is None else self.cash.amount) - self.refunded_cash

    @property
    def points_left(self) -> int:
        """Points that were not refunded."""
        return self.points - self.refunded


@dataclass(frozen=True, slots=True)
class HeldPoints:
    """A hold. ``spending_id`` is the payment that it became."""

    hold_id: UUID
    occurred_at: datetime
    points: int
    draws: tuple[Draw, ...]
    cash: Money | None
    store: str | None
    times_out_at: datetime | None
    status: Literal["open", "authorising", "captured", "released"] = "open"
    spending_id: UUID | None = None

    @property
    def is_open(self) -> bool:
        """Whether its points are still set aside."""
        return self.status in ("open", "authorising")


@dataclass(frozen=True, slots=True)
class ClawedBack:
    """What was clawed back of one accrual, or taken by one adjustment, and where it was found.

    ``points`` in all, of which ``lapsed`` had expired before and ``owed`` is still owed to ``funder``. ``stand_ins``
    are the draws from other lots in its stead, in the order of taking. ``at`` is when the latest of it occurred:
    nothing of it is repaid or given back before.
    """

    funder: str
    points: int
    lapsed: int = 0
    owed: int = 0
    stand_ins: tuple[Draw, ...] = ()
    at: datetime = LONG_AGO


@dataclass(frozen=True, slots=True)
class RefundClaim:
    """Bought points of who has left, as the money that they are owed."""

    claimed_at: datetime
    points: int
    draws: tuple[Draw, ...]
    money: Money
    is_settled: bool = False


NOTHING_LEFT = Lots()
NO_LOTS: Map[UUID, Lot] = Map()
NO_SPENDINGS: Map[UUID, Spending] = Map()
NO_HOLDS: Map[UUID, HeldPoints] = Map()
NO_CLAWBACKS: Map[UUID, ClawedBack] = Map()
NO_RETURNS = Returns()
NOTHING_LAPSED: Map[UUID, int] = Map()
NO_CLAIMS: Map[UUID, RefundClaim] = Map()
NO_IDS: Map[UUID, None] = Map()
NO_PRICED: Map[UUID, Priced] = Map()
NO_ORDERS: Map[UUID, tuple[UUID, ...]] = Map()
NOTHING_EARNED: Map[tuple[str, date | None], int] = Map()
NO_DAYS_APART: Map[Part, datetime] = Map()
NO_NOTICES: Map[tuple[date, str], None] = Map()


@dataclass(frozen=True, slots=True)
class Aside:
    """What most accounts never have, apart so that they do not carry it.

    ``pending`` are promised lots with what is left of them, ``cancelled`` the ids of those of which nothing is.
    ``owing`` names, oldest first, the clawbacks that are not covered. ``lapsed``: how much of each lot expired, was
    forfeited or is in suspense. ``returns``: what came back or came late. ``barred``: ids of events that shall never
    be. ``claims`` are what a member who left is still to be paid. ``priced``: how each lot was earned that a rule gave;
    ``orders``: the lots of each order, in the order of earning; ``earned``: net points by rule and day, and by rule and
    None in all. ``noticed``: last days to come, with the stages of which notice was given. ``stretches``: how long
    activities kept the account alive, where its program dates by them; ``since``: from when they count for parts with a
    last day that stands until one finds them alive; ``gifts``: lots of others whose last day the program gave.
    ``open_holds`` and ``open_coupons`` (by their exchange): those that have not ended, so that nobody looks through all
    that ever were.
    """

    pending: Map[UUID, Lot] = NO_LOTS
    cancelled: Map[UUID, None] = NO_IDS
    holds: Map[UUID, HeldPoints] = NO_HOLDS
    clawed: Map[UUID, ClawedBack] = NO_CLAWBACKS
    owing: tuple[UUID, ...] = ()
    lapsed: Map[UUID, int] = NOTHING_LAPSED
    returns: Returns = NO_RETURNS
    barred: Map[UUID, None] = NO_IDS
    priced: Map[UUID, Priced] = NO_PRICED
    orders: Map[UUID, tuple[UUID, ...]] = NO_ORDERS
    earned: Map[tuple[str, date | None], int] = NOTHING_EARNED
    noticed: Map[tuple[date, str], None] = NO_NOTICES
    stretches: tuple[Stretch, ...] = ()
    since: Map[Part, datetime] = NO_DAYS_APART
    gifts: Map[UUID, None] = NO_IDS
    claims: Map[UUID, RefundClaim] = NO_CLAIMS
    open_holds: Map[UUID, None] = NO_IDS
    open_coupons: Map[UUID, None] = NO_IDS

    def with_hold(self, hold: HeldPoints) -> "Aside":
        """With a hold as it is now."""
        return replace(
            self,
            holds=self.holds.set(hold.hold_id, hold),
            open_holds=_listed(self.open_holds, hold.hold_id, is_open=hold.is_open),
        )

    def with_coupon_of(self, spending: Spending) -> "Aside":
        """With the coupon as it is now, if there is one."""
        coupon = spending.coupon
        if coupon is None:
            return self
        is_open = coupon.status == "issued"
        return replace(self, open_coupons=_listed(self.open_coupons, spending.spending_id, is_open=is_open))


NOTHING_ASIDE = Aside()


class Account(NamedTuple):
    """One member's points in one program, after ``version`` events.

    A named tuple, since one is made for every event, and a frozen dataclass costs five times as much.

    ``open_lots`` are those with points left, in spending order, ``open_points`` their sum (expired and not yet usable
    ones included). After a refund with grace, one lot may be there twice with two last days. ``lots`` keeps the terms
    of every lot ever, with its points as earned; ``all_usable_at`` is the latest instant from which any of them may
    be spent. Without a ``holder`` it is unregistered: nobody has claimed it yet. ``latest_at`` is when the latest of
    its events occurred, ``returned_at`` when points last came back or came late; ``contract_at`` and ``payment_at`` are
    when the latest record of these retention classes occurred, whether or not something personal was sealed with it.
    ``held``, ``pending`` and ``deficit`` are the sums of what is ``aside``.
    """

    account_id: UUID
    program: str
    holder: Sealed | None
    slots: AccountSlots
    status: Status = "active"
    version: int = 1
    open_lots: Lots = NOTHING_LEFT
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
    returned_at: datetime = LONG_AGO
    aside: Aside = NOTHING_ASIDE

    @property
    def next_sequence(self) -> int:
        """The place in the order of earning that the next lot takes; that of a cancelled one is not taken again."""
        return len(self.lots) + len(self.aside.pending) + len(self.aside.cancelled) + 1

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
        if self.holder is not None:
            slots[POINT_HISTORY.code] = self.holder.subject_slot
        return slots


def _listed(ids: Map[UUID, None], each: UUID, *, is_open: bool) -> Map[UUID, None]:
    if (each in ids) == is_open:
        return ids
    return ids.set(each, None) if is_open else ids.delete(each)


def _kept_until(latest: datetime | None, retention: RetentionClass) -> date | None:
    if latest is None or retention.span is None:
        return None
    return last_retention_day(latest, retention.span)
