"""The port behind which keys are kept: what any key store must do.

Two rules bind every adapter. A slot id is never used twice, and nothing here creates a key because one is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from crypto_shredding.box import Period, SlotId
from crypto_shredding.certificate_parts import FencedOut
from crypto_shredding.root import Evidence

Witness = Callable[[], bytes | None]
"""How far the caller's own records are at this moment, as bytes of which a later answer is never the smaller one."""


def nothing_to_witness() -> None:
    """For callers whose records cannot go back."""


KEY_CACHE_SECONDS_MAX = 5.0
"""How long a process may go on using a key that another process has doomed. Every shredding waits this long."""


@dataclass(frozen=True, slots=True)
class Installation:
    """Who the keys belong to. All processes obey the stored `cache_seconds`, whatever they were built with."""

    id: UUID
    cache_seconds: float


@dataclass(frozen=True, slots=True)
class SlotKey:
    """A live key as it was stored. The check value has not been compared yet: the key ring does, for every adapter."""

    slot: SlotId
    kcv: bytes
    key: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Doom:
    """A slot that may not be used any more, its key not yet destroyed. There is no way back."""

    slot: SlotId
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What stays of a destroyed key, for ever."""

    slot: SlotId
    at: datetime
    reason: str
    kcv: bytes


@dataclass(frozen=True, slots=True)
class Horizon:
    """From `at` on no older copy of the key store opens what one rotation destroyed: its root version is gone.

    What the root's provider can promise about copies of its own is in `evidence`. `holders` are failover targets that
    were waited for, `fenced_out` those that were not.
    """

    version: int
    at: datetime
    evidence: Evidence
    holders: tuple[str, ...] = ()
    fenced_out: tuple[FencedOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Shredding:
    """Keys that are gone, and the horizon of each rotation that took some of them along."""

    tombstones: Sequence[Tombstone]
    horizons: Sequence[Horizon]


class SlotState(StrEnum):
    """`MISSING` is a slot with neither key nor tombstone: never issued, or lost."""

    LIVE = "live"
    DOOMED = "doomed"
    SHREDDED = "shredded"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Look:
    """The doom counter, and which slots were doomed after the counter that the caller knew."""

    counter: int
    doomed: Sequence[SlotId]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Keys, marks and counter as one statement saw them. A slot is in one of `keys`, `dooms`, `tombstones`, or missing.

    `periods` maps the asked periods that were ever issued; their slots are among the three as well.
    """

    look: Look
    keys: Sequence[SlotKey]
    dooms: Sequence[Doom]
    tombstones: Sequence[Tombstone]
    periods: Mapping[Period, SlotId]


class KeyStore(Protocol):
    """Every method may be repeated after KeyStoreUnavailable, and is atomic: all of it happened or nothing."""

    @property
    def installation(self) -> Installation: ...

    def look(self, *, since: int | None) -> Look:
        """Slots doomed after counter `since`; None asks for the counter alone."""

    def load(self, slots: Collection[SlotId], periods: Collection[Period], *, since: int) -> Loaded:
        """Keys, marks and counter in ONE statement. A tombstone or a doom wins over any key that is still there."""

    def issue_subjects(self, count: int) -> Sequence[SlotKey]:
        """Fresh random keys at slots that were never used."""

    def issue_periods(self, periods: Collection[Period]) -> None:
        """Give each period its slot and key unless it ever had one, shredded or not. Racing callers make one."""

    def doom(self, slots: Collection[SlotId], *, reason: str, at: datetime) -> int:
        """Mark slots and raise the counter in ONE transaction; returns the counter. The first mark of a slot stands.

        Raises KeyMissing for slots that were never issued; then nothing is marked.
        """

    def shred(self, slots: Collection[SlotId], *, at: datetime) -> Shredding:
        """Destroy keys, leave tombstones, and make every older copy of the store useless. The first tombstone stands.

        Blocks until the horizon: the cache time, and whatever copies and failover targets take. Other doomed slots are
        taken along. Raises NotDoomed; then nothing is destroyed. After any other error the call may be repeated.
        """

    def states(self, slots: Collection[SlotId]) -> dict[SlotId, SlotState]:
        """The state of every asked slot."""

    def dooms(self, slots: Collection[SlotId]) -> dict[SlotId, Doom]:
        """The mark of each slot that was ever doomed, whether or not its key is destroyed by now."""

    def close(self) -> None: ...
