"""From what was decided to the receipt that answers it."""

from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.desk.ahead import Decided
from ledger.desk.books import State
from ledger.event import Event
from ledger.points.account import Account
from ledger.points.balance import balance
from ledger.points.commands import Command
from ledger.points.events import PointsAccrued, PointsForfeited
from ledger.points.receipt import Receipt

NOTHING = "nothing"
"""The topic of a receipt for a command that found nothing to do: a sweep with nothing due. Its key is held for ever."""


def receipt_of(stream: UUID, command: Command, zone: ZoneInfo | None, decided: Decided, state: State) -> Receipt:
    """The receipt of a command. ``zone`` is the program's, in which an account's balance is struck."""
    if not decided:
        return _nothing(stream, command, zone, state)
    first = decided[0][1]
    return Receipt(
        first.id,
        stream,
        command.key,
        first.TOPIC,
        tuple([event.id for _, event in decided]),
        first.occurred_at,
        first.recorded_at,
        points_of(first) or _forfeited(decided),
        balance(state, first.recorded_at, zone) if zone is not None and isinstance(state, Account) else None,
    )


def points_of(event: Event) -> int:
    """How many points the event moved."""
    if isinstance(event, PointsAccrued):
        return event.lot.points
    points: int = getattr(event, "points", 0)
    return points


def _forfeited(decided: Decided) -> int:
    """What leaving gave up, in all accounts together."""
    return sum(event.points for _, event in decided if isinstance(event, PointsForfeited))


def _nothing(stream: UUID, command: Command, zone: ZoneInfo | None, state: State) -> Receipt:
    struck = balance(state, command.occurred_at, zone) if zone is not None and isinstance(state, Account) else None
    at = command.occurred_at
    return Receipt(command.key, stream, command.key, NOTHING, (), at, at, 0, struck)
