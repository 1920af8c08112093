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


├── ShardMissing                the head of a shard is gone
├── RestoreUnfinished           the log was restored, and what follows from that is not done yet
├── LedgerBehindKeys            the log was restored to a time before keys were destroyed
├── LedgerBehindCheckpoint      the log is shorter than the newest checkpoint says, or another
├── MigrationChanged            a migration that was applied is not the file of that name any more
├── CheckpointsMissing          there is no checkpoint file at the place that was named
├── CheckpointUnreadable        the checkpoint file cannot be read at all
├── SigningKeyMissing           there are checkpoints, and no key to tell the genuine ones by
├── UnsafeSigningKey            the private key file can be read by others
└── ShardMissing                the row that says how far a shard's chain is, is not there
```
Refusals that a caller must expect (a conflict, a closed class, a key seen before) are no errors: see `Status`.
"""

from __future__ import annotations

from uuid import UUID

from ledger.errors import LedgerError


class StoreError(LedgerError):
    """Anything that the event store raises on purpose."""


class StoreUnavailable(StoreError):
    """The database did not answer within the back-off. What was sent may be stored or not: send the same key again.

    No ``entries``: it was asked, and nothing was sent.
    """

    def __init__(self, entries: int, seconds: float) -> None:
        outcome = (
            f"the outcome of {entries} entries is unknown: send the same keys again"
            if entries
            else "it was only read from, and this read changed nothing: ask again"
        )
        super().__init__(f"no answer from the event store within {seconds:g} s; {outcome}")
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


class ShardMissing(StoreError):
    """The row of the shard's head was deleted. Nothing can be appended or read in order: restore it from a backup."""

    def __init__(self, shard: int) -> None:
        super().__init__(f"the head of shard {shard} is not in the database")
        self.shard = shard


class RestoreUnfinished(StoreError):
    """A restore began this timeline and was not finished: run it again; it goes on where it stopped."""

    def __init__(self, timeline: UUID) -> None:
        super().__init__(
            f"timeline {timeline} was begun by a restore that is not finished; run: points-ledger keys restore"
        )
        self.timeline = timeline


class LedgerBehindKeys(StoreError):
    """The log lacks erasures whose keys are destroyed: it was restored to an earlier time. Nothing is served from it.

    Run the restore: it appends them again and lists what is lost.
    """

    def __init__(self, position: int, position_seen: int) -> None:
        super().__init__(
            f"keys were destroyed when the log was at event {position_seen}, and this log, at event {position}, is not "
            "that one: it was restored to an earlier time; run: points-ledger keys restore"
        )
        self.position, self.position_seen = position, position_seen


class LedgerBehindCheckpoint(StoreError):
    """The log lacks what the newest signed checkpoint vouches for, or has something else there. Nothing is served.

    It was restored to an earlier time: run the restore, which begins another timeline, so that nobody goes on reading
    behind what is gone. Or it was altered: `verify` tells where.
    """

    def __init__(self, position: int, position_signed: int) -> None:
        super().__init__(
            f"a signed checkpoint says that the log was at event {position_signed}, and this log, at event {position}, "
            "is not that one: it was restored to an earlier time (run: points-ledger keys restore) or altered (run: "
            "points-ledger verify)"
        )
        self.position, self.position_signed = position, position_signed


class MigrationChanged(StoreError):
    """An applied migration differs from the file of that name. Restore the file and write a new migration instead."""

    def __init__(self, name: str) -> None:
        super().__init__(f"migration {name} was applied with other content; restore it and add a new one instead")
        self.name = name


class CheckpointsMissing(StoreError):
    """No checkpoints are where they should be: correct the name, or bring the copy back. Nothing was verified.

    ``is_empty``: the file is there, and somebody or something has emptied it.
    """

    def __init__(self, path: str, *, is_empty: bool = False) -> None:
        if is_empty:
            what = "is empty; bring its copy back, or make a checkpoint, which says nothing of what was before it"
        else:
            what = "does not exist; name the file of checkpoints, or make the first one"
        super().__init__(f"{path} {what}")
        self.path = path
        self.is_empty = is_empty


class CheckpointUnreadable(StoreError):
    """The checkpoint file cannot be read: mend that, or look for another copy of it. Nothing was verified."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path} cannot be read as a file of checkpoints: {why}")
        self.path = path
        self.why = why


class SigningKeyMissing(StoreError):
    """There are checkpoints, and the key that signed them is gone: put it back. They say nothing without it.

    Where it is lost for good, keep the old file for those who have the public key, and begin another one.
    """

    def __init__(self, path: str, checkpoints: str) -> None:
        super().__init__(f"{path} does not exist, and the checkpoints in {checkpoints} are signed by it; put it back")
        self.path = path
        self.checkpoints = checkpoints


class UnsafeSigningKey(StoreError):
    """Others can read the private key file: make a new key, readable by its owner alone (0600)."""

    def __init__(self, path: str, mode: int) -> None:
        super().__init__(f"{path} has mode {mode:o}; it must be 600, and a key that was readable must be replaced")
        self.path = path
        self.mode = mode
