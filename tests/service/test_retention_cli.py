"""The retention run on the command line."""

from __future__ import annotations

from service.cli.failures import ExitCode
from tests.service.conftest import Cli

PAID = "2019-03-07T18:00"


def a_member_who_paid(cli: Cli) -> tuple[str, str]:
    cli.ok("define-program", "PLUS", "Plus points", "--at", PAID)
    personal = ("--name", "김민준", "--email", "minjun@example.com", "--phone", "010-1")
    member = cli.ok("join", *personal, "--at", PAID)["stream"]
    account = cli.ok("open-account", member, "PLUS", "--at", PAID)["stream"]
    cli.ok("accrue", account, "--points", 10, "--detail", "영수증 8801", "--at", PAID)
    return member, account


def test_a_run_lists_what_is_due_destroys_it_and_finds_nothing_more(cli: Cli) -> None:
    member, account = a_member_who_paid(cli)
    before = cli.ok("statement", account)["lines"][0]["texts"]["detail"]

    would = cli.ok("retention", "run", "--as-of", "2024-03-08", "--dry-run")
    still = cli.ok("statement", account)["lines"][0]["texts"]["detail"]
    did = cli.ok("retention", "run", "--as-of", "2024-03-08")
    again = cli("retention", "run", "--as-of", "2024-03-08")

    due = [{"class": "contract", "first_day": "2019-03-08", "last_day": "2024-03-07"}]
    assert before == still == "영수증 8801"
    assert (would["periods"], would["dry_run"], would["unreadable_since"]) == (due, True, None)
    assert (did["periods"], did["dry_run"]) == (due, False)
    assert set(cli.ok("statement", account)["lines"][0]["texts"]["detail"]) == {"shredded_at", "reason"}
    assert again.code == 0
    assert "0 periods" in again.out
    late = cli("accrue", account, "--points", 1, "--detail", "영수증", "--at", PAID, "--json")
    assert (late.code, late.json["error"]["type"]) == (ExitCode.REFUSED, "PeriodEnded")
    assert cli.ok("erase", member, "--confirm-forfeit", 0)["kept"] == []


def test_the_day_before_nothing_is_due_and_a_day_to_come_is_refused(cli: Cli) -> None:
    a_member_who_paid(cli)

    assert cli.ok("retention", "run", "--as-of", "2024-03-07")["periods"] == []
    to_come = cli("retention", "run", "--as-of", "2999-01-01", "--json")
    assert (to_come.code, to_come.json["error"]["type"]) == (ExitCode.REFUSED, "InvalidTime")
    assert cli("retention", "run", "--as-of", "soon").code == ExitCode.USAGE
