"""What a decision is given because it may not make it itself: ids, the time of recording, and earlier rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from ledger.points.effective import History
from ledger.points.program import Program

DECISION_EVENTS_MAX = 1_000
"""A refund may give back what stood in for clawed-back lots, lot by lot; it is hardly ever more than five events."""


def first_event_id(stream: UUID, key: UUID) -> UUID:
    """The id of the first event that a command brings about: it follows from stream and key.

    So what a key did can be found in the account itself, and barred where it did nothing yet. Keys are random, hence
    nobody who does not know the key can guess the id.
    """
    return uuid5(stream, key.hex)


@dataclass(frozen=True, slots=True)
class Stamp:
    """Ids for the events of one decision, the business clock, and the program's versions.

    The first event takes ``event_ids[0]``, for which the command's personal texts were sealed; the others' are drawn.
    Without a ``history`` everything was earned by the one version that decides.
    """

    event_ids: Sequence[UUID]
    recorded_at: datetime
    history: History[Program] | None = None

