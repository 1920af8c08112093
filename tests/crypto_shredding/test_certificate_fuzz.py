"""Certificates under attack: any bytes, mutated certificates, any JSON; two implementations that must agree."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_shredding import (
    CERTIFICATE_BYTES_MAX,
    CertificateRefused,
    CertificateUnreadable,
    SigningKey,
    read_certificate,
    sign_next,
    verify_chain,
)
from crypto_shredding.certificate_json import DEPTH_MAX, NotCanonical, canonical, parsed
from tests.crypto_shredding import certificate_reference as reference
from tests.crypto_shredding.test_certificates import CASES, ISSUER, REFUSALS, REFUSALS_THERE, compaction

GOOD = [line.encode("utf-8") for line in CASES[0]["lines"]]


def outcome(data: bytes) -> type[Exception] | None:
    try:
        verify_chain([data], [bytes.fromhex(CASES[0]["public_keys"][0])])
    except CertificateRefused as refused:
        return type(refused)
    return None


def outcome_there(data: bytes) -> type[Exception] | None:
    names = {there: REFUSALS[name] for name, there in REFUSALS_THERE.items()}
    try:
        reference.verify([data], CASES[0]["public_keys"])
    except tuple(names) as refused:
        return names[type(refused)]
    return None


@given(data=st.binary(max_size=400) | st.text("[]{}\",:0123456789-.eE\\ utrefalsn", max_size=200).map(str.encode))
def test_arbitrary_bytes_are_unreadable_and_raise_nothing_else(data: bytes) -> None:
    assert outcome(data) is CertificateUnreadable


@settings(max_examples=300)
@given(
    line=st.sampled_from(GOOD), at=st.integers(0, 3_000), cut=st.integers(0, 40),
    put=st.binary(max_size=6) | st.sampled_from([b"9", b'"', b"{", b"[" * 5_000, b"\\u0000", b"-0", b"1.0", b" "]),
)  # fmt: skip
def test_a_mutated_certificate_never_holds_and_both_say_why(line: bytes, at: int, cut: int, put: bytes) -> None:
    at %= len(line)
    mutated = line[:at] + put + line[at + cut :]

    if mutated != line:
        assert outcome(mutated) is outcome_there(mutated)
        assert outcome(mutated) is not None


@pytest.mark.parametrize("data", [b"[" * 1_000_000, b'{"a":' * 500_000, b"[" * 9 + b"]" * 9])
def test_brackets_without_end_are_refused_before_they_are_followed(data: bytes) -> None:
    with pytest.raises(NotCanonical, match="nested"):
        parsed(data)


@pytest.mark.parametrize(
    "data",
    [
        b'"' + b'\\"' * (CERTIFICATE_BYTES_MAX // 2 - 1),
        b'"' * CERTIFICATE_BYTES_MAX,
        b"\\" * CERTIFICATE_BYTES_MAX,
        b'["' + b"x" * (CERTIFICATE_BYTES_MAX - 2),
    ],
    ids=["escaped quotes", "quotes", "backslashes", "a string without end"],
)
def test_no_bytes_keep_a_reader_busy_for_longer_than_their_length_asks(data: bytes) -> None:
    started = time.process_time()

    with pytest.raises(CertificateUnreadable):
        read_certificate(data)

    assert time.process_time() - started < 5


def test_brackets_within_a_string_nest_nothing() -> None:
    text = b'["' + b"[{" * 100 + b'\\"[[[["]'

    assert parsed(text) == ["[{" * 100 + '"[[[[']


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'{"a":1,"a":1}', "twice"),
        (b'{"A":1}', "name"),
        (b'{"":1}', "name"),
        (b'{"a":1.0}', "not an integer"),
        (b'{"a":-Infinity}', "not an integer"),
        (b'{"a":9007199254740992}', "range"),
        (b'{"b":1,"a":1}', "canonical form"),
        (b'{"a":"\\ud800"}', "Unicode"),
        (b'{"a":"\xff"}', "UTF-8"),
    ],
)
def test_the_rule_that_is_broken_is_said(data: bytes, why: str) -> None:
    with pytest.raises(NotCanonical, match=why):
        parsed(data)


@pytest.mark.parametrize("value", [1.0, 2**53, -(2**53), b"x", (1,), {1: 2}, {"A": 1}, "\ud800", float("nan")])
def test_a_value_without_a_form_is_not_written(value: Any) -> None:
    with pytest.raises(NotCanonical):
        canonical(value)


def test_what_is_larger_than_the_limit_is_refused_and_not_written() -> None:
    texts = ["x" * 1_000] * (CERTIFICATE_BYTES_MAX // 1_000)

    with pytest.raises(NotCanonical, match="larger"):
        canonical(texts)
    with pytest.raises(CertificateUnreadable, match="larger"):
        read_certificate(b" " * (CERTIFICATE_BYTES_MAX + 1))


NAMES = st.from_regex("[a-z0-9_]{1,8}", fullmatch=True)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=10,
)


def depth_of(value: Any) -> int:
    if not isinstance(value, dict | list):
        return 0
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth_of, inner), default=0)


@given(value=VALUES)
def test_a_value_has_one_form_and_both_write_it(value: Any) -> None:
    if depth_of(value) > DEPTH_MAX:
        with pytest.raises(NotCanonical):
            canonical(value)
        return

    written = canonical(value)

    assert written.decode("utf-8") == reference.write(value)
    assert parsed(written) == value
    assert reference.Reader(written.decode("utf-8")).value() == value


@given(
    names=st.tuples(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1, max_size=30)),
    at=st.datetimes(timezones=st.timezones(), min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)),  # noqa: DTZ001
    counts=st.tuples(st.integers(0, 2**53 - 1), st.integers(0, 2**53 - 1)),
)  # fmt: skip
def test_what_is_written_is_read_again(names: tuple[str], at: datetime, counts: tuple[int, int]) -> None:
    key = SigningKey(Ed25519PrivateKey.from_private_bytes(os.urandom(32)))
    body = compaction(partitions=names, boxes_deleted=counts[0], boxes_left=counts[1], at=at)

    made = sign_next(body, previous=None, issuer=ISSUER, key=key, at=at)
    read = read_certificate(made.line)

    assert read == replace(made, issued_at=made.issued_at.astimezone(UTC), body=replace(body, at=at.astimezone(UTC)))
    assert read.line == made.line
