"""A key store in memory: proof that the contract is about the port, and a fast store for tests of the key ring."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import count
from uuid import UUID

from crypto_shredding import (
    Doom,
    Installation,
    KeyMissing,
    Loaded,
    Look,
    NotDoomed,
    Period,
    Shredding,
    SlotId,
    SlotKey,
    SlotState,
    Tombstone,
)
from crypto_shredding.cipher import key_check_value


class MemoryKeyStore:
    def __init__(self, cache_seconds: float = 5.0) -> None:
        self.installation = Installation(UUID(int=1), cache_seconds)
        self.keys: dict[SlotId, bytes] = {}
        self._kcvs: dict[SlotId, bytes] = {}
        self._periods: dict[Period, SlotId] = {}
        self._dooms: dict[SlotId, tuple[int, Doom]] = {}
        self._tombstones: dict[SlotId, Tombstone] = {}
        self._counter = 0
        self._ids = count(1)
        self._lock = threading.RLock()

    def look(self, *, since: int | None) -> Look:
        with self._lock:
            doomed = [] if since is None else [slot for slot, (n, _) in self._dooms.items() if n > since]
            return Look(self._counter, doomed)

    def load(self, slots: Collection[SlotId], periods: Collection[Period], *, since: int) -> Loaded:
        with self._lock:
            known = {period: self._periods[period] for period in periods if period in self._periods}
            asked = dict.fromkeys([*slots, *known.values()])
            tombstones = [self._tombstones[slot] for slot in asked if slot in self._tombstones]
            dooms = [self._dooms[slot][1] for slot in asked if slot in self._dooms and slot not in self._tombstones]
            live = [slot for slot in asked if slot in self.keys and slot not in self._dooms]
            keys = [SlotKey(slot, self._kcvs[slot], bytearray(self.keys[slot])) for slot in live]
            return Loaded(self.look(since=since), keys, dooms, tombstones, known)

    def issue_subjects(self, count: int) -> Sequence[SlotKey]:
        with self._lock:
            return [self._issue() for _ in range(count)]

    def issue_periods(self, periods: Collection[Period]) -> None:
        with self._lock:
            for period in periods:
                if period not in self._periods:
                    self._periods[period] = self._issue().slot

    def doom(self, slots: Collection[SlotId], *, reason: str, at: datetime) -> int:
        with self._lock:
            if unknown := [slot for slot in slots if slot not in self._kcvs]:
                raise KeyMissing(unknown)
            if fresh := [slot for slot in slots if slot not in self._dooms]:
                self._counter += 1
                self._dooms |= {slot: (self._counter, Doom(slot, at, reason)) for slot in fresh}
            return self._counter

    def shred(self, slots: Collection[SlotId], *, at: datetime) -> Shredding:
        with self._lock:
            if alive := [slot for slot in slots if slot not in self._dooms]:
                raise NotDoomed(alive)
            for slot in slots:
                self.keys.pop(slot, None)
                self._tombstones.setdefault(slot, Tombstone(slot, at, self._dooms[slot][1].reason, self._kcvs[slot]))
        return Shredding([self._tombstones[slot] for slot in slots], [])

    def states(self, slots: Collection[SlotId]) -> dict[SlotId, SlotState]:
        with self._lock:
            live = dict.fromkeys(self.keys, SlotState.LIVE) | dict.fromkeys(self._dooms, SlotState.DOOMED)
            known = live | dict.fromkeys(self._tombstones, SlotState.SHREDDED)
            return {slot: known.get(slot, SlotState.MISSING) for slot in slots}

    def dooms(self, slots: Collection[SlotId]) -> dict[SlotId, Doom]:
        with self._lock:
            return {slot: self._dooms[slot][1] for slot in slots if slot in self._dooms}

    def close(self) -> None:
        pass

    def _issue(self) -> SlotKey:
        slot, key = SlotId(next(self._ids)), os.urandom(32)
        self.keys[slot], self._kcvs[slot] = key, key_check_value(key, slot)
        return SlotKey(slot, self._kcvs[slot], bytearray(key))
