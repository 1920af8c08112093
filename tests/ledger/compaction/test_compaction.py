"""Boxes of destroyed keys are deleted and their files rewritten; everything else stays, whoever dies or races."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from uuid import UUID

import psycopg
import pytest

from crypto_shredding import EnvelopeTampered, Shredded
from ledger import CompactionRefused, Refused, start_of
from tests.ledger.compaction.conftest import Compacting
from tests.ledger.compaction.dying_compactor import STEPS
from tests.ledger.office import Addresses, Office

AFTER_FIVE_YEARS = datetime(2029, 3, 13, tzinfo=UTC)
WRITERS = 2
PAUSE = 0.05  # or a member would never be shown a balance that still stands when confirmed
RACE_SECONDS_MAX = 120


def numbers(dsn: str) -> dict[str, int]:
    """How many rows there are of each kind."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM ledger.box), (SELECT count(*) FROM ledger.held_box), "
            "(SELECT count(*) FROM ledger.stale_partition), (SELECT count(*) FROM ledger.horizon)"
        ).fetchone()
    assert row is not None
    return dict(zip(("box", "held", "stale", "horizon"), row, strict=True))


async def erased(office: Office) -> tuple[UUID, UUID]:
    """A former member with records that a law keeps, and what no law keeps destroyed."""
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))
    await office.erasures.erase(office.erase(member, 90))
    return member, account


async def test_what_is_kept_moves_apart_and_what_is_not_goes(
    office: Office, compacting: Compacting, ledger_dsn: str, app_dsn: str
) -> None:
    member, account = await erased(office)
    neighbour, (theirs,) = await office.member(30)
    values = await office.boxes(member, account)
    stays = await office.boxes(neighbour, theirs)
    before = numbers(ledger_dsn)

    with compacting() as compaction:
        dry = await asyncio.to_thread(lambda: compaction.run(dry_run=True))
        report = await asyncio.to_thread(compaction.run)
        again = await asyncio.to_thread(compaction.run)

    kept = [each for _, each in values if not isinstance(office.opened([each])[0], Shredded)]
    held = [retention.name for retention, _ in values if retention.held_by_law]
    assert sorted(held) == ["payment", "payment", "retained_identity", "retained_identity"]
    assert before["held"] == len(held)
    assert (dry.deleted, dry.left) == (0, report.deleted)
    assert report.deleted == len(values) - len(kept) > 0
    assert (report.left, report.stale, report.wal_turned_over, report.is_complete) == (0, (), True, True)
    assert (again.deleted, again.is_complete) == (0, True)
    assert numbers(ledger_dsn) == before | {"box": before["box"] - report.deleted, "stale": 0}
    assert all(isinstance(each, str) for each in office.opened([each for _, each in stays]))
    assert sorted(map(str, office.opened([each for retention, each in values if retention.held_by_law]))) == sorted(
        [f"name of {member}", f"{member}@example.org", "**** 4821", "what was bought"]
    )


async def test_boxes_of_a_closed_period_and_of_a_released_hold_go_though_nobody_was_erased(
    office: Office, compacting: Compacting, ledger_dsn: str
) -> None:
    member, (account,) = await office.member(100)
    paid = await office.do(office.full_payment(account, 10))
    placed = office.hold(member, paid.receipt_id)
    await office.holds.place(placed)
    before = numbers(ledger_dsn)
    office.now = start_of(date(2029, 3, 8))

    await office.retention.run(office.now.date(), actor="test")
    with compacting() as compaction:
        of_period = await asyncio.to_thread(compaction.run)
    await office.holds.release(office.release(member, placed.hold_id))
    with compacting() as compaction:
        of_hold = await asyncio.to_thread(compaction.run)

    assert before["held"] == 5
    assert (of_period.deleted, of_period.left, of_hold.deleted, of_hold.left) == (2, 0, 5, 0)
    assert numbers(ledger_dsn) == before | {"box": before["box"] - 2, "held": 0, "stale": 0}


