"""A node of the key tree: 128 random keys in one sealed blob (docs/spec/key-tree.md)."""

from __future__ import annotations

from os import urandom
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from crypto_shredding.cipher import KEY_BYTES, wipe
from crypto_shredding.envelope import NONCE_BYTES, TAG_BYTES

CHILDREN_BITS = 7
CHILDREN = 1 << CHILDREN_BITS
"""Fan-out. At 128 a path to two million slots is three nodes of one database page each."""

KEYS_BYTES = CHILDREN * KEY_BYTES
NODE_BYTES = NONCE_BYTES + KEYS_BYTES + TAG_BYTES

LEAF_LEVEL = 1
HEIGHT_MAX = 8
"""2⁵⁶ slots: more than slot ids are ever drawn, and the level stays one byte in the binding."""

_TAG = b"crypto_shredding/node\x01"


class NodePlace(NamedTuple):
    """Where a node is: its level (leaves are 1), and its number among the nodes of that level."""

    level: int
    number: int

    @property
    def parent(self) -> NodePlace:
        return NodePlace(self.level + 1, self.number >> CHILDREN_BITS)

    @property
    def child_number(self) -> int:
        """Which child of its parent it is."""
        return self.number & (CHILDREN - 1)


class NodeKeys:
    """The keys of an opened node, in memory that `wipe` overwrites. Changing one changes nothing that is stored."""

    __slots__ = ("_keys",)

    def __init__(self, keys: bytearray) -> None:
        assert len(keys) == KEYS_BYTES
        self._keys = keys

    @classmethod
    def fresh(cls) -> NodeKeys:
        """128 keys by chance."""
        return cls(bytearray(urandom(KEYS_BYTES)))

    def __getitem__(self, number: int) -> bytearray:
        """A copy of one key, for the caller to wipe."""
        return self._keys[number * KEY_BYTES : (number + 1) * KEY_BYTES]

    def replace(self, number: int, key: bytes | bytearray) -> None:
        """Overwrite one key."""
        assert len(key) == KEY_BYTES
        self._keys[number * KEY_BYTES : (number + 1) * KEY_BYTES] = key

    def sealed(self, key: bytearray, installation_id: UUID, place: NodePlace) -> bytes:
        """The blob of these keys under the node's key."""
        nonce = urandom(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, self._keys, _binding(installation_id, place))

    def wipe(self) -> None:
        wipe(self._keys)


def open_node(key: bytearray, blob: bytes, installation_id: UUID, place: NodePlace) -> NodeKeys | None:
    """None for what was not sealed under this key for this place."""
    keys = bytearray(KEYS_BYTES)
    if len(blob) != NODE_BYTES:
        return None
    try:
        AESGCM(key).decrypt_into(blob[:NONCE_BYTES], blob[NONCE_BYTES:], _binding(installation_id, place), keys)
    except InvalidTag:
        return None
    return NodeKeys(keys)


def _binding(installation_id: UUID, place: NodePlace) -> bytes:
    return _TAG + installation_id.bytes + place.level.to_bytes(1, "big") + place.number.to_bytes(8, "big")
