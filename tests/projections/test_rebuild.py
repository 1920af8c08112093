"""Read models built again from event 0 are the live ones, row by row."""

from __future__ import annotations

import threading

import psycopg
import pytest

from benchmarks.history import History, Log
from ledger import AccountLeft
from projections import (
    BalancesQuery,
    CannotApply,
    Generation,
    Projector,
    RebuildDiffers,
    RebuildRunning,
    rebuild,
)
from tests.projections.conftest import Pool, Project
from tests.projections.tables import TABLES, all_rows


def test_rebuilt_tables_equal_the_live_ones_row_by_row_and_take_their_place(
    ledger_dsn: str, app_pool: Pool, project: Project, history: History
) -> None:
    history.run(2_500, accounts=20)
    for part in range(0, 2_500, 190):  # the live tables were made in many small batches
        project(history.events[part : part + 190])
    live = all_rows(ledger_dsn)
    account = history.events[1][0]
    balance = BalancesQuery(app_pool).balance(account, history.now)

    report = rebuild(ledger_dsn)

    assert report.equal
    assert report.swapped
    assert [table.table for table in report.tables] == list(TABLES)
    assert (report.position, report.events) == (2_500, 2_500)
    assert all_rows(ledger_dsn) == live
    assert sum(map(len, live.values())) > 8_000
    assert BalancesQuery(app_pool).balance(account, history.now) == balance


def test_a_runner_goes_on_over_a_rebuild_and_loses_nothing(ledger_dsn: str, history: History) -> None:
    history.run(1_500, accounts=10)
    log = Log(ledger_dsn)
    log.append(history.events[:500])
    stop = threading.Event()
    projector = Projector(ledger_dsn)
    runner = threading.Thread(target=projector.run_forever, args=[stop])
    runner.start()
    try:
        log.append(history.events[500:1_000])
        rebuild(ledger_dsn)
        log.append(history.events[1_000:])
        with Projector(ledger_dsn) as onlooker:
            onlooker.wait_for(1_500)
    finally:
        stop.set()
        runner.join()

    assert rebuild(ledger_dsn).equal


def test_a_live_row_that_no_event_made_is_found_and_nothing_is_swapped(
    ledger_dsn: str, project: Project, history: History
) -> None:
    history.run(300, accounts=3)
    project(history.events)
    with psycopg.connect(ledger_dsn) as thief:
        thief.execute(
            "UPDATE projections.lot SET points = points + 1 WHERE ctid = (SELECT min(ctid) FROM projections.lot)"
        )
    forged = all_rows(ledger_dsn)

    with pytest.raises(RebuildDiffers) as found:
        rebuild(ledger_dsn)

    assert [table.table for table in found.value.tables if not table.equal] == ["lot"]
    assert all_rows(ledger_dsn) == forged


def test_a_difference_that_is_accepted_is_mended_by_the_swap(
    ledger_dsn: str, project: Project, history: History
) -> None:
    history.run(300, accounts=3)
    project(history.events)
    honest = all_rows(ledger_dsn)
    with psycopg.connect(ledger_dsn) as thief:
        thief.execute("DELETE FROM projections.journal WHERE position = 50")

    report = rebuild(ledger_dsn, accept_difference=True)

    assert not report.equal
    assert all_rows(ledger_dsn) == honest


def test_a_look_without_a_swap_leaves_nothing_behind(ledger_dsn: str, project: Project, history: History) -> None:
    history.run(100, accounts=2)
    project(history.events)

    assert not rebuild(ledger_dsn, swap=False).swapped

    with psycopg.connect(ledger_dsn) as connection:
        left = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'projections_next'").fetchone()
    assert left == (0,)


def test_what_an_unfinished_rebuild_left_is_in_nobodys_way(ledger_dsn: str, project: Project, history: History) -> None:
    history.run(100, accounts=2)
    project(history.events)
    live = all_rows(ledger_dsn)
    with psycopg.connect(ledger_dsn) as connection:
        connection.execute("CREATE TABLE projections_next.lot (whatever text)")

    rebuild(ledger_dsn)

    assert all_rows(ledger_dsn) == live


def test_one_rebuild_at_a_time(ledger_dsn: str) -> None:
    with psycopg.connect(ledger_dsn, autocommit=True) as other:
        Generation.REBUILD.hold(other, 1)

        with pytest.raises(RebuildRunning):
            rebuild(ledger_dsn)


def test_a_rebuild_names_the_event_that_it_cannot_apply_and_leaves_the_live_tables(
    ledger_dsn: str, project: Project, history: History
) -> None:
    history.run(100, accounts=2)
    project(history.events)
    live = all_rows(ledger_dsn)
    stray = AccountLeft(id=history.id(), occurred_at=history.now, recorded_at=history.now, actor="test")
    Log(ledger_dsn).append([(history.id(), stray)])

    with pytest.raises(CannotApply) as stopped:
        rebuild(ledger_dsn)

    assert stopped.value.position == 101
    assert all_rows(ledger_dsn) == live
