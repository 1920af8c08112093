"""Every verb about points on the command line, each as a person would use it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from service.cli.failures import ExitCode
from tests.service.conftest import Cli

CARD, CODE = "8710-1234-5678-9012", "SECRET-7"


@pytest.fixture
def member(cli: Cli) -> str:
    """A member, and a program PLUS."""
    cli.ok("define-program", "PLUS", "Plus points")
    member: str = cli.ok("join", "--name", "김민준", "--email", "m@example.com", "--phone", "010-2345-6789")["stream"]
    return member


@pytest.fixture
def account(cli: Cli, member: str) -> str:
    account: str = cli.ok("open-account", member, "PLUS")["stream"]
    return account


def test_a_promise_is_confirmed_or_taken_back(cli: Cli, account: str) -> None:
    promised = cli.ok("accrue", account, "--points", 100, "--pending")
    assert promised["balance"] | {"available": 0, "pending": 100} == promised["balance"]
    cli.ok("confirm", account, promised["receipt"])
    earned = cli.ok("accrue", account, "--points", 50)
    cli.ok("pay", account, 120)

    taken = cli.ok("clawback", account, earned["receipt"], "--reason", "returned goods")

    assert taken["shortfall"] == {"outcome": "owed", "points": 20, "lapsed": 0}
    assert (taken["points"], taken["balance"]["deficit"]) == (30, 20)
    again = cli.ok("accrue", account, "--points", 50)
    assert (again["balance"]["available"], again["balance"]["deficit"]) == (30, 0)
    people = cli("clawback", account, again["receipt"], "--points", 40)
    assert "부족분" in people.out


def test_charged_points_are_cashed_out_and_adjusted_by_two(cli: Cli, account: str) -> None:
    cli.ok("charge", account, 10_000, "10000KRW", "--bonus", 100)

    out = cli.ok("cash-out", account, 4_000, "--payee-stdin", stdin="110-123-456789\n")
    alone = cli("adjust", account, "--points", 50_000, "--reason", "goodwill", "--json")
    together = cli.ok("adjust", account, "--points", 50_000, "--reason", "goodwill", "--approver", "officer-2")

    assert out["balance"]["available"] == 6_100
    assert (alone.code, alone.json["error"]["type"]) == (ExitCode.REFUSED, "FourEyesNeeded")
    assert together["balance"]["available"] == 56_100


def test_a_hold_becomes_a_payment_and_twice_is_the_same_answer(cli: Cli, account: str) -> None:
    cli.ok("accrue", account, "--points", 100)
    held = cli.ok("hold", account, 60, "--cash", "4500KRW")
    cli.ok("authorise", account, held["receipt"])
    captured = cli.ok("capture", account, held["receipt"], "--points", 40, "--detail", "커피")

    again = cli.ok("capture", account, held["receipt"], "--points", 40)
    other = cli.ok("hold", account, 10)
    released = cli.ok("release", account, other["receipt"])

    assert held["balance"] | {"available": 40, "held": 60} == held["balance"]
    assert (again["receipt"], again["points"], again["topic"]) == (captured["receipt"], 40, "nothing")
    assert released["balance"]["available"] == 60
    assert cli.ok("time-out-holds", account)["topic"] == "nothing"


def test_a_lost_answer_is_voided_whether_it_came_or_not(cli: Cli, account: str) -> None:
    cli.ok("accrue", account, "--points", 100)
    key, at = uuid4(), "2024-03-01T10:00"
    paid = cli.ok("pay", account, 30)

    undone = cli.ok("void", account, paid["key"])
    barred = cli.ok("void", account, key)
    late = cli("pay", account, 30, "--key", key, "--at", at, "--json")

    assert undone["balance"]["available"] == 100
    assert barred["topic"] == "points.key-barred.v1"
    assert late.json["error"]["type"] == "KeyVoided"


def test_points_are_given_and_converted(cli: Cli, member: str, account: str) -> None:
    sister = cli.ok("open-account", member, "PLUS")["stream"]
    cli.ok("accrue", account, "--points", 100)

    sent = cli.ok("transfer", account, sister, 30, "--memo", "생일", "--receiver-memo", "축하해")
    refused = cli("convert", account, sister, 30, "--json")

    assert sent["balance"]["available"] == 70
    assert cli.ok("accrue", sister, "--points", 1)["balance"]["available"] == 31
    assert refused.json["error"]["type"] == "NotTransferable"


def test_a_coupon_is_redeemed_once_by_its_code_which_no_shell_remembers(cli: Cli, account: str) -> None:
    cli.ok("accrue", account, "--points", 100)
    cli.ok("exchange", account, 40, "coffee", "--code-stdin", stdin=f"{CODE}\n")

    redeemed = cli.ok("redeem-coupon", "--code-stdin", "--store", "강남점", stdin=f"{CODE}\n")
    again = cli("redeem-coupon", "--code-stdin", "--json", stdin=f"{CODE}\n")
    unknown = cli("redeem-coupon", "--code-stdin", "--json", stdin="SECRET-8\n")

    assert redeemed["stream"] == account
    assert [each.json["error"]["type"] for each in (again, unknown)] == ["CouponClosed", "UnknownCoupon"]
    assert all(CODE not in each.out + each.err for each in (again, unknown))
    assert cli("redeem-coupon", account, "--json").code == ExitCode.USAGE
    assert cli.ok("expire-coupons", account)["topic"] == "nothing"


def test_a_card_earns_until_a_member_claims_it_and_a_stopped_account_spends_nothing(cli: Cli, member: str) -> None:
    account = cli.ok("open-account", "-", "PLUS", "--card-stdin", stdin=f"{CARD}\n")["stream"]
    cli.ok("accrue", account, "--points", 100)
    early = cli("pay", account, 10, "--json")

    assert cli.ok("find-account", stdin=f"{CARD}\n")["accounts"] == [account]
    cli.ok("claim", account, member)
    cli.ok("suspend", account, "--reason", "lost card")
    stopped = cli("pay", account, 10, "--json")
    cli.ok("reinstate", account, "--reason", "found")
    paid = cli.ok("pay", account, 10)
    cli.ok("freeze", account, "--reason", "death")

    assert [each.json["error"]["status"] for each in (early, stopped)] == ["unregistered", "suspended"]
    assert paid["balance"]["available"] == 90
    assert cli("open-account", "-", "PLUS").code == ExitCode.USAGE
    assert cli("open-account", "nobody", "PLUS").code == ExitCode.USAGE


def test_a_claim_of_who_left_with_charged_points_is_paid(cli: Cli, member: str, account: str) -> None:
    cli.ok("charge", account, 10_000, "10000KRW")
    left = cli.ok("leave", member)

    tried = [cli("settle-claim", account, each, "--payee-stdin", "--json", stdin="110-1\n") for each in left["events"]]

    [paid] = [each for each in tried if each.code == ExitCode.OK]
    assert paid.json["points"] == 10_000
    assert {each.json["error"]["type"] for each in tried if each is not paid} == {"UnknownClaim"}
