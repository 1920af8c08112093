"""Settling: before a root version is destroyed, everybody who may take over holds what the destruction rests on.

A primary that is lost is replaced by a failover target, or restored from its archive. If that one had the old tree, all
keys would be lost with the root version; if it lacked the caller's facts, nobody would know what was destroyed and why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import psycopg

from crypto_shredding.clock import Clock, key_clock
from crypto_shredding.errors import TargetSilent
from crypto_shredding.failover_targets import ARCHIVE, FailoverTarget, read_targets
from crypto_shredding.statements import statement
from crypto_shredding.tree_tables import one

SETTLE_SECONDS_MAX: Final = 60.0
"""How long a rotation waits for a silent target: a standby that restarts is back in seconds, and as long as this takes,
no other process rotates."""

POLL_SECONDS: Final = 0.1
"""A healthy standby holds a commit after milliseconds; each look is one short statement a primary."""

KEYS: Final = "keys"
"""The keys database, in names of targets."""


@dataclass(frozen=True, slots=True)
class Standby:
    """A connection that streams from a primary. `holds`: it has flushed up to the mark; `is_hidden`: we may not see."""

    name: str
    holds: bool
    is_hidden: bool
    heard_at: datetime | None


@dataclass(frozen=True, slots=True)
class Archive:
    """Where a primary archives its log. `lacks` says what is missing; None where the mark is archived."""

    is_on: bool
    lacks: str | None


class Mark(Protocol):
    """A place in a primary's log, behind every commit that was answered."""

    def standbys(self) -> Sequence[Standby]:
        """Who streams now."""

    def archive(self) -> Archive:
        """How far the archive is."""


class Primary(Protocol):
    """A database whose commits a destruction rests on. The keys database is always one."""

    @property
    def name(self) -> str:
        """As it stands in names of targets."""

    def mark(self, *, closing: bool) -> Mark:
        """Where its log is now. ``closing`` makes what is not archived yet ready to be."""


class KeysPrimary:
    """The keys database itself, over a connection of the caller's. Its archive does not count: none should be kept."""

    name = KEYS

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def mark(self, *, closing: bool) -> Mark:
        """At what this server has flushed."""
        return _KeysMark(self._connection, one(self._connection.execute(statement("mark_wal")))[0])


class _KeysMark:
    def __init__(self, connection: psycopg.Connection, lsn: str) -> None:
        self._connection, self._lsn = connection, lsn

    def standbys(self) -> Sequence[Standby]:
        rows = self._connection.execute(statement("standbys"), {"lsn": self._lsn})
        return [Standby(*row) for row in rows]

    def archive(self) -> Archive:
        return Archive(is_on=False, lacks=None)


class Settling:
    """Waits for targets, beside the keys database for those of ``primaries``. Thread-safe."""

    def __init__(
        self,
        primaries: Sequence[Primary] = (),
        *,
        seconds_max: float = SETTLE_SECONDS_MAX,
        clock: Clock = key_clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._primaries = tuple(primaries)
        self._seconds_max = seconds_max
        self._clock = clock
        self._sleep = sleep

    def wait(self, connection: psycopg.Connection) -> tuple[FailoverTarget, ...]:
        """Block until every target that is not fenced out holds what was committed before the call; all targets.

        They are read again at each look, so a fence ends a wait that is under way. Raises TargetSilent, and what the
        primaries raise.
        """
        give_up_at = self._clock() + self._seconds_max
        marks = marked([KeysPrimary(connection), *self._primaries], closing=True)
        while True:
            targets = read_targets(connection)
            if not (lacking := lacking_targets(marks, targets)):
                return targets
            if self._clock() >= give_up_at:
                raise TargetSilent(lacking, self._seconds_max)
            self._sleep(POLL_SECONDS)


def marked(primaries: Sequence[Primary], *, closing: bool) -> dict[str, Mark]:
    """A mark in each primary's log, by the primary's name."""
    return {primary.name: primary.mark(closing=closing) for primary in primaries}


def lacking_targets(marks: Mapping[str, Mark], targets: Collection[FailoverTarget]) -> dict[str, str]:
    """Targets that are waited for and lack a mark, each with what is seen of it. Silence counts as lacking."""
    fenced = {each.name for each in targets if each.fence is not None}
    wanted = [each for each in targets if each.fence is None]
    lacking = {
        each.name: f"nobody here asks a database that is called {each.primary}"
        for each in wanted
        if each.primary not in marks
    }
    for primary, mark in marks.items():
        names = {each.standby for each in wanted if each.primary == primary}
        found = {f"{primary}:{name}": why for name, why in _lacking(mark, names)}
        lacking |= {name: why for name, why in found.items() if name not in fenced}
    return dict(sorted(lacking.items()))


def _lacking(mark: Mark, names: Collection[str]) -> Iterator[tuple[str, str]]:
    archive = mark.archive()
    if archive.lacks is not None:
        yield ARCHIVE, archive.lacks
    elif ARCHIVE in names and not archive.is_on:
        yield ARCHIVE, "archive_mode is off"
    wanted = sorted(set(names) - {ARCHIVE})
    standbys = mark.standbys() if wanted else ()
    for name in wanted:
        # A standby that came back may have two connections until the old one is given up: each must hold the mark.
        seen = [each for each in standbys if each.name == name]
        if not seen:
            yield name, "absent"
        elif behind := [each for each in seen if not each.holds]:
            yield name, _behind(behind)


def _behind(standbys: Sequence[Standby]) -> str:
    if any(each.is_hidden for each in standbys):
        return "hidden from us: let a superuser GRANT pg_read_all_stats TO the owner of the tables"
    heard = [each.heard_at for each in standbys if each.heard_at is not None]
    return f"behind, last heard of at {max(heard):%Y-%m-%d %H:%M:%SZ}" if heard else "behind, never heard of"
