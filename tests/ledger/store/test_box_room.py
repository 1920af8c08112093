"""Partitions for boxes: a process that appends for months makes them ahead of itself, and never waits for them."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from ledger.store import Appender, Status
from ledger.store import box_room as box_room_module
from ledger.store.box_room import BOX_PARTITIONS_AHEAD, POSITIONS_A_PARTITION
from tests.ledger.store.making import entry, event, rows

Connection = psycopg.Connection[Any]


def partitions(owner: Connection) -> set[int]:
    """The numbers of those that there are."""
    found = owner.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'ledger.box'::regclass")
    return {int(name.rpartition("_")[2]) for (name,) in found if name != "ledger.box_rest"}


async def has_partition(owner: Connection, number: int) -> None:
    async with asyncio.timeout(20):
        while number not in await asyncio.to_thread(partitions, owner):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def go_to_the_end_of(owner: Connection, number: int) -> None:
    """The next event but one is the first of the next partition."""
    owner.execute("UPDATE ledger.shard SET position = %s", [(number + 1) * POSITIONS_A_PARTITION - 2])


async def append_with_a_box(appender: Appender) -> Status:
    return (await appender.submit(entry(event(uuid4(), boxes=((1, b"a box"),))))).status


async def test_the_next_partition_is_made_when_the_log_enters_one(app_dsn: str, owner: Connection) -> None:
    async with await Appender.open(app_dsn) as appender:
        for number in range(BOX_PARTITIONS_AHEAD + 2):
            go_to_the_end_of(owner, number)
            for _ in range(3):
                assert await append_with_a_box(appender) is Status.APPENDED
            await has_partition(owner, number + 1 + BOX_PARTITIONS_AHEAD)

    assert rows(owner, "box") == 3 * (BOX_PARTITIONS_AHEAD + 2)
    assert rows(owner, "box_rest") == 0


async def test_a_process_that_starts_makes_what_is_missing(app_dsn: str, owner: Connection) -> None:
    go_to_the_end_of(owner, 40)

    async with await Appender.open(app_dsn) as appender:
        assert partitions(owner) >= set(range(40, 41 + BOX_PARTITIONS_AHEAD))
        assert await append_with_a_box(appender) is Status.APPENDED

    assert rows(owner, "box_rest") == 0


async def test_appends_go_on_while_a_long_reader_keeps_partitions_from_being_made(
    app_dsn: str, owner: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box_room_module, "PAUSE_SECONDS", 0.5)
    async with await Appender.open(app_dsn) as appender:
        go_to_the_end_of(owner, 0)
        with psycopg.connect(app_dsn) as dump:
            dump.execute("SELECT count(*) FROM ledger.box")
            slowest, until = 0.0, time.monotonic() + 3
            while time.monotonic() < until:
                asked = time.monotonic()
                assert await append_with_a_box(appender) is Status.APPENDED
                slowest = max(slowest, time.monotonic() - asked)
            assert 1 + BOX_PARTITIONS_AHEAD not in partitions(owner)
        await has_partition(owner, 1 + BOX_PARTITIONS_AHEAD)

    assert slowest < 2.5, "the second that making one waits at most, and what this machine adds"


async def test_a_process_starts_and_ends_while_a_long_reader_keeps_partitions_from_being_made(
    app_dsn: str, owner: Connection
) -> None:
    go_to_the_end_of(owner, 40)
    with psycopg.connect(app_dsn) as dump:
        dump.execute("SELECT count(*) FROM ledger.box")

        async with asyncio.timeout(20), await Appender.open(app_dsn) as appender:
            assert await append_with_a_box(appender) is Status.APPENDED

    assert 41 not in partitions(owner)
