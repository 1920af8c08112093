"""Why the store did not do what it was asked, as one tree.

```
StoreError
├── StoreUnavailable            the outcome is unknown; send the same key again
├── EntryRejected               the database cannot take this entry at all; its data is wrong
├── EntryTooLarge               refused before it was sent
├── AppenderClosed              submitted after `aclose`
├── CursorFromAnotherTimeline   the database was restored since the cursor was made
├── CursorUnreadable            not the text of a cursor
├── CompactionRefused           a box is not the one that its event names; nothing more was deleted
├── MigrationChanged            a migration that was applied is not the file of that name any more
├── CheckpointUnreadable        a line of the checkpoint file is not a checkpoint
└── UnsafeSigningKey            the private key file can be read by others
```
Refusals that a caller must expect (a conflict, a closed class, a key seen before) are no errors: see `Status`.
"""

from __future__ import annotations

from uuid import UUID

from ledger.errors import LedgerError


class StoreError(LedgerError):
    """Anything that the event store raises on purpose."""


class StoreUnavailable(StoreError):
    """The database did not answer within the back-off. What was sent may be stored or not: send the same key again."""

    def __init__(self, entries: int, seconds: float) -> None:
        super().__init__(
            f"no answer from the event store within {seconds:g} s; "
            f"the outcome of {entries} entries is unknown: send the same keys again"
        )
        self.entries = entries
        self.seconds = seconds


class EntryRejected(StoreError):
    """The database refused this entry's data, and nothing of it is stored. Sending it again will not help.

    ``sqlstate`` is PostgreSQL's (None: refused by the driver); the cause has the details.
    """

    def __init__(self, stream: UUID, key: UUID, sqlstate: str | None) -> None:
        super().__init__(f"the entry with key {key} on stream {stream} cannot be stored (SQLSTATE {sqlstate})")
        self.stream = stream
        self.key = key
        self.sqlstate = sqlstate


class EntryTooLarge(StoreError):
    """The entry alone exceeds a batch. Nothing was sent: split the command."""

    def __init__(self, size: int, size_max: int) -> None:
        super().__init__(f"the entry has {size} bytes, at most {size_max} fit into a batch")
        self.size = size
        self.size_max = size_max


class AppenderClosed(StoreError):
    """Submitted after `aclose`. Nothing was sent: use an open appender."""


class CursorFromAnotherTimeline(StoreError):
    """The database was restored since; the cursor's position may mean another event now: rebuild the reader."""

    def __init__(self, cursor_timeline: UUID, timeline: UUID | None) -> None:
        super().__init__(
            f"the cursor is of timeline {cursor_timeline}, the database is at {timeline}; rebuild the reader"
        )
        self.cursor_timeline = cursor_timeline
        self.timeline = timeline


class CursorUnreadable(StoreError):
    """Not the text of a cursor: pass on what `str(cursor)` gave, unchanged."""


class CompactionRefused(StoreError):
    """A box of a destroyed key is not the one that its event names, so none of its page was deleted: run `verify`."""

    def __init__(self) -> None:
        super().__init__("a box is not the one that its event names; it was not deleted: run verify")


class MigrationChanged(StoreError):
    """An applied migration differs from the file of that name. Restore the file and write a new migration instead."""

    def __init__(self, name: str) -> None:
        super().__init__(f"migration {name} was applied with other content; restore it and add a new one instead")
        self.name = name


class CheckpointUnreadable(StoreError):
    """A line of the checkpoint file is no checkpoint: the file was damaged; look for another copy of it."""

    def __init__(self, path: str, line: int) -> None:
        super().__init__(f"{path}, line {line}: not a checkpoint")
        self.path = path
        self.line = line


class UnsafeSigningKey(StoreError):
    """Others can read the private key file: make a new key, readable by its owner alone (0600)."""

    def __init__(self, path: str, mode: int) -> None:
        super().__init__(f"{path} has mode {mode:o}; it must be 600, and a key that was readable must be replaced")
        self.path = path
        self.mode = mode
