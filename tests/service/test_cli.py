"""The command line: each verb, both forms of answer, and the exit codes that docs/cli.md promises."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from ledger import Erasures, StoreUnavailable
from service.cli.failures import ExitCode
from tests.service.conftest import Cli

NAME, EMAIL, PHONE = "김민준", "minjun.kim@example.com", "010-2345-6789"
ROLES = ("LEDGER_OWNER_DSN", "PROJECTOR_DSN", "LEDGER_DISPUTE_DSN", "LEDGER_COMPACTION_DSN")
MEMO, DETAIL = "생일 선물로 받은 커피", "강남점 영수증 8801: 아메리카노 2"


@pytest.fixture
def account(cli: Cli) -> str:
    """An account with 1,200 points of a member of the program PLUS."""
    cli.ok("define-program", "PLUS", "Plus points")
    member = cli.ok("join", "--name", NAME, "--email", EMAIL, "--phone", PHONE)["stream"]
    account: str = cli.ok("open-account", member, "PLUS")["stream"]
    cli.environ["MEMBER"] = member
    cli.ok("accrue", account, "--purchase", "120000KRW", "--memo", MEMO, "--detail", DETAIL)
    return account


def test_points_go_through_every_verb(cli: Cli, account: str) -> None:
    paid = cli.ok("pay", account, 500, "--cash", "4500KRW", "--store", "강남점")
    cli.ok("exchange", account, 100, "coffee")
    cli.ok("refund", account, paid["receipt"])
    cli.ok("expire", account)

    balance = cli.ok("balance", account)["balance"]
    lines = cli.ok("statement", account)["lines"]

    assert balance["available"] == 1_100
    assert [(line["title"], line["points"]) for line in lines] == [
        ("적립", 1_200),
        ("사용", -500),
        ("교환", -100),
        ("사용취소", 500),
    ]
    assert lines[0]["texts"] == {"memo": MEMO, "detail": DETAIL}
    assert cli.ok("trial-balance")["total"] == 0
    rolled = cli.ok("roll-forward", "--check")
    assert rolled["ties"]
    assert rolled["months"][0]["closing"] == 1_100
    assert {rolled["compared"][0][source] for source in ("journal", "balances", "events")} == {1_100}


def test_what_cannot_be_read_is_a_sentence_and_no_traceback(cli: Cli, account: str) -> None:
    for option in (
        ("--reference", "pos", "store\x1f330", "4", "17", "2024-03-07"),
        ("--cash", "9" * 5_000 + "KRW"),
    ):
        assert cli("pay", account, 1, *option).code == ExitCode.USAGE, option[0]


def test_a_balance_as_of_an_instant_is_what_the_account_had_then(cli: Cli, account: str) -> None:
    cli.ok("pay", account, 200)
    now = datetime.now(UTC)

    def available(*options: object) -> int:
        return int(cli.ok("balance", account, *options)["balance"]["available"])

    assert available() == available("--as-of", now.isoformat()) == 1_000
    assert available("--as-of", "2025-12-31T00:00") == available("--as-known-at", "2025-12-31T00:00") == 0
    assert cli("balance", account, "--at", "2026-01-01", "--as-of", "2026-01-01").code == ExitCode.USAGE


def test_a_roll_forward_is_of_any_account_that_carries_a_balance(cli: Cli, account: str) -> None:
    cli.ok("exchange", account, 200, "COFFEE")

    owed = cli.ok("roll-forward", "--check")
    coupons = cli.ok("roll-forward", "--of", "coupon_liability")["months"]

    assert [month["account"] for month in owed["months"]] == ["member_points"]
    assert [each["account_code"] for each in owed["compared"]] == ["member_points"]
    assert [(month["exchange"], month["closing"]) for month in coupons] == [(200, 200)]
    assert cli("roll-forward", "--of", "points_expense").code == ExitCode.USAGE


def test_an_interrupted_erasure_is_told_and_finished(
    cli: Cli, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(Exception):
        pass

    async def crash(*_: object) -> None:
        raise Crash

    async def out_of_reach(*_: object) -> None:
        raise StoreUnavailable(1, 30)

    with monkeypatch.context() as patch:
        patch.setattr(Erasures, "_fence", crash)
        crashed = cli("erase", cli.environ["MEMBER"], "--confirm-forfeit", 1_200)
        patch.setattr(Erasures, "_fence", out_of_reach)
        stuck = cli("erase", "--resume", "--json")

    told = cli("balance", account).err
    finished = cli.ok("erase", "--resume")["finished"]

    assert crashed.code == ExitCode.DEFECT
    assert stuck.code == ExitCode.UNAVAILABLE
    assert cli.environ["MEMBER"] in stuck.json["error"]["message"]
    assert "interrupted: 1;" in told
    assert [each["member"] for each in finished] == [cli.environ["MEMBER"]]
    assert "interrupted" not in cli("balance", account).err
    assert cli.ok("erase", "--resume") == {"finished": []}
    assert cli("erase").code == cli("erase", cli.environ["MEMBER"], "--resume").code == ExitCode.USAGE


def test_people_read_korean_words_and_the_text_as_it_was_written(cli: Cli, account: str) -> None:
    cli.ok("accrue", account, "--points", 1, "--memo", "[bold]괄호[/] 그대로")

    answer = cli("statement", account)

    assert answer.code == 0
    assert "적립" in answer.out
    assert MEMO in answer.out
    assert "[bold]괄호[/] 그대로" in answer.out


def test_an_erased_member_s_texts_are_marked_and_every_figure_stays(cli: Cli, account: str) -> None:
    before = cli.ok("statement", account)["lines"]

    refused = cli("erase", cli.environ["MEMBER"], "--json")
    report = cli.ok("erase", cli.environ["MEMBER"], "--confirm-forfeit", 1_200)
    after = cli("statement", account)

    assert refused.code == ExitCode.REFUSED
    assert refused.json["error"]["forfeits"] == 1_200
    assert "profile" in report["destroyed"]
    assert "contract" in [kept["class"] for kept in report["kept"]]
    assert "[파기됨]" in after.out
    assert "[분리보관]" in after.out
    assert MEMO not in after.out
    assert DETAIL not in after.out
    lines = cli.ok("statement", account)["lines"]
    assert [line["points"] for line in lines] == [line["points"] for line in before] + [-1_200]
    assert set(lines[0]["texts"]["memo"]) == {"shredded_at", "reason"}
    assert set(lines[0]["texts"]["detail"]) == {"withheld"}
    assert cli.ok("statement", account, "--dispute")["lines"][0]["texts"]["detail"] == DETAIL


def test_what_law_keeps_goes_with_the_same_command_after_its_last_day(cli: Cli, account: str) -> None:
    member = cli.environ["MEMBER"]
    report = cli.ok("erase", member, "--confirm-forfeit", 1_200)

    too_early = cli("erase", member, "--json")

    assert too_early.code == ExitCode.REFUSED
    assert too_early.json["error"]["type"] == "StillHeldByLaw"
    assert too_early.json["error"]["last_day"] == report["kept"][0]["last_day"]


def test_the_same_key_has_one_effect_and_one_receipt(cli: Cli, account: str) -> None:
    command = ("accrue", account, "--points", 300, "--key", uuid4(), "--at", "2026-03-01T10:00")

    first, again = cli.ok(*command), cli.ok(*command)

    assert first == again
    assert cli.ok("balance", account)["balance"]["available"] == 1_500
    other = cli(*command[:3], 301, *command[4:], "--json")
    assert other.code == ExitCode.REFUSED
    assert other.json["error"]["type"] == "KeyReused"


def test_a_key_is_refused_without_what_would_differ_the_next_time(cli: Cli, account: str) -> None:
    answer = cli("exchange", account, 5, "coffee", "--key", uuid4())

    assert answer.code == ExitCode.USAGE
    assert "--at and --coupon-id" in answer.err


def test_a_refusal_says_why_and_carries_its_facts(cli: Cli, account: str) -> None:
    for_people = cli("pay", account, 5_000)
    for_programs = cli("pay", account, 5_000, "--json")

    assert for_people.code == for_programs.code == ExitCode.REFUSED
    assert "InsufficientPoints: 5000 points asked for, 1200 available" in for_people.err
    assert for_programs.json["error"]["asked"] == 5_000
    assert for_programs.json["error"]["available"] == 1_200


@pytest.mark.parametrize(
    "arguments",
    [
        ("pay", "not-an-id", "5"),
        ("no-such-verb",),
        ("accrue", str(uuid4())),
        ("accrue", str(uuid4()), "--purchase", "12.99"),
        ("balance", str(uuid4()), "--at", "yesterday"),
        ("join", "--name", NAME),
        ("define-program", "X", "X", "--earn", "1:100"),
    ],
)
def test_what_cannot_be_understood_is_usage(cli: Cli, arguments: tuple[str, ...]) -> None:
    answer = cli(*arguments)

    assert answer.code == ExitCode.USAGE
    assert "Traceback" not in answer.err


def test_personal_values_come_by_standard_input_and_are_never_quoted_back(cli: Cli) -> None:
    values = {"name": NAME, "email": EMAIL, "phone": PHONE}

    joined = cli("join", "--stdin", stdin=json.dumps(values))
    wrong = cli("join", "--stdin", stdin=json.dumps(values | {"nickname": "비밀"}))

    assert joined.code == 0
    assert wrong.code == ExitCode.USAGE
    assert "nickname" in wrong.err
    for answer in (joined, wrong):
        assert not any(value in answer.out + answer.err for value in (*values.values(), "비밀"))


def test_settings_that_do_not_fit_together_are_refused_at_start(cli: Cli) -> None:
    answer = Cli(cli.environ | {"KEYS_DSN": "", "KEYS_OWNER_DSN": ""})("balance", uuid4())

    assert answer.code == ExitCode.USAGE
    assert "KEYS_DSN" in answer.err


def test_a_database_that_was_not_migrated_says_what_to_do(environ: dict[str, str], blank_dsn: str) -> None:
    answer = Cli(environ | dict.fromkeys(ROLES, "") | {"LEDGER_DSN": blank_dsn})("trial-balance")

    assert answer.code == ExitCode.UNAVAILABLE
    assert "points-ledger migrate" in answer.err


def test_a_server_that_is_away_is_told_without_a_password(cli: Cli) -> None:
    away = "postgresql://somebody:hunter2@127.0.0.1:1/"
    databases = {"LEDGER_DSN": away + "ledger", "KEYS_DSN": away + "keys"}
    owners = dict.fromkeys((*ROLES, "KEYS_OWNER_DSN"), "")

    answer = Cli(cli.environ | databases | owners)("trial-balance")

    assert answer.code == ExitCode.UNAVAILABLE
    assert "LEDGER_DSN" in answer.err
    assert "hunter2" not in answer.err + answer.out


@pytest.mark.parametrize("lost", ["root", "database"])
def test_the_books_can_be_read_without_the_keys(cli: Cli, account: str, lost: str) -> None:
    away = Cli(
        cli.environ
        | {
            "root": {"POINTS_LEDGER_ROOT": cli.environ["POINTS_LEDGER_DATA"] + "/elsewhere"},
            "database": {"KEYS_DSN": "postgresql://nobody@127.0.0.1:1/keys", "KEYS_OWNER_DSN": ""},
        }[lost]
    )

    assert away.ok("trial-balance")["balanced"]
    assert away.ok("roll-forward", "--check")["ties"]
    assert away.ok("balance", account)["balance"]["available"] == 1_200
    assert away.ok("verify")["intact"]
    assert away.ok("checkpoint")["position"] == 5
    refused = away("statement", account)
    assert refused.code == ExitCode.UNAVAILABLE
    assert ("root" if lost == "root" else "KEYS_DSN") in refused.err


def test_verify_names_an_altered_event_and_ends_with_its_own_code(cli: Cli, account: str) -> None:
    cli.ok("checkpoint")
    assert cli.ok("verify")["intact"]
    with psycopg.connect(cli.environ["LEDGER_OWNER_DSN"], autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # what only a superuser can do
        connection.execute("UPDATE ledger.events SET state = state || ' ' WHERE position = 4")

    answer = cli("verify", "--json")

    assert answer.code == ExitCode.VERIFICATION_FAILED
    assert [(each["kind"], each["position"]) for each in answer.json["findings"]] == [("altered", 4)]


def test_verify_notices_an_exchanged_box_and_a_forged_checkpoint(cli: Cli, account: str) -> None:
    cli.ok("checkpoint")
    checkpoints = Path(cli.environ["POINTS_LEDGER_DATA"]) / "checkpoints.jsonl"
    forged = json.loads(checkpoints.read_text()) | {"position": 1}
    with checkpoints.open("a") as file:
        file.write(json.dumps(forged) + "\n")
    with psycopg.connect(cli.environ["LEDGER_OWNER_DSN"], autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE ledger.box SET box = set_byte(box, 40, 255 - get_byte(box, 40)) WHERE position = 4")

    answer = cli("verify", "--json")

    assert answer.code == ExitCode.VERIFICATION_FAILED
    assert answer.json["forged_checkpoints"] == 1
    assert {each["kind"] for each in answer.json["findings"]} == {"box"}


def test_rebuild_finds_a_read_model_that_was_altered(cli: Cli, account: str) -> None:
    assert cli.ok("rebuild")["equal"]
    with psycopg.connect(cli.environ["LEDGER_OWNER_DSN"], autocommit=True) as connection:
        connection.execute("UPDATE projections.lot SET points = points + 1")

    assert cli("rebuild").code == ExitCode.VERIFICATION_FAILED
    assert cli("rebuild", "--accept-difference").code == ExitCode.OK
    assert cli.ok("rebuild", "--check-only")["equal"]


def test_the_console_script_answers_in_a_process_of_its_own(cli: Cli, account: str) -> None:
    command = [sys.executable, "-c", "from service.cli import main; main()", "balance", account, "--json"]

    done = subprocess.run(command, env=cli.environ | {"PATH": "/usr/bin:/bin"}, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["balance"]["available"] == 1_200


def test_the_documents_promise_the_exit_codes_that_there_are() -> None:
    document = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", document, re.MULTILINE)} == set(ExitCode)
