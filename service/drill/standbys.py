"""Real standbys: servers that stream from a primary under a name, fall silent, and take over."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from service.drill.copies import base_backup, own
from service.embedded_postgres import EmbeddedPostgres
from service.postgres_places import server_user

WAIT_SECONDS_MAX, PAUSE_SECONDS = 30.0, 0.02


class StandbyServer(EmbeddedPostgres):
    """A server that follows another one. Its roles come from there."""

    _silenced: int

    def _make_roles(self) -> None:
        pass

    def silence(self) -> int:
        """Stop what receives the log, without a word to the primary; returns its pid. `speak` lets it go on."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            until(lambda: connection.execute("SELECT pid FROM pg_stat_wal_receiver").fetchone() is not None)
            row = connection.execute("SELECT pid FROM pg_stat_wal_receiver").fetchone()
        assert row is not None
        os.kill(row[0], signal.SIGSTOP)
        self._silenced = int(row[0])
        return self._silenced

    def speak(self) -> None:
        """Go on receiving."""
        os.kill(self._silenced, signal.SIGCONT)

    def cut_off(self) -> None:
        """Hear nothing of the primary any more."""
        reload(self, primary_conninfo="")
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            until(lambda: connection.execute("SELECT FROM pg_stat_wal_receiver").fetchone() is None)

    def promote(self) -> None:
        """Take over."""
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            assert connection.execute("SELECT pg_promote()").fetchone() == (True,)


def let_standbys_in(primary: EmbeddedPostgres) -> None:
    """Servers run as another user than whoever starts them as root, and peer authentication asks for that one."""
    with (primary.data_dir / "cluster" / "pg_ident.conf").open("a") as ident:
        ident.write(f"runner {server_user().name} all\n")
    reload(primary)


def reload(server: EmbeddedPostgres, **settings: str) -> None:
    """Change settings that a running server takes."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value))
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def standby_of(primary: EmbeddedPostgres, name: str, folder: Path) -> Iterator[StandbyServer]:
    """A standby that streams as `name`, with everything that the primary has now."""
    base_backup(primary, folder)
    folder.chmod(0o755)
    (folder / "cluster" / "standby.signal").touch()
    with (folder / "cluster" / "postgresql.auto.conf").open("a") as settings:
        settings.write(f"primary_conninfo = 'host={primary.socket_dir} user=postgres application_name={name}'\n")
    own(folder)
    with StandbyServer(folder) as standby:
        with psycopg.connect(primary.dsn("postgres"), autocommit=True) as connection:
            until(
                lambda: connection.execute(
                    "SELECT FROM pg_stat_replication WHERE application_name = %s AND state = 'streaming'", [name]
                ).fetchone()
                is not None
            )
        yield standby


def until(holds: Callable[[], bool]) -> None:
    """Wait for what must come. Raises TimeoutError."""
    give_up_at = time.monotonic() + WAIT_SECONDS_MAX
    while not holds():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"it did not come within {WAIT_SECONDS_MAX:g} s")
        time.sleep(PAUSE_SECONDS)
