"""Keys and what is done with them: check values, box keys, sealing and opening one box."""

from __future__ import annotations

import hashlib
import hmac
from os import urandom
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from crypto_shredding.box import Box, OpenRequest, Place, Sealed, SlotId
from crypto_shredding.envelope import NONCE_BYTES, binding, binding_prefix, header, pad, parse, unpad
from crypto_shredding.errors import EnvelopeTampered

KEY_BYTES = 32
_SALT = b"crypto_shredding/box-key/v1"


def wipe(secret: bytearray) -> None:
    """Overwrite in place. Copies that the cipher library made are out of reach (docs/adr/0102)."""
    secret[:] = bytes(len(secret))


def key_check_value(key: bytes | bytearray, slot: int) -> bytes:
    """Pins a key to its slot without telling anything about it."""
    return hmac.digest(key, b"kcv" + slot.to_bytes(8, "big"), "sha256")


def matches_check_value(key: bytes | bytearray, slot: int, kcv: bytes) -> bool:
    """Whether this is the key that the slot was issued with."""
    return hmac.compare_digest(key_check_value(key, slot), kcv)


class BoxCipher:
    """Seals and opens boxes under one box key. Holds the key only inside the cipher object.

    `live` turns False, and never back, when the key ring lets go of either key; `used` belongs to its cache.
    """

    __slots__ = ("_cipher", "_header", "_prefix", "live", "period_slot", "subject_slot", "used")

    def __init__(
        self,
        installation_id: UUID,
        subject_slot: SlotId,
        subject_key: bytearray,
        period_slot: SlotId,
        period_key: bytearray | None,
    ) -> None:
        self.subject_slot, self.period_slot = subject_slot, period_slot
        self.live = self.used = True
        self._header = header(subject_slot, period_slot)
        self._prefix = binding_prefix(installation_id, self._header)
        secret = subject_key + (period_key or b"")
        box_key = bytearray(KEY_BYTES)
        HKDF(SHA256(), KEY_BYTES, _SALT, installation_id.bytes + self._header[2:]).derive_into(secret, box_key)
        self._cipher = AESGCM(box_key)
        wipe(secret)
        wipe(box_key)

    def seal(self, place: Place, text: str) -> Box:
        """Raises TextRefused; ValueError for a place that has no encoding."""
        nonce = urandom(NONCE_BYTES)
        data = self._header + nonce + self._cipher.encrypt(nonce, pad(text), binding(self._prefix, place))
        return Box(Sealed(self.subject_slot, self.period_slot, hashlib.sha256(data).digest()), data)

    def open(self, request: OpenRequest) -> str:
        """Raises, in this order: EnvelopeTampered (no box, digest), UnknownEnvelopeVersion, EnvelopeTampered."""
        place, sealed, box = request.place, request.sealed, request.box
        if box is None:
            raise _tampered("the box is gone although its keys live", place)
        if hashlib.sha256(box).digest() != sealed.digest:
            raise _tampered("the box is not the one its event refers to", place)
        envelope = parse(box)
        if envelope.header != self._header:
            raise _tampered("the box names other slots than its event", place)
        try:
            padded = self._cipher.decrypt(envelope.nonce, envelope.ciphertext, binding(self._prefix, place))
        except InvalidTag:
            raise _tampered("the box does not verify at this place", place) from None
        return unpad(padded)


def _tampered(why: str, place: Place) -> EnvelopeTampered:
    return EnvelopeTampered(why, event_id=place.event_id, field_id=place.field_id)
