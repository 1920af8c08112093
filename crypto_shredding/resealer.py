"""Sealed in, sealed out: a value moves to another key or place, and its plaintext is never returned."""

from __future__ import annotations

from crypto_shredding.box import Box, OpenRequest, Period, Place, SealRequest, Shredded, SlotId
from crypto_shredding.keyring import Keyring
from crypto_shredding.opener import open_boxes
from crypto_shredding.sealer import Sealer


class Resealer:
    """For leaving, legal holds and corrections. The old box stays as it is: shred its slot to end it."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._sealer = Sealer(keyring)

    def reseal(
        self, request: OpenRequest, *, place: Place, subject_slot: SlotId, period: Period | None
    ) -> Box | Shredded:
        """Shredded when the old value is gone. Raises as opening does, then as sealing does."""
        text = open_boxes(self._keyring, [request])[0]
        if isinstance(text, Shredded):
            return text
        return self._sealer.seal(SealRequest(place, text, subject_slot, period))
