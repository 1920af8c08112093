"""Points go out, are set aside, and come back."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from crypto_shredding import Sealed
from ledger.event import Event, stored_as
from ledger.points.events.marks import COUPON_CODE, EXCHANGED, INSTRUMENT, MEMO, PAID, PAYEE
from ledger.points.movements import Draw, Lot, Money

ExtensionCause = Literal["policy", "activity", "unnoticed", "return"]


@stored_as("points.paid.v1")
class PointsPaid(Event):
    """사용. ``cash`` is what was paid beside the points; the event's id names the payment in a refund.

    ``late_for`` names a hold that was gone when it was captured, so that its points were drawn anew.
    """

    points: int
    draws: tuple[Draw, ...]
    cash: Money | None = None
    store: str | None = None
    memo: Annotated[Sealed | None, MEMO] = None
    detail: Annotated[Sealed | None, PAID] = None
    instrument: Annotated[Sealed | None, INSTRUMENT] = None
    late_for: UUID | None = None


@stored_as("points.exchanged.v1")
class PointsExchanged(Event):
    """교환: points for a coupon. ``coupon`` names the kind of coupon, ``coupon_id`` the one that was issued.

    ``code`` is its secret, ``expires_on`` its last day, inclusive.
    """

    points: int
    draws: tuple[Draw, ...]
    coupon: str
    coupon_id: UUID
    memo: Annotated[Sealed | None, MEMO] = None
    detail: Annotated[Sealed | None, EXCHANGED] = None
    code: Annotated[Sealed | None, COUPON_CODE] = None
    expires_on: date | None = None


@stored_as("points.refunded.v1")
class PointsRefunded(Event):
    """사용취소: points of a payment or exchange back to the exact lots, the last drawn first.

    ``draws`` carry the last day that the points have now: the lot's own, or a later one that the program's grace gave.
    Without points it is cash alone that goes back.
    """

    spending_id: UUID
    points: int
    draws: tuple[Draw, ...]
    cash: Money | None = None
    memo: Annotated[Sealed | None, MEMO] = None
    fault: str | None = None


@stored_as("points.held.v1")
class PointsHeld(Event):
    """가승인: points set aside, with what the payment will be. ``times_out_at`` None: only by a command."""

    points: int
    draws: tuple[Draw, ...]
    cash: Money | None = None
    store: str | None = None
    times_out_at: datetime | None = None


@stored_as("points.hold-authorising.v1")
class HoldAuthorising(Event):
    """승인 중: somebody else was asked for money, so the hold waits for the answer however long it takes."""

    hold_id: UUID


@stored_as("points.hold-captured.v1")
class HoldCaptured(Event):
    """승인 확정: a payment out of a hold; the event's id names the payment in a refund."""

    hold_id: UUID
    points: int
    draws: tuple[Draw, ...]
    cash: Money | None = None
    store: str | None = None
    memo: Annotated[Sealed | None, MEMO] = None
    detail: Annotated[Sealed | None, PAID] = None
    instrument: Annotated[Sealed | None, INSTRUMENT] = None


@stored_as("points.hold-released.v1")
class HoldReleased(Event):
    """가승인 해제: points back to the exact lots. ``rest``: a capture took less than was held."""

    hold_id: UUID
    points: int
    draws: tuple[Draw, ...]
    cause: Literal["asked", "timed_out", "rest", "voided"]


@stored_as("points.cashed-out.v1")
class PointsCashedOut(Event):
    """환급: charged points for ``money``, which is what is paid out; ``fee`` was kept, in minor units."""

    points: int
    draws: tuple[Draw, ...]
    money: Money
    fee: int = 0
    memo: Annotated[Sealed | None, MEMO] = None
    payee: Annotated[Sealed | None, PAYEE] = None


@stored_as("points.refund-claimed.v1")
class RefundClaimed(Event):
    """환급 청구: the member left, and the bought points are a claim to ``money``. The event's id names the claim."""

    points: int
    draws: tuple[Draw, ...]
    money: Money


@stored_as("points.claim-settled.v1")
class ClaimSettled(Event):
    """환급금 지급: a claim was paid. ``draws`` are those of the claim."""

    claim_id: UUID
    points: int
    draws: tuple[Draw, ...]
    money: Money
    payee: Annotated[Sealed | None, PAYEE] = None


@stored_as("points.sent.v1")
class PointsSent(Event):
    """선물(보냄). ``transfer_id`` is the id that the other account's event names too."""

    transfer_id: UUID
    points: int
    draws: tuple[Draw, ...]
    memo: Annotated[Sealed | None, MEMO] = None


@stored_as("points.received.v1")
class PointsReceived(Event):
    """선물(받음): lots with the last day, kind and funder that they had.

    ``dated``: those of which the program gave the last day, not somebody who stated one.
    """

    transfer_id: UUID
    points: int
    lots: tuple[Lot, ...]
    memo: Annotated[Sealed | None, MEMO] = None
    dated: tuple[UUID, ...] = ()


@stored_as("points.converted-out.v1")
class PointsConvertedOut(Event):
    """전환(보냄) to another program. ``transfer_id`` is the id that the other account's event names too."""

    transfer_id: UUID
    points: int
    draws: tuple[Draw, ...]


@stored_as("points.converted-in.v1")
class PointsConvertedIn(Event):
    """전환(받음) from another program, at its rate."""

    transfer_id: UUID
    points: int
    lots: tuple[Lot, ...]


@stored_as("points.expired.v1")
class PointsExpired(Event):
    """기간만료 소멸. Points past their last day; ``as_of`` is the day of the sweep."""

    as_of: date
    points: int
    draws: tuple[Draw, ...]


@stored_as("points.extended.v1")
class PointsExtended(Event):
    """유효기간 연장: ``draws`` are the points with the last day that they had, ``given`` the same with the new one.

    ``return``: points that came back, after activities which gave it to the others. ``as_of`` is the day of the sweep.
    """

    points: int
    draws: tuple[Draw, ...]
    given: tuple[Draw, ...]
    cause: ExtensionCause
    as_of: date | None = None


@stored_as("points.expiry-noticed.v1")
class ExpiryNoticed(Event):
    """소멸 예정 안내: so many points have this last day, and the member is to be told by each of the channels.

    ``due_on`` is the last day on which the notice of this ``stage`` is in time, ``as_of`` the one on which it was made.
    """

    stage: str
    expires_on: date
    points: int
    channels: tuple[str, ...]
    as_of: date
    due_on: date


@stored_as("points.forfeited.v1")
class PointsForfeited(Event):
    """탈퇴 소멸: what a leaving member confirmed to give up."""

    points: int
    draws: tuple[Draw, ...]


@stored_as("points.moved-to-suspense.v1")
class PointsMovedToSuspense(Event):
    """미결 이전: points that came back after the member had left; they are their funder's until somebody decides."""

    points: int
    draws: tuple[Draw, ...]


@stored_as("points.coupon-redeemed.v1")
class CouponRedeemed(Event):
    """쿠폰 사용. ``draws`` are those of the exchange, with who took the coupon and what it gets for it."""

    spending_id: UUID
    points: int
    draws: tuple[Draw, ...]
    store: str | None = None


@stored_as("points.coupon-expired.v1")
class CouponExpired(Event):
    """쿠폰 기간만료 (or its member left). ``draws`` are those of the exchange, less what was refunded."""

    spending_id: UUID
    points: int
    draws: tuple[Draw, ...]
    as_of: date
