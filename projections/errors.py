"""Why the read models stop or refuse, as one tree.

```
ProjectionError
├── CannotApply        an event that the read models cannot take; they stop before it
├── BadEvent           what is wrong with it (the cause of CannotApply)
│   ├── NoPlace            a kind of event that no projection knows
│   ├── UnknownAccount     points moved on an account that was never opened
│   ├── UnknownLot         points moved on a lot that is not there, or there were not enough
│   └── UnknownSpending    a refund of something that was never spent
├── FeedLost           the database stayed away longer than the runner waits
├── NotReached         a position was not reached in time
├── RebuildDiffers     rebuilt tables are not what the live ones are; nothing was swapped
└── NoSuchAccount      a query for an account that no event has opened
```
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from projections.rebuild import TableComparison


class ProjectionError(Exception):
    """Anything that this package raises on purpose."""


class CannotApply(ProjectionError):
    """The read models stand just before this event and go no further.

    Deploy code that knows the event, or mend the projection and rebuild; then start the runner again. Nothing of the
    event was written and nothing before it is missing.
    """

    def __init__(self, position: int, topic: str, cause: BaseException) -> None:
        super().__init__(f"event {position} ({topic}) cannot be applied: {type(cause).__name__}: {cause}")
        self.position = position
        self.topic = topic
        self.cause = cause


class BadEvent(ProjectionError):
    """An event contradicts the books. Always met as the cause of `CannotApply`."""


class NoPlace(BadEvent):
    """A kind of event without its place in `projections.movements`: give it one, then start again."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"{topic} has no place in the read models")
        self.topic = topic


class UnknownAccount(BadEvent):
    """Points moved on a stream that never opened as an account."""

    def __init__(self, account: UUID) -> None:
        super().__init__(f"account {account} was never opened")
        self.account = account


class UnknownLot(BadEvent):
    """Points of a lot moved that the account does not have, or more of them than were left."""

    def __init__(self, moved: int, found: int) -> None:
        super().__init__(f"{moved} lots moved, {found} of them are there")
        self.moved = moved
        self.found = found


class UnknownSpending(BadEvent):
    """A refund names a payment or exchange that is not in the journal."""

    def __init__(self, spending: str) -> None:
        super().__init__(f"no payment or exchange {spending} is in the journal")
        self.spending = spending


class FeedLost(ProjectionError):
    """The database could not be reached for as long as the runner waits: mend the connection and start it again."""

    def __init__(self, seconds: float, cause: BaseException) -> None:
        super().__init__(f"no connection for {seconds:.0f} s: {cause}")
        self.seconds = seconds
        self.cause = cause


class NotReached(ProjectionError):
    """The read models are behind the position that was waited for: wait longer, or look whether the runner stands."""

    def __init__(self, wanted: int, reached: int) -> None:
        super().__init__(f"waited for position {wanted}, the read models are at {reached}")
        self.wanted = wanted
        self.reached = reached


class RebuildDiffers(ProjectionError):
    """Rebuilt tables differ from the live ones and were not swapped in.

    They stay in the schema ``projections_next`` to be looked at. Rebuild with ``accept_difference`` when the rules were
    changed on purpose; otherwise the live tables were altered by something else than the events.
    """

    def __init__(self, tables: tuple[TableComparison, ...]) -> None:
        super().__init__("rebuilt tables differ: " + ", ".join(each.table for each in tables if not each.equal))
        self.tables = tables


class NoSuchAccount(ProjectionError):
    """No event that was applied so far opened the account; wait for the position of its receipt, or mend the id."""

    def __init__(self, account: UUID) -> None:
        super().__init__(f"account {account} is not in the read models")
        self.account = account
