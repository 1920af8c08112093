"""The event store: one append function in PostgreSQL, and those who call it."""

from ledger.store.appender import Appender
from ledger.store.entries import FIRST_VERSION, Entry, NewEvent, Outcome, Status
from ledger.store.errors import (
    AppenderClosed,
    EntryRejected,
    EntryTooLarge,
    StoreError,
    StoreUnavailable,
)
from ledger.store.migrate import migrate
from ledger.store.readers import (
    StoredRow,
    accounts_of,
    boxes,
    closed_classes,
    connect_reader,
    find_receipt,
    find_reference,
    holders,
    load_stream,
    load_streams,
    load_topics,
)

__all__ = [
    "FIRST_VERSION",
    "Appender",
    "AppenderClosed",
    "Entry",
    "EntryRejected",
    "EntryTooLarge",
    "NewEvent",
    "Outcome",
    "Status",
    "StoreError",
    "StoreUnavailable",
    "StoredRow",
    "accounts_of",
    "boxes",
    "closed_classes",
    "connect_reader",
    "find_receipt",
    "find_reference",
    "holders",
    "load_stream",
    "load_streams",
    "load_topics",
    "migrate",
]
