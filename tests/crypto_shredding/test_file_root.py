"""A root in files: only its own, only its owner's, and never silently a new one."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crypto_shredding import FileRoot, PostgresKeyStore, RootExposed, RootMissing

KEY = bytes(range(32))
AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
def root(root_path: Path) -> FileRoot:
    return FileRoot(root_path)


def test_what_a_version_wrapped_it_unwraps(root: FileRoot) -> None:
    one, two = root.create_version(), root.create_version()
    blobs = {version: root.wrap(version, KEY) for version in (one, two)}

    assert [root.unwrap(version, blob) for version, blob in blobs.items()] == [KEY, KEY]
    assert root.versions() == [one, two]
    assert all(KEY not in blob for blob in blobs.values())
    with pytest.raises(RootMissing):
        root.unwrap(one, blobs[two])


def test_a_root_survives_its_process(root: FileRoot, root_path: Path) -> None:
    blob = root.wrap(root.create_version(), KEY)

    assert FileRoot(root_path).unwrap(1, blob) == KEY


def test_root_files_are_the_owners_alone(root: FileRoot, root_path: Path) -> None:
    root.create_version()

    assert stat.S_IMODE(root_path.stat().st_mode) == 0o700
    assert [stat.S_IMODE(file.stat().st_mode) for file in root_path.iterdir()] == [0o600]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_root_file_that_others_may_read_is_refused(root: FileRoot, root_path: Path, mode: int) -> None:
    blob = root.wrap(root.create_version(), KEY)
    next(root_path.iterdir()).chmod(mode)

    with pytest.raises(RootExposed) as refused:
        root.unwrap(1, blob)

    assert refused.value.mode == mode


def test_a_root_folder_that_others_may_write_is_refused(root: FileRoot, root_path: Path) -> None:
    blob = root.wrap(root.create_version(), KEY)
    root_path.chmod(0o770)

    with pytest.raises(RootExposed):
        root.unwrap(1, blob)
    with pytest.raises(RootExposed):
        root.create_version()


def test_a_symbolic_link_is_no_root_file(root: FileRoot, root_path: Path, tmp_path: Path) -> None:
    blob = root.wrap(root.create_version(), KEY)
    file = next(root_path.iterdir())
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RootMissing):
        root.unwrap(1, blob)


@pytest.mark.parametrize(
    "content", [b"", b"crypto_shredding root v1\nshort", b"x" * 57, b"crypto_shredding root v1\n" + b"x" * 33]
)
def test_a_damaged_root_file_is_refused(root: FileRoot, root_path: Path, content: bytes) -> None:
    blob = root.wrap(root.create_version(), KEY)
    next(root_path.iterdir()).write_bytes(content)

    with pytest.raises(RootMissing):
        root.unwrap(1, blob)


@pytest.mark.parametrize("blob", [b"", b"x" * 5, b"x" * 60])
def test_bytes_that_nobody_wrapped_are_refused(root: FileRoot, blob: bytes) -> None:
    root.create_version()

    with pytest.raises(RootMissing):
        root.unwrap(1, blob)


def test_a_destroyed_version_is_gone_and_its_number_is_never_used_again(root: FileRoot, root_path: Path) -> None:
    version = root.create_version()
    blob = root.wrap(version, KEY)
    secret = next(root_path.iterdir()).read_bytes()[-32:]

    evidence = root.destroy(version)

    assert (evidence.provider, evidence.version, evidence.recoverable_until) == ("file", version, None)
    assert "may keep copies" in evidence.note
    assert root.destroy(version) == evidence
    assert root.versions() == []
    assert all(secret not in file.read_bytes() for file in root_path.iterdir())
    with pytest.raises(RootMissing):
        root.unwrap(version, blob)
    assert root.create_version() == version + 1


def test_racing_creators_make_versions_of_their_own(root: FileRoot, root_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: root.create_version(), range(24)))

    assert sorted(made) == root.versions() == list(range(1, 25))
    assert len(os.listdir(root_path)) == 24


def test_a_foreign_root_fails_closed_and_makes_nothing(
    connect: Callable[[], PostgresKeyStore], named_keys_dsn: str, tmp_path: Path
) -> None:
    connect()
    foreign = FileRoot(tmp_path / "foreign")
    foreign.create_version()

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
