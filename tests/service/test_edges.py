"""What comes from outside and cannot be meant ends in a sentence and the right exit code, and text stays text."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

import ledger
from ledger import InvalidCommand, InvalidTime, LedgerError, Program
from service.cli.failures import CODES, ExitCode, code_of
from service.house import House
from service.replay import DataMissing
from service.replay.source import Source, read_households
from service.settings import Settings
from service.wiring import open_house
from tests.service.conftest import Cli

ID = str(uuid4())
REFUSED = {"KeyReused", "ReferenceReused"}
USAGE = {"InvalidCommand"}
LOOK = {
    *("UnknownTopic", "UnreadableEvent", "ContradictoryHistory", "CheckpointUnreadable", "CheckpointsMissing"),
    *("ShardMissing", "SigningKeyMissing"),
}


@pytest.fixture
def account(cli: Cli) -> str:
    cli.ok("define-program", "PLUS", "Plus points")
    member = cli.ok("join", "--name", "a", "--email", "b", "--phone", "c")["stream"]
    cli.environ["MEMBER"] = member
    account: str = cli.ok("open-account", member, "PLUS")["stream"]
    cli.ok("accrue", account, "--points", 100)
    return account


def all_errors(kind: type[LedgerError] = LedgerError) -> set[type[LedgerError]]:
    below = set(kind.__subclasses__())
    return below.union(*(all_errors(each) for each in below))


def test_every_error_of_the_ledger_ends_in_the_code_that_fits_it() -> None:
    for kind in all_errors():
        if not kind.__module__.startswith("ledger."):
            continue
        code = next(code for matched, code in CODES if issubclass(kind, matched))
        if issubclass(kind, ledger.Refused) or kind.__name__ in REFUSED:
            expected = ExitCode.REFUSED
        elif kind.__name__ in USAGE:
            expected = ExitCode.USAGE
        else:
            expected = ExitCode.VERIFICATION_FAILED if kind.__name__ in LOOK else ExitCode.UNAVAILABLE
        assert code is expected, kind.__name__


def test_a_class_of_errors_is_not_hidden_behind_the_one_above_it() -> None:
    for place, (kind, _) in enumerate(CODES):
        assert not any(issubclass(kind, earlier) for earlier, _ in CODES[:place]), kind.__name__
    assert code_of(ValueError()) is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("accrue", ID, "--purchase", "9" * 5_000),
        ("accrue", ID, "--purchase", "9" * 5_000 + "KRW"),
        ("accrue", ID, "--purchase", "①②KRW"),
        ("accrue", ID, "--points", "9" * 5_000),
        ("define-program", "X", "x", "--earn", "9" * 5_000 + "/1"),
        *(
            (*verb, "--at", at)
            for at in ("0001-01-01T00:00", "1999-12-31T23:59+09:00", "9999-12-31T23:59:59-14:00", "9999-12-31")
            for verb in (("expire", ID), ("erase", ID), ("leave", ID), ("checkpoint",), ("balance", ID))
        ),
        ("trial-balance", "--as-known-at", "0001-01-01T00:00"),
        ("statement", ID, "--since", "2026-02-01", "--until", "2026-01-31"),
    ],
)
def test_what_cannot_be_meant_is_usage(cli: Cli, arguments: tuple[str, ...]) -> None:
    answer = cli(*arguments)

    assert answer.code == ExitCode.USAGE, answer.out + answer.err
    assert "Traceback" not in answer.err
    assert len(answer.err) < 2_000


@pytest.mark.parametrize("option", ["--memo", "--detail", "--store", "--actor", "--key", "--checkpoints"])
def test_bytes_that_are_no_text_are_usage(cli: Cli, option: str) -> None:
    answer = cli("pay", ID, 5, option, "\udcff\udc80")

    assert answer.code == ExitCode.USAGE
    assert "argument 5 is not text in UTF-8" in answer.err


def test_standard_input_that_is_no_text_is_usage(environ: dict[str, str]) -> None:
    done = _process(environ, "join", "--stdin", stdin=b'{"name": "\xff", "email": "secret"}')

    assert done.returncode == ExitCode.USAGE
    assert b"secret" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("pay", "not-an-id", "5"), "BadParameter"),
        (("no-such-verb",), "UsageError"),
        (("pay", ID), "MissingParameter"),
        (("pay", ID, "5", "--no-such-option"), "NoSuchOption"),
        (("pay", ID, "5", "--memo", "\udcff"), "BadParameter"),
        (("pay", ID, "-5"), "BadParameter"),
        (("accrue", ID), "BadInput"),
    ],
)
def test_with_json_also_usage_is_answered_in_json(cli: Cli, arguments: tuple[str, ...], name: str) -> None:
    answer = cli(*arguments, "--json")

    assert answer.code == ExitCode.USAGE
    assert answer.json["error"]["type"] == name
    assert answer.json["error"]["message"]
    assert answer.err == ""


@pytest.mark.parametrize("arguments", [("pay", ID, "-5"), ("hold", ID, "-5"), ("transfer", ID, ID, "-5")])
def test_points_below_0_are_told_as_points_and_not_as_an_option(cli: Cli, arguments: tuple[str, ...]) -> None:
    answer = cli(*arguments)

    assert answer.code == ExitCode.USAGE
    assert "-5 points: points are a whole number, one or more" in answer.err
    assert "No such option" not in answer.err


@pytest.mark.parametrize("points", [2**64, 10**30, 10**400])
def test_a_number_beyond_64_bits_is_refused_in_json_as_the_number_that_it_is(
    cli: Cli, account: str, points: int
) -> None:
    answer = cli("pay", account, points, "--json")

    assert answer.code == ExitCode.REFUSED
    assert answer.err == ""
    assert (answer.json["error"]["type"], answer.json["error"]["points"]) == ("InvalidAmount", points)


def test_money_is_refused_as_money(cli: Cli, account: str) -> None:
    answer = cli("pay", account, 5, "--cash", "1299USD", "--json")

    assert answer.json["error"] == {
        "type": "InvalidAmount",
        "message": "1299 minor units of USD: the program's currency is KRW",
        "points": 5,
        "rule": "the program's currency is KRW",
        "minor_units": 1299,
        "currency": "USD",
    }


def test_codes_and_names_may_look_like_markup(cli: Cli) -> None:
    code = "[/c]"

    defined = cli("define-program", code, "[bold]:smile:")
    unknown = cli("open-account", ID, "[/d]")
    member = cli.ok("join", "--name", "a", "--email", "b", "--phone", "c")["stream"]
    account = cli.ok("open-account", member, code)["stream"]
    cli.ok("accrue", account, "--points", 5)

    assert (defined.code, unknown.code) == (ExitCode.OK, ExitCode.REFUSED)
    assert f"program {code} defined" in defined.out
    assert "no program '[/d]' is defined" in unknown.err
    for verb in (("statement", account), ("trial-balance",), ("roll-forward", "--check", "--program", code)):
        answer = cli(*verb)
        assert answer.code == ExitCode.OK
        assert code in answer.out or verb[-1] == code
    assert "[/x]" in cli("balance", ID, "--at", "[/x]").err


def test_no_style_is_written_as_markup_which_consoles_here_do_not_read() -> None:
    for path in (Path(__file__).parents[2] / "service" / "cli").glob("*.py"):
        assert re.findall(r"\[(?:bold|dim|red|green|yellow|cyan)[ a-z]*\]", path.read_text()) == [], path.name


def test_a_report_of_a_program_that_is_not_there_is_refused(cli: Cli, account: str) -> None:
    for verb in ("trial-balance", "roll-forward"):
        answer = cli(verb, "--program", "PLSU", "--json")

        assert answer.code == ExitCode.REFUSED
        assert answer.json["error"] == {
            "type": "UnknownProgram",
            "message": "no program 'PLSU' is defined; define it first",
            "program": "PLSU",
        }
        assert cli(verb, "--program", "PLUS").code == ExitCode.OK


def test_days_at_the_ends_of_the_calendar_are_only_days(cli: Cli, account: str) -> None:
    for day in ("0001-01-01", "9999-12-31"):
        for verb in ("trial-balance", "roll-forward"):
            assert cli(verb, "--until", day).code == ExitCode.OK
        assert cli("statement", account, "--since", day).code == ExitCode.OK
        assert cli("expire", account, "--as-of", day).code in (ExitCode.OK, ExitCode.REFUSED)


def test_a_member_leaves_without_being_erased(cli: Cli, account: str) -> None:
    member = cli.environ["MEMBER"]

    unconfirmed = cli("leave", member, "--json")
    left = cli.ok("leave", member, "--confirm-forfeit", 100)
    again = cli("leave", member, "--json")

    assert unconfirmed.json["error"] | {"message": ""} == {"type": "ConfirmationNeeded", "message": "", "forfeits": 100}
    assert left["points"] == 100
    assert again.json["error"]["type"] == "MemberNotActive"
    assert cli.ok("balance", account)["balance"]["available"] == 0
    assert "profile" in cli.ok("erase", member)["destroyed"]


@pytest.mark.parametrize("stdout", ["/dev/full", "closed pipe"])
@pytest.mark.parametrize("form", [(), ("--json",)])
def test_an_answer_that_cannot_be_shown_has_a_code_of_its_own(
    cli: Cli, account: str, stdout: str, form: tuple[str, ...]
) -> None:
    key = uuid4()
    command = ("accrue", account, "--points", 7, "--key", key, "--at", "2026-03-01T10:00")
    if stdout == "closed pipe":
        ours, theirs = os.pipe()
        os.close(ours)
    else:
        theirs = os.open(stdout, os.O_WRONLY)
    try:
        done = _process(cli.environ, *command, *form, stdout=theirs)
    finally:
        os.close(theirs)

    assert done.returncode == ExitCode.NOT_SHOWN, done.stderr
    assert b"the command was carried out, but its answer could not be shown" in done.stderr
    assert b"Traceback" not in done.stderr
    assert cli.ok(*command)["points"] == 7
    assert cli.ok("balance", account)["balance"]["available"] == 107


def test_a_defect_of_ours_does_not_say_that_nothing_was_changed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(House, "balance", broken)

    answer = cli("balance", ID)

    assert answer.code == ExitCode.DEFECT
    assert "ZeroDivisionError" in answer.err


@pytest.mark.parametrize("place", ["a file", "below a file", "/proc/points-ledger"])
def test_a_data_folder_that_cannot_be_one_says_so(environ: dict[str, str], folder: Path, place: str) -> None:
    (folder / "file").touch()
    data = {"a file": folder / "file", "below a file": folder / "file" / "x"}.get(place, Path(place))

    embedded = Cli({"POINTS_LEDGER_DATA": str(data)})("balance", ID)
    by_dsn = Cli(environ | {"POINTS_LEDGER_DATA": str(data)})
    by_dsn("migrate")

    assert embedded.code == ExitCode.UNAVAILABLE
    assert "POINTS_LEDGER_DATA" in embedded.err
    answer = by_dsn("checkpoint")
    assert answer.code == ExitCode.UNAVAILABLE
    assert "POINTS_LEDGER_DATA" in answer.err
    assert "Traceback" not in answer.err


def test_a_checkpoint_file_that_cannot_be_written_says_so(cli: Cli, folder: Path) -> None:
    answer = Cli(cli.environ | {"POINTS_LEDGER_CHECKPOINTS": str(folder)})("checkpoint")

    assert answer.code == ExitCode.UNAVAILABLE
    assert str(folder) in answer.err


def test_migrating_without_the_keys_names_host_and_reason_and_no_password(environ: dict[str, str]) -> None:
    away = "postgresql://somebody:hunter2@127.0.0.1:1/keys"

    answer = Cli(environ | {"KEYS_DSN": away, "KEYS_OWNER_DSN": ""})("migrate")

    assert answer.code == ExitCode.UNAVAILABLE
    assert '"127.0.0.1", port 1' in answer.err
    assert "hunter2" not in answer.err


def test_a_key_cache_time_that_changed_is_said_to_change_nothing(cli: Cli) -> None:
    same = cli.ok("migrate")
    other = Cli(cli.environ | {"POINTS_LEDGER_KEY_CACHE_SECONDS": "3"})

    assert same["notices"] == []
    assert "used for 0.2 s" in other.ok("migrate")["notices"][0]
    assert "POINTS_LEDGER_KEY_CACHE_SECONDS (3) changes nothing" in other("migrate").out


@pytest.mark.parametrize("damage", ["missing", "cut", "empty"])
def test_data_that_are_not_whole_say_how_to_get_them_again(tmp_path: Path, damage: str) -> None:
    whole = Source.find().folder / "transactions.parquet"
    file = tmp_path / "transactions.parquet"
    if damage != "missing":
        shutil.copy(whole, file)
        os.truncate(file, 0 if damage == "empty" else 100_000)

    with pytest.raises(DataMissing, match="pip install --force-reinstall"):
        read_households(Source(tmp_path))


def test_a_caller_s_wrong_types_are_one_refusal(cli: Cli) -> None:
    wrong: Any = "x"
    with open_house(Settings.read(cli.environ)) as house:
        house.define_program(Program("PLUS", "Plus points", version=1))
        account = house.open_account(house.join(name="a", email="b", phone="c").stream, "PLUS").stream
        calls = (
            lambda: house.join(name=1, email="b", phone="c"),  # type: ignore[arg-type]
            lambda: house.open_account(wrong, "PLUS"),
            lambda: house.accrue(wrong, 5),
            lambda: house.accrue(account, Decimal(5)),  # type: ignore[arg-type]
            lambda: house.pay(account, 5, store=5),  # type: ignore[arg-type]
            lambda: house.refund(account, wrong),
            lambda: house.expire(account, datetime.now(UTC)),
            lambda: house.erase(wrong, basis="test"),
            lambda: house.leave(wrong),
            lambda: house.balance(wrong),
            lambda: house.statement(wrong),
            lambda: house.checkpoint(wrong),
        )
        for call in calls:
            with pytest.raises(InvalidCommand):
                call()
        naive = datetime(2026, 3, 1)  # noqa: DTZ001 - the point
        for at in (lambda: house.accrue(account, 5, at=naive), lambda: house.balance(account, naive)):
            with pytest.raises(InvalidTime):
                at()


def _process(
    environ: dict[str, str], *arguments: object, stdin: bytes = b"", stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-c", "from service.cli import main; main()", *map(str, arguments)]
    environ = environ | {"PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=environ, input=stdin, stdout=stdout, stderr=subprocess.PIPE, check=False)
