"""Wiring: the one module that knows every package, and what a running service is made of.

Parts are made when they are first needed: the books can be read while the keys database is down, and a command that
only reads opens no ledger.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.resources import files
from typing import Any
from uuid import uuid4

import psycopg
from psycopg_pool import ConnectionPool

import crypto_shredding as crypto
import ledger as points
import projections
from service.certification import open_certificates
from service.embedded_postgres import EmbeddedPostgres
from service.house import House
from service.roots import open_root
from service.settings import Settings

LEDGER, KEYS = "ledger", "keys"
READERS_MAX = 4  # connections for queries; a command line or one worker has no more readers at a time

Clock = Callable[[], datetime]
Notice = Callable[[str], None]


class NotMigrated(Exception):
    """A database lacks the tables of this version: run `points-ledger migrate` with the owners' DSNs."""

    def __init__(self, database: str) -> None:
        super().__init__(f"the {database} database is not set up for this version; run: points-ledger migrate")
        self.database = database


@dataclass(frozen=True, slots=True)
class Places:
    """Where everything is, by the role that goes there. `server` is the embedded PostgreSQL, if there is one."""

    ledger: str = field(repr=False)
    ledger_owner: str = field(repr=False)
    projector: str = field(repr=False)
    dispute: str = field(repr=False)
    compaction: str = field(repr=False)
    keys: str = field(repr=False)
    keys_owner: str = field(repr=False)
    server: EmbeddedPostgres | None = None


class Wiring:
    """The parts of one running service, each made once. Close it, or use it as a context manager."""

    def __init__(self, settings: Settings, places: Places, clock: Clock) -> None:
        self.settings, self.places, self.clock = settings, places, clock
        self._parts = ExitStack()

    def close(self) -> None:
        """Close what was made, the last first."""
        self._parts.close()

    @cached_property
    def keyring(self) -> crypto.Keyring:
        """The keys in memory, over the keys database, the root and the copy of the tree."""
        root = self._parts.enter_context(open_root(self.settings.root))
        copy = crypto.TreeCopy(self.settings.tree_copy)
        store = crypto.PostgresKeyStore.connect(self.places.keys, root, at=self.clock(), copies=[copy])
        return self._parts.enter_context(crypto.Keyring(store))

    @cached_property
    def ledger(self) -> points.BlockingLedger:
        """The command service."""
        sealer = crypto.Sealer(self.keyring)
        indexer = crypto.BlindIndexer(self.keyring)
        opened = points.BlockingLedger.open(self.places.ledger, sealer=sealer, clock=self.clock, indexer=indexer)
        return self._parts.enter_context(opened)

    @cached_property
    def leaving(self) -> points.Leaving:
        """The process that lets members go."""
        return points.Leaving(self.ledger.core, crypto.Resealer(self.keyring))

    @cached_property
    def shredder(self) -> crypto.Shredder:
        """One for all processes that destroy keys, so that those who come together share a rotation."""
        return crypto.Shredder(self.keyring)

    @cached_property
    def erasures(self) -> points.Erasures:
        """The process that forgets members."""
        return points.Erasures(self.ledger.core, self.leaving, self.shredder)

    @cached_property
    def certificates(self) -> points.Certificates:
        """Who certifies what was destroyed."""
        return open_certificates(self.settings, self.places.ledger, self.keyring.installation.id)

    @cached_property
    def retention_run(self) -> points.RetentionRun:
        """The process that destroys what no law keeps any more."""
        register = crypto.PeriodRegister(self.places.keys)
        return points.RetentionRun(self.ledger.core, self.erasures, self.legal_holds, self.shredder, register)

    @cached_property
    def legal_holds(self) -> points.LegalHolds:
        """The process that keeps records for disputes."""
        return points.LegalHolds(self.ledger.core, crypto.Resealer(self.keyring), self.shredder, self.read_held)

    @cached_property
    def rekeying(self) -> points.Rekeying:
        """The process that changes the key of the blind index."""
        return points.Rekeying(self.ledger.core, self.shredder, self.read_held)

    @cached_property
    def readers(self) -> ConnectionPool[psycopg.Connection[Any]]:
        """Connections for queries."""
        pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            self.places.ledger, min_size=1, max_size=READERS_MAX, open=False, timeout=10.0
        )
        return self._parts.enter_context(pool)

    @cached_property
    def dispute_readers(self) -> ConnectionPool[psycopg.Connection[Any]]:
        """The one connection that reads what only a law still keeps."""
        pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            self.places.dispute, min_size=0, max_size=1, open=False, timeout=10.0
        )
        return self._parts.enter_context(pool)

    def read_held(self, places: Sequence[tuple[int, int]]) -> Mapping[tuple[int, int], bytes]:
        """Boxes that lie apart, as the role of disputes reads them: for disputes, and to seal or tag them again."""
        with self.dispute_readers.connection() as connection:
            return projections.read_held_boxes(connection, places)

    def compaction(self) -> points.Compaction:
        """A run of compaction; of keys it learns their states and nothing else."""
        return points.Compaction(self.places.compaction, lambda slots: self.shredder.states(list(slots)))

    @cached_property
    def projector(self) -> projections.Projector:
        """What carries events into the read models."""
        return self._parts.enter_context(projections.Projector(self.places.projector))

    def opener(self, *, purpose: str, actor: str, withhold: crypto.Withhold | None = None) -> crypto.Opener:
        """An opener for one purpose and one actor."""
        return crypto.Opener(self.keyring, purpose=purpose, actor=actor, withhold=withhold)


