"""`points-ledger keys register`: the register of destructions, from certificates that hold, complete by the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from service.cli.failures import ExitCode
from tests.service.conftest import Cli
from tests.service.test_keys_cli import NAMES, copied, joined

__all__ = ["copied"]  # a fixture

PAID = "2019-03-07T18:00"


@pytest.fixture
def destroyed(cli: Cli) -> dict[str, Any]:
    """Of each cause one destruction: a period, a legal hold, a key of the index, an erasure."""
    cli.ok("define-program", "PLUS", "Plus points", "--at", PAID)
    personal = [part for name, text in NAMES for part in (f"--{name}", text)]
    member = cli.ok("join", *personal, "--at", PAID)["stream"]
    account = cli.ok("open-account", member, "PLUS", "--at", PAID)["stream"]
    cli.ok("accrue", account, "--points", 10, "--detail", "영수증 8801", "--at", PAID)
    retention = cli.ok("retention", "run", "--as-of", "2024-03-08", "--actor", "officer-1")
    record = cli.ok("accrue", account, "--points", 10, "--detail", "영수증 8802")["receipt"]
    hold, two = str(uuid4()), ("--approved-by", "lee", "--actor", "kim")
    review_on = (datetime.now(UTC).date() + timedelta(days=60)).isoformat()
    cli.ok(
        "legal-hold", "place", member, record, "--reason", "분쟁", "--review-on", review_on, "--hold", hold, *two
    )
    release = cli.ok("legal-hold", "release", member, hold, *two)
    rekeyed = cli.ok("rekey-index", "--older-than", 0)
    erased = cli.ok("erase", joined(cli), "--basis", "개인정보 보호법 제36조 제1항", "--actor", "officer-2")
    return {"retention": retention, "release": release, "rekeyed": rekeyed, "erased": erased, "member": member}


def test_every_destruction_is_a_line_with_what_when_who_why_and_how(cli: Cli, destroyed: dict[str, Any]) -> None:
    register = cli.ok("keys", "register")

    entries = register["entries"]
    assert [each["cause"] for each in entries] == ["retention", "legal-hold", "index", "erasure"]
    period, hold, index, erasure = entries
    assert period["what"] == [{"title": "계약·청약철회 기록", "first_day": "2019-03-08", "until": "2024-03-07"}]
    assert (period["actor"], period["keys"]) == ("officer-1", 1)
    assert "제21조" in period["basis"]
    assert period["destroyed_at"] == destroyed["retention"]["unreadable_since"]
    assert period["unrecoverable_since"] == destroyed["retention"]["unrecoverable_since"]
    assert [period["certificate"]] == destroyed["retention"]["certificates"]
    assert (hold["certificate"], hold["actor"]) == (destroyed["release"]["certificate"], "kim")
    assert hold["subject"]
    assert (index["certificate"], index["what"][0]["title"]) == (destroyed["rekeyed"]["certificate"], "검색 색인")
    assert (erasure["certificate"], erasure["basis"]) == (
        destroyed["erased"]["certificate"], "개인정보 보호법 제36조 제1항",
    )  # fmt: skip
    assert (register["holds"], register["missing"], register["uncertified"]) == (True, [], [])
    assert register["certificates"]["last"] == 4
    assert destroyed["member"] not in str(register)


def test_people_read_it_in_korean_first_and_programs_ask_for_days(cli: Cli, destroyed: dict[str, Any]) -> None:
    told = cli("keys", "register")

    assert told.code == ExitCode.OK
    assert told.out.startswith("파기 관리대장")
    assert "성립함 · HOLDS: 제4호까지" in told.out
    assert "익명화가 아닙니다" in told.out
    words = "".join(told.out.split())
    for text in ("계약·청약철회기록", "2024-03-07만료", "officer-1", "검색색인키교체", "제36조"):
        assert text in words, text
    assert cli.ok("keys", "register", "--until", "2024-01-01")["entries"] == []
    assert len(cli.ok("keys", "register", "--since", "2024-01-01")["entries"]) == 4
    assert cli("keys", "register", "--since", "soon").code == ExitCode.USAGE


def test_an_installation_that_destroyed_nothing_has_an_empty_register(cli: Cli) -> None:
    cli.ok("define-program", "PLUS", "Plus points")

    register = cli.ok("keys", "register")

    assert (register["entries"], register["certificates"], register["holds"]) == ([], None, True)
    assert "발급된 증명서 없음" in cli("keys", "register").out


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("DELETE FROM ledger.certificate WHERE number = 4", None),  # cut off at the end: the chain holds, the log tells
        ("DELETE FROM ledger.certificate WHERE number = 2", "CertificateChainBroken"),
        ("UPDATE ledger.certificate SET text = replace(text, 'officer-1', 'officer-9')", "CertificateForged"),
    ],
)
def test_a_register_that_was_altered_or_cut_off_is_told(
    cli: Cli, destroyed: dict[str, Any], ledger_dsn: str, wrong: str, code: str | None
) -> None:
    with psycopg.connect(ledger_dsn, autocommit=True) as superuser:
        superuser.execute("ALTER TABLE ledger.certificate DISABLE TRIGGER USER")
        superuser.execute(wrong.encode())

    answer = cli("keys", "register", "--json")

    assert answer.code == ExitCode.VERIFICATION_FAILED
    if code is not None:
        assert answer.json["error"]["type"] == code
        return
    assert answer.json["holds"] is False
    assert [each["certificate"] for each in answer.json["missing"]] == [4]
    assert "증명서 없음 · MISSING" in cli("keys", "register").out


def test_the_register_needs_neither_the_keys_nor_their_root(cli: Cli, destroyed: dict[str, Any]) -> None:
    nowhere = "127.0.0.1:1/keys"
    dsns = {"KEYS_DSN": f"postgresql://app@{nowhere}", "KEYS_OWNER_DSN": f"postgresql://owner@{nowhere}"}
    away = Cli({**cli.environ, **dsns})

    assert len(away.ok("keys", "register")["entries"]) == 4


def test_a_restored_log_has_its_whole_register_again(
    cli: Cli, ledger_database: str, copied: Callable[[str, str], None], folder: Path
) -> None:
    cli.ok("define-program", "PLUS", "Plus points", "--at", PAID)
    personal = [part for name, text in NAMES for part in (f"--{name}", text)]
    member = cli.ok("join", *personal, "--at", PAID)["stream"]
    account = cli.ok("open-account", member, "PLUS", "--at", PAID)["stream"]
    cli.ok("accrue", account, "--points", 10, "--detail", "영수증 8801", "--at", PAID)
    copied(ledger_database, f"{ledger_database}_backup")
    first = cli.ok("retention", "run", "--as-of", "2024-03-08")
    cli.ok("keys", "certificates", "--export", folder / "certificates.jsonl")
    copied(f"{ledger_database}_backup", ledger_database)

    restored = cli.ok("keys", "restore", "--certificates", folder / "certificates.jsonl")

    entries = {each["certificate"]: each for each in cli.ok("keys", "register")["entries"]}
    assert entries[first["certificates"][0]]["request"] == restored["destructions_again"][0]
    assert [each["cause"] for each in entries.values()] == ["retention", "index"]
    assert cli.ok("retention", "run", "--as-of", "2024-03-08")["periods"] == []
