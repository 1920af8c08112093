"""The parser of envelopes and the padding, attacked by a machine."""

from __future__ import annotations

import hashlib
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_shredding import EnvelopeTampered, OpenRequest, Place, Sealed, SlotId, TextRefused, UnknownEnvelopeVersion
from crypto_shredding.cipher import BoxCipher
from crypto_shredding.envelope import BOX_BYTES_MAX, PAD_BYTES, pad, parse, unpad

CIPHER = BoxCipher(UUID(int=1), SlotId(5), bytearray(b"s" * 32), SlotId(9), bytearray(b"p" * 32))
PLACE = Place(UUID(int=2), "members.joined.v1", 2)
GOOD = CIPHER.seal(PLACE, "Ann Lee")

almost_boxes = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=200).map(lambda rest: b"\x01\x01" + rest),
    st.binary(min_size=48, max_size=48).map(lambda rest: GOOD.data[:30] + rest),
    st.integers(0, len(GOOD.data)).map(lambda length: GOOD.data[:length]),
)


@given(box=almost_boxes)
def test_whatever_bytes_come_they_are_refused_by_name(box: bytes) -> None:
    if box == GOOD.data:
        return
    with pytest.raises((EnvelopeTampered, UnknownEnvelopeVersion)) as refused:
        CIPHER.open(OpenRequest(PLACE, Sealed(SlotId(5), SlotId(9), hashlib.sha256(box).digest()), box))

    unknown = len(box) >= 2 and box[:2] != b"\x01\x01"
    assert (refused.type is UnknownEnvelopeVersion) is unknown


@given(at=st.integers(0, len(GOOD.data) - 1), bit=st.integers(0, 7))
def test_no_single_bit_can_be_flipped(at: int, bit: int) -> None:
    box = GOOD.data[:at] + bytes([GOOD.data[at] ^ 1 << bit]) + GOOD.data[at + 1 :]

    with pytest.raises((EnvelopeTampered, UnknownEnvelopeVersion)):
        CIPHER.open(OpenRequest(PLACE, Sealed(SlotId(5), SlotId(9), hashlib.sha256(box).digest()), box))


@given(box=st.binary(max_size=300))
def test_what_parses_is_whole(box: bytes) -> None:
    try:
        envelope = parse(b"\x01\x01" + box)
    except EnvelopeTampered:
        return

    assert envelope.header + envelope.nonce + envelope.ciphertext == b"\x01\x01" + box
    assert (len(envelope.ciphertext) - 16) % PAD_BYTES == 0


def test_a_box_above_the_limit_is_refused_before_it_is_decrypted() -> None:
    with pytest.raises(EnvelopeTampered):
        parse(b"\x01\x01" + b"x" * (BOX_BYTES_MAX - 2 + PAD_BYTES))


@given(text=st.text(max_size=200))
def test_padding_comes_off_as_it_went_on(text: str) -> None:
    padded = pad(text)

    assert unpad(padded) == text
    assert len(padded) % PAD_BYTES == 0
    assert 1 <= len(padded) - len(text.encode()) <= PAD_BYTES


@given(padded=st.binary(max_size=100))
def test_only_padding_that_we_make_comes_off(padded: bytes) -> None:
    try:
        text = unpad(padded)
    except EnvelopeTampered:
        return

    assert padded[: len(text.encode())] == text.encode()
    assert 1 <= len(padded) - len(text.encode()) <= PAD_BYTES


@given(text=st.text(st.characters(categories=["Cs"]), min_size=1, max_size=20))
def test_lone_surrogates_are_not_text(text: str) -> None:
    with pytest.raises(TextRefused):
        pad(text)