async def test_after_the_last_day_the_held_boxes_go_as_well(
    office: Office, compacting: Compacting, ledger_dsn: str
) -> None:
    member, _ = await erased(office)
    with compacting() as compaction:
        await asyncio.to_thread(compaction.run)
    office.now = AFTER_FIVE_YEARS
    await office.erasures.erase(office.erase(member))

    with compacting() as compaction:
        report = await asyncio.to_thread(compaction.run)

    assert report.is_complete
    assert {each.name: each.deleted for each in report.partitions if each.deleted} == {"box_0": 1, "held_box_0": 4}
    assert numbers(ledger_dsn)["held"] == 0


async def test_a_box_that_is_gone_while_its_key_lives_was_tampered_with(office: Office, ledger_dsn: str) -> None:
    member, _ = await office.member(10)
    with psycopg.connect(ledger_dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM ledger.box")

    with pytest.raises(EnvelopeTampered):
        office.opened([each for _, each in await office.boxes(member)])


@pytest.mark.parametrize("step", STEPS)
async def test_a_compaction_killed_after_any_step_is_completed_by_the_next(
    office: Office, compacting: Compacting, addresses: Addresses, compaction_dsn: str, ledger_dsn: str, step: str
) -> None:
    await erased(office)
    before = numbers(ledger_dsn)
    command = [sys.executable, "-m", "tests.ledger.compaction.dying_compactor", compaction_dsn, addresses.keys]

    died = await asyncio.to_thread(subprocess.run, [*command, str(addresses.root), step], check=False)
    between = numbers(ledger_dsn)
    with compacting() as compaction:
        report = await asyncio.to_thread(compaction.run)

    assert died.returncode == -signal.SIGKILL
    assert between["stale"] == (0 if step in {"rewrite", "wal", "run"} else 1)
    assert before["box"] - between["box"] == {"survey": 0, "delete": 1}.get(step, before["box"] - 1)
    assert report.is_complete
    assert numbers(ledger_dsn) == {"box": 1, "held": 4, "stale": 0, "horizon": 0}


async def test_a_compaction_killed_while_it_waits_for_a_file_is_completed_by_the_next(
    office: Office, compacting: Compacting, addresses: Addresses, compaction_dsn: str, ledger_dsn: str
) -> None:
    """The server notices when its statement has ended: nothing of it may be half done, nor locked for good."""
    await erased(office)
    command = [sys.executable, "-m", "tests.ledger.compaction.dying_compactor", compaction_dsn, addresses.keys]
    with psycopg.connect(ledger_dsn) as reader:
        reader.execute("SELECT FROM ledger.box LIMIT 1")  # its lock lasts to the end of the transaction
        process = await asyncio.create_subprocess_exec(*command, str(addresses.root), "never")
        await asyncio.to_thread(until_it_waits, ledger_dsn)
        process.kill()
        await process.wait()
        between = numbers(ledger_dsn)
    with compacting() as compaction:
        report = await asyncio.to_thread(compaction.run)

    assert between["stale"] == 1
    assert report.is_complete
    assert numbers(ledger_dsn) == {"box": 1, "held": 4, "stale": 0, "horizon": 0}


def until_it_waits(dsn: str) -> None:
    """For a lock, in the middle of its statement."""
    query = "SELECT FROM pg_stat_activity WHERE application_name = 'ledger compaction' AND wait_event_type = 'Lock'"
    with psycopg.connect(dsn, autocommit=True) as connection:
        while connection.execute(query).fetchone() is None:
            pass


async def test_a_snapshot_that_still_sees_the_boxes_keeps_the_partition_stale(
    office: Office, compacting: Compacting, ledger_dsn: str
) -> None:
    await office.member(10)
    with psycopg.connect(ledger_dsn) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        reader.execute("SELECT FROM ledger.shard")
        await erased(office)
        with compacting(patience=0) as compaction:
            hindered = await asyncio.to_thread(compaction.run)
        reader.rollback()
        with compacting() as compaction:
            completed = await asyncio.to_thread(compaction.run)

    assert hindered.stale == ("box_0",)
    assert not hindered.is_complete
    assert completed.is_complete


async def test_a_reader_in_the_way_is_waited_for_and_holds_nobody_else_up(
    office: Office, compacting: Compacting, ledger_dsn: str
) -> None:
    _, (account,) = await office.member(10)
    await erased(office)
    with psycopg.connect(ledger_dsn) as reader:
        reader.execute("SELECT FROM ledger.box LIMIT 1")  # its lock lasts to the end of the transaction

        with compacting(patience=1) as compaction:
            task = asyncio.create_task(asyncio.to_thread(compaction.run))
            slowest = 0.0
            while not task.done():
                await office.do(office.payment(account, 1))  # a lot for each accrual is more than an account may have
                started = asyncio.get_running_loop().time()
                await office.do(office.accrual(account, 1, memo="a memo"))
                slowest = max(slowest, asyncio.get_running_loop().time() - started)
            report = await task

    assert report.stale == ("box_0",)
    assert slowest < 1.0  # an attempt waits 0.2 s in front of them


async def test_a_box_that_is_not_its_events_is_not_deleted(
    office: Office, compacting: Compacting, ledger_dsn: str
) -> None:
    await erased(office)
    with psycopg.connect(ledger_dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE ledger.box SET box = set_byte(box, 40, 255 - get_byte(box, 40))")
    before = numbers(ledger_dsn)

    with pytest.raises(CompactionRefused), compacting() as compaction:
        await asyncio.to_thread(compaction.run)

    assert numbers(ledger_dsn) == before


async def test_writers_and_erasures_race_compactions_and_no_box_of_a_live_key_is_lost(
    office: Office, other: Office, compacting: Compacting, ledger_dsn: str
) -> None:
    members = [await office.member(50) for _ in range(4)]
    live = [await office.member(50) for _ in range(WRITERS)]
    over = asyncio.Event()
    written = 0

    async def write(desk: Office, number: int) -> None:
        nonlocal written
        _, (account,) = live[number]
        while not over.is_set():
            await desk.do(desk.accrual(account, 3, memo="a memo"))
            await desk.do(desk.full_payment(account, 1))
            written += 2
            await asyncio.sleep(PAUSE)

    async def write_to_the_erased(number: int) -> None:
        _, (account,) = members[number]
        while not over.is_set():
            try:
                await other.do(other.accrual(account, 1, memo="a memo"))
            except Refused:
                return
            await asyncio.sleep(PAUSE)

    async def erase_all() -> None:
        for member, (account,) in members:
            while True:
                try:
                    await office.erasures.erase(office.erase(member, await office.available(account)))
                    break
                except Refused:
                    continue

    async def compact() -> int:
        deleted = 0
        while not over.is_set():
            with compacting(patience=1) as compaction:  # erasures make partitions stale faster than that
                deleted += (await asyncio.to_thread(compaction.run)).deleted
            await asyncio.sleep(PAUSE)
        return deleted

    async def end() -> None:
        await asyncio.wait_for(erase_all(), RACE_SECONDS_MAX)
        over.set()

    compacting_meanwhile = asyncio.create_task(compact())
    await asyncio.gather(
        end(),
        *(write(desk, number) for number, desk in enumerate((office, other) * (WRITERS // 2))),
        *(write_to_the_erased(number) for number in range(2)),
    )
    deleted = await compacting_meanwhile
    with compacting() as compaction:
        last = await asyncio.to_thread(compaction.run)

    streams = [stream for member, accounts in live for stream in (member, *accounts)]
    gone = [stream for member, accounts in members for stream in (member, *accounts)]
    assert all(isinstance(each, str) for each in office.opened([each for _, each in await office.boxes(*streams)]))
    values = await office.boxes(*gone)
    for (retention, _), answer in zip(values, office.opened([each for _, each in values]), strict=True):
        assert isinstance(answer, Shredded) or retention.held_by_law
    assert written > 0
    assert deleted + last.deleted > 0
    assert last.is_complete
