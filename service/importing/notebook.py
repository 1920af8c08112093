"""What the judge remembers of the rows before: in a file that SQLite drops when it is closed, so memory stays flat."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple
from uuid import UUID

CACHE_KIB: Final = 16_384
SEVERAL: Final = "*"

TABLES: Final = """
CREATE TABLE seen (file TEXT, id TEXT, accepted INTEGER NOT NULL, PRIMARY KEY (file, id)) WITHOUT ROWID;
CREATE TABLE account (
    id TEXT PRIMARY KEY, program TEXT NOT NULL, lots INTEGER NOT NULL, holds INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE lot (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, kind TEXT NOT NULL, funder TEXT NOT NULL, points INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE expected (
    event BLOB PRIMARY KEY, file TEXT NOT NULL, line INTEGER NOT NULL, kind TEXT NOT NULL, funder TEXT NOT NULL,
    points INTEGER NOT NULL, found INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
"""


class KnownAccount(NamedTuple):
    """An account that was accepted, with how many lots and holds came for it so far."""

    program: str
    lots: int
    holds: int


class KnownLot(NamedTuple):
    """A lot that was accepted, with what no hold has taken yet."""

    account: str
    kind: str
    funder: str
    points: int


class Difference(NamedTuple):
    """A row whose points are not the ledger's. ``found`` 0: it is not there."""

    file: str
    line: int
    points: int
    found: int


class Notebook:
    """Of one run. Nothing personal but the other system's ids is in it."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.executescript(TABLES)

    def close(self) -> None:
        """Drop it."""
        self._db.close()

    def note(self, file: str, row: str, *, accepted: bool) -> bool:
        """Note a row by its id. False where an earlier one has it."""
        cursor = self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (file, row, accepted))
        return cursor.rowcount == 1

    def accepted(self, file: str, row: str) -> bool | None:
        """Whether the row was accepted; None where there is none."""
        found = self._db.execute("SELECT accepted FROM seen WHERE file = ? AND id = ?", (file, row)).fetchone()
        return None if found is None else bool(found[0])

    def add_account(self, row: str, program: str) -> None:
        """An account was accepted."""
        self._db.execute("INSERT INTO account VALUES (?, ?, 0, 0)", (row, program))

    def account(self, row: str) -> KnownAccount | None:
        """What is known of it."""
        found = self._db.execute("SELECT program, lots, holds FROM account WHERE id = ?", (row,)).fetchone()
        return None if found is None else KnownAccount(*found)

    def add_lot(self, row: str, lot: KnownLot) -> None:
        """A lot was accepted."""
        self._db.execute("INSERT INTO lot VALUES (?, ?, ?, ?, ?)", (row, *lot))
        self._db.execute("UPDATE account SET lots = lots + 1 WHERE id = ?", (lot.account,))

    def lot(self, row: str) -> KnownLot | None:
        """What is known of it."""
        found = self._db.execute("SELECT account, kind, funder, points FROM lot WHERE id = ?", (row,)).fetchone()
        return None if found is None else KnownLot(*found)

    def take(self, account: str, parts: list[tuple[str, int]]) -> None:
        """A hold was accepted."""
        self._db.executemany("UPDATE lot SET points = points - ? WHERE id = ?", [(each, lot) for lot, each in parts])
        self._db.execute("UPDATE account SET holds = holds + 1 WHERE id = ?", (account,))

    def expect(self, event: UUID, file: str, line: int, told: tuple[tuple[str, str, int], ...]) -> None:
        """The ledger shall have this event, with points by kind and funder."""
        kind, funder = told[0][:2] if len(told) == 1 else (SEVERAL, SEVERAL)
        row = (event.bytes, file, line, kind, funder, sum(points for _, _, points in told))
        self._db.execute("INSERT INTO expected VALUES (?, ?, ?, ?, ?, ?, 0)", row)

    def expect_not(self, event: UUID) -> None:
        """Its row was rejected after all."""
        self._db.execute("DELETE FROM expected WHERE event = ?", (event.bytes,))

    def find(self, event: UUID, points: int) -> bool:
        """The ledger has so many points of it. False where no row is this event's."""
        found = self._db.execute("UPDATE expected SET found = found + ? WHERE event = ?", (points, event.bytes))
        return found.rowcount == 1

    def differences(self, limit: int) -> Iterator[Difference]:
        """Rows whose points are not the ledger's, in the order of the files."""
        rows = self._db.execute(
            "SELECT file, line, points, found FROM expected WHERE points <> found ORDER BY file, line LIMIT ?", (limit,)
        )
        yield from (Difference(*row) for row in rows)

    def traced(self) -> Iterator[tuple[str, int, str, str, int, int, UUID]]:
        """Every row with points: file, line, kind, funder, points, those that the ledger has, and its event there."""
        rows = self._db.execute(
            "SELECT file, line, kind, funder, points, found, event FROM expected ORDER BY file, line"
        )
        for file, line, kind, funder, points, found, event in rows:
            yield file, line, kind, funder, points, found, UUID(bytes=event)
