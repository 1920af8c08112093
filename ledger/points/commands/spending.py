"""Commands that spend points, set them aside, and give back what was spent."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, Literal
from uuid import UUID

from ledger.points.commands.command import AccountCommand, Command, T
from ledger.points.movements import Money
from ledger.points.program import RefundSplit, SpendingOrder

Fault = Literal["customer", "merchant", "operator"]
"""Who is at fault in a cancellation; a program may refund each in its own way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay(AccountCommand, Generic[T]):
    """사용: spend points at a store, beside cash or alone. ``instrument`` is what paid the cash, masked."""

    points: int
    cash: Money | None = None
    store: str | None = None
    redeemer: str | None = None
    memo: T | None = field(default=None, repr=False)
    detail: T | None = field(default=None, repr=False)
    instrument: T | None = field(default=None, repr=False)
    order: SpendingOrder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(AccountCommand, Generic[T]):
    """교환: spend points for a coupon; the caller makes the coupon's random id.

    ``code`` is the coupon's secret. ``expires_on`` its last day, inclusive.
    """

    points: int
    coupon: str
    coupon_id: UUID
    memo: T | None = field(default=None, repr=False)
    detail: T | None = field(default=None, repr=False)
    code: T | None = field(default=None, repr=False)
    expires_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(AccountCommand, Generic[T]):
    """사용취소 of a payment or exchange; ``spending_id`` is its receipt id.

    Everything that is left of it; or of that ``amount`` (in money, points at their unit value), split as ``split`` or
    the program says; or the split that is stated by ``points`` and ``cash``.
    """

    spending_id: UUID
    memo: T | None = field(default=None, repr=False)
    amount: int | None = None
    points: int | None = None
    cash: int | None = None
    split: RefundSplit | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(AccountCommand):
    """가승인: set points aside for a payment. ``times_out_at``: when they are released; None: as the program says."""

    points: int
    cash: Money | None = None
    store: str | None = None
    redeemer: str | None = None
    times_out_at: datetime | None = None
    order: SpendingOrder | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorise(AccountCommand):
    """The card company or PSP is about to be called for the hold: from now on it does not time out by itself."""

    hold_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture(AccountCommand, Generic[T]):
    """승인 확정: pay with what is held, or with ``points`` of it. The rest is released."""

    hold_id: UUID
    points: int | None = None
    cash: Money | None = None
    memo: T | None = field(default=None, repr=False)
    detail: T | None = field(default=None, repr=False)
    instrument: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(AccountCommand):
    """Let go of a hold: nothing was bought."""

    hold_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOutHolds(AccountCommand):
    """Release the holds whose time is over at ``occurred_at``, but for those that are authorising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Void(AccountCommand):
    """망취소: the answer to the command of ``voided_key`` was lost; it shall not have happened, if it did or not."""

    voided_key: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class CashOut(AccountCommand, Generic[T]):
    """환급 of charged points; ``payee`` is the account number to which the money goes."""

    points: int
    payee: T | None = field(default=None, repr=False)
    memo: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleClaim(AccountCommand, Generic[T]):
    """환급금 지급 to who has left with bought points; ``claim_id`` is the event by which they became a claim."""

    claim_id: UUID
    payee: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(AccountCommand, Generic[T]):
    """선물 to another account of the same program; each party has a note of their own."""

    to_account_id: UUID
    points: int
    memo: T | None = field(default=None, repr=False)
    receiver_memo: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Convert(AccountCommand):
    """전환 to an account of another program, at the rate that the program of this account states."""

    to_account_id: UUID
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire(AccountCommand):
    """기간만료 소멸: sweep what is past its last day on ``as_of``; nothing due, nothing appended."""

    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Extend(AccountCommand):
    """유효기간 연장: on ``as_of`` give points the longer validity that the program grants; nothing due, no event."""

    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyExpiry(AccountCommand):
    """소멸 예정 안내: on ``as_of`` make the notices that are due and were not made; nothing due, no event."""

    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemCoupon(AccountCommand):
    """쿠폰 사용, once; ``spending_id`` is the receipt id of the exchange that issued it."""

    spending_id: UUID
    store: str | None = None
    redeemer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemByCode(Command, Generic[T]):
    """쿠폰 사용 by its secret, which finds the account and the exchange; the key is one of that account."""

    code: T = field(repr=False)
    store: str | None = None
    redeemer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireCoupons(AccountCommand):
    """쿠폰 기간만료: close the coupons whose last day lies before ``as_of``."""

    as_of: date
