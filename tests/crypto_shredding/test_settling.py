"""A root version is destroyed only when every failover target holds the new tree: on real standbys."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from crypto_shredding import (
    FailoverTargets,
    FencedOut,
    FileRoot,
    Keyring,
    PostgresKeyStore,
    Shredding,
    StaleTree,
    TargetNameRefused,
    TargetSilent,
    TargetUnknown,
    TreeCopy,
    TwoPersonsNeeded,
    create_installation,
    migrate,
    read_target_status,
    restore_tree,
)
from service.drill.standbys import StandbyServer, let_standbys_in, standby_of, until
from service.embedded_postgres import EmbeddedPostgres
from tests.crypto_shredding.conftest import AT, CACHE_SECONDS, Desk, desk_over
from tests.crypto_shredding.other_process import REPOSITORY
from tests.crypto_shredding.test_rotation import rotations

NAME = "keys:standby-1"
LATER = AT + timedelta(hours=1)
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that the servers' user can reach."""
    path = Path(tempfile.mkdtemp(prefix="points-ledger-standbys-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def primary(place: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(place / "primary") as server:
        let_standbys_in(server)
        yield server


@pytest.fixture(scope="module")
def standby(primary: EmbeddedPostgres, place: Path) -> Iterator[StandbyServer]:
    """One that every test leaves streaming."""
    with standby_of(primary, "standby-1", place / "standby") as server:
        yield server


@pytest.fixture
def silent(standby: StandbyServer) -> Iterator[StandbyServer]:
    standby.silence()
    yield standby
    standby.speak()


@pytest.fixture
def dsn(primary: EmbeddedPostgres) -> str:
    """A keys database of the primary, as the role of the service."""
    name = f"keys_{next(numbers)}"
    primary.create_database(name)
    migrate(primary.dsn(name))
    create_installation(primary.dsn(name), id=uuid4(), cache_seconds=CACHE_SECONDS)
    return primary.dsn(name, user="keys_app")


@pytest.fixture
def targets(dsn: str) -> FailoverTargets:
    return FailoverTargets(dsn)


@contextmanager
def opened(dsn: str, root: Path, *copies: TreeCopy, seconds: float = 0.5) -> Iterator[Desk]:
    store = PostgresKeyStore.connect(dsn, FileRoot(root), at=AT, copies=copies, settle_seconds=seconds)
    with Keyring(store) as keyring:
        yield desk_over(keyring)


def shredded(desk: Desk, count: int = 1) -> Shredding:
    slots = desk.sealer.issue_subjects(count)
    return desk.shredder.shred(desk.shredder.doom(slots, reason="erasure", at=AT), at=AT)


def fenced_out(targets: FailoverTargets, name: str = NAME) -> None:
    targets.fence_out(name, reason="its disk is broken", first_actor="kim", second_actor="lee", at=LATER)


FENCE = FencedOut(NAME, LATER, "its disk is broken", "kim", "lee")


def test_a_standby_that_holds_the_new_tree_is_waited_for_and_named(
    dsn: str, root_path: Path, targets: FailoverTargets, standby: StandbyServer
) -> None:
    targets.register(NAME, reason="", actor="kim", at=AT)

    with opened(dsn, root_path, seconds=30) as desk:
        [horizon] = shredded(desk).horizons

    assert (horizon.holders, horizon.fenced_out) == ((NAME,), ())
    assert FileRoot(root_path).versions() == [2]


def test_a_silent_standby_holds_the_horizon_back_until_it_is_heard_of_again(
    dsn: str, root_path: Path, targets: FailoverTargets, silent: StandbyServer
) -> None:
    targets.register(NAME, reason="", actor="kim", at=AT)
    with opened(dsn, root_path) as desk:
        slots = desk.sealer.issue_subjects(1)
        doomed = desk.shredder.doom(slots, reason="erasure", at=AT)

        with pytest.raises(TargetSilent) as caught:
            desk.shredder.shred(doomed, at=AT)
        held_back = FileRoot(root_path).versions()
        silent.speak()
        with opened(dsn, root_path, seconds=30) as resumed:
            [horizon] = resumed.shredder.shred(doomed, at=AT).horizons

    assert list(caught.value.lacking) == [NAME]
    assert "behind, last heard of at" in caught.value.lacking[NAME]
    assert "points-ledger keys fence-out" in str(caught.value)
    assert held_back == [1, 2]
    assert FileRoot(root_path).versions() == [2]
    assert horizon.holders == (NAME,)
    assert [version for version, *_ in rotations(dsn)] == [1, 2]  # the first planted the tree, and nothing began anew


def test_a_registered_standby_that_is_absent_counts_as_silent(
    dsn: str, root_path: Path, targets: FailoverTargets, standby: StandbyServer
) -> None:
    targets.register("keys:standby-9", reason="", actor="kim", at=AT)
    targets.register("books:standby-1", reason="", actor="kim", at=AT)

    with opened(dsn, root_path) as desk, pytest.raises(TargetSilent) as caught:
        shredded(desk)

    assert caught.value.lacking == {
        "books:standby-1": "nobody here asks a database that is called books",
        "keys:standby-9": "absent",
    }
    assert FileRoot(root_path).versions() == [1, 2]


def test_two_persons_end_a_wait_that_is_under_way_and_the_horizon_says_so(
    dsn: str, root_path: Path, targets: FailoverTargets, silent: StandbyServer
) -> None:
    targets.register(NAME, reason="", actor="kim", at=AT)

    with opened(dsn, root_path, seconds=60) as desk, ThreadPoolExecutor(1) as thread:
        under_way = thread.submit(shredded, desk)
        until(lambda: FileRoot(root_path).versions() == [1, 2])
        fenced_out(targets)
        [horizon] = under_way.result().horizons

    assert (horizon.holders, horizon.fenced_out) == ((), (FENCE,))
    assert FileRoot(root_path).versions() == [2]


@pytest.mark.parametrize("second", ["kim", " KIM ", "", " "])
def test_one_person_fences_nothing_out(
    dsn: str, root_path: Path, targets: FailoverTargets, silent: StandbyServer, second: str
) -> None:
    targets.register(NAME, reason="", actor="kim", at=AT)

    with pytest.raises(TwoPersonsNeeded):
        targets.fence_out(NAME, reason="in a hurry", first_actor="kim", second_actor=second, at=LATER)

    assert [each.fence for each in targets.all()] == [None]
    with opened(dsn, root_path) as desk, pytest.raises(TargetSilent):
        shredded(desk)


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO crypto_shredding.failover_target VALUES (99, 'keys:a', 'fenced_out', now(), '', 'a', 'A')",
        "INSERT INTO crypto_shredding.failover_target VALUES (99, 'keys:a', 'fenced_out', now(), '', 'a', NULL)",
        "UPDATE crypto_shredding.failover_target SET act = 'fenced_out', second_actor = 'b'",
        "DELETE FROM crypto_shredding.failover_target",
        "TRUNCATE crypto_shredding.failover_target CASCADE",
    ],
)
def test_the_database_lets_one_person_neither_fence_out_nor_forget(
    primary: EmbeddedPostgres, dsn: str, targets: FailoverTargets, change: str
) -> None:
    targets.register(NAME, reason="", actor="kim", at=AT)
    as_owner = dsn.replace("keys_app", "postgres")

    for each in (dsn, as_owner):
        with psycopg.connect(each, autocommit=True) as connection, pytest.raises(psycopg.Error):
            connection.execute(change)

    assert [each.fence for each in targets.all()] == [None]


