"""What has happened to accounts and their points. One class a movement; `PointsEvent` is all of them."""

from datetime import date
from typing import Annotated
from uuid import UUID

from crypto_shredding import Sealed, SlotId
from ledger.event import Event, stored_as
from ledger.personal import Basis, Personal
from ledger.points.movements import Draw, Lot, Money
from ledger.points.program import Program
from ledger.retention import CONTRACT, MEMBERSHIP, PAYMENT, POINT_HISTORY

_POINTS = "포인트 적립, 교환, 결제 처리"
_MEMO = Personal(1, "메모", _POINTS, Basis.CONTRACT_PERFORMANCE, MEMBERSHIP)


@stored_as("points.program-defined.v1")
class ProgramDefined(Event):
    """A programme, or a new version of it. Its stream is the program's own."""

    program: Program


@stored_as("points.account-opened.v1")
class AccountOpened(Event):
    """A member's account in one program.

    The slots are the account's own, not the member's: whoever reads the log cannot tell by them whose account it is.
    ``holder`` is the member id, sealed. ``account_id`` is the stream's id, so that the event is whole by itself.
    """

    account_id: UUID
    program: str
    membership_slot: SlotId
    contract_slot: SlotId
    payment_slot: SlotId
    holder: Annotated[Sealed, Personal(1, "회원 연결", _POINTS, Basis.CONTRACT_PERFORMANCE, POINT_HISTORY)]


@stored_as("points.accrued.v1")
class PointsAccrued(Event):
    """적립. ``purchase`` is the money that earned it, where a purchase did."""

    lot: Lot
    purchase: Money | None = None
    memo: Annotated[Sealed | None, _MEMO] = None
    detail: Annotated[Sealed | None, Personal(2, "거래 기록", _POINTS, Basis.E_COMMERCE_RECORDS, CONTRACT)] = None


@stored_as("points.paid.v1")
class PointsPaid(Event):
    """사용. ``cash`` is what was paid beside the points; the event's id names the payment in a refund."""

    points: int
    draws: tuple[Draw, ...]
    cash: Money | None = None
    store: str | None = None
    memo: Annotated[Sealed | None, _MEMO] = None
    detail: Annotated[Sealed | None, Personal(2, "결제내역", _POINTS, Basis.E_COMMERCE_RECORDS, PAYMENT)] = None
    instrument: Annotated[
        Sealed | None, Personal(3, "결제수단(마스킹)", _POINTS, Basis.E_COMMERCE_RECORDS, PAYMENT)
    ] = None


@stored_as("points.exchanged.v1")
class PointsExchanged(Event):
    """교환: points for a coupon. ``coupon`` names the kind of coupon, ``coupon_id`` the one that was issued."""

    points: int
    draws: tuple[Draw, ...]
    coupon: str
    coupon_id: UUID
    memo: Annotated[Sealed | None, _MEMO] = None
    detail: Annotated[Sealed | None, Personal(2, "교환내역", _POINTS, Basis.E_COMMERCE_RECORDS, CONTRACT)] = None


@stored_as("points.refunded.v1")
class PointsRefunded(Event):
    """사용취소: points of a payment or exchange back to the exact lots, the last drawn first.

    ``draws`` carry the last day that the points have now: the lot's own, or a later one that the program's grace gave.
    """

    spending_id: UUID
    points: int
    draws: tuple[Draw, ...]
    cash: Money | None = None
    memo: Annotated[Sealed | None, _MEMO] = None


@stored_as("points.expired.v1")
class PointsExpired(Event):
    """기간만료 소멸. Points past their last day; ``as_of`` is the day of the sweep."""

    as_of: date
    points: int
    draws: tuple[Draw, ...]


@stored_as("points.forfeited.v1")
class PointsForfeited(Event):
    """탈퇴 소멸: what a leaving member confirmed to give up."""

    points: int
    draws: tuple[Draw, ...]


@stored_as("points.account-left.v1")
class AccountLeft(Event):
    """The account's member left; it takes no new business."""


AccountEvent = (
    AccountOpened
    | PointsAccrued
    | PointsPaid
    | PointsExchanged
    | PointsRefunded
    | PointsExpired
    | PointsForfeited
    | AccountLeft
)
