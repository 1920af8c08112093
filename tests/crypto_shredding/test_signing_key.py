"""Signing keys: made once, whoever comes first; the owner's alone; public keys in the forms that others use."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from crypto_shredding import (
    SigningKey,
    SigningKeyExposed,
    SigningKeyUnreadable,
    key_id_of,
    public_key_pem,
    public_keys_in,
)
from crypto_shredding.signing_key import signature_holds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "certificate.key"


def test_a_key_is_made_once_and_is_its_owner_s_alone(path: Path) -> None:
    made = SigningKey.from_file(path)

    assert SigningKey.from_file(path).public_bytes == made.public_bytes
    assert path.stat().st_mode & 0o777 == 0o600
    assert os.listdir(path.parent) == [path.name]


def test_callers_who_race_get_one_key(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: SigningKey.from_file(path).public_bytes, range(64)))

    assert len(keys) == 1
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o700])
def test_a_key_with_another_mode_is_refused(path: Path, mode: int) -> None:
    SigningKey.from_file(path)
    path.chmod(mode)

    with pytest.raises(SigningKeyExposed) as refused:
        SigningKey.from_file(path)

    assert (refused.value.path, refused.value.mode) == (str(path), mode)


@pytest.mark.parametrize("content", [b"", b"ab" * 31, b"ab" * 33, b"zz" * 32, b"\xff" * 64, b"ab" * 5000])
def test_a_file_without_a_key_is_refused_and_not_quoted(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(SigningKeyUnreadable) as refused:
        SigningKey.from_file(path)

    assert "abab" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert path.read_bytes() == content


def test_what_a_key_signed_holds_for_it_alone(path: Path) -> None:
    key, other = SigningKey.from_file(path), SigningKey.from_file(path.with_name("other.key"))

    signature = key.sign(b"said")

    assert signature_holds(key.public_bytes, signature, b"said")
    assert not signature_holds(key.public_bytes, signature, b"sent")
    assert not signature_holds(other.public_bytes, signature, b"said")
    assert not signature_holds(b"\xff" * 31, signature, b"said")
    assert not signature_holds(key.public_bytes, b"", b"said")


def test_public_keys_are_found_in_pem_and_in_hexadecimal_lines(path: Path) -> None:
    key, other = SigningKey.from_file(path), SigningKey.from_file(path.with_name("other.key"))
    text = f"# ours\n{public_key_pem(key.public_bytes)}\nsince May:\n  {other.public_bytes.hex()}\n"

    assert public_keys_in(text) == [key.public_bytes, other.public_bytes]
    assert public_keys_in(text.replace("\n", "\r\n")) == [key.public_bytes, other.public_bytes]


@pytest.mark.parametrize(
    "text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nMCowBQ\n-----END PUBLIC KEY-----", "AB" * 32, "ab" * 33]
)
def test_other_texts_hold_no_public_key(text: str) -> None:
    assert public_keys_in(text) == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_reads_the_public_key(path: Path) -> None:
    key = SigningKey.from_file(path)

    shown = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "DER"],
        input=public_key_pem(key.public_bytes).encode(), capture_output=True, check=True,
    ).stdout  # fmt: skip

    assert shown.endswith(key.public_bytes)


BEGIN = "-----BEGIN PUBLIC KEY-----"


@pytest.mark.parametrize(
    "text", [BEGIN + " " * 65_000, "\n" * 65_000, BEGIN * 2_500], ids=["spaces", "lines", "beginnings"]
)
def test_a_text_of_nothing_is_searched_at_once(text: str) -> None:
    started = time.process_time()

    assert public_keys_in(text) == []
    assert time.process_time() - started < 1


def test_the_id_of_a_key_is_the_digest_of_its_public_half(path: Path) -> None:
    key = SigningKey.from_file(path)

    assert key.key_id == key_id_of(key.public_bytes)
    assert len(key.key_id) == 32
