"""Doom, wait, destroy, verify: over real processes, with crashes, and against whoever puts a key back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from crypto_shredding import (
    EnvelopeTampered,
    KeyMissing,
    NotDoomed,
    RootMissing,
    Shredded,
    Shredder,
    SlotId,
    SlotState,
    StillReadable,
    SubjectShredded,
)
from tests.crypto_shredding.conftest import AT, CACHE_SECONDS, DAY, Desk
from tests.crypto_shredding.other_process import other_process

ERASED = Shredded(AT, "erasure")
LATER = AT + timedelta(hours=1)


def test_a_doomed_value_can_neither_be_opened_nor_sealed_here(desk: Desk) -> None:
    slot = desk.sealer.issue_subjects(1)[0]
    request = desk.sealed("Ann Lee", slot)

    desk.shredder.doom([slot], reason="erasure", at=AT)

    assert desk.opener.open(request) == ERASED
    with pytest.raises(SubjectShredded):
        desk.sealed("Ann Lee", slot)


def test_after_t_live_no_other_process_opens_the_value(desk: Desk, named_keys_dsn: str, root_path: Path) -> None:
    slot = desk.sealer.issue_subjects(1)[0]
    doomed, kept = desk.sealed("Ann Lee", slot, DAY), desk.sealed("Bo", desk.sealer.issue_subjects(1)[0], DAY)
    with other_process(named_keys_dsn, root_path) as other:
        assert [other.open(doomed), other.open(kept)] == ["Ann Lee", "Bo"]

        started = time.monotonic()
        desk.shredder.wait_until_unreadable(desk.shredder.doom([slot], reason="erasure", at=AT))
        waited = time.monotonic() - started

        assert other.open(doomed) == {"shredded": "erasure"}
        assert other.open(kept) == "Bo"
        assert waited >= CACHE_SECONDS


def test_waiting_again_takes_no_time(desk: Desk) -> None:
    doomed = desk.shredder.doom(desk.sealer.issue_subjects(1), reason="erasure", at=AT)
    desk.shredder.wait_until_unreadable(doomed)

    assert desk.shredder.wait_until_unreadable(doomed) < CACHE_SECONDS / 2


def test_a_crash_between_doom_and_shred_is_resumed(desk: Desk, named_keys_dsn: str, root_path: Path) -> None:
    slot = desk.sealer.issue_subjects(1)[0]
    request = desk.sealed("Ann Lee", slot)
    with other_process(named_keys_dsn, root_path) as eraser:
        assert eraser.ask("doom and die", slots=[slot]) == "died"

    assert desk.shredder.states([slot]) == {slot: SlotState.DOOMED}
    doomed = desk.shredder.doom([slot], reason="erasure, resumed", at=LATER)
    desk.shredder.wait_until_unreadable(doomed)
    assert desk.opener.open(request) == ERASED
    (tombstone,) = desk.shredder.shred(doomed, at=LATER).tombstones
    desk.shredder.verify_gone([request])

    assert (tombstone.reason, tombstone.at) == ("erasure", LATER)
    assert desk.opener.open(request) == Shredded(LATER, "erasure")


def test_every_step_may_be_repeated(desk: Desk) -> None:
    slots = desk.sealer.issue_subjects(3)
    request = desk.sealed("Ann Lee", slots[0])

    first = desk.shredder.doom([*slots, *slots], reason="erasure", at=AT)
    again = desk.shredder.doom(slots, reason="erasure", at=LATER)
    shredding = desk.shredder.shred(first, at=AT)

    assert (again.slots, again.counter) == (first.slots, first.counter) == (tuple(slots), first.counter)
    assert desk.shredder.shred(again, at=LATER) == shredding
    assert desk.shredder.states(slots) == dict.fromkeys(slots, SlotState.SHREDDED)
    desk.shredder.verify_gone([request])


def test_what_was_not_doomed_is_not_shredded(desk: Desk) -> None:
    doomed, live = desk.sealer.issue_subjects(2)
    ticket = desk.shredder.doom([doomed], reason="erasure", at=AT)

    with pytest.raises(NotDoomed):
        desk.shredder.shred(replace(ticket, slots=(doomed, live)), at=AT)

    assert desk.shredder.states([doomed, live]) == {doomed: SlotState.DOOMED, live: SlotState.LIVE}


def test_verifying_tells_what_still_opens(desk: Desk) -> None:
    gone, live = desk.sealer.issue_subjects(2)
    erased, kept = desk.sealed("Ann Lee", gone), desk.sealed("Bo", live)
    desk.shred(gone)

    desk.shredder.verify_gone([erased])
    with pytest.raises(StillReadable) as refused:
        desk.shredder.verify_gone([erased, kept])
    assert refused.value.slots == (live,)
    with pytest.raises(EnvelopeTampered):
        desk.shredder.verify_gone([replace(kept, box=None)])
    with pytest.raises(KeyMissing):
        desk.shredder.verify_gone([replace(kept, sealed=replace(kept.sealed, subject_slot=SlotId(2**60)))])


def test_an_instant_without_its_time_zone_is_refused(desk: Desk) -> None:
    slots = desk.sealer.issue_subjects(1)
    naive = datetime(2026, 3, 1)  # noqa: DTZ001 - that is the point

    with pytest.raises(ValueError, match="time zone"):
        desk.shredder.doom(slots, reason="erasure", at=naive)
    doomed = desk.shredder.doom(slots, reason="erasure", at=AT)
    with pytest.raises(ValueError, match="time zone"):
        desk.shredder.shred(doomed, at=naive)


def test_an_old_node_put_back_is_refused_by_the_database(desk: Desk, keys_dsn: str) -> None:
    slot = desk.sealer.issue_subjects(1)[0]
    with psycopg.connect(keys_dsn) as owner:
        old = owner.execute("SELECT blob, change, number FROM crypto_shredding.node WHERE level = 1").fetchone()
        assert old is not None
    desk.shred(slot)

    with psycopg.connect(keys_dsn) as owner, pytest.raises(psycopg.Error) as refused:
        owner.execute("UPDATE crypto_shredding.node SET blob = %s, change = %s WHERE level = 1 AND number = %s", old)

    assert refused.value.sqlstate == "KS002"


OLD_TREE = {
    "the leaves": ["node WHERE level = 1"],
    "every node": ["node WHERE TRUE"],
    "every node and the top": ["node WHERE TRUE", "tree WHERE TRUE"],
}


@pytest.mark.parametrize("part", OLD_TREE)
@pytest.mark.parametrize("without_marks", [False, True])
def test_an_old_tree_put_back_past_the_triggers_opens_nothing_of_the_erased(
    desk: Desk, other_desk: Desk, keys_dsn: str, part: str, without_marks: bool
) -> None:
    slot = desk.sealer.issue_subjects(1)[0]
    request = desk.sealed("Ann Lee", slot)
    with psycopg.connect(keys_dsn, autocommit=True) as superuser:
        superuser.execute("CREATE SCHEMA backup")
        for table in ("node", "tree"):
            superuser.execute(f"CREATE TABLE backup.{table} AS TABLE crypto_shredding.{table}".encode())
        desk.shred(slot)
        superuser.execute("SET session_replication_role = replica")
        for rows in OLD_TREE[part]:
            table = rows.split()[0]
            superuser.execute(f"DELETE FROM crypto_shredding.{rows}".encode())  # noqa: S608
            back = f"INSERT INTO crypto_shredding.{table} SELECT * FROM backup.{rows}"  # noqa: S608
            superuser.execute(back.encode())
        if without_marks:
            superuser.execute("DELETE FROM crypto_shredding.tombstone")
            superuser.execute("DELETE FROM crypto_shredding.doom")

    other_desk.keyring.forget([slot])
    if without_marks or "top" in part:
        with pytest.raises(KeyMissing if "top" not in part else RootMissing):
            other_desk.opener.open(request)
    else:
        assert other_desk.opener.open(request) == ERASED
        with pytest.raises(SubjectShredded):
            other_desk.sealed("Ann Lee", slot)


def test_a_tombstone_outlives_even_its_leaf(desk: Desk, keys_dsn: str) -> None:
    slot = desk.sealer.issue_subjects(1)[0]
    request = desk.sealed("Ann Lee", slot)
    desk.shred(slot)
    with psycopg.connect(keys_dsn) as superuser:
        superuser.execute("SET session_replication_role = replica")
        superuser.execute("DELETE FROM crypto_shredding.leaf")
        superuser.execute("DELETE FROM crypto_shredding.node WHERE level = 1")

    desk.keyring.forget([slot])

    assert desk.opener.open(request) == ERASED


def test_eight_racing_processes_make_a_period_once_and_never_again(
    desk: Desk, named_keys_dsn: str, root_path: Path
) -> None:
    facts = {"slot": desk.sealer.issue_subjects(1)[0], "class_code": DAY.class_code, "first_day": "2026-03-02"}
    with ExitStack() as stack:
        racers = [stack.enter_context(other_process(named_keys_dsn, root_path)) for _ in range(8)]

        for racer in racers:
            racer.tell("seal into period", **facts)
        slots = {racer.answer() for racer in racers}
        (slot,) = slots
        desk.shredder.wait_until_unreadable(desk.shredder.doom([slot], reason="retention", at=AT))
        for racer in racers:
            racer.tell("seal into period", **facts)
        doomed = [racer.answer() for racer in racers]
        desk.shred(slot)
        for racer in racers:
            racer.tell("seal into period", **facts)
        destroyed = [racer.answer() for racer in racers]

    assert doomed == destroyed == [{"refused": "PeriodShredded"}] * 8
    with psycopg.connect(named_keys_dsn) as owner:
        assert owner.execute("SELECT slot FROM crypto_shredding.period").fetchall() == [(slot,)]


def test_shredders_of_overlapping_slots_do_not_deadlock(desk: Desk, other_desk: Desk) -> None:
    slots = desk.sealer.issue_subjects(20)

    def erase(shredder: Shredder, wanted: list[SlotId]) -> None:
        for _ in range(5):
            shredder.shred(shredder.doom(wanted, reason="erasure", at=AT), at=AT)

    with ThreadPoolExecutor(4) as pool:
        orders = [slots, slots[::-1], slots[5:], slots[:15][::-1]]
        shredders = [desk.shredder, other_desk.shredder] * 2
        list(pool.map(erase, shredders, orders))

    assert set(desk.shredder.states(slots).values()) == {SlotState.SHREDDED}