def test_a_fence_stands_until_it_is_lifted_and_then_the_target_is_waited_for_again(
    dsn: str, root_path: Path, targets: FailoverTargets, silent: StandbyServer
) -> None:
    targets.register(NAME, reason="", actor="kim", at=AT)
    fenced_out(targets)
    targets.register(NAME, reason="as if new", actor="kim", at=LATER)
    with opened(dsn, root_path) as desk:
        [left_out] = shredded(desk).horizons

        targets.fence_in(NAME, reason="repaired", actor="kim", at=LATER)
        with pytest.raises(TargetSilent):
            shredded(desk)

    assert left_out.fenced_out == (FENCE,)


def test_names_that_mean_nothing_are_refused(targets: FailoverTargets) -> None:
    for name in ("standby-1", "keys:", "keys:a b", "Keys:a", "keys:" + "a" * 64):
        with pytest.raises(TargetNameRefused):
            targets.register(name, reason="", actor="kim", at=AT)
    with pytest.raises(TargetUnknown):
        fenced_out(targets)
    with pytest.raises(TargetUnknown):
        targets.fence_in(NAME, reason="", actor="kim", at=AT)

    assert targets.all() == ()


def test_a_process_killed_in_the_wait_is_followed_by_one_that_goes_on_with_it(
    dsn: str, root_path: Path, targets: FailoverTargets, silent: StandbyServer, copy: TreeCopy
) -> None:
    targets.register(NAME, reason="", actor="kim", at=AT)
    with opened(dsn, root_path, copy) as desk:
        slots = desk.sealer.issue_subjects(1)
        doomed = desk.shredder.doom(slots, reason="erasure", at=AT)
        root = json.dumps({"provider": "file", "path": str(root_path)})
        arguments = [dsn, root, str(copy.path), "0", "kill", *map(str, slots)]
        command = [sys.executable, "-m", "tests.crypto_shredding.rotation.dying_rotator", *arguments]
        with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as waiting:
            until(lambda: copy.path.exists() and copy.version() == 2)  # committed, and the copy has followed
            os.kill(waiting.pid, signal.SIGKILL)
        committed, held_back = rotations(dsn), FileRoot(root_path).versions()

        with pytest.raises(TargetSilent):
            desk.shredder.shred(doomed, at=AT)
        silent.speak()
        with opened(dsn, root_path, copy, seconds=30) as resumed:
            [horizon] = resumed.shredder.shred(doomed, at=AT).horizons

    assert waiting.returncode == -signal.SIGKILL
    assert held_back == [1, 2]
    assert [version for version, *_ in rotations(dsn)] == [version for version, *_ in committed] == [1, 2]
    assert (horizon.version, horizon.holders) == (2, (NAME,))
    assert FileRoot(root_path).versions() == [2]


