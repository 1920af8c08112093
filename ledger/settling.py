"""The ledger as a database whose commits a destruction of keys rests on: fence, retained identity, re-sealed holds.

All of them are committed before their keys are doomed. So what the log has flushed when a rotation begins to wait
covers every doom that the rotation took along, whoever made it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import psycopg

from crypto_shredding import Archive, Mark, Standby
from ledger.store.connection import CONNECT_SECONDS_MAX, Connection, connect, is_transient
from ledger.store.errors import StoreUnavailable
from ledger.store.statements import statement
from ledger.store.timelines import refuse_restored

LEDGER: Final = "ledger"
_SEGMENT_DIGITS: Final = 24
Answer = TypeVar("Answer")


class LedgerPrimary:
    """Adapter of crypto_shredding's Primary. With ``newest_witness`` a log that lacks what a doom saw is refused."""

    name = LEDGER

    def __init__(self, dsn: str, newest_witness: Callable[[], bytes | None] | None = None) -> None:
        self._dsn = dsn
        self._newest_witness = newest_witness

    def mark(self, *, closing: bool) -> Mark:
        """Where the log is flushed. ``closing`` ends its WAL segment where there is an archive.

        Raises, in this order: `RestoreUnfinished`, `LedgerBehindKeys`, `StoreUnavailable`.
        """
        if self._newest_witness is not None:
            witness = self._newest_witness()
            _asking(lambda: refuse_restored(self._dsn, witness))

        def ask(connection: Connection) -> Mark:
            [lsn] = _row(connection.execute(statement("mark_wal")))
            if not closing:
                return _LedgerMark(self._dsn, lsn)
            [segment] = _row(connection.execute(statement("close_segment"), (lsn,)))
            return _LedgerMark(self._dsn, lsn) if segment is None else _ArchivedMark(self._dsn, lsn, segment)

        return _connected(self._dsn, ask)


class _LedgerMark:
    """One whose segment was left open: of the archive it can only be said whether it fails."""

    def __init__(self, dsn: str, lsn: str) -> None:
        self._dsn, self._lsn = dsn, lsn

    def standbys(self) -> Sequence[Standby]:
        def ask(connection: Connection) -> Sequence[Standby]:
            rows = connection.execute(statement("standbys"), (self._lsn,))
            return [Standby(*row) for row in rows]

        return _connected(self._dsn, ask)

    def archive(self) -> Archive:
        is_on, _, failed, failed_at = self._archiver()
        if not failed:
            return Archive(is_on, None)
        return Archive(is_on, f"archiving {failed} fails, last at {failed_at:%Y-%m-%d %H:%M:%SZ}" if is_on else None)

    def _archiver(self) -> tuple[bool, str | None, str | None, datetime | None]:
        def ask(connection: Connection) -> tuple[bool, str | None, str | None, datetime | None]:
            is_on, archived, failed, failed_at = _row(connection.execute(statement("archiver")))
            return is_on, archived, failed, failed_at

        return _connected(self._dsn, ask)


class _ArchivedMark(_LedgerMark):
    """One in a segment that must be in the archive."""

    def __init__(self, dsn: str, lsn: str, segment: str) -> None:
        super().__init__(dsn, lsn)
        self._segment = segment

    def archive(self) -> Archive:
        _, archived, *_ = self._archiver()
        if _is_archived(self._segment, archived):
            return Archive(is_on=True, lacks=None)
        return Archive(is_on=True, lacks=super().archive().lacks or f"{self._segment} is not archived yet")


def _is_archived(segment: str, last: str | None) -> bool:
    """Segments are archived in the order of their names. A history says nothing of them, a partial one is none."""
    if last is None or last.endswith((".partial", ".history")):
        return False
    return last[:_SEGMENT_DIGITS] >= segment


def _connected(dsn: str, work: Callable[[Connection], Answer]) -> Answer:
    def connected() -> Answer:
        with connect(dsn, name="ledger settling") as connection:
            return work(connection)

    return _asking(connected)


def _asking(work: Callable[[], Answer]) -> Answer:
    """Once: whoever waits asks again. A server that recovers as a standby is none that a destruction can rest on."""
    try:
        return work()
    except psycopg.Error as error:
        if not is_transient(error) and not isinstance(error, psycopg.errors.ObjectNotInPrerequisiteState):
            raise
        raise StoreUnavailable(0, CONNECT_SECONDS_MAX) from error


def _row(cursor: psycopg.Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None, "each of these has one row"
    return row
