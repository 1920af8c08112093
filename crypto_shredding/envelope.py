"""The bytes of a sealed value: header, padding and what it is bound to (docs/spec/envelope.md)."""

from __future__ import annotations

import struct
from typing import NamedTuple
from uuid import UUID

from crypto_shredding.box import Place
from crypto_shredding.errors import EnvelopeTampered, TextRefused, UnknownEnvelopeVersion

VERSION = 1
AES_256_GCM = 1
MAGIC = b"crypto_shredding/box"

PAD_BYTES = 32
"""Lengths leak in steps of this size only: most names, phones and addresses look alike."""

TEXT_BYTES_MAX = 32_768
"""About 10,900 Hangul syllables: a long complaint. More belongs into a file store with its own keys."""

EVENT_TYPE_BYTES_MAX = 255
"""Topics are short names; the spec gives their length two bytes, and a limit that nobody meets by accident."""

HEADER = struct.Struct(">BBQQ")
NONCE_BYTES = 12
TAG_BYTES = 16
CIPHERTEXT_AT = HEADER.size + NONCE_BYTES
BOX_BYTES_MIN = CIPHERTEXT_AT + PAD_BYTES + TAG_BYTES
BOX_BYTES_MAX = CIPHERTEXT_AT + TEXT_BYTES_MAX + PAD_BYTES + TAG_BYTES

_BINDING = struct.Struct(">16sIH")


class Envelope(NamedTuple):
    """A box taken apart, not yet verified. `header` is to be compared with the one its reference demands."""

    header: bytes
    nonce: bytes
    ciphertext: bytes


def header(subject_slot: int, period_slot: int) -> bytes:
    """The bytes before the nonce: the same for all boxes under one box key."""
    return HEADER.pack(VERSION, AES_256_GCM, subject_slot, period_slot)


def binding_prefix(installation_id: UUID, header: bytes) -> bytes:
    """The part of the associated data that is the same for all boxes under one box key."""
    return MAGIC + header[:2] + installation_id.bytes + header[2:]


def binding(prefix: bytes, place: Place) -> bytes:
    """Associated data of a box at `place`. Raises ValueError for a place that has no encoding: a programming error."""
    event_type = place.event_type.encode()
    if place.field_id < 1 or len(event_type) > EVENT_TYPE_BYTES_MAX:
        raise ValueError(f"not a place: field {place.field_id}, event type of {len(event_type)} bytes")
    return prefix + _BINDING.pack(place.event_id.bytes, place.field_id, len(event_type)) + event_type


def pad(text: str) -> bytes:
    """UTF-8 and ISO/IEC 7816-4 padding. Raises TextRefused, which never repeats the text."""
    try:
        data = text.encode()
    except UnicodeEncodeError:
        data = None
    if data is None:  # raised here, not above: a chained UnicodeEncodeError would carry the whole text
        raise TextRefused("lone surrogates are not text", length=len(text), bytes_max=TEXT_BYTES_MAX)
    if len(data) > TEXT_BYTES_MAX:
        raise TextRefused("the text is too long to seal", length=len(data), bytes_max=TEXT_BYTES_MAX)
    return data + b"\x80" + b"\0" * (-(len(data) + 1) % PAD_BYTES)


def unpad(padded: bytes) -> str:
    """The text that was padded. Raises EnvelopeTampered, which never repeats it."""
    data = padded.rstrip(b"\0")
    if not data.endswith(b"\x80") or len(padded) - len(data) >= PAD_BYTES:
        raise EnvelopeTampered("the padding is not ours")
    try:
        return data[:-1].decode()
    except UnicodeDecodeError:
        pass
    raise EnvelopeTampered("the sealed bytes are not UTF-8")  # outside: the cause would carry them


def parse(box: bytes) -> Envelope:
    """Take a box apart. Raises, in this order: UnknownEnvelopeVersion, EnvelopeTampered."""
    if len(box) >= 2 and (box[0] != VERSION or box[1] != AES_256_GCM):
        raise UnknownEnvelopeVersion(box[0], box[1])
    if not BOX_BYTES_MIN <= len(box) <= BOX_BYTES_MAX or (len(box) - BOX_BYTES_MIN) % PAD_BYTES:
        raise EnvelopeTampered(f"{len(box)} bytes are not the length of a box")
    return Envelope(box[: HEADER.size], box[HEADER.size : CIPHERTEXT_AT], box[CIPHERTEXT_AT:])
