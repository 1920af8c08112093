"""Failover targets: standbys that may take over from a database, so must hold what a destruction rests on beforehand.

They are registered in the keys database, so that no process can forget one, and their rows travel with the copy of the
tree. A target leaves the wait only by the word of two persons, and comes back by that of one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import psycopg

from crypto_shredding.certificate_parts import FencedOut
from crypto_shredding.errors import TargetNameRefused, TargetUnknown, TwoPersonsNeeded
from crypto_shredding.postgres_connection import CONNECT_SECONDS_MAX, answering
from crypto_shredding.statements import statement
from crypto_shredding.tree_tables import changing

ARCHIVE: Final = "archive"
"""Not a standby: the place where a database archives its log. It is waited for without being registered."""

_NAME: Final = re.compile(r"([a-z]{1,32}):([A-Za-z0-9_.-]{1,63})")  # PostgreSQL cuts an application_name at 63 bytes


class Act(StrEnum):
    """What somebody did with a target."""

    REGISTERED = "registered"
    FENCED_OUT = "fenced_out"
    FENCED_IN = "fenced_in"


@dataclass(frozen=True, slots=True)
class FailoverTarget:
    """A target as it stands, `since` the last act. `act_number` is that act's.

    `name` is `primary:standby`: the database, and the `application_name` under which the standby streams from it.
    """

    name: str
    act: Act
    act_number: int
    since: datetime
    reason: str
    actor: str
    second_actor: str | None

    @property
    def primary(self) -> str:
        """The database that it follows."""
        return self.name.partition(":")[0]

    @property
    def standby(self) -> str:
        """Its own name there."""
        return self.name.partition(":")[2]

    @property
    def fence(self) -> FencedOut | None:
        """Who left it out of the wait, and why; None for a target that is waited for."""
        if self.act is not Act.FENCED_OUT:
            return None
        assert self.second_actor is not None, "the database refuses a fence of one person"
        return FencedOut(self.name, self.since, self.reason, self.actor, self.second_actor)


class FailoverTargets:
    """Who is waited for. Every act is one transaction and may be repeated: one that changes nothing writes nothing."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def all(self) -> tuple[FailoverTarget, ...]:
        """By name. Raises KeyStoreUnavailable."""

        def ask() -> tuple[FailoverTarget, ...]:
            with self._connected() as connection:
                return read_targets(connection)

        return answering("failover targets", ask)

    def register(self, name: str, *, reason: str, actor: str, at: datetime) -> FailoverTarget:
        """Wait for it from the next destruction on. One that is fenced out stays so.

        Raises TargetNameRefused, KeyStoreUnavailable.
        """
        if _NAME.fullmatch(name) is None:
            raise TargetNameRefused(name)
        return self._act(name, Act.REGISTERED, at, reason, actor)

    def fence_out(
        self, name: str, *, reason: str, first_actor: str, second_actor: str, at: datetime
    ) -> FailoverTarget:
        """Do not wait for it any more, also not in a wait that is under way. Certificates say so from now on.

        The archive of a database can be fenced out as well. Raises, in this order: TwoPersonsNeeded, TargetNameRefused,
        TargetUnknown, KeyStoreUnavailable; then nothing was written.
        """
        first, second = first_actor.strip(), second_actor.strip()
        if not first or not second or first.casefold() == second.casefold():
            raise TwoPersonsNeeded(first, second)
        if _NAME.fullmatch(name) is None:
            raise TargetNameRefused(name)
        return self._act(name, Act.FENCED_OUT, at, reason, first, second)

    def fence_in(self, name: str, *, reason: str, actor: str, at: datetime) -> FailoverTarget:
        """Wait for it again. Raises TargetUnknown, KeyStoreUnavailable."""
        return self._act(name, Act.FENCED_IN, at, reason, actor)

    def _act(
        self, name: str, act: Act, at: datetime, reason: str, actor: str, second_actor: str | None = None
    ) -> FailoverTarget:
        def note(connection: psycopg.Connection, change: int) -> FailoverTarget:
            found = {each.name: each for each in read_targets(connection)}.get(name)
            if found is None and act is not Act.REGISTERED and not _may_be_fenced(name, act):
                raise TargetUnknown(name)
            if found is not None and _is_done(found, act):
                return found
            target = FailoverTarget(name, act, change, at, reason, actor, second_actor)
            connection.execute(statement("note_failover_target"), _row(target))
            return target

        def connected() -> FailoverTarget:
            with self._connected() as connection, changing(connection) as change:
                return note(connection, change)

        return answering("failover targets", connected)

    def _connected(self) -> psycopg.Connection:
        return psycopg.connect(self._dsn, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX)


def read_targets(connection: psycopg.Connection) -> tuple[FailoverTarget, ...]:
    """How every target stands, by name."""
    return tuple(
        FailoverTarget(name, Act(act), number, at.astimezone(UTC), reason, actor, second)
        for name, number, act, at, reason, actor, second in connection.execute(statement("read_failover_targets"))
    )


def _may_be_fenced(name: str, act: Act) -> bool:
    return act is Act.FENCED_OUT and name.endswith(f":{ARCHIVE}")


def _is_done(found: FailoverTarget, act: Act) -> bool:
    """Registering again does not lift a fence, and what was never fenced out is in."""
    return found.act is act or act is Act.REGISTERED or (act is Act.FENCED_IN and found.act is not Act.FENCED_OUT)


def _row(target: FailoverTarget) -> dict[str, Any]:
    return {
        "change": target.act_number,
        "target": target.name,
        "act": target.act,
        "at": target.since,
        "reason": target.reason,
        "actor": target.actor,
        "second_actor": target.second_actor,
    }
