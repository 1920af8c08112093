"""The root of all keys: versions of a wrapping key that live outside of every database and can be destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a provider can vouch for after destroying a version.

    `recoverable_until` None means that it can promise nothing about copies; `note` says why, and goes into reports.
    """

    provider: str
    version: int
    recoverable_until: datetime | None
    note: str


class RootStore(Protocol):
    """A root never hands its keys out: it wraps and unwraps."""

    def create_version(self, version: int) -> None:
        """Make a version, durable before this returns. A number is used once ever: raises RootVersionTaken."""

    def wrap(self, version: int, key: bytes) -> bytes:
        """Raises RootMissing."""

    def unwrap(self, version: int, blob: bytes) -> bytearray:
        """Raises RootMissing, also when another root's version wrapped it: a foreign root fails closed."""

    def destroy(self, version: int) -> Evidence:
        """Destroy a version. Destroying it again is the same."""

    def versions(self) -> list[int]:
        """Versions that can still unwrap, oldest first."""
