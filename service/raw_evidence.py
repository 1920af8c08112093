"""Evidence from the raw files of an embedded server: heap, indexes, WAL, logs and dumps searched for personal values.

A search that finds nothing proves nothing by itself. So a control value is planted in a database of its own on the
same server, written out three ways, and the search has to find it in the table's file, in the WAL and in the dump.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import psycopg
from psycopg import sql

from service.embedded_postgres import EmbeddedPostgres
from service.raw_search import Found, SearchReport, search_raw

CONTROL_DATABASE = "control"
CONTROL_COPIES = 10  # a page header of the WAL cuts about one value in a hundred in two; it cannot cut all of these
DUMP_SECONDS_MAX = 600.0  # a gigabyte takes some twenty seconds; past this the disk is the problem


@dataclass(frozen=True, slots=True)
class Evidence:
    """``found``: personal values in the clear. ``controls``: where the control value was found, and how written."""

    report: SearchReport
    found: tuple[Found, ...]
    controls: frozenset[tuple[str, str]]

    @property
    def control_holds(self) -> bool:
        """Whether the search sees each way of writing in each kind of file."""
        return {
            (place, form) for place in ("table", "WAL", "dump") for form in ("utf-8", "hex", "base64")
        } <= self.controls


def search_server(
    server: EmbeddedPostgres,
    databases: Iterable[str],
    values: Iterable[str],
    *,
    progress: Callable[[int], None] | None = None,
) -> Evidence:
    """Dump the databases, then search the whole data folder and the dumps."""
    control = f"control value {token_hex(12)}"
    with tempfile.TemporaryDirectory(prefix="dumps-", dir=server.data_dir) as folder:
        _plant(server, control)
        try:
            for database in (*databases, CONTROL_DATABASE):
                _dump(server, database, Path(folder) / f"{database}.sql")
            report = search_raw([server.data_dir], [*values, control], progress=progress)
        finally:
            _drop(server)
    controls = frozenset(
        (_place(hit.path), hit.encoding.partition("+")[0].lower()) for hit in report.found if hit.value == control
    )
    return Evidence(report, tuple(hit for hit in report.found if hit.value != control), controls)


def _plant(server: EmbeddedPostgres, control: str) -> None:
    _drop(server)
    server.create_database(CONTROL_DATABASE)
    with psycopg.connect(server.dsn(CONTROL_DATABASE), autocommit=True) as connection:
        connection.execute("CREATE TABLE control (plain text, hex text, base64 text)")
        connection.execute(
            "INSERT INTO control SELECT %(value)s, encode(%(bytes)s, 'hex'), encode(%(bytes)s, 'base64') "
            "FROM generate_series(1, %(copies)s)",
            {"value": control, "bytes": control.encode(), "copies": CONTROL_COPIES},
        )
        connection.execute("CHECKPOINT")  # what is only in memory cannot be found in a file


def _drop(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(CONTROL_DATABASE)))


def _dump(server: EmbeddedPostgres, database: str, file: Path) -> None:
    # Plain SQL, uncompressed: a search sees through neither a compressed dump nor a compressed value in a heap file.
    command = [str(server.binaries / "pg_dump"), "--format=plain", f"--file={file}", server.dsn(database)]
    subprocess.run(command, check=True, timeout=DUMP_SECONDS_MAX)


def _place(path: Path) -> str:
    if "pg_wal" in path.parts:
        return "WAL"
    return "dump" if path.suffix == ".sql" else "table"
