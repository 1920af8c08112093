"""A root in files: only its own, only its owner's, and never silently a new one."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto_shredding import FileRoot, PostgresKeyStore, RootExposed, RootMissing, RootUnavailable, RootVersionTaken

KEY = bytes(range(32))
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def root(root_path: Path) -> FileRoot:
    return FileRoot(root_path)


def wrapped(root: FileRoot) -> bytes:
    """What version 1 wrapped."""
    root.create_version(1)
    return root.wrap(1, KEY)


def test_a_key_file_under_another_number_opens_nothing(root: FileRoot, root_path: Path) -> None:
    blob = wrapped(root)
    (root_path / "root-00000001.key").rename(root_path / "root-00000002.key")

    with pytest.raises(RootMissing):
        root.unwrap(2, blob)


def test_root_files_are_the_owners_alone(root: FileRoot, root_path: Path) -> None:
    root.create_version(1)

    assert stat.S_IMODE(root_path.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in root_path.iterdir()] == [0o600]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_root_file_that_others_may_read_is_refused(root: FileRoot, root_path: Path, mode: int) -> None:
    blob = wrapped(root)
    next(root_path.iterdir()).chmod(mode)

    with pytest.raises(RootExposed) as refused:
        root.unwrap(1, blob)

    assert refused.value.mode == mode


def test_a_root_folder_that_others_may_write_is_refused(root: FileRoot, root_path: Path) -> None:
    blob = wrapped(root)
    root_path.chmod(0o770)

    with pytest.raises(RootExposed):
        root.unwrap(1, blob)
    with pytest.raises(RootExposed):
        root.create_version(1)


def test_a_symbolic_link_is_no_root_file(root: FileRoot, root_path: Path, tmp_path: Path) -> None:
    blob = wrapped(root)
    file = next(root_path.iterdir())
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RootMissing):
        root.unwrap(1, blob)


@pytest.mark.parametrize(
    "content", [b"", b"crypto_shredding root v1\nshort", b"x" * 57, b"crypto_shredding root v1\n" + b"x" * 33]
)
def test_a_damaged_root_file_is_refused(root: FileRoot, root_path: Path, content: bytes) -> None:
    blob = wrapped(root)
    next(root_path.iterdir()).write_bytes(content)

    with pytest.raises(RootMissing):
        root.unwrap(1, blob)


@pytest.mark.parametrize("blob", [b"", b"x" * 5, b"x" * 60])
def test_bytes_that_nobody_wrapped_are_refused(root: FileRoot, blob: bytes) -> None:
    root.create_version(1)

    with pytest.raises(RootMissing):
        root.unwrap(1, blob)


def test_a_destroyed_version_leaves_no_key_in_any_file(root: FileRoot, root_path: Path) -> None:
    root.create_version(1)
    (file,) = root_path.iterdir()
    os.link(file, root_path / "left-by-a-crash.draft")  # what a process leaves that dies before it removes its draft
    secret = file.read_bytes()[-32:]

    evidence = root.destroy(1)

    assert (evidence.provider, evidence.version, evidence.recoverable_until) == ("file", 1, None)
    assert "may keep copies" in evidence.note
    assert not file.exists()
    assert all(secret not in each.read_bytes() for each in root_path.iterdir())


def test_what_is_marked_as_destroyed_stays_so_though_its_file_is_there(root: FileRoot, root_path: Path) -> None:
    blob = wrapped(root)
    copy = next(root_path.iterdir()).read_bytes()
    root.destroy(1)
    (root_path / "root-00000001.key").write_bytes(copy)
    (root_path / "root-00000001.key").chmod(0o600)

    with pytest.raises(RootMissing):
        root.unwrap(1, blob)
    assert root.versions() == []


def test_however_many_versions_were_destroyed_the_folder_keeps_one_number_of_them(
    root: FileRoot, root_path: Path
) -> None:
    root.create_version(1)
    for version in range(2, 40):
        root.create_version(version)
        root.destroy(version - 1)

    assert sorted(os.listdir(root_path)) == ["root-00000039.key", "root.floor"]
    assert stat.S_IMODE((root_path / "root.floor").stat().st_mode) == 0o600
    assert root.versions() == [39]
    for version in (1, 20, 38):
        with pytest.raises(RootVersionTaken):
            root.create_version(version)


def test_the_floor_stays_below_the_oldest_living_version_and_passes_numbers_that_never_were(
    root: FileRoot, root_path: Path
) -> None:
    for version in (3, 5, 9):
        root.create_version(version)

    root.destroy(9)
    root.destroy(5)
    assert sorted(os.listdir(root_path)) == [
        "root-00000003.key", "root-00000005.retired", "root-00000009.retired", "root.floor",
    ]  # fmt: skip
    assert root.unwrap(3, root.wrap(3, KEY)) == KEY
    root.create_version(7)
    root.destroy(3)

    assert sorted(os.listdir(root_path)) == ["root-00000007.key", "root-00000009.retired", "root.floor"]
    assert (root_path / "root.floor").read_bytes() == b"6"
    for version in (1, 4, 6):  # never made, and never made any more
        with pytest.raises(RootVersionTaken):
            root.create_version(version)


def test_the_marks_of_a_former_release_become_a_floor_with_the_next_destruction(
    root: FileRoot, root_path: Path
) -> None:
    root.create_version(31)
    for version in range(1, 31):
        (root_path / f"root-{version:08}.retired").touch(0o600)
    assert root.versions() == [31]

    root.create_version(32)
    root.destroy(31)

    assert sorted(os.listdir(root_path)) == ["root-00000032.key", "root.floor"]
    with pytest.raises(RootVersionTaken):
        root.create_version(17)


def test_key_files_that_a_crash_left_behind_their_mark_go_with_the_next_destruction(
    root: FileRoot, root_path: Path
) -> None:
    for version in (1, 2):
        root.create_version(version)
    secret = (root_path / "root-00000001.key").read_bytes()[-32:]
    (root_path / "root-00000001.retired").touch(0o600)  # the process died here
    os.link(root_path / "root-00000001.key", root_path / "seen-by-the-test")

    root.destroy(2)

    assert sorted(os.listdir(root_path)) == ["root.floor", "seen-by-the-test"]
    assert secret not in (root_path / "seen-by-the-test").read_bytes()


@pytest.mark.parametrize("content", [b"", b"-1", b"7\n", b"x", b"1" * 20])
def test_a_floor_that_is_no_number_says_nothing_about_any_version(
    root: FileRoot, root_path: Path, content: bytes
) -> None:
    blob = wrapped(root)
    (root_path / "root.floor").write_bytes(content)

    for call in (root.versions, lambda: root.create_version(2), lambda: root.unwrap(1, blob), lambda: root.destroy(2)):
        with pytest.raises(RootUnavailable, match=r"root\.floor"):
            call()


def test_racing_destroyers_of_many_versions_agree_on_the_floor(root_path: Path) -> None:
    roots = [FileRoot(root_path) for _ in range(4)]
    for version in range(1, 26):
        roots[0].create_version(version)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda version: roots[version % 4].destroy(version), range(24, 0, -1)))

    assert sorted(os.listdir(root_path)) == ["root-00000025.key", "root.floor"]
    assert (root_path / "root.floor").read_bytes() == b"24"


def test_a_version_that_was_answered_as_made_is_not_passed_by_a_floor_that_was_being_raised(
    root: FileRoot, root_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.create_version(1)
    root.create_version(3)
    root.destroy(3)
    racing: list[Future[None]] = []
    pool = ThreadPoolExecutor(1)

    def slowly(_: FileRoot) -> Path:
        """The floor will be 3, and is not written yet: now somebody makes version 2."""
        racing.append(pool.submit(FileRoot(root_path).create_version, 2))
        wait(racing, timeout=0.3)
        return root_path / "floor.draft"

    with monkeypatch.context() as patch, pool:
        patch.setattr(root, "_draft", slowly.__get__(root))
        root.destroy(1)

    assert (root_path / "root.floor").read_bytes() == b"3"
    with pytest.raises(RootVersionTaken):
        racing[0].result()


def test_a_root_folder_that_is_full_or_broken_says_nothing_about_its_versions(root: FileRoot, root_path: Path) -> None:
    root_path.write_bytes(b"")  # a file instead of a folder, as a mount may leave it

    for call in (root.versions, lambda: root.create_version(1), lambda: root.destroy(1), lambda: root.wrap(1, KEY)):
        with pytest.raises(RootUnavailable):
            call()


def test_racing_creators_leave_nothing_but_their_versions(root: FileRoot, root_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(root.create_version, range(1, 25)))

    assert root.versions() == list(range(1, 25))
    assert len(os.listdir(root_path)) == 24


def test_a_foreign_root_fails_closed_and_makes_nothing(
    connect: Callable[[], PostgresKeyStore], named_keys_dsn: str, tmp_path: Path
) -> None:
    connect()
    foreign = FileRoot(tmp_path / "foreign")
    foreign.create_version(1)

    with pytest.raises(RootMissing):
        PostgresKeyStore.connect(named_keys_dsn, foreign, at=AT)

    assert foreign.versions() == [1]


def test_an_absent_root_fails_closed_and_makes_nothing(
    connect: Callable[[], PostgresKeyStore], named_keys_dsn: str, tmp_path: Path
) -> None:
    connect()

    with pytest.raises(RootMissing):
        PostgresKeyStore.connect(named_keys_dsn, FileRoot(tmp_path / "absent"), at=AT)

    assert not (tmp_path / "absent").exists()


def test_racing_first_connections_agree_on_one_root_version(
    connect: Callable[[], PostgresKeyStore], root: FileRoot
) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(lambda _: connect(), range(4)))

    slot = stores[0].issue_subjects(1)[0]
    assert root.versions() == [1]
    assert all(store.load([slot.slot], [], since=0).keys[0].key == slot.key for store in stores)
