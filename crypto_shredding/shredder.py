"""Destroying keys: doom first, wait until no process can read, then destroy, then prove it.

Each step may be repeated, so a crash at any point is resumed by running all of them again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from crypto_shredding.box import OpenRequest, Shredded, SlotId
from crypto_shredding.clock import RATE_MARGIN
from crypto_shredding.errors import StillReadable
from crypto_shredding.keyring import Keyring
from crypto_shredding.keystore import Doom, Shredding, SlotState
from crypto_shredding.opener import open_boxes


@dataclass(frozen=True, slots=True)
class Doomed:
    """Slots that no process may load any more, and until when one may still use a key it had loaded before.

    `live_until` is read on this process's own key clock; after a restart doom again to get a new one.
    """

    slots: tuple[SlotId, ...]
    counter: int
    live_until: float


class Shredder:
    """Thread-safe. Held by the erasure and retention processes alone."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._store = keyring.store
        self._thread = ThreadPoolExecutor(1, "crypto_shredding rotation")

    def doom(self, slots: Sequence[SlotId], *, reason: str, at: datetime) -> Doomed:
        """Mark slots, in one transaction, as not to be used again. No way back; the first reason and time stand.

        Raises KeyMissing for slots that were never issued; then nothing is marked.
        """
        if at.tzinfo is None:
            raise ValueError("a doom needs an instant with its time zone")
        wanted = tuple(sorted(set(slots)))
        counter = self._store.doom(wanted, reason=reason, at=at)
        live_until = self._keyring.clock() + self._keyring.installation.cache_seconds * RATE_MARGIN
        self._keyring.forget(wanted)
        return Doomed(wanted, counter, live_until)

    def seconds_readable(self, doomed: Doomed) -> float:
        """How long `wait_until_unreadable` would block, for callers who wait otherwise; 0 from T_live on."""
        return max(0.0, doomed.live_until - self._keyring.clock())

    def wait_until_unreadable(self, doomed: Doomed) -> float:
        """Block until no process can give out anything made with these keys (T_live). Returns the seconds waited."""
        started = self._keyring.clock()
        while (left := doomed.live_until - self._keyring.clock()) > 0:
            time.sleep(left)
        return self._keyring.clock() - started

    def shred(self, doomed: Doomed, *, at: datetime) -> Shredding:
        """Destroy the keys, and with the root version before every older copy of them. Blocks until that horizon.

        One tombstone per slot stays for ever, the first one. Raises NotDoomed; then nothing is destroyed. Call it after
        `wait_until_unreadable`. After any other error repeat it: it goes on where it stopped.
        """
        if at.tzinfo is None:
            raise ValueError("a tombstone needs an instant with its time zone")
        shredding = self._store.shred(doomed.slots, at=at)
        self._keyring.forget(doomed.slots)
        return shredding

    def shredding(self, doomed: Doomed, *, at: datetime) -> Future[Shredding]:
        """`shred` in the one thread in which this process rotates: callers that come together share a rotation."""
        return self._thread.submit(self.shred, doomed, at=at)

    def verify_gone(self, boxes: Sequence[OpenRequest]) -> None:
        """Try to open boxes of destroyed slots, with nothing remembered. Raises StillReadable when any opens.

        Raises KeyMissing rather than taking a lost key for a destroyed one.
        """
        slots = {slot for box in boxes for slot in (box.sealed.subject_slot, box.sealed.period_slot)}
        self._keyring.forget(slots)
        answers = zip(boxes, open_boxes(self._keyring, boxes), strict=True)
        readable = [box.sealed.subject_slot for box, answer in answers if not isinstance(answer, Shredded)]
        if readable:
            raise StillReadable(readable)

    def states(self, slots: Sequence[SlotId]) -> dict[SlotId, SlotState]:
        """The state of each slot, asked from the store."""
        return self._store.states(slots)

    def dooms(self, slots: Sequence[SlotId]) -> dict[SlotId, Doom]:
        """When and why each slot was doomed, of those that ever were; asked from the store."""
        return self._store.dooms(slots)
