"""What was taken over from another points system (이관). ``source`` names the system."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from crypto_shredding import Sealed
from ledger.event import Event, stored_as
from ledger.points.commands.importing import EarlierMovement
from ledger.points.events.marks import COUPON_CODE, EARLIER_PAID, MEMO, TRADE
from ledger.points.movements import Draw, Lot, Money


@stored_as("points.imported.v1")
class PointsImported(Event):
    """이관. The lot has what is left of it at the cut-over, and the instant and the last day that it always had."""

    lot: Lot
    source: str


@stored_as("points.hold-imported.v1")
class HoldImported(Event):
    """이관 of an open hold, placed at ``held_at``; the event's id names it."""

    points: int
    draws: tuple[Draw, ...]
    source: str
    held_at: datetime
    status: Literal["open", "authorising"]
    cash: Money | None = None
    store: str | None = None
    times_out_at: datetime | None = None


@stored_as("points.coupon-imported.v1")
class CouponImported(Event):
    """이관 of an issued coupon; the event's id names the exchange that issued it.

    ``lot`` are the points that were exchanged, all of which are gone; a refund gives them back to it.
    """

    lot: Lot
    source: str
    coupon: str
    coupon_id: UUID
    issued_at: datetime
    expires_on: date | None = None
    code: Annotated[Sealed | None, COUPON_CODE] = None


@stored_as("points.history-imported.v1")
class HistoryImported(Event):
    """이관 of a line of history: what happened elsewhere at ``occurred_at``. It moves nothing here."""

    movement: EarlierMovement
    points: int
    source: str
    store: str | None = None
    memo: Annotated[Sealed | None, MEMO] = None
    detail: Annotated[Sealed | None, TRADE] = None
    paid: Annotated[Sealed | None, EARLIER_PAID] = None
