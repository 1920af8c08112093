"""Reading back what was appended: streams, receipts, boxes, holders; one statement each.

On any psycopg `AsyncConnection`; `connect_reader` makes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from ledger.store.arrays import byteas, int2s, int8s, texts, uuids
from ledger.store.connection import AsyncConnection, connect_async
from ledger.store.entries import Outcome, Status
from ledger.store.statements import statement

INDEXED_TOPICS: Final = frozenset(
    {
        "members.erasure-requested.v1",
        "members.erased.v1",
        "members.keys-destroyed.v1",
        "points.program-defined.v1",
    }
)
RETENTION_TOPICS: Final = frozenset(
    {
        "retention.period-closed.v1",
        "retention.period-destroyed.v1",
        "members.left.v1",
        "members.legal-hold-placed.v1",
        "members.legal-hold-released.v1",
        "members.legal-hold-destroyed.v1",
    }
)
POINTS_TOPICS: Final = frozenset(
    {"points.account-opened.v1", "points.partner-defined.v1", "points.expiry-noticed.v1"}
)
"""Three sets of topics, each with an index: `load_topics` finds them without reading the whole log."""


class StoredRow(NamedTuple):
    """One stored event, as its stream has it."""

    stream: UUID
    version: int
    topic: str
    state: bytes
    position: int


async def connect_reader(dsn: str) -> AsyncConnection:
    """A connection for the functions of this module."""
    return await connect_async(dsn, name="ledger reader")


async def load_stream(connection: AsyncConnection, stream: UUID, after_version: int = 0) -> list[StoredRow]:
    """A stream's events after a version, in order."""
    return await load_streams(connection, [(stream, after_version)])


async def load_streams(connection: AsyncConnection, wanted: Sequence[tuple[UUID, int]]) -> list[StoredRow]:
    """Many streams' events, each after its version, in one round trip; each stream's in order."""
    streams, versions = uuids([stream for stream, _ in wanted]), int8s([version for _, version in wanted])
    rows = await _rows(connection, "load_streams", streams, versions)
    return [StoredRow._make(row) for row in rows]


async def load_topics(
    connection: AsyncConnection, topics: Sequence[str], *, after: int = 0, limit: int = 1_000
) -> list[StoredRow]:
    """Events of some `INDEXED_TOPICS`, `RETENTION_TOPICS` or `POINTS_TOPICS` after a position, in commit order."""
    if INDEXED_TOPICS.issuperset(topics):
        name = "events_of_kinds"
    elif RETENTION_TOPICS.issuperset(topics):
        name = "events_of_retention"
    elif POINTS_TOPICS.issuperset(topics):
        name = "events_of_points"
    else:
        raise ValueError(f"no index serves {sorted(topics)}")
    rows = await _rows(connection, name, texts(topics), after, limit)
    return [StoredRow._make(row) for row in rows]


async def find_receipt(connection: AsyncConnection, stream: UUID, key: UUID) -> Outcome | None:
    """What the key's first append answered, as REPLAYED; None if the key was never seen."""
    return _outcome(await _rows(connection, "find_receipt", stream, key), Status.REPLAYED)


async def find_reference(connection: AsyncConnection, stream: UUID, reference: str) -> Outcome | None:
    """The same by business reference, as REFERENCE_SEEN."""
    return _outcome(await _rows(connection, "find_reference", stream, reference), Status.REFERENCE_SEEN)


async def boxes(
    connection: AsyncConnection, places: Sequence[tuple[int, int]], *, shard: int = 1
) -> dict[tuple[int, int], bytes]:
    """Sealed values by (position, field). One that is missing was compacted away after its key was destroyed."""
    positions, fields = int8s([position for position, _ in places]), int2s([field for _, field in places])
    rows = await _rows(connection, "boxes", positions, fields, shard)
    return {(position, field): box for position, field, box in rows}


async def count_indexed(connection: AsyncConnection, member: UUID, codes: Sequence[int]) -> int:
    """Rows of the blind index that a member has in some retention classes."""
    [(count,)] = await _rows(connection, "count_indexed", member, int2s(list(codes)))
    return int(count)


async def hold_boxes(connection: AsyncConnection, places: Sequence[tuple[int, int]], *, shard: int = 1) -> int:
    """Move sealed values to the table that only the role of disputes reads; answers how many were moved now."""
    positions, fields = int8s([position for position, _ in places]), int2s([field for _, field in places])
    [(moved,)] = await _rows(connection, "hold_boxes", shard, positions, fields)
    return int(moved)


async def held_digests(
    connection: AsyncConnection, places: Sequence[tuple[int, int]], *, shard: int = 1
) -> dict[tuple[int, int], bytes]:
    """Which of the sealed values are held apart: their digests by (position, field)."""
    positions, fields = int8s([position for position, _ in places]), int2s([field for _, field in places])
    rows = await _rows(connection, "held_digests", shard, positions, fields)
    return {(position, field): digest for position, field, digest in rows}


async def holders(connection: AsyncConnection, accounts: Sequence[UUID]) -> dict[UUID, UUID]:
    """The member of each account that still has one."""
    return dict(await _rows(connection, "holders", uuids(accounts)))


async def accounts_of(connection: AsyncConnection, member: UUID) -> list[UUID]:
    """The member's accounts."""
    return [account for (account,) in await _rows(connection, "accounts_of", member)]


async def closed_classes(connection: AsyncConnection, member: UUID) -> Mapping[int, int]:
    """The member's closed classes and the position that closed each."""
    return dict(await _rows(connection, "closed_classes", member))


class IndexedValue(NamedTuple):
    """A row of the blind index with the event and the box that it was made from."""

    member: UUID
    position: int
    field: int
    kind: int
    topic: str
    state: bytes
    box: bytes | None


async def find_by_tags(
    connection: AsyncConnection, membership: int, tags: Sequence[bytes], kind: int
) -> list[tuple[UUID, int, bool]]:
    """Members by the tags of a value: member, class of the row, whether their class ``membership`` is closed."""
    return await _rows(connection, "find_by_tags", membership, byteas(tags), kind)


async def rows_of_index_key(connection: AsyncConnection, slot: int, limit: int) -> list[IndexedValue]:
    """Rows of the blind index whose tags were made under a slot."""
    return [IndexedValue._make(row) for row in await _rows(connection, "rows_of_index_key", slot, limit)]


async def retag(
    connection: AsyncConnection,
    old_slot: int,
    new_slot: int,
    rows: Sequence[tuple[IndexedValue, bytes]],
    *,
    shard: int = 1,
) -> int:
    """Give rows their tags under the new slot (an empty one: the row goes); how many have one."""
    members, positions = uuids([row.member for row, _ in rows]), int8s([row.position for row, _ in rows])
    fields, tags = int2s([row.field for row, _ in rows]), byteas([tag for _, tag in rows])
    [(tagged,)] = await _rows(connection, "retag", shard, old_slot, new_slot, members, positions, fields, tags)
    return int(tagged)


def _outcome(rows: Sequence[Any], status: Status) -> Outcome | None:
    return Outcome(status, *rows[0]) if rows else None


async def _rows(connection: AsyncConnection, name: str, *parameters: object) -> list[Any]:
    cursor = await connection.execute(statement(name), parameters, prepare=True, binary=True)
    return await cursor.fetchall()
