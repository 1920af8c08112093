"""The event store: one append function in PostgreSQL, and those who call it."""

from ledger.store.appender import (
    Appender,
)
from ledger.store.chain import (
    ChainedEvent,
    ChainReport,
    Finding,
    Kind,
)
from ledger.store.chain import (
    verify as verify_chain,
)
from ledger.store.checkpoint import (
    Checkpoint,
    CheckpointFile,
    CheckpointSigner,
    key_id,
    make_checkpoint,
    verify_checkpoints,
)
from ledger.store.entries import (
    FIRST_VERSION,
    Entry,
    IndexRow,
    NewEvent,
    Outcome,
    Status,
)
from ledger.store.errors import (
    AppenderClosed,
    CheckpointsMissing,
    CheckpointUnreadable,
    CompactionRefused,
    CursorFromAnotherTimeline,
    CursorUnreadable,
    EntryRejected,
    EntryTooLarge,
    LedgerBehindCheckpoint,
    LedgerBehindKeys,
    MigrationChanged,
    RestoreUnfinished,
    ShardMissing,
    SigningKeyMissing,
    StoreError,
    StoreUnavailable,
    UnsafeSigningKey,
)
from ledger.store.factory import (
    LedgerFactory,
)
from ledger.store.feed import (
    Cursor,
    Doorbell,
    FeedEvent,
    beginning,
)
from ledger.store.feed import (
    head as feed_head,
)
from ledger.store.feed import (
    read as read_feed,
)
from ledger.store.migrate import (
    migrate,
)
from ledger.store.readers import (
    StoredRow,
    accounts_of,
    boxes,
    closed_classes,
    connect_reader,
    find_receipt,
    find_reference,
    held_digests,
    hold_boxes,
    holders,
    load_stream,
    load_streams,
    load_topics,
)
from ledger.store.recorder import (
    LedgerRecorder,
    LedgerSnapshotRecorder,
)
from ledger.store.timelines import (
    LogPlace,
    Timeline,
    begin_timeline,
    log_place,
    open_timeline,
    read_place,
    read_timelines,
    refuse_restored,
)

__all__ = [
    "FIRST_VERSION",
    "Appender",
    "AppenderClosed",
    "ChainReport",
    "ChainedEvent",
    "Checkpoint",
    "CheckpointFile",
    "CheckpointSigner",
    "CheckpointUnreadable",
    "CheckpointsMissing",
    "CompactionRefused",
    "Cursor",
    "CursorFromAnotherTimeline",
    "CursorUnreadable",
    "Doorbell",
    "Entry",
    "EntryRejected",
    "EntryTooLarge",
    "FeedEvent",
    "Finding",
    "IndexRow",
    "Kind",
    "LedgerBehindCheckpoint",
    "LedgerBehindKeys",
    "LedgerFactory",
    "LedgerRecorder",
    "LedgerSnapshotRecorder",
    "LogPlace",
    "MigrationChanged",
    "NewEvent",
    "Outcome",
    "RestoreUnfinished",
    "ShardMissing",
    "SigningKeyMissing",
    "Status",
    "StoreError",
    "StoreUnavailable",
    "StoredRow",
    "Timeline",
    "UnsafeSigningKey",
    "accounts_of",
    "begin_timeline",
    "beginning",
    "boxes",
    "closed_classes",
    "connect_reader",
    "feed_head",
    "find_receipt",
    "find_reference",
    "held_digests",
    "hold_boxes",
    "holders",
    "key_id",
    "load_stream",
    "load_streams",
    "load_topics",
    "log_place",
    "make_checkpoint",
    "migrate",
    "open_timeline",
    "read_feed",
    "read_place",
    "read_timelines",
    "refuse_restored",
    "verify_chain",
    "verify_checkpoints",
]
