"""One key between the root and the slots: the root wraps it, it wraps every slot key of its table."""

from __future__ import annotations

from itertools import count
from os import urandom

import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.cipher import KEY_BYTES, wipe
from crypto_shredding.envelope import NONCE_BYTES, TAG_BYTES
from crypto_shredding.errors import RootMissing, RootVersionTaken
from crypto_shredding.root import RootStore
from crypto_shredding.statements import statement


class WrappingKeys:
    """The wrapping keys of one key table, unwrapped once; the newest wraps."""

    def __init__(self, ciphers: dict[int, AESGCM]) -> None:
        self._ciphers = ciphers
        self.newest = max(ciphers)

    def wrap(self, slot: int, key: bytearray) -> bytes:
        nonce = urandom(NONCE_BYTES)
        return nonce + self._ciphers[self.newest].encrypt(nonce, key, _binding(slot))

    def unwrap(self, wrapping_key: int, slot: int, wrapped: bytes) -> bytearray | None:
        """None for what this wrapping key did not wrap for this slot."""
        cipher = self._ciphers.get(wrapping_key)
        key = bytearray(KEY_BYTES)
        if cipher is None or len(wrapped) != NONCE_BYTES + KEY_BYTES + TAG_BYTES:
            return None
        try:
            cipher.decrypt_into(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], _binding(slot), key)
        except InvalidTag:
            return None
        return key


def open_wrapping_keys(connection: psycopg.Connection, root: RootStore) -> WrappingKeys:
    """Unwrap the wrapping keys, or make the first one of an empty key table. Raises RootMissing.

    Only an empty table gets a new root version: next to existing keys a new root would be a lost one, papered over.
    """
    with connection.transaction():
        connection.execute(statement("lock_destruction"))
        rows = connection.execute(statement("read_wrapping_keys")).fetchall()
        if not rows:
            version = _create_version(root)
            fresh = bytearray(urandom(KEY_BYTES))
            row = (1, version, root.wrap(version, bytes(fresh)))
            wipe(fresh)
            columns = ("wrapping_key", "root_version", "wrapped")
            connection.execute(statement("add_wrapping_key"), dict(zip(columns, row, strict=True)))
            rows = [row]
    return WrappingKeys({number: _cipher(root, version, wrapped) for number, version, wrapped in rows})


def _create_version(root: RootStore) -> int:
    for version in count(max(root.versions(), default=0) + 1):
        try:
            root.create_version(version)
        except RootVersionTaken:  # a crash left it, or it was destroyed
            continue
        return version
    raise AssertionError("numbers do not end")


def _cipher(root: RootStore, version: int, wrapped: bytes) -> AESGCM:
    key = root.unwrap(version, wrapped)
    if len(key) != KEY_BYTES:
        raise RootMissing("the root unwrapped something that is not a key", version=version)
    cipher = AESGCM(key)
    wipe(key)
    return cipher


def _binding(slot: int) -> bytes:
    return b"crypto_shredding/slot" + slot.to_bytes(8, "big")
