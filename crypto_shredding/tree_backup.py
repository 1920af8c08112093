"""Backing the key tree up into a file: the newest tree takes the place of the last backup, whole, or not at all.

```
lock the folder ─► write FILE.draft ─► compare with FILE ─► sync ─► rename ─► sync the folder
```
The old file is read and never written, so whoever is killed leaves it as it was.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from crypto_shredding.errors import CopyUnavailable, StaleTree
from crypto_shredding.postgres_connection import CONNECT_SECONDS_MAX, answering
from crypto_shredding.signing_key import sync_folder
from crypto_shredding.tree_copy import TreeCopy
from crypto_shredding.tree_status import TreeStatus, read_tree_status


def back_up_tree(dsn: str, path: Path) -> TreeStatus:
    """Write the newest tree to a file, in the place of the one that was there. Not for a copy that follows by itself.

    Raises, in this order: CopyUnavailable (no folder, another backup is writing there, or a file that is no copy or of
    another installation), StaleTree (the file has seen more than this database), KeyStoreUnavailable. After any of
    these, and after a kill, the old file is as it was.
    """
    path = path.resolve()  # what a link names is the predecessor
    if path.exists() and not path.is_file():
        raise CopyUnavailable(f"{path} is no file; name a new one, or the last backup of this installation")
    try:
        with _alone_in(path.parent), _draft_of(path) as draft:
            _write(dsn, draft)
            if path.exists():
                _refuse_in_place_of(path, draft)
            _sync(draft)
            draft.replace(path)
            sync_folder(path.parent)
    except OSError as error:
        raise CopyUnavailable(f"{path}: {error.strerror}") from None
    status = read_tree_status(dsn)
    assert status is not None, "a tree that was copied is planted"
    return status


def _write(dsn: str, draft: Path) -> None:
    def copy() -> None:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX) as connection:
            TreeCopy(draft).follow(connection)

    answering("backup", copy)


def _refuse_in_place_of(path: Path, draft: Path) -> None:
    old, new = TreeCopy(path).reach(), TreeCopy(draft).reach()
    if old.installation not in (None, new.installation):
        raise CopyUnavailable(f"{path} is the copy of another installation")
    if new.is_behind(old):
        raise StaleTree(f"{path} has seen more than this key table, which is an old copy")


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Two backups into one folder would write into one draft. Whoever dies lets go."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise CopyUnavailable(f"another backup is being written into {folder}") from None
    finally:
        os.close(descriptor)


@contextmanager
def _draft_of(path: Path) -> Iterator[Path]:
    draft = path.with_name(path.name + ".draft")
    leftovers = draft, path.with_name(draft.name + "-journal")  # of one who was killed; a journal alone would be obeyed
    for each in leftovers:
        each.unlink(missing_ok=True)
    try:
        yield draft
    finally:
        for each in leftovers:
            each.unlink(missing_ok=True)


def _sync(file: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