def system_clock() -> datetime:
    """The business clock of a running service."""
    return datetime.now(UTC)


def open_house(settings: Settings, *, clock: Clock = system_clock, notice: Notice = lambda _: None) -> House:
    """A house that is ready to use: embedded databases are started, made and migrated; others must have been migrated.

    Close it, or use it as a context manager. Raises NotMigrated, EmbeddedPostgresError, psycopg.OperationalError.
    """
    with ExitStack() as opened:
        places = opened.enter_context(places_of(settings, notice=notice))
        if places.server is not None:
            migrate(places, settings)
        else:
            _refuse_unmigrated(places)
        wiring = Wiring(settings, places, clock)
        opened.callback(wiring.close)
        return House(wiring, opened.pop_all().close)
    raise AssertionError("an exit stack swallows no error")


@contextmanager
def places_of(settings: Settings, *, notice: Notice = lambda _: None) -> Iterator[Places]:
    """The databases of the settings; the embedded server runs as long as this lasts."""
    named = settings.databases
    if named is not None:
        yield Places(
            ledger=named.ledger,
            ledger_owner=named.ledger_owner,
            projector=named.projector,
            dispute=named.dispute,
            compaction=named.compaction,
            keys=named.keys,
            keys_owner=named.keys_owner,
        )
        return
    with EmbeddedPostgres(settings.data_dir, binaries=settings.postgres_binaries) as server:
        notice(
            f"ONE embedded PostgreSQL holds both the ledger and its keys, in {settings.data_dir}; "
            "for real members give LEDGER_DSN and KEYS_DSN two servers"
        )
        for name in (LEDGER, KEYS):
            if server.create_database(name):
                _make_roles(server.dsn(name), f"{name}_roles.sql")
        yield Places(
            ledger=server.dsn(LEDGER, user="ledger_app"),
            ledger_owner=server.dsn(LEDGER),
            projector=server.dsn(LEDGER, user="ledger_projector"),
            dispute=server.dsn(LEDGER, user="ledger_dispute"),
            compaction=server.dsn(LEDGER, user="ledger_compaction"),
            keys=server.dsn(KEYS, user="keys_app"),
            keys_owner=server.dsn(KEYS),
            server=server,
        )


def migrate(places: Places, settings: Settings) -> dict[str, list[str]]:
    """Bring both databases up to date and name a new installation; returns what was applied, by package."""
    applied = {
        "crypto_shredding": crypto.migrate(places.keys_owner),
        "ledger": points.migrate(places.ledger_owner),
        "projections": projections.migrate(places.ledger_owner),
    }
    with contextlib.suppress(crypto.InstallationDiffers):  # it has its name already
        crypto.create_installation(places.keys_owner, id=uuid4(), cache_seconds=settings.key_cache_seconds)
    return applied


def _make_roles(dsn: str, name: str) -> None:
    text = files("service").joinpath("compose", name).read_bytes()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(text)


def _refuse_unmigrated(places: Places) -> None:
    """Only whether there are tables at all: their own packages check versions."""
    for database, dsn, table in (
        ("ledger", places.ledger, "projections.tracking"),
        ("keys", places.keys, "crypto_shredding.installation"),
    ):
        with psycopg.connect(dsn, connect_timeout=10) as connection:
            row = connection.execute("SELECT to_regclass(%s)", [table]).fetchone()
        if row is None or row[0] is None:
            raise NotMigrated(database)
