"""The ledger's facts are on its failover targets and in its archive before keys go: a real archive and real standby."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import ledger as points
from crypto_shredding import Mark
from ledger import LedgerBehindKeys, LedgerPrimary, StoreUnavailable, log_place
from service.drill.standbys import let_standbys_in, reload, standby_of, until
from service.embedded_postgres import EmbeddedPostgres
from service.postgres_places import server_user

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that the servers' user can reach."""
    path = Path(tempfile.mkdtemp(prefix="points-ledger-archive-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def archive(place: Path) -> Path:
    folder = place / "archive"
    folder.mkdir()
    user = server_user()
    shutil.chown(folder, user.uid, user.gid)
    return folder


@pytest.fixture(scope="module")
def primary(place: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(place / "primary", settings={"archive_mode": "on"}) as server:
        let_standbys_in(server)
        yield server


@pytest.fixture
def dsn(primary: EmbeddedPostgres) -> str:
    """A ledger database of the primary, as the role of the service."""
    name = f"ledger_{next(numbers)}"
    primary.create_database(name)
    points.migrate(primary.dsn(name))
    return primary.dsn(name, user="ledger_app")


def archives_to(primary: EmbeddedPostgres, command: str) -> None:
    reload(primary, archive_command=command)


def lacks(mark: Mark) -> str | None:
    found = mark.archive()
    assert found.is_on
    return found.lacks


def test_what_is_marked_is_archived_at_once_although_its_segment_is_not_full(
    primary: EmbeddedPostgres, dsn: str, archive: Path
) -> None:
    archives_to(primary, f"cp %p {archive}/%f")
    mark = LedgerPrimary(dsn).mark(closing=True)

    until(lambda: lacks(mark) is None)

    with psycopg.connect(dsn) as connection:
        [segment] = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone() or ("",)
    assert (archive / segment).stat().st_size == 16 * 1024 * 1024


def test_an_archive_that_fails_is_named_until_it_works_again(
    primary: EmbeddedPostgres, dsn: str, archive: Path
) -> None:
    archives_to(primary, "false")
    mark = LedgerPrimary(dsn).mark(closing=True)
    untouched = LedgerPrimary(dsn).mark(closing=False)
    until(lambda: "fails" in (lacks(mark) or ""))
    told = lacks(untouched)

    archives_to(primary, f"cp %p {archive}/%f")

    assert told is not None
    assert "fails, last at" in told
    until(lambda: lacks(mark) is None)
    assert lacks(untouched) is None


def test_a_server_that_forgot_what_it_archived_says_it_again(
    primary: EmbeddedPostgres, dsn: str, archive: Path
) -> None:
    archives_to(primary, f"cp %p {archive}/%f")
    first = LedgerPrimary(dsn).mark(closing=True)
    until(lambda: lacks(first) is None)
    with psycopg.connect(primary.dsn("postgres"), autocommit=True) as owner:
        owner.execute("SELECT pg_stat_reset_shared('archiver')")
    forgotten = lacks(first)

    again = LedgerPrimary(dsn).mark(closing=True)

    assert forgotten is not None
    until(lambda: lacks(again) is None)


def test_a_standby_of_the_ledger_holds_a_mark_when_it_has_flushed_it(
    primary: EmbeddedPostgres, place: Path, dsn: str
) -> None:
    with standby_of(primary, "books-2", place / "books-2") as standby:
        healthy = LedgerPrimary(dsn).mark(closing=False)
        until(lambda: holds(healthy) == {"books-2": True})
        standby.silence()
        try:
            write(primary)
            behind = LedgerPrimary(dsn).mark(closing=False)
            silent = holds(behind)
        finally:
            standby.speak()
        until(lambda: holds(behind) == {"books-2": True})

        assert silent == {"books-2": False}
        with pytest.raises(StoreUnavailable):  # a server in recovery is no primary
            LedgerPrimary(dsn.replace(str(primary.socket_dir), str(standby.socket_dir))).mark(closing=False)


def holds(mark: Mark) -> dict[str, bool]:
    return {each.name: each.holds for each in mark.standbys()}


def write(primary: EmbeddedPostgres) -> None:
    with psycopg.connect(primary.dsn("postgres"), autocommit=True) as owner:
        owner.execute("SELECT pg_logical_emit_message(true, 'test', 'something durable')")


def test_a_log_that_lacks_what_a_doom_saw_is_not_marked(primary: EmbeddedPostgres, dsn: str) -> None:
    seen = bytearray(log_place(dsn))
    seen[8:16] = (7).to_bytes(8)  # a position that this log has not

    with pytest.raises(LedgerBehindKeys):
        LedgerPrimary(dsn, lambda: bytes(seen)).mark(closing=True)


def test_a_ledger_that_is_away_is_told_as_unavailable(dsn: str, place: Path) -> None:
    with pytest.raises(StoreUnavailable):
        LedgerPrimary(f"postgresql://ledger_app@/ledger?host={place}").mark(closing=True)
