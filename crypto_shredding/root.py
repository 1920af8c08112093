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
    """A root never hands its keys out: it wraps and unwraps.

    Every method raises RootUnavailable when the provider did not answer; then nothing is known and the call may be
    repeated as it was. After a crash inside a call a version is whole or absent, and `destroy` may be repeated.
    """

    def create_version(self, version: int) -> None:
        """A new version under the caller's number, durable before this returns. Raises RootVersionTaken.

        A number is used once ever: a version that exists or existed, or was destroyed before it existed, is taken.
        Called again after RootUnavailable it may answer RootVersionTaken: destroy that number and choose another.
        """

    def wrap(self, version: int, key: bytes) -> bytes:
        """Bind a key to a version. Raises RootMissing."""

    def unwrap(self, version: int, blob: bytes) -> bytearray:
        """Raises RootMissing, also when another root's version wrapped it: a foreign root fails closed."""

    def destroy(self, version: int) -> Evidence:
        """Destroy a version, whether it exists or not: it is absent from then on, for ever. Again is the same."""

    def versions(self) -> list[int]:
        """Versions that can still unwrap, oldest first."""


def binding(version: int) -> bytes:
    """What every blob is bound to, as associated data: one version's blob is not opened by another."""
    return b"crypto_shredding/root/%d" % version
