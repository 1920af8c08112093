"""The log as the read models know it: the one module here that reads events and boxes from the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import psycopg

from ledger import Event, decode, feed_beginning, fields_of, personal_fields, read_feed, topics
from projections.sql_file import sql

READ_EVENTS: Final = sql(__file__, "read_events")
READ_BOXES: Final = sql(__file__, "read_boxes")
READ_HELD_BOXES: Final = sql(__file__, "read_held_boxes")
FIND_HELD: Final = sql(__file__, "find_held")

# Rows of some 500 bytes: 5 MB in memory at a time, and the cost of a round trip is nothing beside them.
FOLD_EVENTS_MAX: Final = 10_000


def read_event(connection: psycopg.Connection[Any], position: int, shard: int = 1) -> Event | None:
    """One event, decoded and validated; None beyond the end of the log."""
    for event in read_feed(connection, feed_beginning(connection, shard=shard).at(position - 1), 1):
        return decode(event.topic, event.state) if event.position == position else None
    return None


def read_events(
    connection: psycopg.Connection[Any], positions: Sequence[int], shard: int = 1
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Topic and fields of the events at these positions, in order; not validated."""
    for start in range(0, len(positions), FOLD_EVENTS_MAX):
        wanted = [shard, positions[start : start + FOLD_EVENTS_MAX]]
        for topic, state in connection.execute(READ_EVENTS, wanted).fetchall():
            yield fields_of(topic, state)


def fold_events(
    connection: psycopg.Connection[Any], until: int, shard: int = 1
) -> Iterator[tuple[UUID, str, Mapping[str, Any]]]:
    """Stream, topic and fields of every event up to a position, in order."""
    after = feed_beginning(connection, shard=shard)
    while after.position < until:
        events = read_feed(connection, after, min(FOLD_EVENTS_MAX, until - after.position))
        if not events:
            return
        for event in events:
            yield event.stream, *fields_of(event.topic, event.state)
        after = after.at(events[-1].position)


def read_boxes(
    connection: psycopg.Connection[Any], places: Sequence[tuple[int, int]], shard: int = 1
) -> dict[tuple[int, int], bytes]:
    """Sealed values by (position, field id), in one query; those that were compacted away are missing."""
    if not places:
        return {}
    positions, fields = (list(column) for column in zip(*places, strict=True))
    rows = connection.execute(READ_BOXES, [positions, fields, shard])
    return {(position, field): bytes(box) for position, field, box in rows}


def read_held_boxes(
    connection: psycopg.Connection[Any], places: Sequence[tuple[int, int]], shard: int = 1
) -> dict[tuple[int, int], bytes]:
    """Those that are held apart, on a connection of the role `ledger_dispute`."""
    if not places:
        return {}
    positions, fields = (list(column) for column in zip(*places, strict=True))
    rows = connection.execute(READ_HELD_BOXES, [positions, fields, shard])
    return {(position, field): bytes(box) for position, field, box in rows}


def find_held(
    connection: psycopg.Connection[Any], places: Sequence[tuple[int, int]], shard: int = 1
) -> frozenset[tuple[int, int]]:
    """Which of the places have their box held apart."""
    if not places:
        return frozenset()
    positions, fields = (list(column) for column in zip(*places, strict=True))
    return frozenset((position, field) for position, field in connection.execute(FIND_HELD, [shard, positions, fields]))


def personal_field_ids(topic: str) -> tuple[tuple[str, int], ...]:
    """Name and field id of the personal fields of an event type."""
    return tuple((name, mark.field_id) for name, mark in personal_fields(topics()[topic]).items())
