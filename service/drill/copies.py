"""Copies of a running installation, as backups make them: by PostgreSQL's own tools, and by copying files."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from service.embedded_postgres import EmbeddedPostgres
from service.postgres_places import server_user
from service.settings import Databases
from service.wiring import KEYS, LEDGER

TOOL_SECONDS_MAX = 300.0  # the drill's databases are small; past this the disk is the problem


def base_backup(server: EmbeddedPostgres, folder: Path) -> None:
    """A base backup with the WAL that it needs, as the data folder of another embedded server."""
    folder.mkdir()
    _run(server, "pg_basebackup", f"--pgdata={folder / 'cluster'}", "--checkpoint=fast", f"--dbname={_any(server)}")
    own(folder)


def dump(server: EmbeddedPostgres, database: str, file: Path) -> None:
    """A logical dump of one database."""
    _run(server, "pg_dump", f"--file={file}", server.dsn(database))


def copy_of(folder: Path, target: Path) -> Path:
    """A copy of files as they lie there."""
    shutil.copytree(folder, target)
    return target


def own(folder: Path) -> None:
    """Give the cluster in a data folder to the user that runs the server."""
    user = server_user()
    for parent, folders, files in os.walk(folder / "cluster"):
        for path in (Path(parent), *(Path(parent) / name for name in (*folders, *files))):
            os.chown(path, user.uid, user.gid)


def databases_of(server: EmbeddedPostgres, keys: EmbeddedPostgres | None = None) -> Databases:
    """Both databases of a server, or the keys of another one, by role."""
    keys = keys or server
    return Databases(
        ledger=server.dsn(LEDGER, user="ledger_app"),
        ledger_owner=server.dsn(LEDGER),
        projector=server.dsn(LEDGER, user="ledger_projector"),
        dispute=server.dsn(LEDGER, user="ledger_dispute"),
        compaction=server.dsn(LEDGER, user="ledger_compaction"),
        keys=keys.dsn(KEYS, user="keys_app"),
        keys_owner=keys.dsn(KEYS),
    )


def _run(server: EmbeddedPostgres, tool: str, *arguments: str) -> None:
    command = [str(server.binaries / tool), *arguments]
    subprocess.run(command, check=True, timeout=TOOL_SECONDS_MAX, capture_output=True)


def _any(server: EmbeddedPostgres) -> str:
    return server.dsn("postgres")
