"""Small makers of entries, and the append function without an appender: what is one batch is up to the test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg

from crypto_shredding import Period
from ledger.store import Entry, IndexRow, NewEvent, Outcome
from ledger.store.batch import outcomes, pack
from ledger.store.statements import statement


def event(
    stream: UUID, version: int = 1, base: NewEvent | None = None, *, boxes: tuple[tuple[int, bytes], ...] = ()
) -> NewEvent:
    """An event of a stream, decided on another one."""
    return NewEvent(stream, version, uuid4(), base.event_id if base else None, "test.happened.v1", b"{}", boxes)


DAY = Period(3, date(2024, 3, 8))


def indexed(member: UUID, slot: int = 7) -> IndexRow:
    """A row of the blind index."""
    return IndexRow(member, 1, 1, 1, slot, b"sixteen bytes...")


def after(base: NewEvent) -> NewEvent:
    """The next event of the stream."""
    return event(base.stream, base.version + 1, base)


def entry(*events: NewEvent, stream: UUID | None = None, **parts: Any) -> Entry:
    """A command with these events; its key is unique in the stream of the first."""
    key = parts.pop("key", None) or uuid4()
    told = {"fingerprint": b"content", "receipt": b"receipt " + key.bytes, **parts}
    return Entry(stream or events[0].stream, key, events=events, **told)


def opening(**parts: Any) -> Entry:
    """The first event of a new stream."""
    return entry(event(uuid4()), **parts)


def append(connection: psycopg.Connection[Any], *batch: Entry) -> list[Outcome]:
    """One batch, one call."""
    cursor = connection.execute(statement("append"), pack(batch, 1), prepare=True, binary=True)
    return outcomes(batch, cursor.fetchall())


def statuses(answered: Sequence[Outcome]) -> list[str]:
    """What became of each entry."""
    return [outcome.status.name for outcome in answered]


def rows(connection: psycopg.Connection[Any], table: str) -> int:
    """How many rows a table of the ledger has."""
    found = connection.execute(f"SELECT count(*) FROM ledger.{table}").fetchone()  # noqa: S608 - tests name tables
    assert found is not None
    return int(found[0])
