"""Tags: equal for what counts as one value, different for all else, and nothing without the key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from crypto_shredding import (
    BlindIndexer,
    FileRoot,
    IndexKind,
    Keyring,
    OpenRequest,
    Place,
    PostgresKeyStore,
    Sealer,
    SealRequest,
    Shredded,
    Shredder,
    SubjectShredded,
    create_installation,
)
from crypto_shredding.blind_index import TAG_BYTES, normalised

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SAME = {
    IndexKind.EMAIL: [
        ["minjun.kim@example.com", "MinJun.Kim@Example.COM", "  minjun.kim@example.com\n"],
        ["straße@example.com", "STRASSE@example.com"],
        ["김민준@example.com", "\u1100\u1175\u11b7\u1106\u1175\u11ab\u110c\u116e\u11ab@example.com"],
    ],
    IndexKind.PHONE: [
        ["010-1234-5678", "01012345678", "+82 10 1234 5678", "+82 (0)10-1234-5678", "0082 10 1234 5678",
         "82 10 1234 5678", "10-1234-5678", "０１０－１２３４－５６７８"],
        ["02-312-3456", "+82 2 312 3456"],
        ["+1 (415) 555-0100", "001 415 555 0100", "+14155550100"],
    ],
    IndexKind.EXTERNAL_ID: [["A-17", " A-17 "], ["a-17"]],
    IndexKind.CARD_NUMBER: [["8710 1234-5678", "871012345678", "８７１０１２３４５６７８"], ["K-8710", "k8710"]],
    IndexKind.COUPON_CODE: [["A-17", " A-17 "], ["a-17"]],
}  # fmt: skip


@pytest.fixture
def keyring(keys_dsn: str, keys_app_dsn: str, tmp_path: Path) -> Iterator[Keyring]:
    create_installation(keys_dsn, id=uuid4(), cache_seconds=0.2)
    with Keyring(PostgresKeyStore.connect(keys_app_dsn, FileRoot(tmp_path / "root"), at=NOW)) as keyring:
        yield keyring


@pytest.mark.parametrize("kind", IndexKind)
def test_one_value_however_it_is_written_and_no_two(kind: IndexKind) -> None:
    forms = [{normalised(kind, text) for text in texts} for texts in SAME[kind]]

    assert [len(form) for form in forms] == [1] * len(forms)
    assert len(set.union(*forms)) == len(forms)


def test_a_phone_is_kept_as_e164() -> None:
    assert normalised(IndexKind.PHONE, "010-1234-5678") == "+821012345678"
    assert normalised(IndexKind.PHONE, "call me") == ""


def test_a_tag_depends_on_the_key_the_kind_and_the_value_alone(keyring: Keyring) -> None:
    indexer = BlindIndexer(keyring)
    one, two = indexer.issue(), indexer.issue()

    tag = indexer.tag(one, IndexKind.EMAIL, "A@example.com")

    assert tag == indexer.tag(one, IndexKind.EMAIL, "a@example.com")
    others = [(two, IndexKind.EMAIL, "a@example.com"), (one, IndexKind.EXTERNAL_ID, "a@example.com"),
              (one, IndexKind.EMAIL, "b@example.com")]  # fmt: skip
    assert len({tag, *(indexer.tag(*other) for other in others)}) == 4
    assert tag is not None
    assert len(tag) == TAG_BYTES
    assert indexer.tag(one, IndexKind.PHONE, "none") is None


def test_a_sealed_value_has_the_tag_of_its_text(keyring: Keyring) -> None:
    indexer, place = BlindIndexer(keyring), Place(uuid4(), "test.happened.v1", 1)
    [subject] = Sealer(keyring).issue_subjects(1)
    box = Sealer(keyring).seal(SealRequest(place, "a@example.com", subject))
    slot, request = indexer.issue(), OpenRequest(place, box.sealed, box.data)

    [tag] = indexer.tag_sealed(slot, [(IndexKind.EMAIL, request)])
    shredder = Shredder(keyring)
    doomed = shredder.doom([subject], reason="test", at=NOW)
    [gone] = indexer.tag_sealed(slot, [(IndexKind.EMAIL, request)])

    assert tag == indexer.tag(slot, IndexKind.EMAIL, "a@example.com")
    assert isinstance(gone, Shredded)
    assert doomed.slots == (subject,)


def test_a_destroyed_key_makes_no_tag_in_any_process(
    keyring: Keyring, keys_app_dsn: str, tmp_path: Path
) -> None:
    indexer = BlindIndexer(keyring)
    slot = indexer.issue()
    indexer.tag(slot, IndexKind.EMAIL, "a@example.com")
    with Keyring(PostgresKeyStore.connect(keys_app_dsn, FileRoot(tmp_path / "root"), at=NOW)) as elsewhere:
        other = BlindIndexer(elsewhere)
        other.tag(slot, IndexKind.EMAIL, "a@example.com")
        shredder = Shredder(keyring)
        doomed = shredder.doom([slot], reason="test", at=NOW)
        with pytest.raises(SubjectShredded):
            indexer.tag(slot, IndexKind.EMAIL, "a@example.com")

        shredder.wait_until_unreadable(doomed)

        with pytest.raises(SubjectShredded):
            other.tag(slot, IndexKind.EMAIL, "a@example.com")


def test_what_an_indexer_shows_of_itself_is_no_key(keyring: Keyring) -> None:
    indexer = BlindIndexer(keyring)
    slot = indexer.issue()
    held = keyring._cache.holds(slot)
    assert held is not None

    assert bytes(held.key).hex() not in repr(indexer) + repr(vars(indexer))
    public = [name for name in vars(BlindIndexer) if not name.startswith("_")]
    assert public == ["issue", "is_warm", "tag", "tag_sealed"]
