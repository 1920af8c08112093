"""A second implementation of docs/spec/envelope.md, by another library and sharing no code: it makes the vectors.

python -m tests.crypto_shredding.reference > tests/vectors/envelope.json
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from Crypto.Cipher import AES
from Crypto.Hash import SHA256
from Crypto.Protocol.KDF import HKDF


@dataclass(frozen=True)
class Bound:
    """Everything a box depends on, beside text and nonce."""

    installation: UUID
    subject_slot: int
    subject_key: bytes
    period_slot: int
    period_key: bytes | None
    event_id: UUID
    event_type: str
    field_id: int


def big_endian(number: int, length: int) -> bytes:
    return number.to_bytes(length, "big")


def box_key(bound: Bound) -> bytes:
    key = HKDF(
        bound.subject_key + (bound.period_key or b""),
        32,
        b"crypto_shredding/box-key/v1",
        SHA256,
        context=bound.installation.bytes + big_endian(bound.subject_slot, 8) + big_endian(bound.period_slot, 8),
    )
    assert isinstance(key, bytes)
    return key


def associated_data(bound: Bound, version: int = 1, algorithm: int = 1) -> bytes:
    topic = bound.event_type.encode("utf-8")
    parts = [
        b"crypto_shredding/box",
        bytes([version, algorithm]),
        bound.installation.bytes,
        big_endian(bound.subject_slot, 8),
        big_endian(bound.period_slot, 8),
        bound.event_id.bytes,
        big_endian(bound.field_id, 4),
        big_endian(len(topic), 2),
        topic,
    ]
    return b"".join(parts)


def padded(text: bytes) -> bytes:
    grown = text + b"\x80"
    while len(grown) % 32:
        grown += b"\x00"
    return grown


def seal_bytes(bound: Bound, plain: bytes, nonce: bytes, *, version: int = 1, algorithm: int = 1) -> bytes:
    """Seal already padded bytes, whatever they are."""
    cipher = AES.new(box_key(bound), AES.MODE_GCM, nonce=nonce)
    cipher.update(associated_data(bound, version, algorithm))
    ciphertext, tag = cipher.encrypt_and_digest(plain)
    slots = big_endian(bound.subject_slot, 8) + big_endian(bound.period_slot, 8)
    return bytes([version, algorithm]) + slots + nonce + ciphertext + tag


def seal(bound: Bound, text: str, nonce: bytes) -> bytes:
    return seal_bytes(bound, padded(text.encode("utf-8")), nonce)


def open_box(bound: Bound, box: bytes) -> str:
    """ValueError for whatever does not verify."""
    cipher = AES.new(box_key(bound), AES.MODE_GCM, nonce=box[18:30])
    cipher.update(associated_data(bound, box[0], box[1]))
    plain = cipher.decrypt_and_verify(box[30:-16], box[-16:])
    text, marker, zeros = plain.rpartition(b"\x80")
    if not marker or zeros.strip(b"\x00") or len(zeros) > 31:
        raise ValueError("padding")
    return text.decode("utf-8")


def secret(label: str, length: int = 32) -> bytes:
    return hashlib.sha256(label.encode()).digest()[:length]


PLAIN = Bound(
    installation=UUID("6f0f2b8e-8f5a-4c5e-9f43-0d8b6a1c2e3f"),
    subject_slot=1001,
    subject_key=secret("subject key"),
    period_slot=0,
    period_key=None,
    event_id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    event_type="points.accrued.v1",
    field_id=3,
)
DATED = replace(PLAIN, period_slot=77, period_key=secret("period key"))
NONCE = secret("nonce", 12)


def case(
    name: str, expect: str, bound: Bound, box: bytes, *, text: str | None = None, digest: bytes = b""
) -> dict[str, Any]:
    return {
        "name": name,
        "expect": expect,
        "installation": str(bound.installation),
        "subject_slot": bound.subject_slot,
        "subject_key": bound.subject_key.hex(),
        "period_slot": bound.period_slot,
        "period_key": bound.period_key.hex() if bound.period_key else None,
        "event_id": str(bound.event_id),
        "event_type": bound.event_type,
        "field_id": bound.field_id,
        "text": text,
        "digest": (digest or hashlib.sha256(box).digest()).hex(),
        "box": box.hex(),
    }


def opening_cases() -> list[dict[str, Any]]:
    texts = {
        "a short text": "Ann Lee",
        "the empty text": "",
        "31 bytes, padded by one": "x" * 31,
        "32 bytes, padded by a whole block": "x" * 32,
        "Hangul": "서울특별시 종로구 세종대로 209",
        "outside of the basic plane": "🎟️ coupon 𝔘",
        "digits stay text": "10115",
        "zeros and a 0x80 byte at the end": "a\x00\x00À\x00",
        "a long text": "memo " * 200,
    }
    cases = [case(name, "open", DATED, seal(DATED, text, NONCE), text=text) for name, text in texts.items()]
    edges = {
        "no period": PLAIN,
        "the largest slots and field": replace(
            DATED, subject_slot=2**63 - 1, period_slot=2**63 - 2, field_id=2**32 - 1
        ),
        "an event type of 255 bytes": replace(DATED, event_type="é" * 127 + "x"),
        "an event type of no bytes": replace(DATED, event_type=""),
    }
    return cases + [case(name, "open", bound, seal(bound, "edge", NONCE), text="edge") for name, bound in edges.items()]


def moved_cases() -> list[dict[str, Any]]:
    """A good box, read where it does not belong. Keys are always the right ones: only the binding can refuse."""
    box = seal(DATED, "Ann Lee", NONCE)
    places = {
        "another event": replace(DATED, event_id=UUID(int=7)),
        "another event type": replace(DATED, event_type="points.accrued.v2"),
        "another field": replace(DATED, field_id=4),
        "another installation": replace(DATED, installation=UUID(int=7)),
        "another subject's key": replace(DATED, subject_key=secret("other")),
        "another period's key": replace(DATED, period_key=secret("other")),
        "the period left out": replace(DATED, period_slot=0, period_key=None),
        "slots of another reference": replace(DATED, subject_slot=1002),
        "a period of another reference": replace(DATED, period_slot=78),
    }
    relabelled = box[:2] + big_endian(1002, 8) + box[10:]
    return [
        *(case(f"moved: {name}", "tampered", bound, box) for name, bound in places.items()),
        case("moved: header rewritten for another slot", "tampered", replace(DATED, subject_slot=1002), relabelled),
    ]


def altered_cases() -> list[dict[str, Any]]:
    box = seal(DATED, "Ann Lee", NONCE)
    longer = seal(DATED, "x" * 40, NONCE)

    def flipped(at: int) -> bytes:
        return box[:at] + bytes([box[at] ^ 1]) + box[at + 1 :]

    def wrapped(plain: bytes) -> bytes:
        return seal_bytes(DATED, plain, NONCE)

    altered = {
        "a bit of the subject slot, the reference intact": flipped(9),
        "a bit of the period slot, the reference intact": flipped(17),
        "a bit of the nonce": flipped(18),
        "a bit of the ciphertext": flipped(30),
        "the last bit of the tag": flipped(len(box) - 1),
        "no bytes": b"",
        "one byte": box[:1],
        "the header alone": box[:30],
        "the last byte cut off": box[:-1],
        "one byte more": box + b"\x00",
        "the first block cut out": longer[:30] + longer[62:],
        "no block at all": box[:30] + box[-16:],
        "sealed without padding": wrapped(b"x" * 32),
        "padding of zeros only": wrapped(b"\x00" * 32),
        "padding longer than a block": wrapped(b"x" * 10 + b"\x80" + b"\x00" * 53),
        "sealed bytes that are not UTF-8": wrapped(padded(b"\xff\xfe\xfa")),
    }
    return [
        *(case(f"altered: {name}", "tampered", DATED, bad) for name, bad in altered.items()),
        case("altered: a digest of another box", "tampered", DATED, box, digest=secret("other")),
    ]


def version_cases() -> list[dict[str, Any]]:
    marks = {
        "version 0": (0, 1),
        "version 2": (2, 1),
        "algorithm 0": (1, 0),
        "algorithm 2": (1, 2),
        "text": (0x41, 0x41),
    }
    plain = padded(b"Ann Lee")
    return [
        case(name, "unknown version", DATED, seal_bytes(DATED, plain, NONCE, version=version, algorithm=algorithm))
        for name, (version, algorithm) in marks.items()
    ]


def vectors() -> str:
    cases = opening_cases() + moved_cases() + altered_cases() + version_cases()
    document = {"spec": "docs/spec/envelope.md", "version": 1, "cases": cases}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(vectors())
