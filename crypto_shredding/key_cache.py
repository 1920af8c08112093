"""Keys and box ciphers in memory, bounded, overwritten when they go."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from crypto_shredding.box import NO_SLOT, SlotId
from crypto_shredding.cipher import BoxCipher, wipe
from crypto_shredding.keystore import SlotKey
from crypto_shredding.second_chance import SecondChanceCache

Pair = tuple[SlotId, SlotId]
"""Subject slot and period slot (or NO_SLOT): the two keys of a box."""


@dataclass(slots=True, eq=False)
class _CachedKey:
    key: bytearray = field(repr=False)
    used: bool = True
    pairs: set[Pair] = field(default_factory=set)


class KeyCache:
    """`holds` and `warm_cipher` take no lock. `keep`, `release` and `clear` are called with `lock` held."""

    def __init__(self, installation_id: UUID, *, keys_max: int, box_ciphers_max: int) -> None:
        self.lock = threading.Lock()
        self._installation_id = installation_id
        self._keys: SecondChanceCache[SlotId, _CachedKey] = SecondChanceCache(keys_max)
        self._ciphers: SecondChanceCache[Pair, BoxCipher] = SecondChanceCache(box_ciphers_max)
        self.holds = self._keys.get
        self.warm_cipher = self._ciphers.get

    def cipher(self, pair: Pair) -> BoxCipher | None:
        """The cipher of a pair, derived if need be; None when a key is not here."""
        if (warm := self._ciphers.get(pair)) is not None:
            return warm
        subject_slot, period_slot = pair
        # Derived under the lock: a key overwritten halfway would give a cipher that anyone can rebuild.
        with self.lock:
            if (warm := self._ciphers.get(pair)) is not None:
                return warm  # another thread derived it while this one waited
            subject = self._keys.get(subject_slot)
            period = None if period_slot == NO_SLOT else self._keys.get(period_slot)
            if subject is None or (period is None and period_slot != NO_SLOT):
                return None
            period_key = None if period is None else period.key
            cipher = BoxCipher(self._installation_id, subject_slot, subject.key, period_slot, period_key)
            for parent in filter(None, (subject, period)):
                parent.pairs.add(pair)
            for old in self._ciphers.put(pair, cipher):
                self._unlink(old)
            return cipher

    def mac(self, slot: SlotId, message: bytes) -> bytes | None:
        """HMAC-SHA256 under a key, None when it is not here. Locked: one overwritten halfway is known to anyone."""
        with self.lock:
            cached = self._keys.get(slot)
            return None if cached is None else hmac.digest(cached.key, message, "sha256")

    def keep(self, fresh: SlotKey) -> None:
        if self._keys.get(fresh.slot) is not None:
            wipe(fresh.key)
            return
        for old in self._keys.put(fresh.slot, _CachedKey(fresh.key)):
            self._clear(old)

    def release(self, slots: Iterable[SlotId]) -> None:
        """Forget keys with every cipher made from them. A cipher in use elsewhere turns dead before this returns."""
        for slot in slots:
            if (cached := self._keys.pop(slot)) is not None:
                self._clear(cached)

    def clear(self) -> None:
        for cached in self._keys.drain():
            self._clear(cached)

    def _clear(self, cached: _CachedKey) -> None:
        for pair in tuple(cached.pairs):
            if (cipher := self._ciphers.pop(pair)) is not None:
                self._unlink(cipher)
        wipe(cached.key)

    def _unlink(self, cipher: BoxCipher) -> None:
        cipher.live = False
        pair = (cipher.subject_slot, cipher.period_slot)
        for slot in pair:
            if (parent := self._keys.get(slot)) is not None:
                parent.pairs.discard(pair)
