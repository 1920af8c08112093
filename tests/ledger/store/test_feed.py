"""The feed: cursors, reading on, the bell that survives its connection."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ledger.store import (
    Cursor,
    CursorFromAnotherTimeline,
    CursorUnreadable,
    Doorbell,
    beginning,
    feed_head,
    read_feed,
)
from ledger.store.feed import FeedEvent
from tests.ledger.store.making import append, entry, event, opening

Connection = psycopg.Connection[Any]


def test_a_reader_gets_what_was_appended_in_order_and_continues_where_it_was(app: Connection) -> None:
    start = beginning(app)
    assert read_feed(app, start, 10) == []
    happened = [event(uuid4(), boxes=((1, b"sealed"),)) for _ in range(5)]
    append(app, *(entry(each) for each in happened))

    first = read_feed(app, start, 3)
    rest = read_feed(app, start.at(first[-1].position), 3)

    assert first + rest == [
        FeedEvent(position, each.stream, 1, each.topic, each.state) for position, each in enumerate(happened, 1)
    ]
    assert feed_head(app) == start.at(5)


def test_a_cursor_is_kept_as_text(app: Connection) -> None:
    cursor = beginning(app).at(12)

    assert Cursor.parse(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "12", "a.b.c", f"{32 * '7'}.1", f"{32 * '7'}.1.x"])
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(CursorUnreadable):
        Cursor.parse(text)


def test_a_cursor_from_before_a_restore_is_refused(app: Connection, owner: Connection) -> None:
    cursor = beginning(app)
    append(app, opening())
    restored = uuid4()
    owner.execute("UPDATE ledger.shard SET timeline = %s", [restored])

    with pytest.raises(CursorFromAnotherTimeline) as refused:
        read_feed(app, cursor, 10)
    assert (refused.value.cursor_timeline, refused.value.timeline) == (cursor.timeline, restored)


def test_the_bell_rings_for_a_batch_and_not_for_nothing(app: Connection, app_dsn: str) -> None:
    with Doorbell(app_dsn, look_seconds=30) as bell:
        assert bell.wait(), "it may have rung before we listened"
        assert not bell.wait(0.05)
        append(app, opening())
        assert bell.wait()
        append(app, entry(event(uuid4(), 4)))  # refused: there is nothing to look at
        assert not bell.wait(0.05)


def test_a_refused_batch_leaves_the_head_where_it_was(app: Connection) -> None:
    append(app, opening())
    before = app.execute("SELECT xmin, position, hash FROM ledger.shard").fetchone()

    append(app, entry(event(uuid4(), 4)))

    assert app.execute("SELECT xmin, position, hash FROM ledger.shard").fetchone() == before


def test_the_bell_survives_the_loss_of_its_connection(app: Connection, app_dsn: str, owner: Connection) -> None:
    with Doorbell(app_dsn, look_seconds=30) as bell:
        assert bell.wait()
        owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'ledger doorbell' AND datname = current_database()"
        )
        assert not bell.wait()
        append(app, opening())
        assert bell.wait(), "connected again, and something may have happened meanwhile"
        append(app, opening())
        assert bell.wait()


def test_waiting_ends_in_time_although_the_server_is_away(tmp_path: Any) -> None:
    with Doorbell(f"host={tmp_path} user=nobody dbname=nowhere", look_seconds=0.01) as bell:
        started = time.monotonic()
        assert [bell.wait() for _ in range(5)] == [False] * 5
        assert time.monotonic() - started < 60
