"""From what was decided to the receipt that answers it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ledger.desk.ahead import Decided
from ledger.desk.books import State
from ledger.event import Event
from ledger.points.account import Account
from ledger.points.balance import balance
from ledger.points.commands import AccountCommand, Command
from ledger.points.earlier import earlier
from ledger.points.events import (
    ClaimSettled,
    PointsAdjustedDown,
    PointsCashedOut,
    PointsClawedBack,
    PointsForfeited,
    PointsRefunded,
)
from ledger.points.movements import Money
from ledger.points.receipt import Receipt, Shortfall

NOTHING = "nothing"
"""The topic of a receipt for a command that found nothing to do: a sweep with nothing due, a second capture.

Its key is held for ever."""


_PAID = {PointsRefunded.TOPIC: "cash", PointsCashedOut.TOPIC: "money", ClaimSettled.TOPIC: "money"}
"""The field of each event for which money is paid to the member."""

_MAY_FALL_SHORT = frozenset((PointsClawedBack.TOPIC, PointsAdjustedDown.TOPIC))


def receipt_of(
    stream: UUID,
    command: Command,
    zone: ZoneInfo | None,
    decided: Decided,
    state: State,
    *,
    clock: Callable[[], datetime] | None = None,
) -> Receipt:
    """The receipt of a command. ``zone`` is the program's, in which an account's balance is struck, as of recording.

    ``clock`` says when that is where there is no event to tell it.
    """
    if not decided:
        return _nothing(stream, command, zone, state, command.occurred_at if clock is None else clock())
    first = decided[0][1]
    alike = [first] if len(decided) == 1 else [event for _, event in decided if event.TOPIC == first.TOPIC]
    return Receipt(
        first.id,
        stream,
        command.key,
        first.TOPIC,
        tuple([event.id for _, event in decided]),
        first.occurred_at,
        first.recorded_at,
        sum(map(points_of, alike)) or _forfeited(decided),
        balance(state, first.recorded_at, zone) if zone is not None and isinstance(state, Account) else None,
        shortfall=_shortfall(alike),
        money=_money(first),
    )


def points_of(event: Event) -> int:
    """How many points the event moved."""
    carries = _carries(type(event))
    if carries is None:
        return 0
    value: Any = getattr(event, carries)
    return int(value.points if carries == "lot" else value)


@cache
def _carries(kind: type[Event]) -> str | None:
    """The field that has an event's points; asking a model for one that it has not costs as much as sealing a text."""
    return next((name for name in ("lot", "points") if name in kind.model_fields), None)


def _money(event: Event) -> Money | None:
    """What the caller has to pay for the event."""
    carries = _PAID.get(event.TOPIC)
    money: Money | None = None if carries is None else getattr(event, carries)
    return money if money is not None and money.amount else None


def _shortfall(events: Sequence[Event]) -> Shortfall | None:
    """What clawbacks or an adjustment did not find, of every lot together; None where all was found."""
    if events[0].TOPIC not in _MAY_FALL_SHORT:  # a model is slow to say what it is an instance of
        return None
    owed = sum(each.owed for each in events if isinstance(each, PointsClawedBack | PointsAdjustedDown))
    clawed = [each for each in events if isinstance(each, PointsClawedBack)]
    lapsed = sum(each.lapsed for each in clawed)
    # One command is decided by one program, so there is one of the three.
    if offset := sum(each.offset for each in clawed):
        return Shortfall("offset", offset, lapsed)
    if dropped := sum(each.dropped for each in clawed):
        return Shortfall("dropped", dropped, lapsed)
    return Shortfall("owed", owed, lapsed) if owed + lapsed else None


def _forfeited(decided: Decided) -> int:
    """What leaving gave up, in all accounts together."""
    return sum(event.points for _, event in decided if isinstance(event, PointsForfeited))


def _nothing(
    stream: UUID, command: Command, zone: ZoneInfo | None, state: State, recorded_at: datetime
) -> Receipt:
    struck = balance(state, recorded_at, zone) if zone is not None and isinstance(state, Account) else None
    at = command.occurred_at
    before = earlier(state, command) if isinstance(state, Account) and isinstance(command, AccountCommand) else None
    receipt_id, points = before or (command.key, 0)
    return Receipt(receipt_id, stream, command.key, NOTHING, (), at, recorded_at, points, struck)