def test_a_standby_that_has_flushed_and_not_replayed_opens_the_new_tree_when_it_takes_over(
    primary: EmbeddedPostgres, place: Path, dsn: str, root_path: Path, targets: FailoverTargets
) -> None:
    targets.register("keys:slow", reason="", actor="kim", at=AT)
    with standby_of(primary, "slow", place / "slow") as slow, opened(dsn, root_path, seconds=30) as desk:
        kept = desk.sealed("alive", desk.sealer.issue_subjects(1)[0])
        with psycopg.connect(slow.dsn("postgres"), autocommit=True) as connection:
            connection.execute("SELECT pg_wal_replay_pause()")
        shredded(desk)
        on_slow = dsn.replace(str(primary.socket_dir), str(slow.socket_dir))

        slow.promote()

        with opened(on_slow, root_path) as after:
            assert after.opener.open(kept) == "alive"


def test_a_fenced_out_standby_that_takes_over_all_the_same_is_refused_as_stale(
    primary: EmbeddedPostgres, place: Path, dsn: str, root_path: Path, targets: FailoverTargets
) -> None:
    targets.register("keys:lost", reason="", actor="kim", at=AT)
    with standby_of(primary, "lost", place / "lost") as lost, opened(dsn, root_path) as desk:
        desk.sealer.issue_subjects(1)
        until(lambda: not read_target_status(dsn, []).lacking)
        lost.cut_off()
        fenced_out(targets, "keys:lost")
        shredded(desk)
        lost.promote()
        on_lost = dsn.replace(str(primary.socket_dir), str(lost.socket_dir))

        with pytest.raises(StaleTree):
            PostgresKeyStore.connect(on_lost, FileRoot(root_path), at=AT)


def test_targets_and_fences_come_back_with_the_tree_from_its_copy(
    primary: EmbeddedPostgres, dsn: str, root_path: Path, targets: FailoverTargets, copy: TreeCopy, blank_dsn: str
) -> None:
    targets.register("keys:standby-8", reason="old", actor="kim", at=AT)
    targets.register("keys:standby-9", reason="new", actor="kim", at=AT)
    fenced_out(targets, "keys:standby-8")
    fenced_out(targets, "keys:standby-9")
    with opened(dsn, root_path, copy) as desk:
        [before] = shredded(desk).horizons
        targets.fence_in("keys:standby-9", reason="built anew", actor="lee", at=LATER)
        with psycopg.connect(dsn, autocommit=True) as connection:
            copy.follow(connection)
    migrate(blank_dsn)

    restore_tree(blank_dsn, FileRoot(root_path), copy, at=AT)

    restored = FailoverTargets(blank_dsn)
    came_back = restored.all()
    added = restored.register("keys:standby-3", reason="", actor="kim", at=LATER)
    assert came_back == targets.all()
    assert added.act_number > max(each.act_number for each in came_back)
    assert len(before.fenced_out) == 2
    with opened(blank_dsn, root_path) as desk, pytest.raises(TargetSilent) as caught:
        shredded(desk)
    assert list(caught.value.lacking) == ["keys:standby-3", "keys:standby-9"]


def test_without_the_right_to_see_standbys_the_wait_says_so(
    primary: EmbeddedPostgres, dsn: str, root_path: Path, targets: FailoverTargets, standby: StandbyServer
) -> None:
    targets.register(NAME, reason="", actor="kim", at=AT)
    with psycopg.connect(primary.dsn("postgres"), autocommit=True) as owner:
        owner.execute("REVOKE pg_read_all_stats FROM keys_owner")
        try:
            with opened(dsn, root_path) as desk, pytest.raises(TargetSilent) as caught:
                shredded(desk)
        finally:
            owner.execute("GRANT pg_read_all_stats TO keys_owner")

    assert "GRANT pg_read_all_stats" in caught.value.lacking[NAME]


def test_status_names_who_is_silent_and_who_streams_unregistered(
    dsn: str, root_path: Path, targets: FailoverTargets, standby: StandbyServer
) -> None:
    unregistered = read_target_status(dsn, [])
    targets.register(NAME, reason="", actor="kim", at=AT)
    healthy = read_target_status(dsn, [])
    standby.silence()
    try:
        targets.register("keys:standby-9", reason="", actor="kim", at=AT)
        silent = read_target_status(dsn, [])
    finally:
        standby.speak()

    assert (unregistered.unregistered, unregistered.lacking) == ((NAME,), {})
    assert (healthy.unregistered, healthy.lacking) == ((), {})
    assert list(silent.lacking) == [NAME, "keys:standby-9"]


