"""An account's balance as of an instant, folded from its own events: what had occurred, and what was known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ledger import Balance
from projections.movements import FROM_LOT_TO_LOT, IMPORT_COUPON, MOVEMENTS, Fields, owed_by, parts, points_of


def fold_balance(events: Iterable[tuple[str, Mapping[str, Any]]], at: datetime, zone: ZoneInfo) -> Balance:
    """The balance at the instant after these events of one account; topics and fields, in order."""
    left: Counter[tuple[str, str | None]] = Counter()
    usable_at: dict[str, datetime] = {}
    held = pending = owed = 0
    for topic, state in events:
        movement = MOVEMENTS[topic]
        points = points_of(movement, state)
        held += movement.held * points
        pending += movement.pending * points
        if movement.owes:
            owed += sum(more for _, more in owed_by(movement, state))
        moved = parts(movement, state)
        if movement.is_made or movement is IMPORT_COUPON:
            usable_at |= {lot["lot_id"]: datetime.fromisoformat(lot["usable_at"]) for lot in moved}
        if movement in FROM_LOT_TO_LOT:
            _add(left, moved, -1)
            _add(left, state["given"], +1)
        elif movement.lots:
            _add(left, moved, movement.lots)
    return _balance(left, usable_at, held, pending, owed, at, at.astimezone(zone).date())


def _add(left: Counter[tuple[str, str | None]], moved: Iterable[Fields], sign: int) -> None:
    for part in moved:
        left[part["lot_id"], part["expires_on"]] += sign * part["points"]


def _balance(
    left: Counter[tuple[str, str | None]],
    usable_at: Mapping[str, datetime],
    held: int,
    pending: int,
    owed: int,
    at: datetime,
    today: date,
) -> Balance:
    available = 0
    by_day: Counter[date] = Counter()
    for (lot_id, expires_on), points in left.items():
        last = None if expires_on is None else date.fromisoformat(expires_on)
        if usable_at[lot_id] > at:
            pending += points
        elif last is None or last >= today:
            available += points
            if last is not None and points:
                by_day[last] += points
    next_on = min(by_day, default=None)
    return Balance(available, held, pending, owed, next_on, 0 if next_on is None else by_day[next_on])
