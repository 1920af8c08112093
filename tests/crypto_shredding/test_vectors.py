"""The cipher does what docs/spec/envelope.md says, by the vectors that a second implementation made."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_shredding import EnvelopeTampered, OpenRequest, Place, Sealed, SlotId, UnknownEnvelopeVersion
from crypto_shredding.cipher import BoxCipher
from tests.crypto_shredding import reference

VECTORS = Path(__file__).parent.parent / "vectors" / "envelope.json"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text("utf-8"))["cases"]


def opened(case: dict[str, Any]) -> str:
    period_key = bytearray.fromhex(case["period_key"]) if case["period_key"] else None
    slots = SlotId(case["subject_slot"]), SlotId(case["period_slot"])
    subject_key = bytearray.fromhex(case["subject_key"])
    cipher = BoxCipher(UUID(case["installation"]), slots[0], subject_key, slots[1], period_key)
    place = Place(UUID(case["event_id"]), case["event_type"], case["field_id"])
    return cipher.open(OpenRequest(place, Sealed(*slots, bytes.fromhex(case["digest"])), bytes.fromhex(case["box"])))


def named(expect: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in CASES if case["expect"] == expect]


def test_the_vectors_are_those_the_second_implementation_makes() -> None:
    assert VECTORS.read_text("utf-8") == reference.vectors()


def test_every_vector_expects_one_of_three_outcomes() -> None:
    assert {case["expect"] for case in CASES} == {"open", "tampered", "unknown version"}
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", named("open"))
def test_a_good_box_opens(case: dict[str, Any]) -> None:
    assert opened(case) == case["text"]


@pytest.mark.parametrize("case", named("tampered"))
def test_a_moved_or_altered_box_is_tampered(case: dict[str, Any]) -> None:
    with pytest.raises(EnvelopeTampered):
        opened(case)


@pytest.mark.parametrize("case", named("unknown version"))
def test_a_box_of_another_version_is_told_apart(case: dict[str, Any]) -> None:
    with pytest.raises(UnknownEnvelopeVersion) as refused:
        opened(case)

    assert [refused.value.version, refused.value.algorithm] == list(bytes.fromhex(case["box"])[:2])


@given(text=st.text(max_size=300), with_period=st.booleans(), field_id=st.integers(1, 2**32 - 1))
def test_what_is_sealed_here_opens_in_the_second_implementation(text: str, with_period: bool, field_id: int) -> None:
    subject_key, period_key = os.urandom(32), os.urandom(32) if with_period else None
    bound = reference.Bound(
        UUID(int=1), 5, subject_key, 9 if with_period else 0, period_key, UUID(int=2), "e", field_id
    )
    key_of_period = bytearray(period_key) if period_key else None
    cipher = BoxCipher(UUID(int=1), SlotId(5), bytearray(subject_key), SlotId(bound.period_slot), key_of_period)

    box = cipher.seal(Place(UUID(int=2), "e", field_id), text)

    assert reference.open_box(bound, box.data) == text
    assert box.sealed == Sealed(SlotId(5), SlotId(bound.period_slot), hashlib.sha256(box.data).digest())
