"""A backup of the tree takes the place of the last one whole, or leaves it as it was."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from crypto_shredding import (
    CopyUnavailable,
    FileRoot,
    KeyStoreUnavailable,
    StaleTree,
    TreeCopy,
    back_up_tree,
    migrate,
    restore_tree,
)
from tests.crypto_shredding.conftest import AT, Desk

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "backups").mkdir()
    return tmp_path / "backups" / "tree.sqlite"


def test_a_process_that_is_killed_while_it_backs_up_leaves_the_old_file_or_the_new_one(
    desk: Desk, named_keys_dsn: str, root_path: Path, blank_dsn: str, file: Path
) -> None:
    (kept,) = desk.sealer.issue_subjects(1)
    alive = desk.sealed("alive", kept)
    back_up_tree(named_keys_dsn, file)
    (gone,) = desk.sealer.issue_subjects(1)
    desk.shred(gone)
    command = [sys.executable, "-m", "tests.crypto_shredding.dying_backup", named_keys_dsn, str(file)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)

    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert len(seen) > 30  # so many moments
    assert seen[0] == "old"
    assert set(seen) - {"old"} == {str(TreeCopy(file).reach().changes["tree"])}
    assert os.listdir(file.parent) == [file.name]
    migrate(blank_dsn)
    assert restore_tree(blank_dsn, FileRoot(root_path), TreeCopy(file), at=AT).tombstones == 1
    assert alive.sealed.subject_slot == kept


def test_a_backup_that_fails_or_is_refused_leaves_the_old_file_as_it_was(
    desk: Desk, named_keys_dsn: str, file: Path
) -> None:
    desk.sealer.issue_subjects(1)
    back_up_tree(named_keys_dsn, file)
    before = file.read_bytes(), file.stat().st_mtime_ns
    away = named_keys_dsn.replace("@/", "@/not_")
    assert away != named_keys_dsn

    with pytest.raises(KeyStoreUnavailable):
        back_up_tree(away, file)

    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert os.listdir(file.parent) == [file.name]


def test_a_file_that_has_seen_more_than_the_database_stays(desk: Desk, named_keys_dsn: str, file: Path) -> None:
    back_up_tree(named_keys_dsn, file)
    with sqlite3.connect(file) as later:
        later.execute("UPDATE counter SET value = value + 1 WHERE name = 'doom'")
    later.close()
    before = file.read_bytes()

    with pytest.raises(StaleTree):
        back_up_tree(named_keys_dsn, file)

    assert file.read_bytes() == before
    assert os.listdir(file.parent) == [file.name]


@pytest.mark.parametrize("content", ["text", "foreign tables", "another installation"])
def test_what_is_no_backup_of_this_tree_is_not_replaced(
    desk: Desk, named_keys_dsn: str, file: Path, content: str
) -> None:
    if content == "text":
        file.write_text("somebody's notes, which are longer than the head of a database " * 20)
    else:
        back_up_tree(named_keys_dsn, file)
        with sqlite3.connect(file) as other:
            if content == "foreign tables":
                other.execute("PRAGMA user_version = 0")
            else:
                other.execute("UPDATE installation SET id = '6f0f2b8e-8f5a-4c5e-9f43-0d8b6a1c2e3f'")
        other.close()
    before = file.read_bytes()

    with pytest.raises(CopyUnavailable):
        back_up_tree(named_keys_dsn, file)

    assert file.read_bytes() == before


def test_of_two_backups_at_once_one_is_told(desk: Desk, named_keys_dsn: str, file: Path) -> None:
    held = os.open(file.parent, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        with pytest.raises(CopyUnavailable, match="another backup"):
            back_up_tree(named_keys_dsn, file)
    finally:
        os.close(held)

    assert back_up_tree(named_keys_dsn, file).epoch == 1


def test_what_a_killed_backup_of_a_former_release_left_is_rolled_back_first(
    desk: Desk, named_keys_dsn: str, file: Path
) -> None:
    back_up_tree(named_keys_dsn, file)
    torn = sqlite3.connect(file, isolation_level=None)
    torn.execute("PRAGMA cache_size = 1")  # pages reach the file before the commit, as in a large update
    torn.execute("BEGIN")
    torn.executemany("INSERT INTO leaf VALUES (?, ?, 1)", [(leaf, b"x" * 4_000) for leaf in range(1_000, 1_200)])
    for each in (file, file.with_name(f"{file.name}-journal")):
        shutil.copy(each, f"{each}.seen")
    torn.close()
    for each in (file, file.with_name(f"{file.name}-journal")):
        os.replace(f"{each}.seen", each)

    back_up_tree(named_keys_dsn, file)

    assert os.listdir(file.parent) == [file.name]
    assert TreeCopy(file).reach().installation == desk.keyring.installation.id


def test_a_device_or_a_folder_is_not_replaced(desk: Desk, named_keys_dsn: str, file: Path) -> None:
    os.mkfifo(file)

    with pytest.raises(CopyUnavailable, match="no file"):
        back_up_tree(named_keys_dsn, file)

    assert file.is_fifo()
