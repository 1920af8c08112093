"""Conservation: how every kind of event moves points, so that opening plus movements is closing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ledger.event import Event
from ledger.points.events import (
    AccountClaimed,
    AccountEvent,
    AccountFrozen,
    AccountKeptAlive,
    AccountLeft,
    AccountOpened,
    AccountReinstated,
    AccountSuspended,
    AccrualCancelled,
    AccrualConfirmed,
    AccrualPended,
    ClaimSettled,
    ClawbackReturned,
    CouponExpired,
    CouponImported,
    CouponRedeemed,
    DeficitRepaid,
    ExpiryNoticed,
    HistoryImported,
    HoldAuthorising,
    HoldCaptured,
    HoldImported,
    HoldReleased,
    KeyBarred,
    PartnerDefined,
    PointsAccrued,
    PointsAdjustedDown,
    PointsAdjustedUp,
    PointsCashedOut,
    PointsCharged,
    PointsClawedBack,
    PointsConvertedIn,
    PointsConvertedOut,
    PointsExchanged,
    PointsExpired,
    PointsExtended,
    PointsForfeited,
    PointsHeld,
    PointsImported,
    PointsMovedToSuspense,
    PointsPaid,
    PointsReceived,
    PointsRefunded,
    PointsSent,
    ProgramDefined,
    RefundClaimed,
)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a kind of event does, as signs of its points: to the lots, to what is held, promised and owed."""

    lots: int = 0
    held: int = 0
    pending: int = 0


STILL = Effect()

EFFECTS: Mapping[type[Event], Effect] = {
    ProgramDefined: STILL,
    PartnerDefined: STILL,
    AccountOpened: STILL,
    AccountClaimed: STILL,
    AccountSuspended: STILL,
    AccountFrozen: STILL,
    AccountReinstated: STILL,
    AccountLeft: STILL,
    KeyBarred: STILL,
    PointsAccrued: Effect(lots=+1),
    AccrualPended: Effect(pending=+1),
    AccrualConfirmed: Effect(lots=+1, pending=-1),
    AccrualCancelled: Effect(pending=-1),
    PointsClawedBack: Effect(lots=-1),
    DeficitRepaid: Effect(lots=-1),
    ClawbackReturned: STILL,
    PointsCharged: Effect(lots=+1),
    PointsCashedOut: Effect(lots=-1),
    PointsAdjustedUp: Effect(lots=+1),
    PointsAdjustedDown: Effect(lots=-1),
    PointsPaid: Effect(lots=-1),
    PointsExchanged: Effect(lots=-1),
    PointsRefunded: Effect(lots=+1),
    PointsHeld: Effect(lots=-1, held=+1),
    HoldAuthorising: STILL,
    HoldCaptured: Effect(held=-1),
    HoldReleased: Effect(lots=+1, held=-1),
    PointsSent: Effect(lots=-1),
    PointsReceived: Effect(lots=+1),
    PointsConvertedOut: Effect(lots=-1),
    PointsConvertedIn: Effect(lots=+1),
    PointsExpired: Effect(lots=-1),
    PointsForfeited: Effect(lots=-1),
    PointsMovedToSuspense: Effect(lots=-1),
    RefundClaimed: Effect(lots=-1),
    ClaimSettled: STILL,
    CouponRedeemed: STILL,
    CouponExpired: STILL,
    PointsImported: Effect(lots=+1),
    HoldImported: Effect(lots=-1, held=+1),
    CouponImported: STILL,
    HistoryImported: STILL,
    PointsExtended: STILL,
    AccountKeptAlive: STILL,
    ExpiryNoticed: STILL,
}
"""What each kind of event does to the points of an account. A new kind without its place here fails a test.

Owed is moved by two kinds alone, and by a field of theirs: a clawback or an adjustment adds what was not found, a
repayment takes its points away.
"""


def movements(event: AccountEvent) -> tuple[tuple[UUID, int], ...]:
    """The signed points of each lot that the event moves, in the order of its lots or draws."""
    if isinstance(event, ClawbackReturned | PointsExtended):
        return (*_signed(event.draws, -1), *_signed(event.given, +1))
    return _signed(parts(event), EFFECTS[type(event)].lots)


def points_of(event: AccountEvent) -> int:
    """How many points the event moves out of the lots (below 0) or into them."""
    return sum(points for _, points in movements(event))


def owed_by(event: AccountEvent) -> int:
    """How many points more the account owes after the event."""
    if isinstance(event, PointsClawedBack | PointsAdjustedDown):
        return event.owed
    return -event.points if isinstance(event, DeficitRepaid) else 0


def parts(event: Any) -> tuple[Any, ...]:
    """The lots or draws of an event; each has a lot id, points, kind, funder and last day."""
    if hasattr(event, "draws"):
        return tuple(event.draws)
    if hasattr(event, "lots"):
        return tuple(event.lots)
    return (event.lot,) if hasattr(event, "lot") else ()


def _signed(moved: tuple[Any, ...], sign: int) -> tuple[tuple[UUID, int], ...]:
    return tuple((each.lot_id, sign * each.points) for each in moved) if sign else ()
