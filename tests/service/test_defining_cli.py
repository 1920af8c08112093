"""Programs with rules of their own, partners and orders on the command line; documents say what is wrong in them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from service.cli.failures import ExitCode
from tests.service.conftest import Cli

ROASTER = "1208147521"
TERMS = {
    "rules": [
        {"code": "plain", "rates": [{"tender": "*", "points": 1, "per": 100}]},
        {
            "code": "coffee",
            "rates": [{"tender": "card", "points": 5, "per": 100}],
            "order_max": 1000,
            "excluded": ["gift-card"],
            "funder": ROASTER,
            "expires_after": {"months": 3},
        },
    ],
    "expiry_notices": [{"name": "one_month", "months": 1, "lead_days": 7}],
    "notice_channels": ["kakao"],
    "fault_grace_days": 90,
}
COFFEE = {"category": "coffee", "tenders": [{"kind": "card", "amount": 18000}]}
MUG = {"category": "mug", "tenders": [{"kind": "points", "amount": 4000}, {"kind": "cash", "amount": 4000}]}


def opened(cli: Cli) -> str:
    member = cli.ok("join", "--name", "김민준", "--email", "m@example.com", "--phone", "010")["stream"]
    account: str = cli.ok("open-account", member, "PLUS")["stream"]
    return account


def written(folder: Path, content: Any) -> Path:
    path = folder / "document.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


def defined(cli: Cli, folder: Path, *arguments: object) -> str:
    cli.ok("define-partner", ROASTER, "원두공방", "--contract-from", "2020-01-01", "--fee", 150)
    cli.ok("define-program", "PLUS", "플러스", "--terms", written(folder, TERMS), *arguments)
    return opened(cli)


def test_an_order_earns_by_the_rules_and_what_remains_of_it_is_repriced(cli: Cli, folder: Path) -> None:
    account = defined(cli, folder)

    earned = cli.ok("accrue", account, "--order", written(folder, {"lines": [COFFEE, MUG]}))
    part = cli.ok("reprice", account, earned["receipt"], "-", stdin=json.dumps({"lines": [MUG]}))
    rest = cli.ok("reprice", account, earned["receipt"], "-", "--reason", "returned", stdin='{"lines": []}')

    assert (earned["points"], len(earned["events"])) == (180 + 40 + 900, 2)
    assert (part["points"], part["balance"]["available"]) == (1080, 40)
    assert (rest["points"], rest["balance"]["available"]) == (40, 0)


def test_the_terms_of_a_program_are_those_of_its_file_and_options(cli: Cli, folder: Path) -> None:
    options = ("--minimum-use", 100, "--spending-order", "free_first", "--refund-split", "cash_first")
    account = defined(cli, folder, *options)
    cli.ok("accrue", account, "--points", 500)

    few = cli("pay", account, 99, "--json")
    paid = cli.ok("pay", account, 300, "--cash", "1000KRW")
    cash_first = cli.ok("refund", account, paid["receipt"], "--amount", 400)
    part = ("--amount", 100, "--split", "points_first", "--fault", "merchant")
    points_first = cli.ok("refund", account, paid["receipt"], *part)

    assert few.json["error"]["rule"] == "at least 100 points are spent at once"
    assert (cash_first["points"], cash_first["money"]) == (0, {"amount": 400, "currency": "KRW"})
    assert (points_first["points"], points_first["money"]) == (100, None)
    again = cli("define-program", "PLUS", "x", "--version", 2, "--effective-on", "2000-01-01", "--json")
    assert again.json["error"]["type"] == "InvalidProgram"


def test_a_receipt_says_how_much_money_goes_back_or_out(cli: Cli, folder: Path) -> None:
    cli.ok("define-program", "PLUS", "플러스", "--cash-out-fee", 1000)
    account = opened(cli)
    cli.ok("charge", account, 10_000, "10000KRW", "--at", "2026-01-01T10:00")
    paid = cli.ok("pay", account, 1_000, "--cash", "4500KRW")

    refunded = cli("refund", account, paid["receipt"])
    command = ("cash-out", account, 5_000, "--key", uuid4(), "--at", "2026-03-01T10:00")
    out = cli.ok(*command)
    again = cli(*command)

    assert "돌려줄 돈 · money to give back" in refunded.out
    assert "4,500 KRW" in refunded.out
    assert out["money"] == {"amount": 4_500, "currency": "KRW"}  # a tenth is the fee
    assert "지급액 · paid out" in again.out
    assert "4,500 KRW" in again.out
    assert cli.ok("balance", account)["balance"]["available"] == 5_000


def test_a_partner_has_stores_and_terms_with_versions(cli: Cli, folder: Path) -> None:
    stores = written(folder, [{"code": "S1", "terminals": ["T1"]}, {"code": "S2"}])
    partner = ("define-partner", ROASTER, "원두공방", "--contract-from", "2020-01-01")
    cli.ok("define-program", "PLUS", "플러스")
    account = opened(cli)

    cli.ok(*partner, "--stores", stores, "--settlement-cycle", "weekly", "--vat", "simplified")
    cli.ok("accrue", account, "--points", 100, "--funder", ROASTER)
    elsewhere = cli("pay", account, 10, "--redeemer", ROASTER, "--store", "S3", "--json")
    cli.ok("pay", account, 10, "--redeemer", ROASTER, "--store", "S2")
    cli.ok(*partner, "--version", 2, "--contract-until", "2020-12-31")
    over = cli("accrue", account, "--points", 100, "--funder", ROASTER, "--json")

    assert [each.json["error"]["type"] for each in (elsewhere, over)] == ["UnknownStore", "NoContract"]
    assert cli("define-partner", "1208147520", "x", "--contract-from", "2020-01-01").code == ExitCode.REFUSED


def test_the_documents_of_the_page_are_taken_as_they_are(cli: Cli, folder: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")
    terms, order = re.findall(r"^```json\n(.*?)^```", page, re.M | re.S)
    cli.ok("define-partner", ROASTER, "원두공방", "--contract-from", "2026-01-01")
    cli.ok("define-program", "PLUS", "플러스", "--terms", "-", stdin=terms)
    account = opened(cli)

    earned = cli.ok("accrue", account, "--order", "-", "--at", "2026-03-05T12:00", stdin=order)

    assert earned["points"] == 180 + 40 + 900
    stores = re.findall(r"`(\[.*?\])`; a store", page)
    cli.ok("define-partner", ROASTER, "원두공방", "--contract-from", "2026-01-01", "--stores", "-", "--version", 2,
           stdin=stores[0])  # fmt: skip


def test_the_list_of_commands_is_by_theme(cli: Cli) -> None:
    told = cli("--help").out

    themes = ("둘러보기", "프로그램, 회원, 계정", "포인트 · points", "장부", "운영")
    assert [told.index(each) for each in themes] == sorted(told.index(each) for each in themes)
    assert told.index("포인트 · points") < told.index("accrue") < told.index("장부")
    assert told.index("운영") < told.index("legal-hold")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"{", "is no JSON"),
        (b"[]", "is an object with lines, currency; not a list"),
        (b"{}", "lacks lines"),
        (b'{"lines": [], "curency": "KRW"}', "has curency; known are lines, currency"),
        (b'{"lines": {}}', "lines is a list, not an object"),
        (b'{"lines": [{"category": "c", "tenders": [{"kind": "card", "amount": 1.5}]}]}',
         "lines[0].tenders[0].amount is a whole number, not a number with a fraction"),
        (b'{"lines": [{"category": "c", "tenders": [{"kind": "card", "amount": true}]}]}',
         "lines[0].tenders[0].amount is a whole number, not true or false"),
        (b'{"lines": [{"category": 5, "tenders": []}]}', "lines[0].category is a text, not a whole number"),
        (b'{"lines": [{"category": "c"}]}', "lines[0] lacks tenders"),
        (b"[" * 100_000, "is no JSON"),
        (b"\xff", "is no JSON"),
    ],
)  # fmt: skip
def test_a_document_that_is_none_is_usage_and_names_the_place(
    cli: Cli, folder: Path, content: bytes, told: str
) -> None:
    path = folder / "order.json"
    path.write_bytes(content)

    answer = cli("accrue", "00000000-0000-4000-8000-000000000000", "--order", path, "--json")

    assert (answer.code, answer.json["error"]["type"]) == (ExitCode.USAGE, "BadInput")
    assert told in answer.json["error"]["message"]


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"spending_order": "newest"}, "spending_order is one of expiring_first, free_first"),
        ({"fixed_expiry_on": "someday"}, "fixed_expiry_on is a day like 2026-03-01"),
        ({"rules": [{"code": "x", "rates": [{"tender": "*", "points": 1}]}]}, "rules[0].rates[0] lacks per"),
        ({"unit_value": 5}, "unit_value: said by the file of --terms and beside it; say each once"),
        ({"expires_after": None, "hold_minutes": 0}, "a hold lasts 1 to"),
    ],
)
def test_terms_that_cannot_be_meant_are_said(cli: Cli, folder: Path, terms: Any, told: str) -> None:
    answer = cli("define-program", "PLUS", "x", "--unit-value", 2, "--terms", written(folder, terms), "--json")

    assert answer.code in (ExitCode.USAGE, ExitCode.REFUSED)
    assert told in answer.json["error"]["message"]


def test_a_document_that_is_not_there_or_too_large_is_usage(
    cli: Cli, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.cli.documents.BYTES_MAX", 10)
    large = written(folder, {"lines": [COFFEE]})

    for path, told in ((folder / "nowhere.json", "cannot be read"), (large, "larger than 10 bytes"), (folder, "read")):
        answer = cli("accrue", "00000000-0000-4000-8000-000000000000", "--order", path, "--json")
        assert (answer.code, answer.json["error"]["type"]) == (ExitCode.USAGE, "BadInput")
        assert told in answer.json["error"]["message"]
