"""Settings, read once from the environment at start and refused there if they do not fit together."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psycopg
from psycopg.conninfo import conninfo_to_dict

from service.embedded_postgres import default_data_dir


class SettingsRefused(Exception):
    """A setting is missing or impossible: correct the environment variable `name` and start again."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name, self.problem = name, problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Databases:
    """Two databases of somebody's PostgreSQL; each with the role of the running service and the one that migrates."""

    ledger: str = field(repr=False)
    keys: str = field(repr=False)
    ledger_owner: str = field(repr=False)
    keys_owner: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What one installation is made of.

    `databases` is None for the embedded PostgreSQL, whose data lie under `data_dir`. `root_dir` holds the file root:
    losing it loses every personal value, and a backup of it undoes every erasure.
    """

    data_dir: Path
    root_dir: Path
    databases: Databases | None
    postgres_binaries: Path | None

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the environment; raises SettingsRefused.

        LEDGER_DSN, KEYS_DSN (both or neither), LEDGER_OWNER_DSN, KEYS_OWNER_DSN (who migrates; else the same),
        POINTS_LEDGER_DATA, POINTS_LEDGER_ROOT, POINTS_LEDGER_POSTGRES (a folder of binaries).
        """
        environ = os.environ if environ is None else environ
        data_dir = default_data_dir(environ)
        root, binaries = environ.get("POINTS_LEDGER_ROOT"), environ.get("POINTS_LEDGER_POSTGRES")
        return cls(
            data_dir=data_dir,
            root_dir=Path(root).expanduser().absolute() if root else data_dir / "root",
            databases=_databases(environ),
            postgres_binaries=Path(binaries).expanduser().absolute() if binaries else None,
        )


def _databases(environ: Mapping[str, str]) -> Databases | None:
    """Both databases or neither."""
    ledger, keys = environ.get("LEDGER_DSN"), environ.get("KEYS_DSN")
    if not ledger and not keys:
        for name in ("LEDGER_OWNER_DSN", "KEYS_OWNER_DSN"):
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
    return Databases(ledger=ledger, keys=keys, ledger_owner=ledger_owner, keys_owner=keys_owner)


def _place(name: str, dsn: str) -> tuple[str, str, str]:
    """Host, port and database of a DSN. The DSN itself stays out of messages: it may carry a password."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise SettingsRefused(name, "is not a PostgreSQL connection string (postgresql://user@host/database)") from None
    host = parts.get("host") or parts.get("hostaddr") or ""
    return str(host), str(parts.get("port") or "5432"), str(parts.get("dbname") or parts.get("user") or "")
