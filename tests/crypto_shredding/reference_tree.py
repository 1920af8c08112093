"""A second implementation of docs/spec/key-tree.md, by another library and sharing no code: it makes the vectors.

python -m tests.crypto_shredding.reference_tree > tests/vectors/key_tree.json
"""

from __future__ import annotations

import hmac
import json
import sys
from base64 import b64encode
from typing import Any
from uuid import UUID

from Crypto.Cipher import AES

from tests.crypto_shredding.reference import big_endian, secret

INSTALLATION = UUID("6f0f2b8e-8f5a-4c5e-9f43-0d8b6a1c2e3f")
NONCE = secret("node nonce", 12)


def associated_data(installation: UUID, level: int, number: int) -> bytes:
    return b"crypto_shredding/node" + b"\x01" + installation.bytes + big_endian(level, 1) + big_endian(number, 8)


def seal_node(key: bytes, keys: list[bytes], nonce: bytes, installation: UUID, level: int, number: int) -> bytes:
    cipher = AES.new(key, AES.MODE_GCM, nonce=nonce)
    cipher.update(associated_data(installation, level, number))
    ciphertext, tag = cipher.encrypt_and_digest(b"".join(keys))
    return nonce + ciphertext + tag


def open_node(key: bytes, blob: bytes, installation: UUID, level: int, number: int) -> list[bytes]:
    """ValueError for what does not verify."""
    cipher = AES.new(key, AES.MODE_GCM, nonce=blob[:12])
    cipher.update(associated_data(installation, level, number))
    plain = cipher.decrypt_and_verify(blob[12:-16], blob[-16:])
    return [plain[start : start + 32] for start in range(0, len(plain), 32)]


def key_of_slot(
    top_key: bytes, height: int, nodes: dict[tuple[int, int], bytes], slot: int, installation: UUID = INSTALLATION
) -> bytes:
    """Down from the top, as a reader does it. KeyError for a node that is not there."""
    key = top_key
    for level in range(height, 0, -1):
        number = slot // 128**level
        key = open_node(key, nodes[level, number], installation, level, number)[slot // 128 ** (level - 1) % 128]
    return key


def check_value(key: bytes, slot: int) -> bytes:
    return hmac.digest(key, b"kcv" + big_endian(slot, 8), "sha256")


def child_keys(label: str) -> list[bytes]:
    return [secret(f"{label} {child}") for child in range(128)]


def case(
    name: str, expect: str, blob: bytes, *, level: int = 1, number: int = 3, key: str = "node key"
) -> dict[str, Any]:
    """The node's children, where it opens, are the keys of the label "node"."""
    return {
        "name": name,
        "expect": expect,
        "installation": str(INSTALLATION),
        "level": level,
        "number": number,
        "key": secret(key).hex(),
        "blob": b64encode(blob).decode(),
    }


def node_cases() -> list[dict[str, Any]]:
    keys = child_keys("node")

    def sealed(level: int = 1, number: int = 3, installation: UUID = INSTALLATION, keys: list[bytes] = keys) -> bytes:
        return seal_node(secret("node key"), keys, NONCE, installation, level, number)

    blob = sealed()
    flipped = blob[:2000] + bytes([blob[2000] ^ 1]) + blob[2001:]
    return [
        case("a leaf", "open", blob),
        case("a top of eight levels", "open", sealed(8, 0), level=8, number=0),
        case("the largest number", "open", sealed(1, 2**56 - 1), number=2**56 - 1),
        case("another place of the level", "refused", blob, number=4),
        case("another level", "refused", blob, level=2),
        case("another installation", "refused", sealed(installation=UUID(int=7))),
        case("another key", "refused", blob, key="other"),
        case("a bit altered", "refused", flipped),
        case("a byte cut off", "refused", blob[:-1]),
        case("a key too few", "refused", sealed(keys=keys[:-1])),
        case("nothing", "refused", b""),
    ]


def vectors() -> str:
    slots = [1, 127, 128, 16_383, 16_384, 2**40]
    places = [{"slot": slot, "leaf": slot // 128, "child": slot % 128} for slot in slots]
    values = [
        {"slot": slot, "key": secret(f"key {slot}").hex(), "kcv": check_value(secret(f"key {slot}"), slot).hex()}
        for slot in slots
    ]
    document = {
        "spec": "docs/spec/key-tree.md",
        "version": 1,
        "children": "child n of a node that opens is SHA-256 of 'node n'",
        "places": places,
        "check_values": values,
        "nodes": node_cases(),
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(vectors())
