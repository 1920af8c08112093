"""Key material and plaintext show up in no repr, no message, no attribute and no chained exception."""

from __future__ import annotations

import dataclasses
import re
import traceback
from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest

import crypto_shredding
from crypto_shredding import (
    EnvelopeTampered,
    FileRoot,
    KeyStoreUnavailable,
    OpenRequest,
    Place,
    PostgresKeyStore,
    SealRequest,
    ShreddingError,
    SlotId,
    SlotKey,
    TextRefused,
)
from crypto_shredding.cipher import BoxCipher
from crypto_shredding.envelope import pad, unpad
from tests.crypto_shredding.conftest import AT, Desk

SECRET = "Ann Lee of 209 Sejong-daero"
PLACE = Place(UUID(int=2), "members.joined.v1", 2)


def everything_said(error: BaseException) -> str:
    """Messages, arguments and attributes of an exception and of all that is chained to it, printed or not."""
    told = ["".join(traceback.format_exception_only(error)), repr(error), repr(error.args), repr(vars(error))]
    chained = [other for other in (error.__cause__, error.__context__) if other is not None]
    return "\n".join([*told, *map(everything_said, chained)])


def shows(text: str) -> bool:
    return any(form in text for form in (SECRET, SECRET[:10], SECRET.encode().hex(), repr(SECRET.encode())[2:-1]))


def test_requests_boxes_and_keys_do_not_show_what_they_hold(desk: Desk) -> None:
    slot = desk.sealer.issue_subjects(1)[0]
    request = desk.sealed(SECRET, slot)
    assert request.box is not None
    box = desk.sealer.seal(SealRequest(PLACE, SECRET, slot))
    key = SlotKey(slot, b"kcv", bytearray(b"\xa5" * 32))

    assert not shows(repr([SealRequest(PLACE, SECRET, slot), request, box]))
    assert repr(request.box) not in repr(request)
    assert repr(box.data) not in repr(box)
    assert "a5" not in repr(key)
    assert "key=" not in repr(key)


def test_no_public_value_shows_a_field_that_holds_secrets() -> None:
    secret = {"key", "text", "data", "box", "plaintext"}
    for name in crypto_shredding.__all__:
        public = getattr(crypto_shredding, name)
        if isinstance(public, type) and dataclasses.is_dataclass(public):
            assert not {field.name for field in dataclasses.fields(public) if field.repr} & secret, name


@pytest.mark.parametrize("text", [SECRET + "\ud800", SECRET * 2000], ids=["surrogate", "too long"])
def test_a_refused_text_is_not_repeated(text: str) -> None:
    with pytest.raises(TextRefused) as refused:
        pad(text)

    assert not shows(everything_said(refused.value))


@pytest.mark.parametrize("plain", [SECRET.encode(), SECRET.encode() + b"\xff\x80"], ids=["no padding", "not UTF-8"])
def test_opened_bytes_that_are_no_text_are_not_repeated(plain: bytes) -> None:
    with pytest.raises(EnvelopeTampered) as refused:
        unpad(plain)

    assert not shows(everything_said(refused.value))


def test_every_refusal_of_a_real_box_is_silent(desk: Desk) -> None:
    slot, other = desk.sealer.issue_subjects(2)
    request = desk.sealed(SECRET, slot)
    tried: list[Callable[[], Any]] = [
        lambda: desk.opener.open(dataclasses.replace(request, place=PLACE)),
        lambda: desk.opener.open(dataclasses.replace(request, box=None)),
        lambda: desk.opener.open(
            dataclasses.replace(request, sealed=dataclasses.replace(request.sealed, subject_slot=other))
        ),
        lambda: desk.sealed(SECRET, SlotId(2**60)),
        lambda: desk.shredder.verify_gone([request]),
    ]

    for attempt in tried:
        with pytest.raises(ShreddingError) as refused:
            attempt()
        assert not shows(everything_said(refused.value))


def test_a_database_error_carries_no_row_of_the_key_table(store: PostgresKeyStore, keys_dsn: str) -> None:
    with psycopg.connect(keys_dsn) as owner:
        owner.execute("ALTER TABLE crypto_shredding.leaf ADD CONSTRAINT none_more CHECK (leaf < 0) NOT VALID")

    with pytest.raises(KeyStoreUnavailable) as refused:
        store.issue_subjects(3)

    assert refused.value.sqlstate == "23514"
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None
    assert "Failing row" not in everything_said(refused.value)


def test_an_unreachable_database_does_not_tell_its_password(root_path: Any) -> None:
    dsn = f"postgresql://keys_app:{SECRET.replace(' ', '%20')}@127.0.0.1:1/keys"

    with pytest.raises(KeyStoreUnavailable) as refused:
        PostgresKeyStore.connect(dsn, FileRoot(root_path), at=AT)

    assert not shows(everything_said(refused.value))
    assert "%20" not in everything_said(refused.value)


def test_the_cipher_and_its_error_show_no_key() -> None:
    key = bytearray(b"\xa5" * 32)
    cipher = BoxCipher(UUID(int=1), SlotId(5), key, SlotId(0), None)
    box = cipher.seal(PLACE, SECRET)

    with pytest.raises(EnvelopeTampered) as refused:
        cipher.open(OpenRequest(Place(UUID(int=3), "x", 1), box.sealed, box.data))

    # Without addresses, which may hold any digits.
    said = re.sub(r" at 0x[0-9a-f]+>", "", everything_said(refused.value) + repr(cipher))
    assert "a5a5" not in said.lower().replace("\\x", "")
    assert key == b"\xa5" * 32
