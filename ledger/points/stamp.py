"""What a decision is given because it may not make it itself: ids and the time of recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

DECISION_EVENTS_MAX = 3
"""Leaving is the longest: what is past its day expires, the rest is forfeited, the account is left."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Random ids for the events of one decision, and the business clock.

    The first event takes ``event_ids[0]``, for which the command's personal texts were sealed.
    """

    event_ids: Sequence[UUID]
    recorded_at: datetime

    def __post_init__(self) -> None:
        if len(self.event_ids) < DECISION_EVENTS_MAX:
            raise ValueError(f"a decision needs {DECISION_EVENTS_MAX} event ids")
