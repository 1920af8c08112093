"""What has happened to accounts and their points, one class a movement; `AccountEvent` is all of them."""

from ledger.points.events.earning import (
    AccrualCancelled,
    AccrualConfirmed,
    AccrualPended,
    ClawbackReturned,
    DeficitRepaid,
    PointsAccrued,
    PointsAdjustedDown,
    PointsAdjustedUp,
    PointsCharged,
    PointsClawedBack,
)
from ledger.points.events.importing import (
    CouponImported,
    HistoryImported,
    HoldImported,
    PointsImported,
)
from ledger.points.events.spending import (
    ClaimSettled,
    CouponExpired,
    CouponRedeemed,
    ExpiryNoticed,
    ExtensionCause,
    HoldAuthorising,
    HoldCaptured,
    HoldReleased,
    PointsCashedOut,
    PointsConvertedIn,
    PointsConvertedOut,
    PointsExchanged,
    PointsExpired,
    PointsExtended,
    PointsForfeited,
    PointsHeld,
    PointsMovedToSuspense,
    PointsPaid,
    PointsReceived,
    PointsRefunded,
    PointsSent,
    RefundClaimed,
)
from ledger.points.events.standing import (
    AccountClaimed,
    AccountFrozen,
    AccountKeptAlive,
    AccountLeft,
    AccountOpened,
    AccountReinstated,
    AccountSuspended,
    KeyBarred,
    PartnerDefined,
    ProgramDefined,
)

__all__ = [
    "AccountClaimed",
    "AccountEvent",
    "AccountFrozen",
    "AccountKeptAlive",
    "AccountLeft",
    "AccountOpened",
    "AccountReinstated",
    "AccountSuspended",
    "AccrualCancelled",
    "AccrualConfirmed",
    "AccrualPended",
    "ClaimSettled",
    "ClawbackReturned",
    "CouponExpired",
    "CouponImported",
    "CouponRedeemed",
    "DeficitRepaid",
    "ExpiryNoticed",
    "ExtensionCause",
    "HistoryImported",
    "HoldAuthorising",
    "HoldCaptured",
    "HoldImported",
    "HoldReleased",
    "KeyBarred",
    "PartnerDefined",
    "PointsAccrued",
    "PointsAdjustedDown",
    "PointsAdjustedUp",
    "PointsCashedOut",
    "PointsCharged",
    "PointsClawedBack",
    "PointsConvertedIn",
    "PointsConvertedOut",
    "PointsExchanged",
    "PointsExpired",
    "PointsExtended",
    "PointsForfeited",
    "PointsHeld",
    "PointsImported",
    "PointsMovedToSuspense",
    "PointsPaid",
    "PointsReceived",
    "PointsRefunded",
    "PointsSent",
    "ProgramDefined",
    "RefundClaimed",
]

AccountEvent = (
    AccountOpened
    | AccountClaimed
    | PointsAccrued
    | PointsPaid
    | PointsExchanged
    | PointsRefunded
    | PointsExpired
    | PointsForfeited
    | AccountLeft
    | AccrualPended
    | AccrualConfirmed
    | AccrualCancelled
    | PointsClawedBack
    | DeficitRepaid
    | ClawbackReturned
    | PointsCharged
    | PointsCashedOut
    | PointsAdjustedUp
    | PointsAdjustedDown
    | PointsHeld
    | HoldAuthorising
    | HoldCaptured
    | HoldReleased
    | PointsSent
    | PointsReceived
    | PointsConvertedOut
    | PointsConvertedIn
    | PointsMovedToSuspense
    | CouponRedeemed
    | CouponExpired
    | RefundClaimed
    | ClaimSettled
    | AccountSuspended
    | AccountFrozen
    | AccountReinstated
    | KeyBarred
    | PointsImported
    | HoldImported
    | CouponImported
    | HistoryImported
    | PointsExtended
    | AccountKeptAlive
    | ExpiryNoticed
)
