"""Sealing on entry: text in, box out. Whoever holds a Sealer cannot open what it sealed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable

from crypto_shredding.box import Box, Period, SealRequest, SlotId
from crypto_shredding.errors import StaleKeys
from crypto_shredding.keyring import Keyring

SLOTS_PER_BLOCK = 1_000
"""Taken from the store at once (some 15 ms), so that a join needs no round trip. A process that ends loses its rest."""

BLOCK_LOW = 100
"""Below this `is_warm` says no and `warm` takes the next block: a join never waits for one on the event loop."""

ISSUE_MAX = 10_000
"""More slots in one call than any one command needs; a caller that asks for more has a bug."""


class Sealer:
    """Thread-safe. `seal` needs no I/O while `is_warm` holds; otherwise it loads what it needs and blocks."""

    def __init__(self, keyring: Keyring, *, slots_per_block: int = SLOTS_PER_BLOCK) -> None:
        self._keyring = keyring
        self._slots_per_block = slots_per_block
        self._block_low = min(BLOCK_LOW, slots_per_block // 10)
        self._block: deque[SlotId] = deque()
        self._block_lock = threading.Lock()
        self._issues = False

    def is_warm(self, slots: Iterable[SlotId], periods: Iterable[Period]) -> bool:
        """Whether sealing for these needs no I/O now: keys here, last look at the dooms young, fresh slots at hand."""
        if self._issues and len(self._block) < self._block_low:
            return False
        return self._keyring.is_warm(slots, periods)

    def warm(self, slots: Iterable[SlotId], periods: Iterable[Period]) -> None:
        """Load missing keys in one statement, issue periods never seen before, look at the dooms. Blocks.

        Says nothing about shredded or missing keys: `seal` does.
        """
        if self._issues:
            with self._block_lock:
                self._fill_block(self._block_low)
        self._keyring.warm(slots, periods)

    def seal(self, request: SealRequest) -> Box:
        """Raises, in this order: SubjectShredded, PeriodShredded, KeyMissing, TextRefused.

        Two seals of one text are two different boxes: seal once, and keep the box over retries.
        """
        return self.seal_many((request,))[0]

    def seal_many(self, requests: Iterable[SealRequest]) -> list[Box]:
        """All or none, in order, with one load for all keys that are not here. Raises as `seal` does."""
        keyring, wanted = self._keyring, list(requests)
        for _ in range(2):  # taking ciphers looks by itself when the last look has grown too old
            ciphers = keyring.ciphers_to_seal([(request.subject_slot, request.period) for request in wanted])
            boxes = [cipher.seal(request.place, request.text) for cipher, request in zip(ciphers, wanted, strict=True)]
            if keyring.vouches_for_all(ciphers):
                return boxes
        raise StaleKeys

    def issue_subjects(self, count: int) -> list[SlotId]:
        """Fresh slots, never used before and never handed out again.

        Takes a block from the store when its own is used up. From the first call on `warm` keeps one ready: a process
        that calls this once with 0 at its start need not wait here later.
        """
        if not 0 <= count <= ISSUE_MAX:
            raise ValueError(f"cannot issue {count} slots at once; the limit is {ISSUE_MAX}")
        with self._block_lock:
            self._issues = True
            self._fill_block(count)
            return [self._block.popleft() for _ in range(count)]

    def _fill_block(self, slots_min: int) -> None:
        if len(self._block) < slots_min:
            self._block.extend(self._keyring.issue_subjects(max(slots_min, self._slots_per_block)))
