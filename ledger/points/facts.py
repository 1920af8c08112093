"""What every event of a decision carries besides what happened."""

from datetime import datetime
from typing import Any

from ledger.calendar import utc
from ledger.points.commands import BusinessReference
from ledger.points.stamp import Stamp


def facts(
    stamp: Stamp,
    *,
    occurred_at: datetime,
    actor: str,
    rule_version: int = 0,
    reference: BusinessReference | None = None,
    number: int = 0,
) -> dict[str, Any]:
    """The fields of `ledger.event.Event` for the decision's event of that number, counted from 0."""
    return {
        "id": stamp.event_ids[number],
        "occurred_at": utc(occurred_at),
        "recorded_at": utc(stamp.recorded_at),
        "actor": actor,
        "rule_version": rule_version,
        "reference": None if reference is None else str(reference),
    }
