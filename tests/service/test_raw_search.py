"""The search of raw files finds what is there, however written, wherever planted; after a replay there is nothing."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Json

from service import raw_search
from service.embedded_postgres import EmbeddedPostgres
from service.raw_evidence import search_server
from service.raw_search import search_raw
from service.replay.plan import Slice, make_plan, personal_values
from service.replay.source import Source
from tests.service.conftest import KEY_CACHE_SECONDS, Cli

VALUE = "메모 김민준 장보기 31198570044"


@pytest.mark.parametrize("before", [b"", b"x", b"xy"])
@pytest.mark.parametrize("behind", [b"", b"z", b"zz"])
@pytest.mark.parametrize(
    "write", [bytes, lambda data: data.hex().encode(), lambda data: data.hex().upper().encode(), b64encode]
)
def test_a_value_is_found_however_it_was_written(
    tmp_path: Path, write: Callable[[bytes], bytes], before: bytes, behind: bytes
) -> None:
    written = write(before + VALUE.encode() + behind)
    (tmp_path / "file").write_bytes(os.urandom(1_000) + written + os.urandom(1_000))

    report = search_raw([tmp_path], [VALUE, "메모 김민준 장보기 31198571044", "메모 김민준 장보기"])

    assert {hit.value for hit in report.found} == {VALUE, "메모 김민준 장보기"}


def test_a_value_on_the_border_of_two_pieces_is_found_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_search, "CHUNK_BYTES", 4_096)
    value = VALUE.encode()
    offsets = [4_096 - shift for shift in range(len(value) + 2)]
    for offset in offsets:
        (tmp_path / f"{offset}").write_bytes(b"." * offset + value + b"." * 5_000)

    report = search_raw([tmp_path], [VALUE])

    assert sorted(hit.offset for hit in report.found) == sorted(offsets)


def test_what_is_too_short_to_mean_anything_is_counted_and_not_searched(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"kim kim kim")

    report = search_raw([tmp_path], ["kim", "kim kim"])

    assert (report.values, report.skipped, len(report.found)) == (1, 1, 2)


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server of its own with a replayed slice of which one member was erased; nothing else was ever in its files."""
    folder = Path(tempfile.mkdtemp(prefix="points-ledger-raw-"))
    folder.chmod(0o755)
    cli = Cli({"POINTS_LEDGER_DATA": str(folder / "data"), "POINTS_LEDGER_KEY_CACHE_SECONDS": KEY_CACHE_SECONDS})
    with EmbeddedPostgres(folder / "data") as server:
        cli.ok("replay", "--households", 20)
        cli.ok("trial-balance")
        yield server
    shutil.rmtree(folder, ignore_errors=True)


def values_of_the_slice() -> set[str]:
    return set(personal_values(make_plan(Source.find(), Slice(20))))


def test_after_a_replay_no_personal_value_is_in_any_file_wal_or_dump(replayed: EmbeddedPostgres) -> None:
    values = values_of_the_slice()

    evidence = search_server(replayed, ("ledger", "keys"), values)

    assert len(values) > 1_000
    assert evidence.control_holds
    assert evidence.found == ()


def tables(server: EmbeddedPostgres, database: str, schemas: tuple[str, ...]) -> list[tuple[str, str]]:
    with psycopg.connect(server.dsn(database)) as connection:
        return connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY (%s) ORDER BY 1, 2", [list(schemas)]
        ).fetchall()


@pytest.mark.parametrize("database", ["ledger", "keys"])
def test_a_value_planted_in_any_table_is_found(replayed: EmbeddedPostgres, database: str) -> None:
    schemas = ("ledger", "projections") if database == "ledger" else ("crypto_shredding",)
    planted: dict[str, str] = {}
    with (
        psycopg.connect(replayed.dsn(database)) as connection,
        psycopg.connect(replayed.dsn(database), autocommit=True) as beside,
    ):
        connection.execute("SET session_replication_role = replica")  # no trigger may refuse what is planted
        for number, (schema, table) in enumerate(tables(replayed, database, schemas)):
            planted[f"{schema}.{table}"] = plant(connection, sql.Identifier(schema, table), f"{database[0]}{number:03}")
        beside.execute("CHECKPOINT")  # also what is not committed goes to the files
        report = search_raw([replayed.data_dir / "cluster" / "base"], planted.values())
        connection.rollback()

    found = {hit.value for hit in report.found}
    assert len(planted) >= 8
    assert {name for name, value in planted.items() if value not in found} == set()


def plant(connection: psycopg.Connection[tuple[Any, ...]], table: sql.Identifier, mark: str) -> str:
    """Put a value into a row of the table, in the first column that takes one; into a twin if there is no row."""
    long, short = f"planted value {mark}", f"set {mark}"
    assert (len(long), len(short)) == (18, 8)
    sixteen = f"a planted : {mark}".encode()
    values: dict[str, tuple[tuple[str, object], ...]] = {
        "text": ((long, long),),
        "json": ((long, Json(long)),),
        "bytea": ((long, long.encode()), (sixteen.decode(), sixteen * 2)),  # digests have 32 bytes
        "uuid": ((sixteen.decode(), UUID(bytes=sixteen)),),
        "bigint": ((short, int.from_bytes(short.encode(), "little")),),  # the bytes as the heap has them
    }
    twin = sql.Identifier("public", f"twin_{mark}")
    connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING STORAGE)").format(twin, table))
    columns = dict(
        connection.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            [f"public.twin_{mark}"],
        ).fetchall()
    )
    change = sql.SQL("UPDATE {table} SET {column} = %s WHERE ctid = (SELECT ctid FROM {table} LIMIT 1)")
    for kind, choices in values.items():
        for column in (name for name, its_kind in columns.items() if its_kind == kind):
            for text, value in choices:
                with contextlib.suppress(psycopg.DataError, psycopg.IntegrityError), connection.transaction():
                    statement = change.format(table=table, column=sql.Identifier(column))
                    if connection.execute(statement, [value]).rowcount:
                        return text
    if not any(kind in values for kind in columns.values()):  # a table that has room for numbers and times alone
        connection.execute(sql.SQL("ALTER TABLE {} ADD COLUMN planted text").format(twin))
        columns["planted"] = "text"
    for column in columns:
        connection.execute(sql.SQL("ALTER TABLE {} ALTER {} DROP NOT NULL").format(twin, sql.Identifier(column)))
    column, (text, value) = next(
        (name, values[kind][0]) for kind in values for name, its_kind in columns.items() if its_kind == kind
    )
    connection.execute(sql.SQL("INSERT INTO {} ({}) VALUES (%s)").format(twin, sql.Identifier(column)), [value])
    return text
