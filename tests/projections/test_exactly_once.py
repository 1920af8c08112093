"""The runner applies each event once: through kills, lost connections, and beside another runner."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from benchmarks.history import History, append
from ledger import Doorbell
from ledger.store.feed import CHANNEL
from projections import CannotApply, NoPlace, NotReached, Projector, UnknownLot, rebuild
from projections.movements import MOVEMENTS
from projections.runner import BATCH_EVENTS_MAX
from tests.projections.conftest import Project
from tests.projections.rich_log import RichLog
from tests.projections.tables import all_rows

DYING = """
import os, signal, sys
import psycopg
from psycopg.copy import Copy
from projections import Projector

left = 0

def before(cls, name):
    inner = getattr(cls, name)
    def counted(*args, **kwargs):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return inner(*args, **kwargs)
    setattr(cls, name, counted)

before(psycopg.Cursor, "execute")
before(Copy, "write")
before(Copy, "__exit__")

kills = 0
while True:
    child = os.fork()
    if child == 0:
        left = kills + 1
        with Projector(sys.argv[1]) as projector:
            projector._step(None, int(sys.argv[2]))
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status):
        break
    kills += 1
print(kills, os.waitstatus_to_exitcode(status))
"""


def die_before_every_statement(dsn: str, events: int) -> tuple[int, int]:
    """Apply one batch in processes that each die one statement later; how many did, and the last one's status."""
    command = [sys.executable, "-c", DYING, dsn, str(events)]
    said = subprocess.run(command, cwd=Path(__file__).parents[2], check=True, capture_output=True, text=True)
    kills, status = said.stdout.split()
    return int(kills), int(status)


def test_a_runner_killed_before_any_of_its_statements_loses_and_repeats_nothing(
    ledger_dsn: str, history: History
) -> None:
    history.run(200, accounts=3)
    append(ledger_dsn, history.events)

    kills, status = die_before_every_statement(ledger_dsn, 40)

    assert status == 0
    assert kills > 12, "one batch has more statements than these"
    with Projector(ledger_dsn) as projector:
        projector.catch_up()
        assert projector.position() == 200
    assert rebuild(ledger_dsn, swap=False).equal


def test_a_runner_killed_within_a_batch_of_every_kind_of_event_loses_and_repeats_nothing(ledger_dsn: str) -> None:
    log = RichLog(seed=4)
    log.run(900)
    append(ledger_dsn, log.events)

    kills, status = die_before_every_statement(ledger_dsn, len(log.events))

    assert status == 0
    assert kills > 18, "such a batch has more statements than these"
    with Projector(ledger_dsn) as projector:
        assert projector.position() == len(log.events)
        assert projector.catch_up() == 0
    assert all(all_rows(ledger_dsn).values())
    assert rebuild(ledger_dsn, swap=False).equal


