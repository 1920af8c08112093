"""`verify` ends with a finding or a sentence whatever somebody did to the log, its checkpoints and their key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.cli.failures import ExitCode
from tests.ledger.store.test_chain import recompute
from tests.service.conftest import Cli

ACCRUED = 5  # program, the index's first key, member, account, then points with memo and detail


@pytest.fixture
def account(cli: Cli) -> str:
    """An account with points, a memo and a detail."""
    cli.ok("define-program", "PLUS", "Plus points")
    member = cli.ok("join", "--name", "김민준", "--email", "m@example.com", "--phone", "010")["stream"]
    account: str = cli.ok("open-account", member, "PLUS")["stream"]
    cli.environ["MEMBER"] = member
    cli.ok("accrue", account, "--points", 100, "--memo", "생일 선물", "--detail", "영수증 8801")
    return account


@pytest.fixture
def superuser(cli: Cli, account: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody whom no grant and no trigger stops."""
    with psycopg.connect(cli.environ["LEDGER_OWNER_DSN"], autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def data(cli: Cli) -> Path:
    return Path(cli.environ["POINTS_LEDGER_DATA"])


def error_of(cli: Cli, *arguments: object) -> str:
    answer = cli(*arguments, "--json")
    assert answer.code == ExitCode.VERIFICATION_FAILED, answer.out + answer.err
    name: str = answer.json["error"]["type"]
    return name


def test_a_checkpoint_file_that_was_named_and_is_not_there_is_an_error(cli: Cli, account: str) -> None:
    cli.ok("checkpoint")
    nowhere = data(cli) / "nowhere.jsonl"

    by_option = error_of(cli, "verify", "--checkpoints", nowhere)
    by_setting = error_of(Cli(cli.environ | {"POINTS_LEDGER_CHECKPOINTS": str(nowhere)}), "verify")

    assert (by_option, by_setting) == ("CheckpointsMissing", "CheckpointsMissing")
    assert error_of(cli, "verify", "--checkpoints", data(cli)) == "CheckpointUnreadable"


@pytest.mark.parametrize("how", ["emptied", "taken away"])
def test_checkpoints_that_were_there_and_are_gone_are_no_intact_chain(cli: Cli, account: str, how: str) -> None:
    assert cli("verify").code == ExitCode.OK  # there was none yet
    cli.ok("checkpoint")
    file = data(cli) / "checkpoints.jsonl"
    copy = file.read_bytes()
    if how == "emptied":
        file.write_bytes(b"")
    else:
        file.unlink()

    assert error_of(cli, "verify") == "CheckpointsMissing"
    status = cli("keys", "status", "--json")
    assert status.code == ExitCode.VERIFICATION_FAILED
    assert [each for each in status.json["attention"] if str(file) in each and "newest checkpoint" in each]
    assert cli("accrue", account, "--points", 1, "--memo", "x").code == ExitCode.OK  # nobody is kept from paying
    file.write_bytes(copy)
    assert cli.ok("verify")["checkpoints_reach"] == ACCRUED


def test_a_new_checkpoint_mends_a_file_that_was_emptied(cli: Cli, account: str) -> None:
    cli.ok("checkpoint")
    (data(cli) / "checkpoints.jsonl").write_bytes(b"")

    cli.ok("checkpoint")

    assert cli.ok("verify")["checkpoints"] == 1


@pytest.mark.parametrize("content", [b'{"balance": 5}\n', b"a diary\nof two lines\n", b"\n", b"\x00" * 9_000])
def test_a_file_of_something_else_is_no_broken_chain(cli: Cli, account: str, content: bytes) -> None:
    cli.ok("checkpoint")
    other = data(cli) / "other.json"
    other.write_bytes(content)

    answer = cli("verify", "--checkpoints", other, "--json")

    assert (answer.code, answer.json["error"]["type"]) == (ExitCode.VERIFICATION_FAILED, "CheckpointUnreadable")
    assert "no line of it is a checkpoint" in answer.json["error"]["message"]


def test_verify_makes_no_key_and_a_lost_one_is_said(cli: Cli, account: str) -> None:
    key = data(cli) / "checkpoint.key"
    cli.ok("verify")
    assert not key.exists()
    cli.ok("checkpoint")
    key.unlink()

    assert error_of(cli, "verify") == "SigningKeyMissing"
    assert error_of(cli, "checkpoint") == "SigningKeyMissing"  # a second key would make the first one's look forged
    assert not key.exists()


@pytest.mark.parametrize("content", [b"", b"not a key", b"\xff" * 64])
def test_a_key_that_is_none_is_told_without_what_is_in_it(cli: Cli, account: str, content: bytes) -> None:
    cli.ok("checkpoint")
    (data(cli) / "checkpoint.key").write_bytes(content)

    assert error_of(cli, "verify") == "SigningKeyUnreadable"


def test_the_answer_says_how_far_checkpoints_reach(cli: Cli, account: str) -> None:
    before = cli("verify")
    cli.ok("checkpoint")
    at_the_end = cli("verify")
    cli.ok("accrue", account, "--points", 1)
    behind = cli("verify")

    assert "no checkpoint to compare with" in before.out
    assert "checkpoints reach to event 5, the last one" in at_the_end.out
    assert "checkpoints reach to event 5; if the 1 after it were written anew, nobody would notice" in behind.out
    assert cli.ok("verify")["checkpoints_reach"] == ACCRUED


def test_damaged_lines_of_the_checkpoint_file_are_named_and_the_genuine_ones_used(cli: Cli, account: str) -> None:
    cli.ok("checkpoint")
    file = data(cli) / "checkpoints.jsonl"
    file.write_bytes(b'{"position": 1e400}\n' + file.read_bytes() + "한글".encode() + b"\n")

    answer = cli("verify", "--json")

    assert answer.code == ExitCode.VERIFICATION_FAILED
    assert answer.json["damaged_checkpoint_lines"] == [1, 3]
    assert answer.json["checkpoints"] == 1
    assert "2 lines of the checkpoint file are no checkpoints: 1, 3" in cli("verify").out


@pytest.mark.parametrize("state", [b"", b"garbage", b"[]", b"{}", b'{"points": 1}'])
def test_garbage_in_a_chain_that_was_written_anew_is_a_finding(
    cli: Cli, account: str, superuser: psycopg.Connection[Any], state: bytes
) -> None:
    cli.ok("balance", account)
    cli.ok("checkpoint")
    cli.ok("accrue", account, "--points", 1)
    cli.ok("trial-balance")
    superuser.execute("UPDATE ledger.events SET state = %s WHERE position = %s", [state, ACCRUED + 1])
    recompute(superuser)

    answer = cli("verify", "--json")

    assert answer.code == ExitCode.VERIFICATION_FAILED
    assert [(each["kind"], each["position"]) for each in answer.json["findings"]] == [("unreadable", ACCRUED + 1)]


def test_the_books_compared_with_garbage_end_in_a_sentence(
    cli: Cli, account: str, superuser: psycopg.Connection[Any]
) -> None:
    cli.ok("trial-balance")
    for state in (b"garbage", b"17", b'{"lot": 1}'):
        superuser.execute("UPDATE ledger.events SET state = %s WHERE position = %s", [state, ACCRUED])

        assert error_of(cli, "roll-forward", "--check") == "UnreadableEvent"


def test_a_deleted_head_is_a_finding_and_nobody_appends(
    cli: Cli, account: str, superuser: psycopg.Connection[Any]
) -> None:
    superuser.execute("DELETE FROM ledger.shard")

    answer = cli("verify", "--json")

    assert answer.code == ExitCode.VERIFICATION_FAILED
    assert [each["kind"] for each in answer.json["findings"]] == ["head missing"]
    assert error_of(cli, "checkpoint") == "ShardMissing"


def test_a_value_that_is_gone_while_its_keys_live_is_found(
    cli: Cli, account: str, superuser: psycopg.Connection[Any]
) -> None:
    superuser.execute("DELETE FROM ledger.box WHERE position = %s AND field = 1", [ACCRUED])

    found = cli("verify", "--json")
    without_keys = Cli(cli.environ | {"KEYS_DSN": "postgresql://nobody@127.0.0.1:1/keys", "KEYS_OWNER_DSN": ""})

    assert found.code == ExitCode.VERIFICATION_FAILED
    [finding] = found.json["findings"]
    assert (finding["kind"], finding["position"]) == ("box", ACCRUED)
    assert "gone although its keys live" in finding["explanation"]
    assert without_keys.ok("verify")["unjudged_values"] == 1
    assert "nobody can tell whether on purpose" in without_keys("verify").out


def test_a_value_that_went_after_its_key_is_no_finding(
    cli: Cli, account: str, superuser: psycopg.Connection[Any]
) -> None:
    cli.ok("erase", cli.environ["MEMBER"], "--confirm-forfeit", 100)
    superuser.execute("DELETE FROM ledger.box WHERE position = %s AND field = 1", [ACCRUED])

    assert cli.ok("verify")["intact"]


def test_a_statement_marks_the_one_text_that_was_tampered_with(
    cli: Cli, account: str, superuser: psycopg.Connection[Any]
) -> None:
    cli.ok("accrue", account, "--points", 1, "--memo", "커피", "--detail", "영수증 1")
    superuser.execute("DELETE FROM ledger.box WHERE position = %s AND field = 1", [ACCRUED])
    superuser.execute("UPDATE ledger.box SET box = sha256(box) WHERE position = 6 AND field = 2")

    page = cli("statement", account)
    lines = cli.ok("statement", account)["lines"]

    assert page.code == ExitCode.OK
    assert page.out.count("[훼손됨]") == 2
    assert lines[0]["texts"] == {
        "memo": {"tampered": "the box is gone although its keys live"},
        "detail": "영수증 8801",
    }
    assert lines[1]["texts"]["memo"] == "커피"
    assert lines[1]["texts"]["detail"] == {"tampered": "the box is not the one its event refers to"}
