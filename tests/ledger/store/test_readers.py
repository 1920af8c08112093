"""What was appended can be read back, in one round trip a question."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ledger.store import (
    NewEvent,
    Outcome,
    Status,
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
from tests.ledger.store.making import after, append, entry, event, opening

Connection = psycopg.Connection[Any]
Reader = psycopg.AsyncConnection[Any]


@pytest.fixture
async def reader(app_dsn: str) -> AsyncIterator[Reader]:
    async with await connect_reader(app_dsn) as connection:
        yield connection


def row(happened: NewEvent, position: int) -> StoredRow:
    return StoredRow(happened.stream, happened.version, happened.topic, happened.state, position)


async def test_a_stream_is_loaded_after_a_version(app: Connection, reader: Reader) -> None:
    one = event(uuid4())
    two = after(one)
    append(app, opening(), entry(one, two))

    assert await load_stream(reader, one.stream) == [row(one, 2), row(two, 3)]
    assert await load_stream(reader, one.stream, 1) == [row(two, 3)]
    assert await load_stream(reader, one.stream, 2) == []


async def test_many_streams_are_loaded_each_after_its_version(app: Connection, reader: Reader) -> None:
    one, other = event(uuid4()), event(uuid4())
    two = after(one)
    append(app, entry(one), entry(other), entry(two))

    found = await load_streams(reader, [(one.stream, 1), (other.stream, 0), (uuid4(), 0)])

    assert sorted(found) == sorted([row(two, 3), row(other, 2)])
    assert await load_streams(reader, []) == []


async def test_receipts_are_found_by_key_and_by_reference(app: Connection, reader: Reader) -> None:
    stored = opening(reference="r")
    append(app, stored)

    seen = Outcome(Status.REPLAYED, 1, stored.receipt, stored.fingerprint)
    assert await find_receipt(reader, stored.stream, stored.key) == seen
    assert await find_receipt(reader, uuid4(), stored.key) is None
    assert await find_reference(reader, stored.stream, "r") == seen._replace(status=Status.REFERENCE_SEEN)
    assert await find_reference(reader, stored.stream, "R") is None


async def test_boxes_are_found_by_their_places(app: Connection, reader: Reader) -> None:
    append(app, opening(), entry(event(uuid4(), boxes=((1, b"one"), (300, b"three hundred")))))

    assert await boxes(reader, [(2, 300), (2, 1), (2, 2), (1, 1)]) == {(2, 300): b"three hundred", (2, 1): b"one"}


async def test_accounts_and_their_holders_are_found_both_ways(app: Connection, reader: Reader) -> None:
    account, other, member = sorted(uuid4() for _ in range(3))
    append(app, opening(links=((account, member), (other, member))))

    assert await holders(reader, [account, uuid4()]) == {account: member}
    assert await accounts_of(reader, member) == [account, other]


async def test_closed_classes_tell_what_closed_them(app: Connection, reader: Reader) -> None:
    member = uuid4()
    append(app, opening(), opening(closes=((member, 3), (member, 5))))

    assert await closed_classes(reader, member) == {3: 2, 5: 2}


async def test_few_topics_are_found_without_reading_the_log(app: Connection, reader: Reader) -> None:
    defined = NewEvent(uuid4(), 1, uuid4(), None, "points.program-defined.v1", b"{}")
    erased = NewEvent(uuid4(), 1, uuid4(), None, "members.erased.v1", b"{}")
    append(app, opening(), entry(defined), opening(), entry(erased))

    both = ["points.program-defined.v1", "members.erased.v1"]
    assert await load_topics(reader, both) == [row(defined, 2), row(erased, 4)]
    assert await load_topics(reader, both, after=2) == [row(erased, 4)]
    assert await load_topics(reader, both, limit=1) == [row(defined, 2)]
    with pytest.raises(ValueError, match="no index serves"):
        await load_topics(reader, ["test.happened.v1"])


async def test_the_topics_of_the_index_are_the_ones_that_readers_know(owner: Connection) -> None:
    from ledger.store.readers import INDEXED_TOPICS

    found = owner.execute("SELECT pg_get_indexdef('ledger.events_topic_idx'::regclass)").fetchone()
    assert found is not None
    assert {part for part in found[0].split("'") if part.endswith(".v1")} == INDEXED_TOPICS