def test_two_runners_at_once_apply_each_event_once(ledger_dsn: str, history: History) -> None:
    history.run(3 * BATCH_EVENTS_MAX, accounts=20)
    append(ledger_dsn, history.events)
    applied: list[int] = []

    def follow() -> None:
        with Projector(ledger_dsn) as projector:
            applied.append(projector.catch_up())

    runners = [threading.Thread(target=follow) for _ in range(2)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()

    assert sum(applied) == len(history.events)
    assert rebuild(ledger_dsn, swap=False).equal


def test_an_event_of_an_unknown_kind_stops_the_runner_right_before_it_and_is_named(
    ledger_dsn: str, projector: Projector, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {topic: movement for topic, movement in MOVEMENTS.items() if topic != "points.exchanged.v1"}
    monkeypatch.setattr("projections.batch.MOVEMENTS", known)
    account = history.open()
    history.accrue(account, 100)
    history.exchange(account, 40)
    history.accrue(account, 5)
    append(ledger_dsn, history.events)

    with pytest.raises(CannotApply) as stopped:
        projector.catch_up()

    assert (stopped.value.position, stopped.value.topic) == (4, "points.exchanged.v1")
    assert isinstance(stopped.value.cause, NoPlace)
    assert projector.position() == 3
    assert len(all_rows(ledger_dsn)["statement_line"]) == 1


def test_a_draw_that_a_lot_does_not_have_stops_the_runner_in_the_middle_of_a_batch(
    ledger_dsn: str, projector: Projector, history: History
) -> None:
    account = history.open()
    for _ in range(50):
        history.accrue(account, 10)
    there = dict(history.lots[account])
    history.pay(account, 100)
    history.lots[account] = there
    history.pay(account, 100)  # the same points again
    for _ in range(50):
        history.accrue(account, 10)
    append(ledger_dsn, history.events)

    for _ in range(2):  # it stays where it is
        with pytest.raises(CannotApply) as stopped:
            projector.catch_up()

        assert stopped.value.position == 54
        assert isinstance(stopped.value.cause, psycopg.errors.CheckViolation)
        assert projector.position() == 53


def test_a_draw_from_a_lot_that_was_never_earned_stops_the_runner(
    ledger_dsn: str, projector: Projector, history: History
) -> None:
    account = history.open()
    history.accrue(account, 10)
    history.events.pop()
    history.pay(account, 10)
    append(ledger_dsn, history.events)

    with pytest.raises(CannotApply) as stopped:
        projector.catch_up()

    assert isinstance(stopped.value.cause, UnknownLot)


def test_a_runner_whose_every_connection_is_cut_comes_back_and_misses_nothing(
    ledger_dsn: str, history: History
) -> None:
    account = history.open()
    stop = threading.Event()
    projector = Projector(ledger_dsn)
    runner = threading.Thread(target=projector.run_forever, args=[stop])
    runner.start()
    try:
        with Projector(ledger_dsn) as onlooker:
            append(ledger_dsn, history.events)
            onlooker.wait_for(2)
        with psycopg.connect(ledger_dsn, autocommit=True) as administrator:
            administrator.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        history.events.clear()
        another = history.open()
        history.accrue(another, 100)
        append(ledger_dsn, history.events)

        with Projector(ledger_dsn) as onlooker:
            onlooker.wait_for(4)
        assert runner.is_alive()
    finally:
        stop.set()
        runner.join()
    assert account != another


@pytest.mark.parametrize("hears", [True, False])
def test_an_event_shows_by_the_bell_and_without_it(
    ledger_dsn: str, history: History, monkeypatch: pytest.MonkeyPatch, hears: bool
) -> None:
    listening = threading.Event()
    wait = Doorbell.wait

    def deaf(self: Doorbell, seconds: float | None = None) -> bool:
        time.sleep(0.01)
        listening.set()
        return False

    def patient(self: Doorbell, seconds: float | None = None) -> bool:
        """Looks without being rung for only after a minute; the first answer is that of having connected."""
        self._look_seconds = 60
        if not wait(self, 0):
            listening.set()
            return wait(self, 60)
        return True

    monkeypatch.setattr("ledger.Doorbell.wait", patient if hears else deaf)
    stop = threading.Event()
    projector = Projector(ledger_dsn)
    runner = threading.Thread(target=projector.run_forever, args=[stop])
    runner.start()
    try:
        assert listening.wait(30)
        append(ledger_dsn, history.events)
        with Projector(ledger_dsn) as onlooker:
            onlooker.wait_for(1, timeout=30)
    finally:
        stop.set()
        with psycopg.connect(ledger_dsn, autocommit=True) as bell:
            bell.execute(f"NOTIFY {CHANNEL}")
        runner.join()


def test_waiting_for_a_position_that_does_not_come_says_how_far_the_read_models_are(
    projector: Projector, project: Project, history: History
) -> None:
    project(history.events)

    with pytest.raises(NotReached) as late:
        projector.wait_for(2, timeout=0)

    assert (late.value.wanted, late.value.reached) == (2, 1)


def test_catching_up_to_a_position_goes_no_further(ledger_dsn: str, projector: Projector, history: History) -> None:
    history.run(50, accounts=2)
    append(ledger_dsn, history.events)

    assert projector.catch_up(until=20) == 20
    assert projector.position() == 20
    assert projector.catch_up() == 30
