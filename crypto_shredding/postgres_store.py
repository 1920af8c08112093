"""The key store in PostgreSQL: one row a slot, wrapped by a key that the root wraps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from os import urandom
from typing import Any

import psycopg

from crypto_shredding.box import Period, SlotId
from crypto_shredding.cipher import KEY_BYTES, key_check_value, wipe
from crypto_shredding.errors import KeyMissing, NotDoomed
from crypto_shredding.installation import read_installation
from crypto_shredding.keystore import Doom, Installation, Loaded, Look, SlotKey, SlotState, Tombstone
from crypto_shredding.postgres_connection import CONNECT_SECONDS_MAX, Pool, answering, open_pool, run
from crypto_shredding.root import RootStore
from crypto_shredding.statements import statement
from crypto_shredding.wrapping import WrappingKeys, open_wrapping_keys


class PostgresKeyStore:
    """Adapter of KeyStore. Thread-safe; has a small pool of its own, and repeats work on a lost connection."""

    def __init__(self, pool: Pool, installation: Installation, wrapping: WrappingKeys) -> None:
        self._pool = pool
        self._installation = installation
        self._wrapping = wrapping

    @classmethod
    def connect(cls, dsn: str, root: RootStore) -> PostgresKeyStore:
        """Open a migrated, named keys database. The first one to connect makes the first root version.

        Raises KeyStoreUnavailable, InstallationUnset, RootMissing (also for a root that belongs to another key store).
        """

        def opened() -> tuple[Installation, WrappingKeys]:
            with psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX) as connection:
                return read_installation(connection), open_wrapping_keys(connection, root)

        installation, wrapping = answering("connect", opened)
        return cls(open_pool(dsn), installation, wrapping)

    @property
    def installation(self) -> Installation:
        return self._installation

    def close(self) -> None:
        self._pool.close()

    def look(self, *, since: int | None) -> Look:
        def work(connection: psycopg.Connection) -> Look:
            if since is None:
                return Look(_one(connection.execute(statement("read_doom_counter")))[0], ())
            return Look(*_one(connection.execute(statement("look"), {"since": since})))

        return run(self._pool, "look", work)

    def load(self, slots: Collection[SlotId], periods: Collection[Period], *, since: int) -> Loaded:
        asked = {"slots": list(slots), "since": since, **_period_columns(periods)}
        rows = run(self._pool, "load", lambda connection: connection.execute(statement("load"), asked).fetchall())
        keys: list[SlotKey] = []
        dooms: list[Doom] = []
        tombstones: list[Tombstone] = []
        known: dict[Period, SlotId] = {}
        for row in rows:
            slot, class_code, first_day, kcv, number, wrapped, doomed_at, why, shredded_at, stone_why = row[2:]
            if slot is None:
                continue
            if first_day is not None:
                known[Period(class_code, first_day)] = slot
            # Marks first: a key put back beside its tombstone stays dead.
            if shredded_at is not None:
                tombstones.append(Tombstone(slot, shredded_at.astimezone(UTC), stone_why, kcv))
            elif doomed_at is not None:
                dooms.append(Doom(slot, doomed_at.astimezone(UTC), why))
            elif wrapped is not None:
                # What does not unwrap is handed on as no key at all: its check value fails like any foreign key's.
                keys.append(SlotKey(slot, kcv, self._wrapping.unwrap(number, slot, wrapped) or bytearray()))
        return Loaded(Look(rows[0][0], rows[0][1]), keys, dooms, tombstones, known)

    def issue_subjects(self, count: int) -> Sequence[SlotKey]:
        def work(connection: psycopg.Connection) -> list[SlotKey]:
            fresh = _fresh_keys(connection, count)
            connection.execute(statement("issue_slots"), self._key_columns(fresh))
            return fresh

        return run(self._pool, "issue subjects", work)

    def issue_periods(self, periods: Collection[Period]) -> None:
        ordered = sorted(set(periods), key=lambda period: (period.class_code, period.first_day))

        def work(connection: psycopg.Connection) -> None:
            fresh = _fresh_keys(connection, len(ordered))
            columns = self._key_columns(fresh) | _period_columns(ordered)
            for key in fresh:
                wipe(key.key)
            connection.execute(statement("issue_periods"), columns)

        run(self._pool, "issue periods", work)

    def doom(self, slots: Collection[SlotId], *, reason: str, at: datetime) -> int:
        def work(connection: psycopg.Connection) -> int:
            with connection.transaction():
                counter: int = _one(connection.execute(statement("lock_doom_counter")))[0]
                states = _read_states(connection, slots)
                if unknown := [slot for slot, state in states.items() if state is SlotState.MISSING]:
                    raise KeyMissing(unknown)
                if fresh := sorted(slot for slot, state in states.items() if state is SlotState.LIVE):
                    counter = _one(connection.execute(statement("raise_doom_counter")))[0]
                    marks = {"slots": fresh, "counter": counter, "at": at, "reason": reason}
                    connection.execute(statement("mark_doomed"), marks)
                return counter

        return run(self._pool, "doom", work)

    def shred(self, slots: Collection[SlotId], *, at: datetime) -> Sequence[Tombstone]:
        def work(connection: psycopg.Connection) -> list[Tombstone]:
            with connection.transaction():
                connection.execute(statement("lock_destruction"))
                states = _read_states(connection, slots)
                ended = (SlotState.DOOMED, SlotState.SHREDDED)
                if alive := [slot for slot, state in states.items() if state not in ended]:
                    raise NotDoomed(alive)
                doomed = {"slots": [slot for slot, state in states.items() if state is SlotState.DOOMED], "at": at}
                connection.execute(statement("destroy_keys"), {"slots": doomed["slots"]})
                connection.execute(statement("place_tombstones"), doomed)
                rows = connection.execute(statement("read_tombstones"), {"slots": list(slots)}).fetchall()
            return [Tombstone(slot, when.astimezone(UTC), reason, kcv) for slot, when, reason, kcv in rows]

        return run(self._pool, "shred", work)

    def states(self, slots: Collection[SlotId]) -> dict[SlotId, SlotState]:
        return run(self._pool, "states", lambda connection: _read_states(connection, slots))

    def _key_columns(self, keys: Iterable[SlotKey]) -> dict[str, Any]:
        return {
            "slots": [key.slot for key in keys],
            "kcvs": [key.kcv for key in keys],
            "wrappeds": [self._wrapping.wrap(key.slot, key.key) for key in keys],
            "wrapping_key": self._wrapping.newest,
        }


def _fresh_keys(connection: psycopg.Connection, count: int) -> list[SlotKey]:
    fresh = []
    for (slot,) in connection.execute(statement("draw_slot_ids"), {"count": count}).fetchall():
        key = bytearray(urandom(KEY_BYTES))
        fresh.append(SlotKey(slot, key_check_value(key, slot), key))
    return fresh


def _period_columns(periods: Iterable[Period]) -> dict[str, Any]:
    ordered = list(periods)
    return {
        "class_codes": [period.class_code for period in ordered],
        "first_days": [period.first_day for period in ordered],
    }


def _read_states(connection: psycopg.Connection, slots: Collection[SlotId]) -> dict[SlotId, SlotState]:
    states = dict.fromkeys(slots, SlotState.MISSING)
    for slot, has_key, is_doomed, has_tombstone in connection.execute(statement("read_states"), {"slots": list(slots)}):
        if has_tombstone:
            states[slot] = SlotState.SHREDDED
        elif is_doomed:
            states[slot] = SlotState.DOOMED
        elif has_key:
            states[slot] = SlotState.LIVE
    return states


def _one(cursor: psycopg.Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None, "a table of one row lost it"
    return row
