"""Which row became what: random ids, made durable before the first command that names them, so that a run can resume.

This file is the only link from the other system's ids to members and accounts, and keys are made with it. An erasure
takes the member's ids out and leaves their rows shut: such a row is not taken over again. Once the migration is over,
destroy the file, and nothing links the two systems any more.
"""

from __future__ import annotations

import os
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4, uuid5

from service.importing.errors import IdentitiesUnreadable, ImportDiffers

FOLDER: Final = "imports"

TABLES: Final = """
CREATE TABLE IF NOT EXISTS import (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS identity (file TEXT, row TEXT, id BLOB, owner BLOB, PRIMARY KEY (file, row)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS identity_owner ON identity (owner);
CREATE TABLE IF NOT EXISTS progress (file TEXT PRIMARY KEY, bytes INTEGER, changed_ns INTEGER, line INTEGER)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejected (file TEXT, line INTEGER, PRIMARY KEY (file, line)) WITHOUT ROWID;
"""


def path_of(data_dir: Path, source: str) -> Path:
    """Where the file of a source lies."""
    return data_dir / FOLDER / f"{source}.sqlite"


class Identities:
    """The ids of one source. ``is_dry``: what was drawn before is known, and nothing is drawn or written."""

    def __init__(self, path: Path, *, cut_over: datetime | None, is_dry: bool) -> None:
        """Raises `IdentitiesUnreadable`, `ImportDiffers`."""
        self._path = path
        self.is_dry = is_dry
        try:
            self._db = self._open()
            begun = dict(self._db.execute("SELECT name, value FROM import").fetchall())
        except sqlite3.DatabaseError as error:
            raise IdentitiesUnreadable(path) from error
        self.is_new = not begun
        known = begun.get("cut_over")
        if known is not None and cut_over is not None and datetime.fromisoformat(known) != cut_over:
            raise ImportDiffers("the cut-over", known, cut_over.isoformat())
        self.cut_over = datetime.fromisoformat(known) if known is not None else cut_over
        self.import_id = UUID(begun["import_id"]) if begun else uuid4()
        if not begun and not is_dry and cut_over is not None:
            values = {"import_id": str(self.import_id), "cut_over": cut_over.isoformat()}
            self._db.executemany("INSERT INTO import VALUES (?, ?)", list(values.items()))
            self._db.commit()

    def close(self) -> None:
        """Keep what was committed."""
        self._db.close()

    def commit(self) -> None:
        """What was drawn is on the disk when this returns."""
        if self._db.in_transaction:
            self._db.commit()

    def id_of(self, file: str, row: str, owner: UUID | None = None) -> UUID | None:
        """The random id of a member or an account, drawn the first time; None where an erasure took it out."""
        found = self._db.execute("SELECT id FROM identity WHERE file = ? AND row = ?", (file, row)).fetchone()
        if found is not None:
            return None if found[0] is None else UUID(bytes=found[0])
        drawn = uuid4()
        if not self.is_dry:
            values = (file, row, drawn.bytes, (owner or drawn).bytes)
            self._db.execute("INSERT INTO identity VALUES (?, ?, ?, ?)", values)
        return drawn

    def key(self, stream: UUID, what: str) -> UUID:
        """The key of a command: the same for the same row of this import, whenever it is sent."""
        return uuid5(self.import_id, f"{stream}/{what}")

    def forget(self, member: UUID) -> int:
        """Take a member's ids out, and those of the member's accounts; returns how many there were."""
        self._db.execute("PRAGMA secure_delete = ON")
        found = self._db.execute("UPDATE identity SET id = NULL, owner = NULL WHERE owner = ?", (member.bytes,))
        self._db.commit()
        return found.rowcount

    def done_until(self, file: str, path: Path) -> int:
        """The line up to which an earlier run had every answer, if the file is still the same. A hint: keys decide."""
        found = self._db.execute("SELECT bytes, changed_ns, line FROM progress WHERE file = ?", (file,)).fetchone()
        return int(found[2]) if found is not None and tuple(found[:2]) == _state_of(path) else 0

    def note_rejected(self, file: str, line: int) -> None:
        """The row is not done, whatever comes behind it: what it waits for may be in another file."""
        self._db.execute("INSERT OR IGNORE INTO rejected VALUES (?, ?)", (file, line))

    def was_rejected(self, file: str, line: int) -> bool:
        """Whether an earlier run has rejected the row."""
        found = self._db.execute("SELECT 1 FROM rejected WHERE file = ? AND line = ?", (file, line)).fetchone()
        return found is not None

    def begin(self, file: str) -> None:
        """Every row of the file is sent, so nothing that was noted of its lines matters any more."""
        self._db.execute("DELETE FROM rejected WHERE file = ?", (file,))
        self._db.execute("DELETE FROM progress WHERE file = ?", (file,))

    def note_done(self, file: str, path: Path, line: int) -> None:
        """Every row up to the line has its answer."""
        values: tuple[Any, ...] = (file, *_state_of(path), line)
        self._db.execute("INSERT OR REPLACE INTO progress VALUES (?, ?, ?, ?)", values)
        self._db.commit()

    def _open(self) -> sqlite3.Connection:
        if self.is_dry and self._path.exists():
            return sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, check_same_thread=False)
        if self.is_dry:
            db = sqlite3.connect(":memory:", check_same_thread=False)
            db.executescript(TABLES)
            return db
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600))
        db = sqlite3.connect(self._path, check_same_thread=False)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA secure_delete = ON")
        db.executescript(TABLES)
        return db


def forget_imported(data_dir: Path, member: UUID) -> None:
    """Take an erased member's ids out of the file of every import."""
    folder = data_dir / FOLDER
    for path in sorted(folder.glob("*.sqlite")) if folder.is_dir() else ():
        identities = Identities(path, cut_over=None, is_dry=False)
        try:
            identities.forget(member)
        finally:
            identities.close()


def _state_of(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns
