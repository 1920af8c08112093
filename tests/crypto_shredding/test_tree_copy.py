"""The copy beside the database: what it holds when the database is lost, and which trees it refuses."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from crypto_shredding import (
    CopyUnavailable,
    FileRoot,
    InstallationDiffers,
    Keyring,
    KeysPresent,
    Mark,
    Period,
    PostgresKeyStore,
    RootMissing,
    Shredded,
    Shredder,
    SlotState,
    StaleTree,
    TreeCopy,
    create_installation,
    migrate,
    restore_tree,
)
from tests.crypto_shredding.conftest import AT, CACHE_SECONDS, DAY, Desk, desk_over

ERASED = Shredded(AT, "erasure")


@contextmanager
def opened(dsn: str, root: Path, *copies: TreeCopy) -> Iterator[Desk]:
    with Keyring(PostgresKeyStore.connect(dsn, FileRoot(root), at=AT, copies=copies)) as keyring:
        yield desk_over(keyring)


@pytest.fixture
def empty_dsn(blank_dsn: str) -> str:
    migrate(blank_dsn)
    return blank_dsn


def test_a_tree_restored_from_its_copy_opens_what_lives_and_nothing_else(
    copied: Desk, copy: TreeCopy, empty_dsn: str, root_path: Path
) -> None:
    gone, kept = copied.sealer.issue_subjects(2)
    erased, alive = copied.sealed("erased", gone, DAY), copied.sealed("alive", kept, DAY)
    copied.shred(gone)

    restored = restore_tree(empty_dsn, FileRoot(root_path), copy, at=AT)

    assert restored.installation == copied.keyring.installation
    assert restored.tombstones == 1
    with opened(empty_dsn, root_path, copy) as desk:
        assert desk.opener.open_many([erased, alive]) == [ERASED, "alive"]
        assert desk.shredder.states([gone, kept]) == {gone: SlotState.SHREDDED, kept: SlotState.LIVE}
        assert desk.opener.open(desk.sealed("later", kept, DAY)) == "later"
        desk.shred(kept)
        assert isinstance(desk.opener.open(alive), Shredded)


def test_a_slot_that_was_issued_after_the_copy_is_not_issued_again(
    copied: Desk, copy: TreeCopy, empty_dsn: str, root_path: Path
) -> None:
    issued = set(copied.sealer.issue_subjects(50))
    copied.keyring.store.issue_periods([DAY])
    late = copied.sealed("late", copied.sealer.issue_subjects(1)[0], DAY)

    restore_tree(empty_dsn, FileRoot(root_path), copy, at=AT)

    with opened(empty_dsn, root_path, copy) as desk:
        assert desk.opener.open(late) == "late"
        fresh = desk.sealer.issue_subjects(3_000)
        assert issued.isdisjoint(fresh)
        assert late.sealed.subject_slot not in fresh
        other_day = Period(DAY.class_code, DAY.first_day.replace(day=9))
        assert desk.opener.open(desk.sealed("new", fresh[0], other_day)) == "new"


def test_a_period_is_in_the_copy_before_anything_is_sealed_into_it(
    copied: Desk, named_keys_dsn: str, root_path: Path, empty_dsn: str, copy: TreeCopy
) -> None:
    (slot,) = copied.sealer.issue_subjects(1)
    with opened(named_keys_dsn, root_path) as careless:  # a process that knows of no copy
        careless.keyring.store.issue_periods([DAY])
    sealed = copied.sealed("on that day", slot, DAY)

    restore_tree(empty_dsn, FileRoot(root_path), copy, at=AT)

    with opened(empty_dsn, root_path) as desk:
        assert desk.keyring.store.load([], [DAY], since=0).periods == {DAY: sealed.sealed.period_slot}


class Power(Exception):
    """Gone."""


class Failing:
    """A database beside the keys that fails while a rotation waits for it."""

    name = "ledger"

    def mark(self, *, closing: bool) -> Mark:
        raise Power


def test_a_rotation_that_the_lost_database_had_committed_is_ended_by_the_restore(
    copied: Desk, copy: TreeCopy, named_keys_dsn: str, empty_dsn: str, root_path: Path
) -> None:
    gone, kept = copied.sealer.issue_subjects(2)
    alive = copied.sealed("alive", kept)
    doomed = copied.shredder.doom([gone], reason="erasure", at=AT)
    lost = PostgresKeyStore.connect(named_keys_dsn, FileRoot(root_path), at=AT, copies=[copy], primaries=[Failing()])
    with Keyring(lost) as keyring, pytest.raises(Power):
        Shredder(keyring).shred(doomed, at=AT)
    held = FileRoot(root_path).versions()

    restore_tree(empty_dsn, FileRoot(root_path), copy, at=AT)

    assert held == [1, 2]
    assert FileRoot(root_path).versions() == [2]
    with opened(empty_dsn, root_path, copy) as desk:
        assert desk.opener.open(alive) == "alive"
        assert desk.shredder.states([gone]) == {gone: SlotState.SHREDDED}


def test_a_root_version_that_the_copy_never_saw_is_destroyed_by_the_restore(
    copied: Desk, copy: TreeCopy, empty_dsn: str, root_path: Path
) -> None:
    alive = copied.sealed("alive", copied.sealer.issue_subjects(1)[0])
    FileRoot(root_path).create_version(2)  # a rotation had just made it when its database was lost

    restore_tree(empty_dsn, FileRoot(root_path), copy, at=AT)

    assert FileRoot(root_path).versions() == [1]
    with opened(empty_dsn, root_path, copy) as desk:
        assert desk.opener.open(alive) == "alive"
        desk.shred(*desk.sealer.issue_subjects(1))
    assert FileRoot(root_path).versions() == [3]


def test_a_doom_that_only_the_copy_knows_of_still_counts(
    copied: Desk, copy: TreeCopy, empty_dsn: str, root_path: Path
) -> None:
    (slot,) = copied.sealer.issue_subjects(1)
    request = copied.sealed("Ann Lee", slot)
    copied.shredder.doom([slot], reason="erasure", at=AT)
    copied.keyring.store.issue_subjects(5_000)  # more leaves, and the copy follows

    restore_tree(empty_dsn, FileRoot(root_path), copy, at=AT)

    with opened(empty_dsn, root_path, copy) as desk:
        assert desk.opener.open(request) == ERASED
        assert desk.keyring.store.look(since=None).counter == 1


def test_a_copy_that_the_root_has_outlived_is_refused(
    copied: Desk, copy: TreeCopy, empty_dsn: str, root_path: Path, tmp_path: Path
) -> None:
    old = TreeCopy(tmp_path / "old.sqlite")
    shutil.copy(copy.path, old.path)
    copied.shred(*copied.sealer.issue_subjects(1))

    with pytest.raises(StaleTree):
        restore_tree(empty_dsn, FileRoot(root_path), old, at=AT)
    with pytest.raises(StaleTree):
        restore_tree(empty_dsn, FileRoot(tmp_path / "foreign"), copy, at=AT)

    with psycopg.connect(empty_dsn) as connection:
        assert connection.execute("SELECT count(*) FROM crypto_shredding.node").fetchone() == (0,)


def test_nothing_is_restored_over_a_tree_and_nothing_from_an_empty_copy(
    copied: Desk, copy: TreeCopy, named_keys_dsn: str, empty_dsn: str, root_path: Path, tmp_path: Path
) -> None:
    alive = copied.sealed("alive", copied.sealer.issue_subjects(1)[0])

    with pytest.raises(KeysPresent):
        restore_tree(named_keys_dsn, FileRoot(root_path), copy, at=AT)
    with pytest.raises(CopyUnavailable):
        restore_tree(empty_dsn, FileRoot(root_path), TreeCopy(tmp_path / "none.sqlite"), at=AT)

    assert copied.opener.open(alive) == "alive"


def test_nothing_is_restored_into_a_database_that_bears_another_name(
    copied: Desk, copy: TreeCopy, empty_dsn: str, root_path: Path
) -> None:
    create_installation(empty_dsn, id=uuid4(), cache_seconds=CACHE_SECONDS)

    with pytest.raises(InstallationDiffers):
        restore_tree(empty_dsn, FileRoot(root_path), copy, at=AT)

    with psycopg.connect(empty_dsn) as connection:
        assert connection.execute("SELECT count(*) FROM crypto_shredding.node").fetchone() == (0,)


def test_a_database_that_is_older_than_its_copy_does_not_start(
    keys_database: str,
    copied: Desk,
    copy: TreeCopy,
    named_keys_dsn: str,
    root_path: Path,
    cloned: Callable[[str], str],
) -> None:
    old_dsn = cloned(keys_database)
    copied.keyring.store.issue_subjects(5_000)  # no rotation: the root alone would not notice

    with pytest.raises(StaleTree), opened(old_dsn, root_path, copy):
        pass

    with opened(named_keys_dsn, root_path, copy):
        pass


@pytest.fixture
def cloned(named_keys_dsn: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """A backup of a keys database, restored beside it."""

    def clone(name: str) -> str:
        server = request.getfixturevalue("server")
        backup = f"{name}_backup"
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
                [name],
            )
        server.create_database(backup, template=name)
        request.addfinalizer(lambda: _drop(server.dsn("postgres"), backup))
        return str(server.dsn(backup))

    return clone


def _drop(dsn: str, name: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def test_the_copy_of_another_installation_is_refused(
    copied: Desk, copy: TreeCopy, empty_dsn: str, tmp_path: Path
) -> None:
    create_installation(empty_dsn, id=uuid4(), cache_seconds=CACHE_SECONDS)

    with pytest.raises(CopyUnavailable, match="another installation"), opened(empty_dsn, tmp_path / "other", copy):
        pass


def test_nothing_in_the_copy_opens_without_the_root(copied: Desk, copy: TreeCopy) -> None:
    (issued,) = copied.keyring.store.issue_subjects(1)

    assert bytes(issued.key) not in copy.path.read_bytes()


def test_a_root_that_is_not_there_is_told_apart_from_one_that_has_gone_on(
    copied: Desk, named_keys_dsn: str, root_path: Path
) -> None:
    root_path.rename(root_path.with_suffix(".away"))

    with pytest.raises(RootMissing) as refused, opened(named_keys_dsn, root_path):
        pass

    assert not isinstance(refused.value, StaleTree)
