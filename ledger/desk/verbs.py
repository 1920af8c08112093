"""What each command to an account becomes, and what must be open for it: the table that the desk works by."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from ledger.event import Event
from ledger.personal import personal_fields
from ledger.points.account import Account
from ledger.points.commands import (
    AccountCommand,
    Accrue,
    Adjust,
    Authorise,
    Capture,
    CashOut,
    Charge,
    ClawBack,
    Confirm,
    Convert,
    Exchange,
    Expire,
    ExpireCoupons,
    Extend,
    Freeze,
    Hold,
    ImportCoupon,
    ImportHistory,
    ImportHold,
    ImportLot,
    NotifyExpiry,
    Pay,
    RedeemCoupon,
    Refund,
    Reinstate,
    Release,
    Reprice,
    SettleClaim,
    Suspend,
    TimeOutHolds,
    Transfer,
    Void,
)
from ledger.points.events import (
    AccountFrozen,
    AccountReinstated,
    AccountSuspended,
    AccrualConfirmed,
    AccrualPended,
    ClaimSettled,
    CouponExpired,
    CouponImported,
    CouponRedeemed,
    ExpiryNoticed,
    HistoryImported,
    HoldAuthorising,
    HoldCaptured,
    HoldImported,
    HoldReleased,
    KeyBarred,
    PointsAccrued,
    PointsAdjustedDown,
    PointsAdjustedUp,
    PointsCashedOut,
    PointsCharged,
    PointsClawedBack,
    PointsConvertedOut,
    PointsExchanged,
    PointsExpired,
    PointsExtended,
    PointsHeld,
    PointsImported,
    PointsPaid,
    PointsRefunded,
    PointsSent,
)
from ledger.retention import CONTRACT, MEMBERSHIP, PAYMENT
from ledger.store.entries import Boxes


class Verb(NamedTuple):
    """The event that a command's texts are sealed for, and the classes that must be open.

    None: it undoes, settles or ends something, which goes on after the member has left and after an erasure, in amounts
    alone; so only the classes of the texts that it carries must be open.
    """

    becomes: type[Event]
    classes: tuple[int, ...] | None


BUSINESS = (MEMBERSHIP.code,)
TRADE = (MEMBERSHIP.code, CONTRACT.code)
PAID = (MEMBERSHIP.code, PAYMENT.code)
LATE = None

VERBS: Mapping[type[AccountCommand], Verb] = {
    Accrue: Verb(PointsAccrued, TRADE),
    Confirm: Verb(AccrualConfirmed, LATE),
    ClawBack: Verb(PointsClawedBack, LATE),
    Charge: Verb(PointsCharged, PAID),
    Adjust: Verb(PointsAdjustedUp, LATE),
    Pay: Verb(PointsPaid, PAID),
    Exchange: Verb(PointsExchanged, TRADE),
    Refund: Verb(PointsRefunded, LATE),
    Hold: Verb(PointsHeld, PAID),
    Authorise: Verb(HoldAuthorising, PAID),
    Capture: Verb(HoldCaptured, LATE),
    Release: Verb(HoldReleased, LATE),
    TimeOutHolds: Verb(HoldReleased, LATE),
    Void: Verb(KeyBarred, LATE),
    CashOut: Verb(PointsCashedOut, LATE),
    SettleClaim: Verb(ClaimSettled, LATE),
    Transfer: Verb(PointsSent, BUSINESS),
    Convert: Verb(PointsConvertedOut, BUSINESS),
    RedeemCoupon: Verb(CouponRedeemed, TRADE),
    ExpireCoupons: Verb(CouponExpired, LATE),
    Expire: Verb(PointsExpired, LATE),
    Extend: Verb(PointsExtended, LATE),
    NotifyExpiry: Verb(ExpiryNoticed, LATE),
    Reprice: Verb(PointsClawedBack, LATE),
    Suspend: Verb(AccountSuspended, BUSINESS),
    Freeze: Verb(AccountFrozen, BUSINESS),
    Reinstate: Verb(AccountReinstated, BUSINESS),
    ImportLot: Verb(PointsImported, BUSINESS),
    ImportHold: Verb(HoldImported, PAID),
    ImportCoupon: Verb(CouponImported, TRADE),
    ImportHistory: Verb(HistoryImported, (*TRADE, PAYMENT.code)),
}


def becomes(command: AccountCommand, account: Account) -> type[Event]:
    """The command's first event, as far as the account tells now; a box is bound to the kind of its event."""
    chosen = _CHOSEN.get(type(command))
    return VERBS[type(command)].becomes if chosen is None else chosen(command, account)


def _accrued(command: Accrue[Any], _: Account) -> type[Event]:
    return AccrualPended if command.pending else PointsAccrued


def _adjusted(command: Adjust[Any], _: Account) -> type[Event]:
    return PointsAdjustedDown if command.points < 0 else PointsAdjustedUp


def _captured(command: Capture[Any], account: Account) -> type[Event]:
    held = account.aside.holds.get(command.hold_id)
    return PointsPaid if held is not None and held.status == "released" else HoldCaptured  # late: drawn anew


_CHOSEN: Mapping[type[AccountCommand], Callable[[Any, Account], type[Event]]] = {
    Accrue: _accrued,
    Adjust: _adjusted,
    Capture: _captured,
}


def amount_of(command: AccountCommand) -> int | None:
    """The points that the command states, as its receipt says them; None where they follow from the decision."""
    points = getattr(command, "points", None)
    return abs(points) if isinstance(points, int) else None


def guards(
    command: AccountCommand, holder: UUID | None, event_type: type[Event], boxes: Boxes
) -> tuple[tuple[UUID, int], ...]:
    """The member's classes that must be open when the command is appended."""
    if holder is None:
        return ()
    classes: Sequence[int] | None = VERBS[type(command)].classes
    if classes is None:
        classes = _classes_of(event_type, boxes) if boxes else ()
    return tuple([(holder, code) for code in classes])


def _classes_of(event_type: type[Event], boxes: Boxes) -> Sequence[int]:
    by_field = _class_by_field(event_type)
    return sorted({by_field[field_id] for field_id, _ in boxes})


@cache
def _class_by_field(event_type: type[Event]) -> Mapping[int, int]:
    return {mark.field_id: mark.retention.code for mark in personal_fields(event_type).values()}
