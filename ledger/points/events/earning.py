"""Points come in: accrued, pending and confirmed, charged, adjusted; and what takes them back."""

from typing import Annotated
from uuid import UUID

from crypto_shredding import Sealed
from ledger.event import Event, stored_as
from ledger.points.events.marks import INSTRUMENT, MEMO, PAID, TRADE
from ledger.points.movements import Draw, Lot, Money, Priced, Repaid


@stored_as("points.accrued.v1")
class PointsAccrued(Event):
    """적립. ``purchase`` is the money that earned it, if a purchase did; ``charge_id`` the charge that it rewards.

    ``priced``: the rule that gave it, if one did. Of several lots of one order the first alone names the purchase.
    """

    lot: Lot
    purchase: Money | None = None
    memo: Annotated[Sealed | None, MEMO] = None
    detail: Annotated[Sealed | None, TRADE] = None
    charge_id: UUID | None = None
    priced: Priced | None = None


@stored_as("points.accrual-pended.v1")
class AccrualPended(Event):
    """적립예정: points that are promised. The lot has the terms that it would have if it were confirmed now."""

    lot: Lot
    purchase: Money | None = None
    memo: Annotated[Sealed | None, MEMO] = None
    detail: Annotated[Sealed | None, TRADE] = None
    priced: Priced | None = None


@stored_as("points.accrual-confirmed.v1")
class AccrualConfirmed(Event):
    """적립확정: what is left of a pending accrual becomes a lot of the same id."""

    lot: Lot


@stored_as("points.accrual-cancelled.v1")
class AccrualCancelled(Event):
    """적립예정 취소. Each draw names a pending accrual by its id; the account's points are not touched."""

    points: int
    draws: tuple[Draw, ...]
    reason: str


@stored_as("points.clawed-back.v1")
class PointsClawedBack(Event):
    """적립취소: ``points`` were found, of the accrual's own lot and of others in its stead.

    ``lapsed`` had expired or was forfeited, so that nobody owes it; ``owed`` became a deficit; ``offset`` the caller
    keeps back from the money that it refunds; ``dropped`` nobody gets back. The five are what was clawed back, for
    ``funder``, who had paid for the accrual.
    """

    accrual_id: UUID
    funder: str
    points: int
    draws: tuple[Draw, ...]
    lapsed: int
    owed: int
    offset: int
    dropped: int
    reason: str


@stored_as("points.deficit-repaid.v1")
class DeficitRepaid(Event):
    """결손 상환: points that came in pay what is owed, the oldest debt first.

    Draws and ``repaid`` each add up to ``points``; in their order, the draws of each are those that cover it.
    """

    points: int
    draws: tuple[Draw, ...]
    repaid: tuple[Repaid, ...]


@stored_as("points.clawback-returned.v1")
class ClawbackReturned(Event):
    """적립취소 대체분 반환: points came back to a lot that was clawed back, so what stood in for it is given back.

    ``draws`` are taken from the lot itself, ``given`` go to the others; each has ``points`` in all.
    """

    accrual_id: UUID
    points: int
    draws: tuple[Draw, ...]
    given: tuple[Draw, ...]


@stored_as("points.charged.v1")
class PointsCharged(Event):
    """충전: ``money`` was paid for the lot, which is of kind ``paid``."""

    lot: Lot
    money: Money
    memo: Annotated[Sealed | None, MEMO] = None
    detail: Annotated[Sealed | None, PAID] = None
    instrument: Annotated[Sealed | None, INSTRUMENT] = None


@stored_as("points.adjusted-up.v1")
class PointsAdjustedUp(Event):
    """조정(+). ``approver`` is the second person, where one was needed; ``corrects`` the event that was wrong."""

    lot: Lot
    reason: str
    approver: str | None = None
    corrects: UUID | None = None
    memo: Annotated[Sealed | None, MEMO] = None


@stored_as("points.adjusted-down.v1")
class PointsAdjustedDown(Event):
    """조정(−). ``owed`` is what was not there and became a deficit towards ``funder``."""

    points: int
    draws: tuple[Draw, ...]
    owed: int
    funder: str
    reason: str
    approver: str | None = None
    corrects: UUID | None = None
    memo: Annotated[Sealed | None, MEMO] = None
