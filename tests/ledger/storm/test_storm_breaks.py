"""What a storm's counts are worth: something is broken on purpose, and the count that is about it finds it."""

from __future__ import annotations

import re
import threading
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from crypto_shredding import Shredder, SlotId
from crypto_shredding.key_tree import OpenedTree
from tests.ledger.erasure.storm import Dsns
from tests.ledger.office import Addresses, Office
from tests.ledger.retention.test_closing_races import GUARDS
from tests.ledger.storm.cast import Cast
from tests.ledger.storm.counting import counted, keys_brought_back
from tests.ledger.storm.instants import now
from tests.ledger.storm.storm import Seen
from tests.ledger.storm.test_storm import SMALL, stormed

pytestmark = pytest.mark.soak

FENCE = {"ledger.judge": (r"ELSIF is_closed THEN", "ELSIF false THEN")}


@pytest.fixture
def dsns(ledger_dsn: str, keys_dsn: str) -> Dsns:
    return Dsns(ledger_dsn, keys_dsn)


@pytest.fixture
async def desk(addresses: Addresses) -> AsyncIterator[Office]:
    async with await Office.open(addresses, tells=now) as office:
        yield office


async def wrong_after(desk: Office, cast: Cast, seen: Seen, dsns: Dsns) -> dict[str, int]:
    numbers = await counted(desk, cast, seen, dsns)
    print(numbers.wrong)  # noqa: T201  # what a soak saw is its result
    return numbers.wrong


def without(dsn: str, guards: dict[str, tuple[str, str]]) -> None:
    """A database whose functions do not ask."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for function, (check, instead) in guards.items():
            [body] = connection.execute("SELECT pg_get_functiondef(%s::regproc)", [function]).fetchone() or [""]
            broken, removed = re.subn(check, instead, body)
            assert removed == 1, function
            connection.execute(broken.encode())


def as_thief(dsn: str, *statements: Any) -> None:
    """A superuser whom no trigger stops."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for each in statements:
            assert connection.execute(each).rowcount > 0


async def test_where_nobody_waits_for_cached_keys_readers_open_after_t_live(
    desk: Office, dsns: Dsns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shredder, "seconds_readable", lambda *_: 0.0)
    monkeypatch.setattr(Shredder, "wait_until_unreadable", lambda *_: 0.0)

    wrong = await wrong_after(desk, *await stormed(desk, SMALL, tmp_path), dsns)

    assert wrong.keys() == {"opened_after_t_live"}


async def test_where_the_append_does_not_ask_for_closed_classes_events_come_after_an_erasure(
    desk: Office, dsns: Dsns, tmp_path: Path
) -> None:
    without(dsns.ledger, FENCE)

    wrong = await wrong_after(desk, *await stormed(desk, SMALL, tmp_path), dsns)

    assert wrong["events_after_an_erasure"] > 0
    assert wrong["values_after_an_erasure"] > 0


async def test_where_the_append_does_not_ask_for_closed_periods_seals_come_behind_the_closing(
    desk: Office, dsns: Dsns, tmp_path: Path
) -> None:
    without(dsns.ledger, GUARDS)

    wrong = await wrong_after(desk, *await stormed(desk, replace(SMALL, writers_each=4), tmp_path), dsns)

    assert wrong.keys() == {"seals_into_a_closed_period"}


async def test_where_a_rotation_takes_no_key_along_they_are_found_and_without_their_marks_they_open(
    desk: Office, dsns: Dsns, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_along = OpenedTree.without

    def keeping_all(tree: OpenedTree, slots: Collection[SlotId]) -> Any:
        return take_along(tree, [])

    monkeypatch.setattr(OpenedTree, "without", keeping_all)
    cast, seen = await stormed(desk, SMALL, tmp_path)

    wrong = await wrong_after(desk, cast, seen, dsns)
    for slot in keys_brought_back(desk, dsns):
        for marks in ("tombstone", "doom"):
            table = sql.Identifier("crypto_shredding", marks)
            as_thief(dsns.keys, sql.SQL("DELETE FROM {} WHERE slot = {}").format(table, slot))
    unmarked = await wrong_after_a_restart(desk, cast, seen, dsns)

    assert wrong.keys() == {"keys_brought_back"}
    assert unmarked["erased_values_that_open"] > 0


async def wrong_after_a_restart(desk: Office, cast: Cast, seen: Seen, dsns: Dsns) -> dict[str, int]:
    async with await Office.open(desk.addresses, tells=now) as fresh:
        return await wrong_after(fresh, cast, seen, dsns)


async def test_what_is_lost_or_altered_behind_the_storm_is_found(desk: Office, dsns: Dsns, tmp_path: Path) -> None:
    cast, seen = await stormed(desk, SMALL, tmp_path)
    assert await wrong_after(desk, cast, seen, dsns) == {}

    _, live = cast.staying[0].values[0]
    shred(desk, [live.sealed.subject_slot])
    lost = await wrong_after(desk, cast, seen, dsns)
    [held] = await slots_of_holds(dsns)
    shred(desk, [held])
    unheld = await wrong_after(desk, cast, seen, dsns)
    desk.keyring.store.doom([cast.staying[1].values[0][1].sealed.subject_slot], reason="test", at=now())
    doomed = await wrong_after(desk, cast, seen, dsns)
    as_thief(dsns.ledger, "UPDATE ledger.events SET state = state || ' '::bytea WHERE position = 1")
    altered = await wrong_after(desk, cast, seen, dsns)
    as_thief(dsns.ledger, "UPDATE projections.journal SET points = points * 2 WHERE position = 50 AND line = 0")
    unbalanced = await wrong_after(desk, cast, seen, dsns)
    seen.confirmed[cast.erased[0].member] += 1
    astray = await wrong_after(desk, cast, seen, dsns)
    deadlock(dsns.ledger)
    locked = await wrong_after(desk, cast, seen, dsns)

    assert lost.keys() == {"live_values_lost"}
    assert unheld.keys() - lost.keys() == {"held_values_lost"}
    assert doomed.keys() - unheld.keys() == {"dooms_without_tombstone"}
    assert altered.keys() - doomed.keys() == {"chain_findings"}
    assert unbalanced.keys() - altered.keys() == {"trial_balance"}
    assert astray.keys() - unbalanced.keys() == {"points_astray"}
    assert locked.keys() - astray.keys() == {"deadlocks"}


def shred(desk: Office, slots: list[SlotId]) -> None:
    shredder = Shredder(desk.keyring)
    doomed = shredder.doom(slots, reason="test", at=now())
    shredder.shred(doomed, at=now())


async def slots_of_holds(dsns: Dsns) -> list[SlotId]:
    """Of the first one."""
    with psycopg.connect(dsns.ledger) as connection:
        rows = connection.execute(
            "SELECT convert_from(state, 'utf8')::jsonb -> 'slot' FROM ledger.events "
            "WHERE topic = 'members.legal-hold-placed.v1' ORDER BY position LIMIT 1"
        ).fetchall()
    return [SlotId(int(slot)) for (slot,) in rows]


def deadlock(dsn: str) -> None:
    """Two sessions that each wait for the other, until the server ends one of the waits."""
    ready = threading.Barrier(2)

    def lock(first: int, second: int) -> None:
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [first])
            ready.wait()
            try:
                connection.execute("SELECT pg_advisory_lock(%s)", [second])
            except psycopg.errors.DeadlockDetected:
                return

    threads = [threading.Thread(target=lock, args=pair) for pair in ((1, 2), (2, 1))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
