"""Certificates: the vectors, by both implementations; whatever is not one is refused with the error that says so."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from crypto_shredding import (
    CERTIFICATE_BYTES_MAX,
    Body,
    CertificateChainBroken,
    CertificateFile,
    CertificateForged,
    CertificateRefused,
    CertificateUnreadable,
    Compaction,
    DestroyedClass,
    DestroyedKey,
    DestroyedSlot,
    Erasure,
    FencedOut,
    Holder,
    KeptByLaw,
    KeyChange,
    KeyDestruction,
    LostWindow,
    Restore,
    Rotation,
    Scan,
    SigningKey,
    SigningKeyDiffers,
    erasure_body,
    key_destruction_body,
    public_key_pem,
    read_certificate,
    sign_next,
    subject_reference,
    verify_chain,
)
from tests.crypto_shredding import certificate_reference as reference
from tests.crypto_shredding.certificate_vectors import OLD, OTHER, vectors

VECTORS = Path(__file__).parents[1] / "vectors" / "certificate.json"
DOCUMENT = Path(__file__).parents[2] / "docs" / "spec" / "certificate.md"
CASES: list[dict[str, Any]] = json.loads(VECTORS.read_text("utf-8"))["cases"]
ISSUER = UUID("6f0f2b8e-8f5a-4c5e-9f43-0d8b6a1c2e3f")
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
REFUSALS = {"unreadable": CertificateUnreadable, "forged": CertificateForged, "broken": CertificateChainBroken}
REFUSALS_THERE = {"unreadable": reference.Unreadable, "forged": reference.Forged, "broken": reference.Broken}


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return SigningKey.from_file(tmp_path / "certificate.key")


def lines_of(case: dict[str, Any]) -> list[bytes]:
    if "lines_hex" in case:
        return [bytes.fromhex(line) for line in case["lines_hex"]]
    return [line.encode("utf-8") for line in case["lines"]]


def keys_of(case: dict[str, Any]) -> list[bytes]:
    return [bytes.fromhex(each) for each in case["public_keys"]]


def cases(*expected: str) -> list[Any]:
    return [pytest.param(case, id=case["name"]) for case in CASES if case["expect"] in expected]


def compaction(**other: Any) -> Compaction:
    plain = Compaction(request=uuid4(), partitions=("box_0",), boxes_deleted=3, boxes_left=0, at=AT, role="compactor")
    return replace(plain, **other)


def chain(key: SigningKey, *bodies: Body) -> list[bytes]:
    before, lines = None, []
    for body in bodies:
        before = sign_next(body, previous=before, issuer=ISSUER, key=key, at=AT)
        lines.append(before.line)
    return lines


def test_the_vectors_are_those_the_second_implementation_makes() -> None:
    assert VECTORS.read_text("utf-8") == vectors()


def test_every_vector_has_a_name_of_its_own_and_every_outcome_is_there() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES)
    assert {case["expect"] for case in CASES} == {"holds", *REFUSALS}


@pytest.mark.parametrize("case", cases("holds"))
def test_a_chain_that_holds_is_verified_by_both(case: dict[str, Any]) -> None:
    lines = lines_of(case)

    found = verify_chain(lines, keys_of(case))

    assert [read_certificate(line).hash.hex() for line in lines] == case["hashes"]
    assert [read_certificate(line).line for line in lines] == lines
    assert found.last.hash.hex() == case["hashes"][-1]
    assert sum(found.kinds.values()) == len(lines)
    assert found.is_whole == (found.first.number == 1)
    assert reference.verify(lines, case["public_keys"]) == case["hashes"]


@pytest.mark.parametrize("case", cases(*REFUSALS))
def test_a_chain_that_does_not_hold_is_refused_by_both(case: dict[str, Any]) -> None:
    with pytest.raises(CertificateRefused) as refused:
        verify_chain(lines_of(case), keys_of(case))
    with pytest.raises(REFUSALS_THERE[case["expect"]]):
        reference.verify(lines_of(case), case["public_keys"])

    assert type(refused.value) is REFUSALS[case["expect"]]
    assert refused.value.__cause__ is None
    assert 1 <= refused.value.line <= len(lines_of(case))


def test_no_certificate_at_all_is_refused() -> None:
    with pytest.raises(CertificateUnreadable):
        verify_chain([], [b"k" * 32])


def test_the_line_that_fails_is_named(key: SigningKey) -> None:
    lines = chain(key, *(compaction() for _ in range(5)))
    lines[3] = lines[3].replace(b'"boxes_left":0', b'"boxes_left":1')

    with pytest.raises(CertificateForged) as refused:
        verify_chain(lines, [key.public_bytes])

    assert refused.value.line == 4


def test_what_is_signed_here_is_read_by_the_second_implementation(key: SigningKey, tmp_path: Path) -> None:
    new = SigningKey.from_file(tmp_path / "new.key")
    change = KeyChange(
        request=uuid4(), old_public_key=key.public_bytes, new_public_key=new.public_bytes, reason="old", actor="a"
    )
    lost = LostWindow(after_position=1, until_position=9, after=AT, until=AT + timedelta(hours=1))
    restore = Restore(
        request=uuid4(), restored_to=1, timeline_before=uuid4(), timeline_after=uuid4(), erasures_again=(uuid4(),),
        destructions_again=(uuid4(),), lost=lost, at=AT, actor="operator",
    )  # fmt: skip
    held = key_destruction(cause="legal-hold", subject=uuid4(), keys=[OF_HOLD])
    lines = chain(key, full_erasure(), key_destruction(), held, compaction(), restore, change)
    last = sign_next(compaction(), previous=read_certificate(lines[-1]), issuer=ISSUER, key=new, at=AT)
    lines.append(last.line)

    for trusted in (key, new):
        hashes = reference.verify(lines, [trusted.public_bytes.hex()])
        assert hashes == [read_certificate(line).hash.hex() for line in lines]
        assert verify_chain(lines, [trusted.public_bytes]).keys == (key.key_id, new.key_id)


def full_erasure(**other: Any) -> Erasure:
    seoul = timezone(timedelta(hours=9))
    facts: dict[str, Any] = {
        "request": UUID(int=1), "member": UUID(int=2), "basis": "개인정보 보호법 제36조", "due_on": date(2026, 3, 8),
        "actor": "officer", "destroyed": [DestroyedClass(2, "membership"), DestroyedClass(1, "profile")],
        "kept": [KeptByLaw(4, "payment", "전자상거래법", date(2031, 3, 1))],
        "slots": [DestroyedSlot(9, b"c" * 32, 2, "membership"), DestroyedSlot(5, b"c" * 32, 1, "profile")],
        "unreadable_since": datetime(2026, 3, 2, 18, 0, 0, 1, tzinfo=seoul),
        "rotations": [Rotation(2, 3, AT + timedelta(seconds=2), "file", None, "n"), Rotation(1, 2, AT, "kms", AT, "n")],
        "boxes_tried": 4, "scans": [Scan("projections", 0, 0), Scan("outbox", 0, 0)], "index_horizon": AT,
        "holders": [Holder("standby", "failover"), Holder("sidecar", "copy")],
        "fenced_out": [FencedOut("standby", AT, "silent", "kim", "lee")], "awaited": ["warehouse", "crm"],
    }  # fmt: skip
    return erasure_body(**facts | other)


PERIOD = DestroyedKey(9, b"c" * 32, 4, "payment", date(2021, 3, 2), date(2026, 3, 1))
OF_HOLD = DestroyedKey(7, b"c" * 32, 9, "legal_hold", None, None)


def key_destruction(**other: Any) -> KeyDestruction:
    facts: dict[str, Any] = {
        "request": UUID(int=3), "cause": "retention", "subject": None, "basis": "개인정보 보호법 제21조",
        "actor": "officer", "keys": [PERIOD, replace(PERIOD, slot=5)], "unreadable_since": AT,
        "rotations": [Rotation(2, 3, AT + timedelta(seconds=2), "file", None, "n"), Rotation(1, 2, AT, "kms", AT, "n")],
        "boxes_tried": 0, "holders": [Holder("standby", "failover"), Holder("sidecar", "copy")],
    }  # fmt: skip
    return key_destruction_body(**facts | other)


def test_a_destroyed_period_says_whose_key_it_was_until_when_and_names_nobody(key: SigningKey) -> None:
    hold, member = uuid4(), uuid4()
    [period, held] = chain(
        key, key_destruction(), key_destruction(request=hold, cause="legal-hold", subject=member, keys=[OF_HOLD])
    )

    read = read_certificate(period).body
    assert isinstance(read, KeyDestruction)
    assert [each.slot for each in read.keys] == [5, 9]
    assert read.keys[1] == PERIOD
    assert [each.destroyed_version for each in read.rotations] == [1, 2]
    assert b'"subject":null' in period
    assert str(member).encode() not in held
    assert subject_reference(hold, member).encode() in held


def test_the_same_facts_in_another_order_give_the_same_body() -> None:
    one = full_erasure()
    again = full_erasure(
        slots=list(one.slots), destroyed=list(one.destroyed), rotations=list(one.rotations), holders=list(one.holders),
        scans=list(one.scans), awaited=("warehouse", "crm", "crm"),
    )  # fmt: skip

    assert one == again
    assert [each.slot for each in one.slots] == [5, 9]
    assert [each.destroyed_version for each in one.rotations] == [1, 2]


def test_an_erasure_certificate_names_neither_the_member_nor_an_anonymisation(key: SigningKey) -> None:
    member = uuid4()
    [line] = chain(key, full_erasure(member=member))

    text = line.decode().lower()
    assert str(member) not in text
    assert member.hex not in text
    assert "anonym" not in text.replace("pseudonym", "")
    assert "cryptographic erase" in text
    assert '"unreadable_since":"2026-03-02t09:00:00.000001z"' in text


def test_the_subject_is_confirmed_by_who_knows_both_ids_and_links_no_two_requests() -> None:
    one, other, member = uuid4(), uuid4(), uuid4()

    assert subject_reference(one, member) == sha256(
        b"crypto_shredding/subject" + one.bytes + member.bytes
    ).hexdigest()[:32]  # fmt: skip
    assert subject_reference(one, member) != subject_reference(other, member)


@pytest.mark.parametrize(
    "wrong",
    [
        {"basis": ""},
        {"basis": "two\nlines"},
        {"basis": "x" * 2001},
        {"unreadable_since": datetime(2026, 3, 2)},  # noqa: DTZ001 - that is the case
        {"destroyed": [DestroyedClass(2**53, "x")]},
        {"basis": "\ud800"},
    ],
)
def test_what_cannot_be_written_is_not_signed(key: SigningKey, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        chain(key, full_erasure(**wrong))


def test_a_body_that_breaks_a_rule_cannot_be_made() -> None:
    for broken in (
        lambda: DestroyedSlot(0, b"c" * 32, 1, "x"),
        lambda: DestroyedSlot(1, b"c" * 31, 1, "x"),
        lambda: Rotation(1, 1, AT, "file", None, "n"),
        lambda: FencedOut("standby", AT, "silent", "kim", "kim"),
        lambda: Holder("tape", "backup"),
        lambda: Scan("outbox", -1, 0),
        lambda: full_erasure(slots=[DestroyedSlot(1, b"c" * 32, 1, "x"), DestroyedSlot(1, b"d" * 32, 1, "x")]),
        lambda: compaction(boxes_left=-1),
        lambda: key_destruction(cause="whim"),
        lambda: key_destruction(keys=[]),
        lambda: key_destruction(cause="index"),
        lambda: key_destruction(subject=uuid4()),
        lambda: key_destruction(cause="legal-hold", keys=[OF_HOLD]),
        lambda: replace(PERIOD, last_day=None),
        lambda: replace(PERIOD, code=None),
        lambda: replace(PERIOD, first_day=date(2026, 3, 2)),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            broken()


def test_only_the_key_of_the_chain_signs_the_next_one(key: SigningKey, tmp_path: Path) -> None:
    other = SigningKey.from_file(tmp_path / "other.key")
    first = sign_next(compaction(), previous=None, issuer=ISSUER, key=key, at=AT)
    change = KeyChange(
        request=uuid4(), old_public_key=key.public_bytes, new_public_key=other.public_bytes, reason="r", actor="a"
    )
    changed = sign_next(change, previous=first, issuer=ISSUER, key=key, at=AT)

    with pytest.raises(SigningKeyDiffers):
        sign_next(compaction(), previous=first, issuer=ISSUER, key=other, at=AT)
    with pytest.raises(SigningKeyDiffers):
        sign_next(compaction(), previous=first, issuer=uuid4(), key=key, at=AT)
    with pytest.raises(SigningKeyDiffers):
        sign_next(compaction(), previous=changed, issuer=ISSUER, key=key, at=AT)
    with pytest.raises(ValueError, match="key-change"):
        sign_next(replace(change, new_public_key=key.public_bytes), previous=first, issuer=ISSUER, key=key, at=AT)
    assert sign_next(compaction(), previous=changed, issuer=ISSUER, key=other, at=AT).number == 3


def test_a_certificate_is_not_signed_by_a_key_that_it_does_not_name() -> None:
    [case] = [case for case in CASES if "signed by another key under this name" in case["name"]]
    certificate = read_certificate(lines_of(case)[0])

    assert not certificate.is_signed_by(bytes.fromhex(reference.public_half(OTHER)))
    assert not certificate.is_signed_by(bytes.fromhex(reference.public_half(OLD)))


def test_a_file_is_read_line_by_line_however_long_a_line_is(key: SigningKey, tmp_path: Path) -> None:
    lines = chain(key, compaction(), compaction())
    path = tmp_path / "certificates.jsonl"

    path.write_bytes(b"\n".join(lines))
    assert verify_chain(CertificateFile(path), [key.public_bytes]).last.number == 2
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert verify_chain(CertificateFile(path), [key.public_bytes]).last.number == 2
    path.write_bytes(lines[0] + b"\n" + b"1" * (3 * CERTIFICATE_BYTES_MAX))
    with pytest.raises(CertificateUnreadable, match="larger") as refused:
        verify_chain(CertificateFile(path), [key.public_bytes])
    assert refused.value.line == 2


@pytest.mark.skipif(not all(map(shutil.which, ("openssl", "xxd"))), reason="no openssl or xxd here")
@pytest.mark.parametrize("altered", [False, True])
def test_the_shell_lines_of_the_specification_verify_a_certificate(
    key: SigningKey, tmp_path: Path, altered: bool
) -> None:
    script = re.search(r"```sh\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert script is not None
    [line] = chain(key, full_erasure())
    (tmp_path / "FILE").write_bytes((line.replace(b"kim", b"kil") if altered else line) + b"\n")
    (tmp_path / "certificate.pem").write_text(public_key_pem(key.public_bytes))

    done = subprocess.run(["sh", "-ec", script[1]], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode == 0) == (not altered), done.stderr
