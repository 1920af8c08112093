"""The key store in PostgreSQL: the key tree, dooms and tombstones, and the copies that follow it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import psycopg

from crypto_shredding.box import Period, SlotId
from crypto_shredding.certificate_parts import FencedOut
from crypto_shredding.errors import KeyMissing, KeyStoreUnavailable, NotDoomed, RootMissing, StaleTree
from crypto_shredding.installation import read_installation
from crypto_shredding.issuing import Issuing, period_columns
from crypto_shredding.key_tree import OpenedTree
from crypto_shredding.keystore import (
    Doom,
    Horizon,
    Installation,
    Loaded,
    Look,
    Shredding,
    SlotKey,
    SlotState,
    Tombstone,
    Witness,
    nothing_to_witness,
)
from crypto_shredding.node import NodePlace
from crypto_shredding.postgres_connection import CONNECT_SECONDS_MAX, Pool, answering, open_pool, run
from crypto_shredding.root import Evidence, RootStore
from crypto_shredding.rotation import Rotations
from crypto_shredding.settling import SETTLE_SECONDS_MAX, Primary, Settling
from crypto_shredding.statements import statement
from crypto_shredding.tree_copy import TreeCopy
from crypto_shredding.tree_tables import one

_HEAD, _SLOT, _NODE = range(3)


@dataclass(slots=True)
class _Rows:
    """What the one statement of a load gave, taken apart."""

    look: Look
    version: int
    height: int
    top: bytes = field(repr=False)
    slots: list[tuple[Any, ...]] = field(default_factory=list)
    nodes: dict[NodePlace, bytes] = field(default_factory=dict)
    newest_period: int = 0


class PostgresKeyStore:
    """Adapter of KeyStore. Thread-safe; has a small pool of its own, and repeats work on a lost connection."""

    def __init__(
        self,
        pool: Pool,
        installation: Installation,
        root: RootStore,
        rotations: Rotations,
        copies: Sequence[TreeCopy],
        witness: Witness,
    ) -> None:
        self.rotations = rotations
        self._witness = witness
        self._pool = pool
        self._installation = installation
        self._root = root
        self._copies = tuple(copies)
        self._issuing = Issuing(pool, installation, root, self._follow)
        self._periods_held = 0  # changes up to which every copy has the periods, as far as this process knows

    @classmethod
    def connect(
        cls,
        dsn: str,
        root: RootStore,
        *,
        at: datetime,
        copies: Sequence[TreeCopy] = (),
        witness: Witness = nothing_to_witness,
        primaries: Sequence[Primary] = (),
        settle_seconds: float = SETTLE_SECONDS_MAX,
    ) -> PostgresKeyStore:
        """Open a migrated, named keys database. The first one to connect plants the tree, at ``at``.

        ``witness`` is asked with every doom how far the caller's own records are; `newest_witness` has the greatest.
        Before a root version is destroyed, failover targets of the keys database and of ``primaries``, and the archives
        of those, are waited for, ``settle_seconds`` at most.
        Raises, in this order: KeyStoreUnavailable, InstallationUnset, RootVersionTaken, StaleTree, RootMissing (also
        for a root that belongs to another key store), CopyUnavailable.
        """

        def opened() -> tuple[Installation, bool]:
            with psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX) as connection:
                installation = read_installation(connection)
                return installation, connection.execute(statement("read_tree")).fetchone() is not None

        installation, is_planted = answering("connect", opened)
        settling = Settling(primaries, seconds_max=settle_seconds)
        rotations = Rotations(dsn, installation, root, copies, settling)
        if not is_planted:
            rotations.plant(at=at)
        store = cls(open_pool(dsn), installation, root, rotations, copies, witness)
        try:
            store.refuse_stale_tree()
        except BaseException:
            store.close()
            raise
        return store

    @property
    def installation(self) -> Installation:
        return self._installation

    def close(self) -> None:
        self.rotations.close()
        self._pool.close()

    def refuse_stale_tree(self) -> None:
        """Raises StaleTree for tables that the root or a copy has outlived, RootMissing for a foreign root."""
        self._opened_head()
        self._follow()

    def look(self, *, since: int | None) -> Look:
        def work(connection: psycopg.Connection) -> Look:
            if since is None:
                return Look(one(connection.execute(statement("read_doom_counter")))[0], ())
            return Look(*one(connection.execute(statement("look"), {"since": since})))

        return run(self._pool, "look", work)

    def load(self, slots: Collection[SlotId], periods: Collection[Period], *, since: int) -> Loaded:
        asked = {"slots": list(slots), "since": since, **period_columns(periods)}
        rows, tree = self._opened(asked)
        try:
            if rows.newest_period > self._periods_held:
                self._follow()  # a period that only the database knows could be lost with it, and never be destroyed
                self._periods_held = rows.newest_period
            return _loaded(rows, tree)
        finally:
            tree.wipe()

    def issue_subjects(self, count: int) -> Sequence[SlotKey]:
        slots = self._issuing.subjects(count)
        return sorted(self.load(slots, (), since=self.look(since=None).counter).keys, key=lambda key: key.slot)

    def issue_periods(self, periods: Collection[Period]) -> None:
        self._issuing.periods(periods)

    def newest_witness(self) -> bytes | None:
        """The greatest of all that were noted with dooms; None before the first."""

        def work(connection: psycopg.Connection) -> bytes | None:
            row = connection.execute(statement("newest_witness")).fetchone()
            return None if row is None else bytes(row[0])

        return run(self._pool, "newest_witness", work)

    def dooms(self, slots: Collection[SlotId]) -> dict[SlotId, Doom]:
        def work(connection: psycopg.Connection) -> dict[SlotId, Doom]:
            rows = connection.execute(statement("read_dooms"), {"slots": list(slots)})
            return {slot: Doom(slot, at.astimezone(UTC), reason) for slot, at, reason in rows}

        return run(self._pool, "dooms", work)

    def doom(self, slots: Collection[SlotId], *, reason: str, at: datetime) -> int:
        witness = self._witness()

        def work(connection: psycopg.Connection) -> int:
            with connection.transaction():
                counter: int = one(connection.execute(statement("lock_doom_counter")))[0]
                states = _read_states(connection, slots)
                if unknown := [slot for slot, state in states.items() if state is SlotState.MISSING]:
                    raise KeyMissing(unknown)
                if fresh := sorted(slot for slot, state in states.items() if state is SlotState.LIVE):
                    counter = one(connection.execute(statement("raise_doom_counter")))[0]
                    marks = {"slots": fresh, "counter": counter, "at": at, "reason": reason, "witness": witness}
                    connection.execute(statement("mark_doomed"), marks)
                return counter

        return run(self._pool, "doom", work)

    def shred(self, slots: Collection[SlotId], *, at: datetime) -> Shredding:
        states = self.states(slots)
        if alive := [slot for slot, state in states.items() if state not in (SlotState.DOOMED, SlotState.SHREDDED)]:
            raise NotDoomed(alive)

        def is_done() -> bool:
            return self._shredding(slots) is not None

        while (shredding := self._shredding(slots)) is None:
            if not self.rotations.rotate(at=at, is_done=is_done) and not is_done():
                raise KeyStoreUnavailable("doomed slots are there that no rotation takes along")
        return shredding

    def states(self, slots: Collection[SlotId]) -> dict[SlotId, SlotState]:
        return run(self._pool, "states", lambda connection: _read_states(connection, slots))

    def _shredding(self, slots: Collection[SlotId]) -> Shredding | None:
        """None while a slot waits for a rotation, or a rotation for its end."""

        def work(connection: psycopg.Connection) -> Shredding | None:
            asked = {"slots": sorted(set(slots))}
            stones = connection.execute(statement("read_tombstones"), asked).fetchall()
            ends = connection.execute(statement("read_horizons"), asked).fetchall()
            if len(stones) < len(asked["slots"]) or any(ended_at is None for _, _, ended_at, *_ in ends):
                return None
            waits = connection.execute(statement("read_waits"), {"versions": [end[0] for end in ends]}).fetchall()
            return Shredding(
                [Tombstone(slot, when.astimezone(UTC), reason, kcv) for slot, when, reason, kcv in stones],
                [_horizon([wait for version, *wait in waits if version == end[0]], *end) for end in ends],
            )

        return run(self._pool, "shredding", work)

    def _follow(self) -> None:
        """Every copy takes over what has been committed. Raises CopyUnavailable, StaleTree."""
        if self._copies:
            with self._pool.connection() as connection:
                for copy in self._copies:
                    copy.follow(connection)

    def _opened_head(self) -> None:
        _, tree = self._opened({"slots": [], "since": 0, **period_columns(())})
        tree.wipe()

    def _opened(self, asked: dict[str, Any]) -> tuple[_Rows, OpenedTree]:
        """One snapshot of the tree, its top unwrapped; a second one where a rotation ended in between."""
        rows = self._read(asked)
        try:
            top_key = self._root.unwrap(rows.version, rows.top)
        except RootMissing:
            again = self._read(asked)
            if again.version == rows.version:
                self._refuse_outlived(rows.version)
                raise
            rows, top_key = again, self._root.unwrap(again.version, again.top)
        return rows, OpenedTree(self._installation.id, rows.height, top_key, rows.nodes)

    def _refuse_outlived(self, version: int) -> None:
        held = self._root.versions()
        if version not in held and any(newer > version for newer in held):
            raise StaleTree("the root has newer versions than the one that wraps this key table", version=version)

    def _read(self, asked: dict[str, Any]) -> _Rows:
        def work(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
            with connection.cursor(binary=True) as cursor:
                return cursor.execute(statement("load"), asked).fetchall()

        rows = run(self._pool, "load", work)
        found = _Rows(Look(0, ()), 0, 0, b"")
        for kind, n, m, code, data, *rest in rows:
            if kind == _HEAD:
                if data is None:
                    raise KeyMissing(asked["slots"])
                found.look, found.version, found.height, found.top = Look(n, rest[-1]), m, code, data
            elif kind == _NODE:
                found.nodes[NodePlace(code, n)] = data
            else:
                found.slots.append((n, code, data, *rest[:-1]))
                found.newest_period = max(found.newest_period, m or 0)
        return found


def _loaded(rows: _Rows, tree: OpenedTree) -> Loaded:
    keys: list[SlotKey] = []
    dooms: list[Doom] = []
    tombstones: list[Tombstone] = []
    known: dict[Period, SlotId] = {}
    for slot, class_code, kcv, first_day, doomed_at, why, shredded_at, stone_why in rows.slots:
        if first_day is not None:
            known[Period(class_code, first_day)] = slot
        # Marks first: a key put back beside its tombstone stays dead.
        if shredded_at is not None:
            tombstones.append(Tombstone(slot, shredded_at.astimezone(UTC), stone_why, kcv))
        elif doomed_at is not None:
            dooms.append(Doom(slot, doomed_at.astimezone(UTC), why))
        else:
            # A path that does not open is handed on as no key at all: its check value fails like any foreign key's.
            keys.append(SlotKey(slot, kcv or b"", tree.slot_key(slot) or bytearray()))
    return Loaded(rows.look, keys, dooms, tombstones, known)


def _horizon(
    waits: Sequence[Sequence[Any]],
    version: int,
    destroyed: int,
    at: datetime,
    provider: str,
    recoverable_until: datetime | None,
    note: str,
) -> Horizon:
    evidence = Evidence(provider, destroyed, recoverable_until, note)
    holders = tuple(name for name, fenced_at, *_ in waits if fenced_at is None)
    fenced_out = tuple(
        FencedOut(name, fenced_at.astimezone(UTC), *said) for name, fenced_at, *said in waits if fenced_at is not None
    )
    return Horizon(version, at.astimezone(UTC), evidence, holders, fenced_out)


def _read_states(connection: psycopg.Connection, slots: Collection[SlotId]) -> dict[SlotId, SlotState]:
    states = dict.fromkeys(slots, SlotState.MISSING)
    for slot, is_issued, is_doomed, has_tombstone in connection.execute(
        statement("read_states"), {"slots": list(slots)}
    ):
        if has_tombstone:
            states[slot] = SlotState.SHREDDED
        elif is_doomed:
            states[slot] = SlotState.DOOMED
        elif is_issued:
            states[slot] = SlotState.LIVE
    return states
