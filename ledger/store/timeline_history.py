"""Which checkpoints a log with several timelines must agree with, and which speak of what a restore gave up.

Whoever can write to the database could cut the log off and note a timeline as if there had been a restore. So a loss is
believed only where a checkpoint of the next timeline is signed for exactly the position at which that one began.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum, auto
from itertools import pairwise
from uuid import UUID

from ledger.store.checkpoint import Checkpoint
from ledger.store.timelines import Timeline


class CheckpointPlace(Enum):
    """Where a checkpoint stands to the log."""

    WITHIN = auto()
    """The log has to agree with it."""
    LOST = auto()
    """It is of events that a restore gave up."""
    CUT_OFF = auto()
    """It is of events that are gone, and no restore is vouched for."""
    FOREIGN = auto()
    """It is of a timeline that the log knows nothing of."""


class TimelineHistory:
    """The timelines of a log, oldest first, and the checkpoints that vouch for their beginnings."""

    def __init__(self, timelines: Sequence[Timeline], checkpoints: Iterable[Checkpoint]) -> None:
        self._known = {each.id: each for each in timelines}
        begun = [each for each in timelines if each.begun_after is not None]
        self.first: UUID | None = begun[0].id if begun else None
        self.newest: UUID | None = begun[-1].id if begun else None
        self._ends = {each.id: after for each, after in pairwise(begun)}
        signed = {(each.timeline, each.position) for each in checkpoints}
        self._vouched = [each.number for each in begun[1:] if (each.id, each.begun_after) in signed]

    def place_of(self, checkpoint: Checkpoint) -> CheckpointPlace:
        """Of a checkpoint whose signature holds."""
        timeline = self._known.get(checkpoint.timeline)
        if timeline is None:
            return CheckpointPlace.FOREIGN
        if timeline.begun_after is not None:
            end = self._ends.get(timeline.id)
            if end is None or checkpoint.position <= (end.begun_after or 0):
                return CheckpointPlace.WITHIN
        gave_up = min((each.number for each in self._known.values() if self._follows(each, timeline)), default=None)
        return CheckpointPlace.LOST if gave_up in self._vouched else CheckpointPlace.CUT_OFF

    @staticmethod
    def _follows(later: Timeline, earlier: Timeline) -> bool:
        return later.begun_after is not None and later.number > earlier.number
