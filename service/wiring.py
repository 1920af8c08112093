"""Wiring: the one module that knows every package, and what a running service is made of.

Parts are made when they are first needed, and each database is looked at with its first part: the books can be read
while the keys database is down, and a command that only reads opens no ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.resources import files
from threading import RLock
from typing import Any, Generic, TypeVar
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
from service.verification import newest_checkpoint

LEDGER, KEYS = "ledger", "keys"
LAST_MADE = {LEDGER: "projections.tracking", KEYS: "crypto_shredding.installation"}  # a table of the last migrations
READERS_MAX = 4  # connections for queries; a command line or one worker has no more readers at a time

P = TypeVar("P")
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


class part(Generic[P]):
    """A part that is made at first use, once, whichever thread comes first (`cached_property` has no lock)."""

    def __init__(self, make: Callable[[Wiring], P]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __get__(self, wiring: Wiring, owner: type[Wiring]) -> P:
        made: dict[str, Any] = wiring.__dict__
        name = self._make.__name__
        with wiring.lock:
            if name not in made:
                made[name] = self._make(wiring)  # found there from now on, without this detour
            found: P = made[name]
        return found


class Wiring:
    """The parts of one running service, each made once, for any thread. Close it, or use it as a context manager."""

    def __init__(
        self,
        settings: Settings,
        places: Places,
        clock: Clock,
        notice: Notice = lambda _: None,
        *,
        restoring: bool = False,
    ) -> None:
        self.settings, self.places, self.clock = settings, places, clock
        self._notice = notice
        self._is_restoring = restoring
        self.lock = RLock()
        self._parts = ExitStack()

    def close(self) -> None:
        """Close what was made, the last first."""
        self._parts.close()

    @part
    def ledger_dsn(self) -> str:
        """The ledger's database, which has been looked at. Raises NotMigrated, psycopg.OperationalError."""
        _refuse_unmigrated(LEDGER, self.places.ledger)
        if unfinished := points.unfinished_erasures(self.places.ledger):
            self._notice(
                f"erasures that were interrupted: {unfinished}; finish them with: points-ledger erase --resume"
            )
        return self.places.ledger

    @part
    def key_store(self) -> crypto.PostgresKeyStore:
        """The keys database with the root and the copy of the tree. Each doom notes where the log stands.

        Raises LedgerBehindKeys, RestoreUnfinished and LedgerBehindCheckpoint: beside a log that was restored to an
        earlier time no key is used (ADR 0109).
        """
        _refuse_unmigrated(KEYS, self.places.keys)
        root = self._parts.enter_context(open_root(self.settings.root))
        store = crypto.PostgresKeyStore.connect(
            self.places.keys,
            root,
            at=self.clock(),
            copies=[crypto.TreeCopy(self.settings.tree_copy)],
            witness=partial(points.log_place, self.places.ledger),
            primaries=[self.ledger_primary],
            settle_seconds=self.settings.settle_seconds,
        )
        self._parts.callback(store.close)
        if not self._is_restoring:
            checkpoint = self._newest_checkpoint()
            points.refuse_restored(self.places.ledger, store.newest_witness(), checkpoint=checkpoint)
        return store

    def _newest_checkpoint(self) -> points.Checkpoint | None:
        """None also where nobody can tell: a checkpoint without the key that signed it vouches for nothing."""
        try:
            return newest_checkpoint(self.settings)
        except (points.StoreError, crypto.ShreddingError, OSError) as error:
            self._notice(f"the log was not compared with its newest checkpoint: {error}")
            return None

    @part
    def ledger_primary(self) -> points.LedgerPrimary:
        """The ledger's database as one whose commits a destruction rests on.

        Also of a running service: it may have been restored, or failed over to less, after this process started.
        """
        newest_witness = None if self._is_restoring else partial(crypto.read_newest_witness, self.places.keys)
        return points.LedgerPrimary(self.places.ledger, newest_witness)

    @part
    def keyring(self) -> crypto.Keyring:
        """The keys in memory."""
        return self._parts.enter_context(crypto.Keyring(self.key_store))

    @part
    def ledger(self) -> points.BlockingLedger:
        """The command service."""
        sealer = crypto.Sealer(self.keyring)
        indexer = crypto.BlindIndexer(self.keyring)
        opened = points.BlockingLedger.open(self.ledger_dsn, sealer=sealer, clock=self.clock, indexer=indexer)
        return self._parts.enter_context(opened)

    @part
    def leaving(self) -> points.Leaving:
        """The process that lets members go."""
        return points.Leaving(self.ledger.core, crypto.Resealer(self.keyring))

    @part
    def shredder(self) -> crypto.Shredder:
        """One for all processes that destroy keys, so that those who come together share a rotation."""
        return crypto.Shredder(self.keyring)

    @part
    def erasures(self) -> points.Erasures:
        """The process that forgets members."""
        return points.Erasures(self.ledger.core, self.leaving, self.shredder, self.certifier)

    @part
    def restoring(self) -> points.Restoring:
        """The process that brings a restored log in order. Of keys it learns which are doomed."""
        places = self.places
        return points.Restoring(
            self.ledger.core,
            self.erasures,
            self.legal_holds,
            self.retention_run,
            self.shredder.dooms,
            dsn=places.ledger,
            owner_dsn=places.ledger_owner,
        )

    @part
    def certificates(self) -> points.Certificates:
        """Who certifies what was destroyed."""
        return open_certificates(self.settings, self.ledger_dsn, self.keyring.installation.id)

    @part
    def certifier(self) -> points.Certifier:
        """Who signs for destroyed keys and compaction, and which copy of the tree was brought up to date before."""
        return points.Certifier(self.certificates, (crypto.Holder(str(self.settings.tree_copy.name), "copy"),))

    @part
    def retention_run(self) -> points.RetentionRun:
        """The process that destroys what no law keeps any more."""
        register = crypto.PeriodRegister(self.places.keys)
        return points.RetentionRun(
            self.ledger.core, self.erasures, self.legal_holds, self.shredder, register, self.certifier
        )

    @part
    def sweeps(self) -> points.Sweeps:
        """The process that does what the calendar does to accounts by itself."""
        return points.Sweeps(self.ledger.core)

    @part
    def legal_holds(self) -> points.LegalHolds:
        """The process that keeps records for disputes."""
        resealer = crypto.Resealer(self.keyring)
        return points.LegalHolds(self.ledger.core, resealer, self.shredder, self.read_held, self.certifier)

    @part
    def rekeying(self) -> points.Rekeying:
        """The process that changes the key of the blind index."""
        return points.Rekeying(self.ledger.core, self.shredder, self.read_held, self.certifier)

    @part
    def readers(self) -> ConnectionPool[psycopg.Connection[Any]]:
        """Connections for queries."""
        pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            self.ledger_dsn,
            min_size=1,
            max_size=READERS_MAX,
            open=False,
            timeout=10.0,
            check=ConnectionPool.check_connection,  # after a restart of the server those in the pool are dead
        )
        return self._parts.enter_context(pool)

    @part
    def dispute_readers(self) -> ConnectionPool[psycopg.Connection[Any]]:
        """The one connection that reads what only a law still keeps."""
        pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            self.places.dispute,
            min_size=0,
            max_size=1,
            open=False,
            timeout=10.0,
            check=ConnectionPool.check_connection,
        )
        return self._parts.enter_context(pool)

    def read_held(self, places: Sequence[tuple[int, int]]) -> Mapping[tuple[int, int], bytes]:
        """Boxes that lie apart, as the role of disputes reads them: for disputes, and to seal or tag them again."""
        with self.dispute_readers.connection() as connection:
            return projections.read_held_boxes(connection, places)

    def compaction(self) -> points.Compaction:
        """A run of compaction; of keys it learns their states and nothing else."""
        return points.Compaction(self.places.compaction, lambda slots: self.shredder.states(list(slots)))

    @part
    def projector(self) -> projections.Projector:
        """What carries events into the read models."""
        _ = self.ledger_dsn  # the same database, by another role
        return self._parts.enter_context(projections.Projector(self.places.projector))

    def opener(self, *, purpose: str, actor: str, withhold: crypto.Withhold | None = None) -> crypto.Opener:
        """An opener for one purpose and one actor."""
        return crypto.Opener(self.keyring, purpose=purpose, actor=actor, withhold=withhold)


