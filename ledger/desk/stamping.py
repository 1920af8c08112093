"""Stamps: where ids and the time of recording come from, so that decisions stay pure."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import overload
from uuid import UUID, uuid4

from ledger.points.stamp import DECISION_EVENTS_MAX, Stamp

Clock = Callable[[], datetime]


class FreshIds(Sequence[UUID]):
    """Random ids for one decision, each drawn when it is first asked for: most decisions make one event.

    ``first`` is given for a command to an account, whose first event is found again by its key (`first_event_id`).
    """

    __slots__ = ("_drawn",)

    def __init__(self, first: UUID | None = None) -> None:
        self._drawn = [first or uuid4()]

    def __len__(self) -> int:
        return DECISION_EVENTS_MAX

    @overload
    def __getitem__(self, number: int) -> UUID: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[UUID]: ...
    def __getitem__(self, number: int | slice) -> UUID | Sequence[UUID]:
        if number == 0:
            return self._drawn[0]
        if isinstance(number, slice):
            return [self[each] for each in range(*number.indices(len(self)))]
        if not 0 <= number < DECISION_EVENTS_MAX:
            raise IndexError(f"a decision makes at most {DECISION_EVENTS_MAX} events")
        while len(self._drawn) <= number:
            self._drawn.append(uuid4())
        return self._drawn[number]


def stamp(ids: Sequence[UUID], clock: Clock) -> Stamp:
    """Ids that were drawn before sealing, and the business clock as it is at the decision."""
    return Stamp(ids, clock())
