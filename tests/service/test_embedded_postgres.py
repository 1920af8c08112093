"""The embedded PostgreSQL: shared while used, gone afterwards, whatever ended its users."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from service import postgres_places
from service.embedded_postgres import (
    BinariesMissing,
    EmbeddedPostgres,
    FolderUnreachable,
    ServerDidNotStart,
    default_data_dir,
)
from service.postgres_places import find_binaries, packaged_binaries, server_user

SECONDS_MAX = 60
"""How long a test waits for what must happen; only a failing test gets there."""

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as another user")

USER_PROGRAM = """
import sys
from pathlib import Path

from service.embedded_postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1])) as server:
    print(server.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can reach; pytest's own is closed to everybody else."""
    path = Path(tempfile.mkdtemp(prefix="points-ledger-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def data_dir(folder: Path) -> Path:
    return folder / "data"


@contextlib.contextmanager
def another_process(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the server until its standard input ends; it says the server's pid on its output."""
    with subprocess.Popen(
        [sys.executable, "-c", USER_PROGRAM, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def pid_said_by(process: subprocess.Popen[str]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def wait_for_end(pid: int) -> None:
    """Return when the process is over, at once if it is already."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        assert select.select([handle], [], [], SECONDS_MAX)[0], f"process {pid} does not end"
    finally:
        os.close(handle)


def is_over(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_process_that_comes_later_shares_the_server_and_keeps_it(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as first, another_process(data_dir) as other:
        pid = pid_said_by(other)
        assert pid == first.pid

        first.stop()  # who started it leaves first

        with EmbeddedPostgres(data_dir) as third:
            assert third.pid == pid
            with psycopg.connect(third.dsn("postgres")) as connection:
                assert connection.execute("SELECT 1").fetchone() == (1,)


def test_nothing_is_left_when_the_last_one_has_gone(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        sockets, pid, keeper = server.socket_dir, server.pid, server.keeper_pid

    assert is_over(pid)
    assert is_over(keeper)
    assert not sockets.exists()
    assert not (data_dir / "cluster/postmaster.pid").exists()
    server.stop()  # twice is once


def test_processes_that_come_at_once_share_one_server(data_dir: Path) -> None:
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(another_process(data_dir)) for _ in range(4)]
        assert len({pid_said_by(other) for other in others}) == 1


def test_a_user_that_was_killed_leaves_no_server(data_dir: Path) -> None:
    with another_process(data_dir) as other:
        pid = pid_said_by(other)
        other.kill()

    wait_for_end(pid)


def test_a_keeper_that_was_killed_leaves_no_server_and_the_data_are_there_again(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir).start()
    assert server.create_database("kept")
    os.kill(server.keeper_pid, signal.SIGKILL)
    wait_for_end(server.pid)
    assert not server.is_running()
    sockets = server.socket_dir
    server.stop()

    with EmbeddedPostgres(data_dir) as server:
        assert not server.create_database("kept")
        assert not sockets.exists(), "the socket folder that the killed keeper left is swept"


def test_an_acknowledged_row_outlives_a_killed_server(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (row int)")
            connection.execute("INSERT INTO kept VALUES (1)")
            os.kill(server.pid, signal.SIGKILL)
        wait_for_end(server.keeper_pid)
        assert not server.is_running()

        with EmbeddedPostgres(data_dir) as again, psycopg.connect(again.dsn("postgres")) as connection:
            assert connection.execute("SELECT row FROM kept").fetchall() == [(1,)]


def test_a_pid_file_that_names_a_strangers_process_is_not_believed(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    stranger = subprocess.Popen(["/bin/sleep", "600"], user=server_user().uid if os.geteuid() == 0 else None)
    try:
        stale = data_dir / "cluster/postmaster.pid"
        stale.write_text(f"{stranger.pid}\n{data_dir}/cluster\n1\n5432\n/nowhere\n\n0 0\nready\n")

        with EmbeddedPostgres(data_dir) as server:
            assert server.pid != stranger.pid
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_cluster_that_was_half_made_is_made_anew(data_dir: Path) -> None:
    half = data_dir / "cluster.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(data_dir) as server:
        assert server.is_running()
    assert not half.exists()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(data_dir: Path) -> None:
    with pytest.raises(ServerDidNotStart) as caught:
        EmbeddedPostgres(data_dir, settings={"wal_level": "nonsense"}).start()

    assert 'invalid value for parameter "wal_level"' in caught.value.reason
    assert not (data_dir / "server.json").exists()
    with EmbeddedPostgres(data_dir) as server:
        assert server.is_running()


def test_a_folder_without_binaries_is_refused(data_dir: Path, folder: Path) -> None:
    with pytest.raises(BinariesMissing):
        EmbeddedPostgres(data_dir, binaries=folder).start()


def test_nobody_but_who_runs_the_server_gets_in(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn("postgres")) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert server.socket_dir.stat().st_mode & 0o077 == 0


@as_root
def test_the_servers_own_user_may_not_log_in(server: EmbeddedPostgres) -> None:
    psql = server.binaries / "psql"
    tried = subprocess.run(
        [psql, "--no-psqlrc", "--command=SELECT 1", server.dsn("postgres")],
        user=server_user().uid, capture_output=True, text=True, check=False, cwd="/",
    )  # fmt: skip

    assert "Peer authentication failed" in tried.stderr


@as_root
def test_a_closed_folder_on_the_way_is_named_and_stays_closed(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    with pytest.raises(FolderUnreachable, match=f"chmod o\\+x {closed}"):
        EmbeddedPostgres(closed / "data").start()

    assert closed.stat().st_mode & 0o777 == 0o700
    assert list(closed.iterdir()) == []


@as_root
def test_binaries_in_a_closed_folder_are_copied_to_where_the_server_reaches_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As when the whole checkout, with its virtual environment, lies under /root.
    package = (packaged_binaries() or Path()).parent.parent
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(package / "pginstall", closed / "embedded_postgres/pginstall")
    shutil.copytree(package.with_name("embedded_postgres.libs"), closed / "embedded_postgres.libs")
    monkeypatch.setattr(postgres_places, "packaged_binaries", lambda: closed / "embedded_postgres/pginstall/bin")
    monkeypatch.setattr(postgres_places, "COPIED_BINARIES", folder / "copies")

    with EmbeddedPostgres(folder / "data") as server:
        assert server.binaries.is_relative_to(folder / "copies")
    assert find_binaries(None, server_user()) == server.binaries, "it is copied once"
    assert [copy.name for copy in (folder / "copies").iterdir()] == [server.binaries.parents[2].name]


@as_root
def test_the_default_folder_under_root_does_not_depend_on_where_the_checkout_lies() -> None:
    assert default_data_dir({"HOME": "/root"}) == Path("/var/lib/points-ledger")


def test_the_folder_can_be_chosen(folder: Path) -> None:
    assert default_data_dir({"POINTS_LEDGER_DATA": str(folder)}) == folder


def test_a_database_is_created_once_and_its_name_may_be_anything(server: EmbeddedPostgres) -> None:
    name = f"a/b c?{os.getpid()}"

    assert server.create_database(name)
    assert not server.create_database(name)

    with psycopg.connect(server.dsn(name)) as connection:
        assert connection.info.dbname == name


def test_the_log_repeats_no_value_that_a_statement_carried(server: EmbeddedPostgres, blank_dsn: str) -> None:
    value = f"someone-{os.getpid()}@example.org"
    with psycopg.connect(blank_dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE person (email text PRIMARY KEY)")
        connection.execute("INSERT INTO person VALUES (%s)", [value])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO person VALUES (%s)", [value])
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute(psycopg.sql.SQL("INSERT INTO nowhere VALUES ({})").format(value))

    log = (server.data_dir / "server.log").read_text()
    assert "duplicate key value" in log
    assert value not in log