def system_clock() -> datetime:
    """The business clock of a running service."""
    return datetime.now(UTC)


def open_house(
    settings: Settings, *, clock: Clock = system_clock, notice: Notice = lambda _: None, restoring: bool = False
) -> House:
    """A house that is ready to use: embedded databases are started, made and migrated; others must have been migrated.

    Each is looked at when it is first needed: NotMigrated and psycopg.OperationalError come from the verb that needs
    it. ``restoring`` is for whoever brings a restored log in order; everybody else is refused until that is done.
    Close the house, or use it as a context manager. Raises EmbeddedPostgresError.
    """
    with ExitStack() as opened:
        places = opened.enter_context(places_of(settings, notice=notice))
        if places.server is not None:
            migrate(places, settings, notice)
        wiring = Wiring(settings, places, clock, notice, restoring=restoring)
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


def migrate(places: Places, settings: Settings, notice: Notice = lambda _: None) -> dict[str, list[str]]:
    """Bring both databases up to date and name a new installation; returns what was applied, by package.

    Raises psycopg.OperationalError, which names the host and the reason, and what the packages raise.
    """
    with psycopg.connect(places.keys_owner, connect_timeout=10):
        pass  # the keys' own errors say nothing of where they came from
    applied = {
        "crypto_shredding": crypto.migrate(places.keys_owner),
        "ledger": points.migrate(places.ledger_owner),
        "projections": projections.migrate(places.ledger_owner),
    }
    try:
        crypto.create_installation(places.keys_owner, id=uuid4(), cache_seconds=settings.key_cache_seconds)
    except crypto.InstallationDiffers as there:  # it has its name already, and what was fixed with it
        if there.cache_seconds != settings.key_cache_seconds:
            notice(
                f"keys are used for {there.cache_seconds:g} s after a doom, as when this installation was set up; "
                f"POINTS_LEDGER_KEY_CACHE_SECONDS ({settings.key_cache_seconds:g}) changes nothing any more"
            )
    return applied


def _make_roles(dsn: str, name: str) -> None:
    text = files("service").joinpath("compose", name).read_bytes()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(text)


def _refuse_unmigrated(database: str, dsn: str) -> None:
    """Only whether there are tables at all: their own packages check versions."""
    with psycopg.connect(dsn, connect_timeout=10) as connection:
        row = connection.execute("SELECT to_regclass(%s)", [LAST_MADE[database]]).fetchone()
    if row is None or row[0] is None:
        raise NotMigrated(database)
