"""Conservation: how every kind of event moves points, so that opening plus movements is closing."""

from collections.abc import Mapping
from typing import assert_never
from uuid import UUID

from ledger.event import Event
from ledger.points.events import (
    AccountEvent,
    AccountLeft,
    AccountOpened,
    PointsAccrued,
    PointsExchanged,
    PointsExpired,
    PointsForfeited,
    PointsPaid,
    PointsRefunded,
    ProgramDefined,
)

SIGNS: Mapping[type[Event], int] = {
    ProgramDefined: 0,
    AccountOpened: 0,
    PointsAccrued: +1,
    PointsPaid: -1,
    PointsExchanged: -1,
    PointsRefunded: +1,
    PointsExpired: -1,
    PointsForfeited: -1,
    AccountLeft: 0,
}
"""What each kind of event does to the points of an account. A new kind without its place here fails a test."""


def movements(event: AccountEvent) -> tuple[tuple[UUID, int], ...]:
    """The signed points of each lot that the event moves, in the order of its draws."""
    match event:
        case PointsAccrued():
            return ((event.lot.lot_id, event.lot.points),)
        case PointsPaid() | PointsExchanged() | PointsRefunded() | PointsExpired() | PointsForfeited():
            sign = SIGNS[type(event)]
            return tuple((draw.lot_id, sign * draw.points) for draw in event.draws)
        case AccountOpened() | AccountLeft():
            return ()
        case _:
            assert_never(event)


def points_of(event: AccountEvent) -> int:
    """How many points the event moves, signed."""
    match event:
        case PointsAccrued():
            return event.lot.points
        case PointsPaid() | PointsExchanged() | PointsRefunded() | PointsExpired() | PointsForfeited():
            return SIGNS[type(event)] * event.points
        case AccountOpened() | AccountLeft():
            return 0
        case _:
            assert_never(event)
