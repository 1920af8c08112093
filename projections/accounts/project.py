"""Accounts and programs from the log, and the terms of an account for whoever projects its movements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Set
from typing import Any, ClassVar, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from projections.copy_text import text_of
from projections.errors import BadEvent, UnknownAccount
from projections.fact import AccountTerms
from projections.movements import Fields
from projections.sql_file import sql

PROGRAM_DEFINED: Final = "points.program-defined.v1"
ACCOUNT_OPENED: Final = "points.account-opened.v1"

STATUSES: Final[Mapping[str, str]] = {
    "points.account-suspended.v1": "suspended",
    "points.account-frozen.v1": "frozen",
    "points.account-reinstated.v1": "active",
    "points.account-left.v1": "left",
}

# About 400 bytes each: 200 MB at most, in two halves. When the younger is full, the older one goes; terms that are
# needed again are read back by one query a batch.
KNOWN_ACCOUNTS_MAX: Final = 500_000

FIND_TERMS: Final = sql(__file__, "find_terms")
FIND_ZONES: Final = sql(__file__, "find_zones")
DEFINE_PROGRAMS: Final = sql(__file__, "define_programs")
OPEN_ACCOUNTS: Final = sql(__file__, "open_accounts")
SET_STATUSES: Final = sql(__file__, "set_statuses")


class Register:
    """What a runner remembers of accounts from one batch to the next.

    Only what no later event can change is remembered: the program of an account, and the zone of a program, which is
    that of its first definition (days that were booked cannot move). So a batch rolled back leaves nothing wrong.
    """

    def __init__(self) -> None:
        self._terms: dict[UUID, AccountTerms] = {}
        self._older: dict[UUID, AccountTerms] = {}
        self._zones: dict[str, ZoneInfo] = {}

    def find_accounts(self, cursor: psycopg.Cursor[Any], streams: Set[UUID]) -> None:
        """Have the terms of these accounts at hand, as far as the tables know them."""
        if len(self._terms) > KNOWN_ACCOUNTS_MAX // 2:
            self._older, self._terms = self._terms, {}
        for stream in streams - self._terms.keys() & self._older.keys():
            self._terms[stream] = self._older[stream]
        unknown = list(streams - self._terms.keys())
        if unknown:
            for account, program, zone in cursor.execute(FIND_TERMS, [unknown]):
                self._terms[account] = AccountTerms(str(account), program, self._zone(program, zone))

    def find_programs(self, cursor: psycopg.Cursor[Any], programs: Collection[str]) -> None:
        """Have the zones of these programs at hand, as far as the tables know them."""
        if not self._zones.keys() >= set(map(text_of, programs)):
            for program, zone in cursor.execute(FIND_ZONES):
                self._zone(program, zone)

    def define(self, program: str, zone: str) -> None:
        """Take a definition from the log."""
        self._zone(program, zone)

    def open(self, account: UUID, program: str) -> None:
        """Take an opening from the log."""
        if program not in self._zones:
            raise BadEvent(f"account of program {program!r}, which was never defined")
        self._terms[account] = AccountTerms(str(account), program, self._zones[program])

    def terms(self, account: UUID) -> AccountTerms:
        """Raises `UnknownAccount`."""
        try:
            return self._terms[account]
        except KeyError:
            raise UnknownAccount(account) from None

    def _zone(self, program: str, zone: str) -> ZoneInfo:
        return self._zones.get(program) or self._zones.setdefault(program, ZoneInfo(zone))


class Accounts:
    """The openings, standings and program definitions of one batch."""

    topics: ClassVar = frozenset({PROGRAM_DEFINED, ACCOUNT_OPENED, *STATUSES})

    def __init__(self, register: Register) -> None:
        self._register = register
        self._programs: dict[str, tuple[Any, ...]] = {}
        self._opened: list[tuple[UUID, str, str]] = []
        self._statuses: dict[UUID, str] = {}

    def take(self, stream: UUID, topic: str, state: Fields) -> None:
        """An event of one of `topics`."""
        if topic == PROGRAM_DEFINED:
            self._define(state["program"])
        elif topic == ACCOUNT_OPENED:
            program = text_of(state["program"])
            self._register.open(stream, program)
            self._opened.append((stream, program, state["occurred_at"]))
        else:
            self._statuses[stream] = STATUSES[topic]

    def write(self, cursor: psycopg.Cursor[Any]) -> None:
        """Raises `BadEvent` for an account that stands anew but was never opened, or was left before."""
        if self._programs:
            cursor.execute(DEFINE_PROGRAMS, _columns(list(self._programs.values())))
        if self._opened:
            cursor.execute(OPEN_ACCOUNTS, _columns(self._opened))
        if self._statuses:
            cursor.execute(SET_STATUSES, _columns(list(self._statuses.items())))
            if cursor.rowcount != len(self._statuses):
                raise BadEvent(f"{len(self._statuses)} accounts stand anew, {cursor.rowcount} of them were open")

    def _define(self, program: Mapping[str, Any]) -> None:
        code = text_of(program["code"])
        self._register.define(code, program["zone"])
        self._programs[code] = (
            code,
            text_of(program["name"]),
            program["version"],
            program["currency"],
            program["unit_value"],
            program["zone"],
        )


def _columns(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
