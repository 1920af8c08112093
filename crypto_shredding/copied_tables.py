"""The tables of the keys database that a copy holds, described once: how rows are pulled, kept and put back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from psycopg import sql

_SCHEMA = "crypto_shredding"


@dataclass(frozen=True)
class CopiedTable:
    """`columns` with the Python type of each; `change` commits in order, so rows are followed by it; `key` replaces.

    The statements are made from these names alone, which are constants of this module.
    """

    name: str
    columns: dict[str, type]
    key: tuple[str, ...]
    change: str = "change"

    @property
    def kinds(self) -> tuple[type, ...]:
        return tuple(self.columns.values())

    @cached_property
    def pull(self) -> sql.Composed:
        """in: since. out: the columns, oldest change first."""
        change = sql.Identifier(self.change)
        return sql.SQL("SELECT {} FROM {} WHERE {} > %(since)s ORDER BY {}").format(
            self._names, self._table, change, change
        )

    @cached_property
    def newest_there(self) -> sql.Composed:
        return sql.SQL("SELECT max({}) FROM {}").format(sql.Identifier(self.change), self._table)

    @cached_property
    def put_back(self) -> sql.Composed:
        """COPY of all columns into the empty table."""
        return sql.SQL("COPY {} ({}) FROM STDIN").format(self._table, self._names)

    @property
    def newest_here(self) -> str:
        return f"SELECT max({self.change}) FROM {self.name}"  # noqa: S608 - names of this module

    @property
    def read(self) -> str:
        return f"SELECT {', '.join(self.columns)} FROM {self.name} ORDER BY {self.change}"  # noqa: S608

    @property
    def put(self) -> str:
        return f"INSERT OR REPLACE INTO {self.name} VALUES ({', '.join('?' * len(self.columns))})"  # noqa: S608

    @property
    def layout(self) -> str:
        columns, key = ", ".join(self.columns), ", ".join(self.key)
        return f"CREATE TABLE {self.name} ({columns}, PRIMARY KEY ({key}))"

    @property
    def layout_index(self) -> str:
        return f"CREATE INDEX {self.name}_change ON {self.name} ({self.change})"

    @property
    def _names(self) -> sql.Composed:
        return sql.SQL(", ").join(map(sql.Identifier, self.columns))

    @property
    def _table(self) -> sql.Identifier:
        return sql.Identifier(_SCHEMA, self.name)


TABLES = (
    CopiedTable("tree", {"only_row": bool, "version": int, "height": int, "top": bytes, "change": int}, ("only_row",)),
    CopiedTable("node", {"level": int, "number": int, "blob": bytes, "change": int}, ("level", "number")),
    CopiedTable("leaf", {"leaf": int, "kcvs": bytes, "change": int}, ("leaf",)),
    CopiedTable(
        "period", {"class_code": int, "first_day": date, "slot": int, "change": int}, ("class_code", "first_day")
    ),
    CopiedTable(
        "doom",
        {"slot": int, "counter": int, "doomed_at": datetime, "reason": str, "witness": bytes},
        ("slot",),
        "counter",
    ),
    CopiedTable(
        "failover_target",
        {
            "change": int,
            "target": str,
            "act": str,
            "at": datetime,
            "reason": str,
            "actor": str,
            "second_actor": str,
        },
        ("change",),
    ),
    CopiedTable("rotation", {"version": int, "previous": int, "opened_at": datetime}, ("version",), "version"),
    CopiedTable(
        "rotation_outcome",
        {"version": int, "committed": bool, "doom_counter": int, "decided_at": datetime},
        ("version",),
        "version",
    ),
    CopiedTable(
        "rotation_end",
        {
            "version": int,
            "destroyed": int,
            "ended_at": datetime,
            "provider": str,
            "recoverable_until": datetime,
            "note": str,
        },
        ("version",),
        "version",
    ),
    CopiedTable(
        "rotation_wait", {"version": int, "target": str, "fenced_out_by": int, "change": int}, ("version", "target")
    ),
    CopiedTable(
        "tombstone",
        {"slot": int, "shredded_at": datetime, "reason": str, "kcv": bytes, "version": int},
        ("slot",),
        "version",
    ),
)
"""In the order in which foreign keys let them be put back."""
