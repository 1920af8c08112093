"""The keys a process holds: loaded when needed, never used once they may have been doomed.

A *look* reads the doom counter. The rule: a key may be used until `cache_seconds` after the START of the last look that
did not find it doomed, and whoever used one asks `vouches_for_all` AFTER the cryptographic operation. So
`cache_seconds` after a doom has committed, no process gives out anything made with the doomed key.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType

from crypto_shredding.box import NO_SLOT, Period, Shredded, SlotId
from crypto_shredding.cipher import BoxCipher, matches_check_value, wipe
from crypto_shredding.clock import Clock, key_clock
from crypto_shredding.errors import (
    KeyMissing,
    KeyRefused,
    KeyStoreUnavailable,
    PeriodShredded,
    StaleKeys,
    SubjectShredded,
)
from crypto_shredding.key_cache import KeyCache, Pair
from crypto_shredding.keystore import KeyStore, Loaded, Look, SlotKey

LOOK_SECONDS = 2.0
"""Older looks make `is_warm` say no: an event loop refreshes in a thread long before its keys become unusable."""

KEYS_CACHED_MAX = 65_536
"""About 25 MB: the working set of a busy hour, not the whole membership."""

BOX_CIPHERS_CACHED_MAX = 32_768
"""About 50 MB of cipher objects; one more costs some 5 µs to derive again."""

REMEMBERED_MAX = 65_536
"""Tombstones and period slots are final, so remembering them is safe; past this many they are simply read again."""

ATTEMPTS_MAX = 3
"""Loads per use. A key that was doomed while it was loaded costs one more; nothing honest costs three."""


@dataclass(slots=True)
class _Found:
    """What a load learned beside keys."""

    gone: dict[SlotId, Shredded] = field(default_factory=dict)
    refused: set[SlotId] = field(default_factory=set)
    missing: set[SlotId] = field(default_factory=set)

    def add(self, other: _Found) -> None:
        self.gone |= other.gone
        self.refused |= other.refused
        self.missing |= other.missing

    def refuse_unusable(self, slots: Collection[SlotId]) -> None:
        """Raises KeyRefused, KeyMissing."""
        if refused := self.refused.intersection(slots):
            raise KeyRefused(sorted(refused))
        if missing := self.missing.intersection(slots):
            raise KeyMissing(sorted(missing))


class Keyring:
    """One per process and key store, shared by all threads. It owns the store: `close` closes both."""

    def __init__(
        self,
        store: KeyStore,
        *,
        clock: Clock = key_clock,
        keys_max: int = KEYS_CACHED_MAX,
        box_ciphers_max: int = BOX_CIPHERS_CACHED_MAX,
    ) -> None:
        self.store = store
        self.clock = clock
        self.installation = store.installation
        self._cache_seconds = self.installation.cache_seconds
        self._look_seconds = min(LOOK_SECONDS, 0.4 * self._cache_seconds)
        self._cache = KeyCache(self.installation.id, keys_max=keys_max, box_ciphers_max=box_ciphers_max)
        self._period_slots: dict[Period, SlotId] = {}
        self._gone: dict[SlotId, Shredded] = {}
        self._looking = threading.Lock()
        self._loading: dict[int, set[SlotId]] = {}  # for each load under way, what was doomed meanwhile
        started = clock()
        self._counter = store.look(since=None).counter
        self._looked_at = started

    def __enter__(self) -> Keyring:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Overwrite every key and close the store."""
        with self._cache.lock:
            self._cache.clear()
        self.store.close()

    def is_warm(self, slots: Iterable[SlotId], periods: Iterable[Period]) -> bool:
        """Whether sealing now needs no I/O: every key is here and the last look is young."""
        if self.clock() - self._looked_at > self._look_seconds:
            return False
        holds, period_slots = self._cache.holds, self._period_slots
        for slot in slots:
            if holds(slot) is None:
                return False
        for period in periods:  # noqa: SIM110 - a generator would double the time of this hot path
            if holds(period_slots.get(period, NO_SLOT)) is None:
                return False
        return True

    def warm(self, slots: Iterable[SlotId], periods: Iterable[Period]) -> None:
        """Load what is missing in one statement, give periods never seen their slot, and look."""
        self._warm(slots, periods)

    def look(self) -> None:
        """Ask the store which slots were doomed since, and let go of them."""
        asked = self.clock()
        with self._looking:
            if self._looked_at > asked:
                return  # another thread looked while this one waited
            with self._cache.lock:
                since = self._counter
            started = self.clock()
            look = self.store.look(since=since)
            with self._cache.lock:
                self._learn(look, since, started)

    def vouches_for_all(self, ciphers: Iterable[BoxCipher]) -> bool:
        """Whether what the ciphers just did may be used. Ask after the operation, not before."""
        # In this order: a look clears `live` of a doomed key before it moves `looked_at`, and the clock is read last.
        looked_at = self._looked_at
        for cipher in ciphers:
            if not cipher.live:
                return False
        return self.clock() - looked_at < self._cache_seconds

    def ciphers_to_seal(self, keys: Sequence[tuple[SlotId, Period | None]]) -> list[BoxCipher]:
        """For each subject and period, in order; one load for all that are not here.

        Raises for the first that has none, in this order: SubjectShredded, PeriodShredded, KeyMissing.
        """
        if self.clock() - self._looked_at < self._cache_seconds:
            period_slots, warm_cipher = self._period_slots, self._cache.warm_cipher
            ciphers: list[BoxCipher] = []
            for subject, period in keys:
                period_slot = NO_SLOT if period is None else period_slots.get(period)
                cipher = None if period_slot is None else warm_cipher((subject, period_slot))
                if cipher is None:
                    break
                ciphers.append(cipher)
            else:
                return ciphers
        if len(keys) > 1:
            self._warm({subject for subject, _ in keys}, {period for _, period in keys if period is not None})
        return [self._find_to_seal(subject, period) for subject, period in keys]

    def ciphers_to_open(self, pairs: Iterable[Pair]) -> dict[Pair, BoxCipher | Shredded]:
        """One load for all keys that are not here. Raises KeyMissing."""
        if self.clock() - self._looked_at >= self._cache_seconds:
            self.look()
        answers: dict[Pair, BoxCipher | Shredded] = {}
        cold, found = set(pairs), _Found()
        for _ in range(ATTEMPTS_MAX):
            for pair in tuple(cold):
                if (answer := self._answer(pair, found)) is not None:
                    answers[pair] = answer
                    cold.remove(pair)
            if not cold:
                return answers
            wanted = {slot for pair in cold for slot in pair if slot != NO_SLOT}
            found.refuse_unusable(wanted)
            found = self._load([slot for slot in wanted if self._cache.holds(slot) is None], ())
        raise StaleKeys

    def mac(self, slot: SlotId, message: bytes) -> bytes:
        """HMAC-SHA256 under a slot's key. Raises, in this order: SubjectShredded, KeyMissing."""
        for _ in range(ATTEMPTS_MAX):
            if self.clock() - self._looked_at >= self._cache_seconds:
                self.look()
            found = self._warm((slot,), ())
            if (gone := found.gone.get(slot) or self._gone.get(slot)) is not None:
                raise SubjectShredded(slot, gone.at, gone.reason)
            found.refuse_unusable((slot,))
            code = self._cache.mac(slot, message)
            looked_at = self._looked_at  # read before the clock, as in `vouches_for`
            still_held = self._cache.holds(slot) is not None
            if code is not None and still_held and self.clock() - looked_at < self._cache_seconds:
                return code
        raise StaleKeys

    def issue_subjects(self, count: int) -> list[SlotId]:
        """Fresh slots, their keys kept warm."""
        with self._load_under_way() as doomed:
            issued = self.store.issue_subjects(count)
            refused = self._keep(issued, doomed)
        if refused:
            raise KeyRefused(sorted(refused))
        return [key.slot for key in issued]

    def forget(self, slots: Collection[SlotId]) -> None:
        """Let go of what is known about slots, so that the next use asks the store."""
        with self._cache.lock:
            self._cache.release(slots)
            for slot in slots:
                self._gone.pop(slot, None)

    def _find_to_seal(self, subject: SlotId, period: Period | None) -> BoxCipher:
        for _ in range(ATTEMPTS_MAX):
            found = self._warm((subject,), () if period is None else (period,))
            period_slot = NO_SLOT if period is None else self._period_slots.get(period)
            if (gone := found.gone.get(subject)) is not None:
                raise SubjectShredded(subject, gone.at, gone.reason)
            if period_slot is None:
                continue
            if period is not None and (gone := found.gone.get(period_slot)) is not None:
                raise PeriodShredded(period_slot, period.class_code, period.first_day, gone.at, gone.reason)
            found.refuse_unusable((subject, period_slot))
            if (cipher := self._cache.cipher((subject, period_slot))) is not None:
                return cipher
        raise StaleKeys

    def _warm(self, slots: Iterable[SlotId], periods: Iterable[Period]) -> _Found:
        holds, period_slots = self._cache.holds, self._period_slots
        cold = [slot for slot in slots if holds(slot) is None]
        unknown = [period for period in periods if holds(period_slots.get(period, NO_SLOT)) is None]
        if not cold and not unknown:
            if self.clock() - self._looked_at > self._look_seconds:
                self.look()
            return _Found()
        found = self._load(cold, unknown)
        unissued = [period for period in unknown if period not in period_slots]
        if unissued:
            self.store.issue_periods(unissued)
            found.add(self._load((), unissued))
        return found

    def _answer(self, pair: Pair, found: _Found) -> BoxCipher | Shredded | None:
        for slot in pair:
            if (gone := found.gone.get(slot) or self._gone.get(slot)) is not None:
                return gone
        return self._cache.cipher(pair)

    def _load(self, slots: Sequence[SlotId], periods: Sequence[Period]) -> _Found:
        with self._load_under_way() as doomed:
            with self._cache.lock:
                since = self._counter
            started = self.clock()
            loaded = self.store.load(slots, periods, since=since)
            refused = self._keep(loaded.keys, doomed)
            with self._cache.lock:
                self._learn(loaded.look, since, started)
        return self._remember(loaded, slots, refused)

    @contextmanager
    def _load_under_way(self) -> Iterator[set[SlotId]]:
        doomed: set[SlotId] = set()
        with self._cache.lock:
            self._loading[id(doomed)] = doomed
        try:
            yield doomed
        finally:
            with self._cache.lock:
                del self._loading[id(doomed)]

    def _keep(self, keys: Sequence[SlotKey], doomed: set[SlotId]) -> set[SlotId]:
        """Cache keys whose check value holds; returns the slots of the others."""
        good = [key for key in keys if matches_check_value(key.key, key.slot, key.kcv)]
        with self._cache.lock:
            for key in good:
                # A look that overtook this load may have reported the doom already, and no later look repeats it.
                if key.slot in doomed:
                    wipe(key.key)
                else:
                    self._cache.keep(key)
        return {key.slot for key in keys} - {key.slot for key in good}

    def _learn(self, look: Look, since: int, started: float) -> None:
        """Under the cache's lock: let go of doomed keys first, then grow younger."""
        if look.counter < since:
            self._cache.clear()
            raise KeyStoreUnavailable("the doom counter went back: an old key store was put in place of this one")
        self._cache.release(look.doomed)
        for doomed in self._loading.values():
            doomed.update(look.doomed)
        self._counter = max(self._counter, look.counter)
        self._looked_at = max(self._looked_at, started)

    def _remember(self, loaded: Loaded, asked: Iterable[SlotId], refused: set[SlotId]) -> _Found:
        final = {stone.slot: Shredded(stone.at, stone.reason) for stone in loaded.tombstones}
        with self._cache.lock:
            for remembered in (self._period_slots, self._gone):
                if len(remembered) >= REMEMBERED_MAX:
                    remembered.clear()
            self._period_slots.update(loaded.periods)
            self._gone.update(final)
        gone = {doom.slot: Shredded(doom.at, doom.reason) for doom in loaded.dooms} | final
        known = {key.slot for key in loaded.keys} | gone.keys()
        return _Found(gone, refused, {*asked, *loaded.periods.values()} - known)
