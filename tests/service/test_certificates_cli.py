"""`points-ledger keys`: certificates verified by whoever has a file and a public key, in words and with exit codes."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from crypto_shredding import (
    Compaction,
    DestroyedClass,
    DestroyedSlot,
    Erasure,
    KeptByLaw,
    Rotation,
    SigningKey,
    public_key_pem,
    sign_next,
)
from crypto_shredding import erasure_body as body_of
from service import certification
from service.cli.failures import ExitCode
from service.settings import Settings
from service.wiring import open_house
from tests.service.conftest import Cli

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def erasure(**other: Any) -> Erasure:
    facts: dict[str, Any] = {
        "request": uuid4(), "member": uuid4(), "basis": "개인정보 보호법 제36조", "due_on": date(2026, 3, 8),
        "actor": "officer", "destroyed": [DestroyedClass(1, "profile")],
        "kept": [KeptByLaw(4, "payment", "전자상거래법", date(2031, 3, 1))],
        "slots": [DestroyedSlot(5, b"c" * 32, 1, "profile")], "unreadable_since": AT,
        "rotations": [Rotation(1, 2, AT, "file", None, "SSD")], "boxes_tried": 4,
    }  # fmt: skip
    return body_of(**facts | other)


def compaction() -> Compaction:
    return Compaction(request=uuid4(), partitions=("box_0",), boxes_deleted=3, boxes_left=1, at=AT, role="compactor")


@pytest.fixture
def anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """The command line on a machine that has neither a database nor an installation."""
    for name in ("LEDGER_DSN", "KEYS_DSN", "POINTS_LEDGER_ROOT"):
        monkeypatch.delenv(name, raising=False)
    return Cli({"POINTS_LEDGER_DATA": str(tmp_path / "nothing")})


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return SigningKey.from_file(tmp_path / "issuer.key")


@pytest.fixture
def pem(tmp_path: Path, key: SigningKey) -> Path:
    path = tmp_path / "issuer.pem"
    path.write_text(public_key_pem(key.public_bytes))
    return path


@pytest.fixture
def file(tmp_path: Path, key: SigningKey) -> Path:
    return written(tmp_path / "chain.jsonl", key, erasure(), compaction())


def written(path: Path, key: SigningKey, *bodies: Erasure | Compaction) -> Path:
    before = None
    with path.open("wb") as file:
        for body in bodies:
            before = sign_next(body, previous=before, issuer=UUID(int=7), key=key, at=AT)
            file.write(before.line + b"\n")
    return path


def test_a_chain_is_verified_with_a_file_and_a_public_key_alone(anywhere: Cli, file: Path, pem: Path) -> None:
    for_people = anywhere("keys", "verify-certificate", file, "--public-key", pem)
    for_programs = anywhere.ok("keys", "verify-certificate", file, "--public-key", pem)

    assert for_people.code == ExitCode.OK
    assert "성립함 · HOLDS" in for_people.out
    assert "암호학적 삭제" in for_people.out
    assert "익명화가 아닙니다" in for_people.out
    assert for_programs["holds"]
    assert for_programs["whole"]
    assert for_programs["kinds"] == {"erasure": 1, "compaction": 1}
    assert not Path(anywhere.environ["POINTS_LEDGER_DATA"]).exists()


def test_one_certificate_is_told_in_full(anywhere: Cli, tmp_path: Path, key: SigningKey, pem: Path) -> None:
    body = erasure(awaited=["warehouse"])
    one = written(tmp_path / "one.jsonl", key, body)

    told = anywhere("keys", "verify-certificate", one, "--public-key", pem).out

    for text in (str(body.request), body.subject, "payment, 2031-03-01", "2026-03-02 18:00:00 KST", "warehouse", "SSD"):
        assert text in told
    assert "nothing can be promised" in " ".join(told.split())
    assert "anonymised" not in told.replace("Not anonymised", "")


def test_words_that_a_terminal_would_obey_are_written_out(
    anywhere: Cli, tmp_path: Path, key: SigningKey, pem: Path
) -> None:
    one = written(tmp_path / "one.jsonl", key, erasure(actor="[bold]\x9b2J\u202egpj"))

    told = anywhere("keys", "verify-certificate", one, "--public-key", pem).out

    assert "[bold]\\u009b2J\\u202egpj" in told


def test_a_compaction_that_left_boxes_says_so(anywhere: Cli, file: Path, pem: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.jsonl"
    second.write_bytes(file.read_bytes().split(b"\n")[1])

    told = anywhere("keys", "verify-certificate", second, "--public-key", pem).out

    assert "NOT COMPLETE" in told
    assert "those before number 2 are not in this file" in told


@pytest.mark.parametrize(
    ("change", "error", "line"),
    [
        ((b'"tried":4', b'"tried":5'), "CertificateUnreadable", 1),
        ((b'"slot":5', b'"slot":6'), "CertificateForged", 1),
        ((b'"number":2', b'"number":2 '), "CertificateUnreadable", 2),
    ],
)
def test_a_chain_that_does_not_hold_ends_with_its_own_code(
    anywhere: Cli, file: Path, pem: Path, change: tuple[bytes, bytes], error: str, line: int
) -> None:
    file.write_bytes(file.read_bytes().replace(*change))

    for_people = anywhere("keys", "verify-certificate", file, "--public-key", pem)
    for_programs = anywhere("keys", "verify-certificate", file, "--public-key", pem, "--json")

    assert for_people.code == for_programs.code == ExitCode.VERIFICATION_FAILED
    assert "성립하지 않음 · DOES NOT HOLD" in for_people.out
    assert for_programs.json["holds"] is False
    assert (for_programs.json["error"]["type"], for_programs.json["error"]["line"]) == (error, line)


def test_a_missing_certificate_breaks_the_chain(anywhere: Cli, tmp_path: Path, key: SigningKey, pem: Path) -> None:
    file = written(tmp_path / "chain.jsonl", key, compaction(), compaction(), compaction())
    first, _, third, _ = file.read_bytes().split(b"\n")
    file.write_bytes(first + b"\n" + third)

    answer = anywhere("keys", "verify-certificate", file, "--public-key", pem, "--json")

    assert answer.code == ExitCode.VERIFICATION_FAILED
    assert answer.json["error"]["type"] == "CertificateChainBroken"


def test_without_a_key_or_a_file_it_is_usage(anywhere: Cli, file: Path, tmp_path: Path) -> None:
    for arguments in ((file,), (tmp_path / "none",), (file, "--public-key", file), (file, "--public-key", tmp_path)):
        answer = anywhere("keys", "verify-certificate", *arguments)

        assert answer.code == ExitCode.USAGE, arguments
        assert "Traceback" not in answer.err


def issue(cli: Cli, monkeypatch: pytest.MonkeyPatch, *bodies: Erasure | Compaction) -> None:
    for name, value in cli.environ.items():
        monkeypatch.setenv(name, value)
    with open_house(Settings.read()) as house:
        for body in bodies:
            house.wiring.certificates.issue(body, at=AT)


def test_what_is_issued_here_is_listed_exported_and_verified(
    cli: Cli, anywhere: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    issue(cli, monkeypatch, erasure(), compaction())
    file, pem = tmp_path / "export.jsonl", tmp_path / "public.pem"

    listed = cli.ok("keys", "certificates")["certificates"]
    exported = cli.ok("keys", "certificates", "--export", file)
    pem.write_text(cli("keys", "public-key").out)

    assert [(each["number"], each["kind"]) for each in listed] == [(1, "erasure"), (2, "compaction")]
    assert exported["certificates"] == 2
    assert [json.loads(line) for line in file.read_text().splitlines()] == [
        json.loads(each["certificate"]) for each in listed
    ]
    assert anywhere.ok("keys", "verify-certificate", file, "--public-key", pem)["last"]["hash"] == listed[1]["hash"]
    assert cli.ok("keys", "verify-certificate", file)["holds"], "on its own machine no key has to be given"
    assert [each["number"] for each in cli.ok("keys", "certificates", "--after", 1)["certificates"]] == [2]
    assert "erasure" in cli("keys", "certificates").out
    assert cli("keys", "certificates", "--export", tmp_path / "no" / "x").code == ExitCode.USAGE


def test_after_a_change_of_the_signing_key_either_key_verifies(
    cli: Cli, anywhere: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    issue(cli, monkeypatch, compaction())
    old, new, file = tmp_path / "old.pem", tmp_path / "new.pem", tmp_path / "export.jsonl"
    old.write_text(cli("keys", "public-key").out)

    changed = cli.ok("keys", "change-signing-key", "--reason", "yearly")
    issue(cli, monkeypatch, compaction())

    new.write_text(cli("keys", "public-key").out)
    cli.ok("keys", "certificates", "--export", file)
    assert changed["kind"] == "key-change"
    assert old.read_text() != new.read_text()
    for pem in (old, new):
        assert anywhere.ok("keys", "verify-certificate", file, "--public-key", pem)["last"]["number"] == 3


def test_a_change_of_the_signing_key_that_a_crash_interrupted_is_finished(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(cli, monkeypatch, compaction())
    with monkeypatch.context() as dying:
        dying.setattr(certification, "_put_in_place", _die)
        with pytest.raises(KeyboardInterrupt):
            issue_change(cli)

    issue(cli, monkeypatch, compaction())

    listed = cli.ok("keys", "certificates")["certificates"]
    assert [each["kind"] for each in listed] == ["compaction", "key-change", "compaction"]
    assert listed[2]["key"] == cli.ok("keys", "public-key")["key"]


def issue_change(cli: Cli) -> None:
    with open_house(Settings.read()) as house:
        certification.change_signing_key(
            house.settings, house.wiring.places.ledger, house.wiring.keyring.installation.id,
            reason="yearly", actor="officer", at=AT,
        )  # fmt: skip


def _die(_: Settings) -> None:
    raise KeyboardInterrupt


def test_a_signing_key_that_others_can_read_is_refused(cli: Cli) -> None:
    cli.ok("keys", "public-key")
    (Path(cli.environ["POINTS_LEDGER_DATA"]) / certification.SIGNING_KEY).chmod(0o644)

    answer = cli("keys", "public-key", "--json")

    assert answer.code == ExitCode.UNAVAILABLE
    assert answer.json["error"]["type"] == "SigningKeyExposed"


def test_without_the_key_that_signed_before_nothing_is_destroyed_and_no_other_is_made(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(cli, monkeypatch, erasure())
    key = Settings.read(cli.environ).data_dir / certification.SIGNING_KEY
    away = key.rename(key.with_name("away"))
    member = cli.ok("join", "--name", "a", "--email", "a@example.com", "--phone", "1")["stream"]
    epoch = cli("keys", "status", "--json").json["epoch"]

    refused = cli("erase", member, "--basis", "x", "--json")

    assert "put its file back" in refused.json["error"]["message"], refused.json
    assert not key.exists()
    after = cli("keys", "status", "--json").json
    assert (after["epoch"], after["dooms_waiting"]) == (epoch, 0)
    away.rename(key)
    assert cli.ok("erase", member, "--basis", "x")
