"""The sweep on the command line."""

from __future__ import annotations

from service.cli.failures import ExitCode
from tests.service.conftest import Cli

EARNED = "2019-03-07T18:00"


def an_account(cli: Cli) -> str:
    cli.ok("define-program", "PLUS", "Plus points", "--at", EARNED)
    personal = ("--name", "김민준", "--email", "minjun@example.com", "--phone", "010-1")
    member = cli.ok("join", *personal, "--at", EARNED)["stream"]
    account: str = cli.ok("open-account", member, "PLUS", "--at", EARNED)["stream"]
    cli.ok("accrue", account, "--points", 10, "--at", EARNED)
    return account


def test_a_sweep_counts_what_is_due_does_it_and_finds_nothing_more(cli: Cli) -> None:
    account = an_account(cli)

    would = cli.ok("sweep", "--as-of", "2024-03-08", "--dry-run")
    did = cli("sweep", "--as-of", "2024-03-08", "--json")
    again = cli("sweep", "--as-of", "2024-03-08")

    assert (would["accounts"], would["done"], would["dry_run"]) == (1, {"points.expired.v1": 1}, True)
    assert (did.code, did.json["points"]) == (ExitCode.VERIFICATION_FAILED, {"points.expired.v1": 10})
    assert did.json["unnoticed"] == [{"account": account, "expired_after": "2024-03-07", "points": 10}]
    assert again.code == 0
    assert "1 accounts looked at, 0 steps swept" in again.out


def test_a_sweep_shows_people_what_it_did_and_what_nobody_was_told(cli: Cli) -> None:
    an_account(cli)

    shown = cli("sweep", "--as-of", "2024-03-08")

    assert "기간만료 소멸" in shown.out
    assert "안내 누락" in shown.out
    assert shown.code == ExitCode.VERIFICATION_FAILED


def test_a_day_to_come_and_a_day_that_is_none_are_refused(cli: Cli) -> None:
    to_come = cli("sweep", "--as-of", "2999-01-01", "--json")

    assert (to_come.code, to_come.json["error"]["type"]) == (ExitCode.REFUSED, "InvalidTime")
    assert cli("sweep", "--as-of", "soon").code == ExitCode.USAGE
