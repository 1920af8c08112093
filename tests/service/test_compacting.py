"""What is kept apart is shown for a dispute alone, and `keys compact` takes what was forgotten out of the files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import psycopg
import pytest

from ledger import certificate_lines
from service.cli.failures import ExitCode
from tests.service.conftest import Cli

NAME, EMAIL, PHONE = "김민준", "minjun.kim@example.com", "010-2345-6789"
MEMO, DETAIL = "생일 선물로 받은 커피", "강남점 영수증 8801: 아메리카노 2"


@pytest.fixture
def erased(cli: Cli) -> str:
    """The account of a member who was erased, with a record that a law keeps."""
    cli.ok("define-program", "PLUS", "Plus points")
    member = cli.ok("join", "--name", NAME, "--email", EMAIL, "--phone", PHONE)["stream"]
    account: str = cli.ok("open-account", member, "PLUS")["stream"]
    cli.ok("accrue", account, "--purchase", "120000KRW", "--memo", MEMO, "--detail", DETAIL)
    cli.ok("erase", member, "--basis", "개인정보 보호법 제36조 제1항", "--confirm-forfeit", 1200)
    return account


def details(cli: Cli, account: str, *how: str) -> object:
    lines = cli.ok("statement", account, *how)["lines"]
    [detail] = [line["texts"]["detail"] for line in lines if "detail" in line["texts"]]
    return detail


def test_a_held_text_is_read_for_a_dispute_and_withheld_otherwise(cli: Cli, erased: str) -> None:
    with psycopg.connect(cli.environ["LEDGER_OWNER_DSN"]) as owner:
        held = owner.execute("SELECT count(*) FROM ledger.held_box").fetchone()

    assert held == (3,)  # the record, and the name and e-mail that go with it
    assert details(cli, erased, "--dispute") == DETAIL
    assert "withheld" in str(details(cli, erased))


def test_compacting_changes_nothing_that_is_shown(cli: Cli, erased: str) -> None:
    def shown() -> list[Any]:
        return [
            cli.ok(*command) for command in (
                ("statement", erased), ("statement", erased, "--dispute"), ("trial-balance",), ("roll-forward",),
                ("verify",), ("rebuild", "--check-only"),
            )
        ]  # fmt: skip

    before = shown()
    dry = cli.ok("keys", "compact", "--dry-run")
    done = cli.ok("keys", "compact")
    again = cli.ok("keys", "compact")

    assert (dry["deleted"], dry["left"]) == (0, done["deleted"])
    assert done["deleted"] == 4
    assert (done["complete"], done["left"], done["wal_turned_over"]) == (True, 0, True)
    assert (again["complete"], again["deleted"]) == (True, 0)
    after = shown()
    for one, other in zip(before, after, strict=True):
        if isinstance(one, dict) and "report" in one:
            one["report"]["seconds"] = other["report"]["seconds"]
        assert one == other, one


def test_wal_that_could_not_be_turned_over_is_said_and_ends_with_the_code_for_trying_again(
    cli: Cli, erased: str
) -> None:
    with psycopg.connect(cli.environ["LEDGER_OWNER_DSN"], autocommit=True) as owner:
        owner.execute("REVOKE EXECUTE ON FUNCTION pg_switch_wal() FROM ledger_owner")
    refused = cli("keys", "compact")
    with psycopg.connect(cli.environ["LEDGER_OWNER_DSN"], autocommit=True) as owner:
        owner.execute("GRANT EXECUTE ON FUNCTION pg_switch_wal() TO ledger_owner")
    completed = cli("keys", "compact")

    assert (refused.code, completed.code) == (ExitCode.UNAVAILABLE, ExitCode.OK)
    assert "4 boxes of destroyed keys deleted, 0 left; WAL NOT turned over" in refused.out
    assert "0 boxes of destroyed keys deleted, 0 left; WAL turned over" in completed.out
    assert "certificate" not in refused.out
    assert "certificate 2" in completed.out  # of the deletions before it as well


@pytest.mark.parametrize("moment", ["before", "behind"])
def test_a_compaction_killed_around_its_certificate_is_certified_by_the_next(
    cli: Cli, erased: str, moment: str
) -> None:
    """The boxes are gone by then: the next run finds nothing to delete."""
    command = [sys.executable, "-m", "tests.service.dying_compaction", moment]

    died = subprocess.run(command, env=os.environ | cli.environ, capture_output=True, check=False)
    between = certificates(cli)
    completed = cli.ok("keys", "compact")

    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert len(between) == (1 if moment == "before" else 2)
    assert completed["deleted"] == 0
    assert completed["certificate"] == len(between) + 1 == len(certificates(cli))


def certificates(cli: Cli) -> list[object]:
    return list(certificate_lines(cli.environ["LEDGER_DSN"]))


def test_where_nothing_was_ever_recorded_compacting_certifies_that_nothing_is_left(cli: Cli) -> None:
    compacted = cli.ok("keys", "compact")

    assert (compacted["complete"], compacted["boxes"], compacted["certificate"]) == (True, 0, 1)


def test_a_box_that_moved_apart_while_its_page_was_read_is_withheld_and_not_missing(cli: Cli) -> None:
    cli.ok("define-program", "PLUS", "Plus points")
    member = cli.ok("join", "--name", NAME, "--email", EMAIL, "--phone", PHONE)["stream"]
    account = cli.ok("open-account", member, "PLUS")["stream"]
    cli.ok("accrue", account, "--points", 10, "--detail", DETAIL)
    with psycopg.connect(cli.environ["LEDGER_DSN"], autocommit=True) as app:
        app.execute("SELECT ledger.hold_boxes(1::smallint, '{5}', '{2}')")  # the member has not left for this reader

    assert "withheld" in str(details(cli, account))
    assert details(cli, account, "--dispute") == DETAIL


def test_a_changed_held_box_is_found_by_verify(cli: Cli, erased: str) -> None:
    with psycopg.connect(cli.environ["LEDGER_OWNER_DSN"], autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("UPDATE ledger.held_box SET box = set_byte(box, 40, 255 - get_byte(box, 40))")

    answer = cli("verify", "--json")

    assert answer.code == 4
    assert {finding["kind"] for finding in answer.json["findings"]} == {"box"}
