"""Settings, read once from the environment at start and refused there if they do not fit together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import psycopg
from psycopg.conninfo import conninfo_to_dict

from crypto_shredding import KEY_CACHE_SECONDS_MAX, SETTLE_SECONDS_MAX
from service.embedded_postgres import default_data_dir
from service.root_settings import FilePlace, RootPlace, SettingsRefused, root_place

CHECKPOINTS = "checkpoints.jsonl"
TREE_COPY = Path("tree-copy", "tree.sqlite")

SETTLE_SECONDS_LONGEST = 600.0
"""As long as one rotation waits for a standby no other process rotates, and erasures queue up behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """Two databases of somebody's PostgreSQL, by role.

    The service; who migrates; who keeps the read models, reads held records for a dispute, and compacts.
    """

    ledger: str = field(repr=False)
    keys: str = field(repr=False)
    ledger_owner: str = field(repr=False)
    keys_owner: str = field(repr=False)
    projector: str = field(repr=False)
    dispute: str = field(repr=False)
    compaction: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one installation is made of.

    `databases` is None for the embedded PostgreSQL, whose data lie under `data_dir`. `root` is where the root of all
    keys lives: losing it loses every personal value, and a backup of it undoes every erasure. `checkpoints` is the file
    of signed chain heads, and `tree_copy` the newest key tree in a file, with which a lost keys database is restored:
    both are worth most on another machine than the databases, and the copy on no snapshot schedule.
    `key_cache_seconds` is fixed when an installation is first set up: so long may a process go on using a key that was
    doomed, and so long waits every erasure. `settle_seconds` is how long one waits for a silent failover target or
    archive before it says so; then it stays open.
    """

    data_dir: Path
    root: RootPlace
    checkpoints: Path
    tree_copy: Path
    databases: Databases | None
    postgres_binaries: Path | None
    key_cache_seconds: float
    settle_seconds: float = SETTLE_SECONDS_MAX

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment; raises SettingsRefused.

        LEDGER_DSN, KEYS_DSN (both or neither), LEDGER_OWNER_DSN, KEYS_OWNER_DSN (who migrates; else the same),
        PROJECTOR_DSN, LEDGER_DISPUTE_DSN, LEDGER_COMPACTION_DSN (else who migrates),
        POINTS_LEDGER_DATA, POINTS_LEDGER_POSTGRES (a folder of binaries), POINTS_LEDGER_CHECKPOINTS,
        POINTS_LEDGER_TREE_COPY, POINTS_LEDGER_KEY_CACHE_SECONDS, POINTS_LEDGER_SETTLE_SECONDS, and where the root
        lives.
        """
        environ = os.environ if environ is None else environ
        data_dir = default_data_dir(environ)

        def place(name: str) -> Path | None:
            return Path(environ[name]).expanduser().absolute() if environ.get(name) else None

        return cls(
            data_dir=data_dir,
            root=root_place(environ, data_dir),
            checkpoints=place("POINTS_LEDGER_CHECKPOINTS") or data_dir / CHECKPOINTS,
            tree_copy=place("POINTS_LEDGER_TREE_COPY") or data_dir / TREE_COPY,
            databases=_databases(environ),
            postgres_binaries=place("POINTS_LEDGER_POSTGRES"),
            key_cache_seconds=_seconds(environ, "POINTS_LEDGER_KEY_CACHE_SECONDS", KEY_CACHE_SECONDS_MAX),
            settle_seconds=_seconds(
                environ, "POINTS_LEDGER_SETTLE_SECONDS", SETTLE_SECONDS_MAX, at_most=SETTLE_SECONDS_LONGEST
            ),
        )

    def within(self, folder: Path) -> Self:
        """An installation apart: an embedded PostgreSQL of its own, and no file of this one is read or written."""
        return replace(
            self,
            data_dir=folder,
            root=FilePlace(folder=folder / "root"),
            checkpoints=folder / CHECKPOINTS,
            tree_copy=folder / TREE_COPY,
            databases=None,
        )

    @property
    def own_checkpoints(self) -> Path:
        """Where the checkpoint file is unless somebody names another place."""
        return self.data_dir / CHECKPOINTS


OTHER_ROLES = {
    "projector": "PROJECTOR_DSN",
    "dispute": "LEDGER_DISPUTE_DSN",
    "compaction": "LEDGER_COMPACTION_DSN",
}
"""Who else works in the ledger's database, and the variable that says how."""


def _seconds(environ: Mapping[str, str], name: str, default: float, *, at_most: float | None = None) -> float:
    most = default if at_most is None else at_most
    try:
        seconds = float(environ.get(name) or default)
    except ValueError:
        raise SettingsRefused(name, "is not a number of seconds") from None
    if not 0 < seconds <= most:
        raise SettingsRefused(name, f"must be above 0 and at most {most:g}")
    return seconds


def _databases(environ: Mapping[str, str]) -> Databases | None:
    """Both databases or neither."""
    ledger, keys = environ.get("LEDGER_DSN"), environ.get("KEYS_DSN")
    if not ledger and not keys:
        for name in ("LEDGER_OWNER_DSN", "KEYS_OWNER_DSN", *OTHER_ROLES.values()):
            if environ.get(name):
                raise SettingsRefused(name, "is set, but LEDGER_DSN and KEYS_DSN are not")
        return None
    if not ledger:
        raise SettingsRefused("LEDGER_DSN", "KEYS_DSN is set, so the ledger's database must be named too")
    if not keys:
        raise SettingsRefused("KEYS_DSN", "LEDGER_DSN is set, so the keys' database must be named too")
    if _place("LEDGER_DSN", ledger) == _place("KEYS_DSN", keys):
        # A backup of the ledger would contain the keys, and no erasure could ever be complete.
        raise SettingsRefused("KEYS_DSN", "names the same database as LEDGER_DSN; keys need a database of their own")
    ledger_owner = environ.get("LEDGER_OWNER_DSN") or ledger
    keys_owner = environ.get("KEYS_OWNER_DSN") or keys
    # Only the database's name: an owner goes straight to the server, the service perhaps through a pooler.
    if _place("LEDGER_OWNER_DSN", ledger_owner)[2] != _place("LEDGER_DSN", ledger)[2]:
        raise SettingsRefused("LEDGER_OWNER_DSN", "names another database than LEDGER_DSN")
    if _place("KEYS_OWNER_DSN", keys_owner)[2] != _place("KEYS_DSN", keys)[2]:
        raise SettingsRefused("KEYS_OWNER_DSN", "names another database than KEYS_DSN")
    others = {role: environ.get(name) or ledger_owner for role, name in OTHER_ROLES.items()}
    for role, name in OTHER_ROLES.items():
        if _place(name, others[role])[2] != _place("LEDGER_DSN", ledger)[2]:
            raise SettingsRefused(name, "names another database than LEDGER_DSN")
    return Databases(ledger=ledger, keys=keys, ledger_owner=ledger_owner, keys_owner=keys_owner, **others)


def _place(name: str, dsn: str) -> tuple[str, str, str]:
    """Host, port and database of a DSN. The DSN itself stays out of messages: it may carry a password."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise SettingsRefused(name, "is not a PostgreSQL connection string (postgresql://user@host/database)") from None
    host = parts.get("host") or parts.get("hostaddr") or ""
    return str(host), str(parts.get("port") or "5432"), str(parts.get("dbname") or parts.get("user") or "")
