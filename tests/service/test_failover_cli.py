"""`points-ledger keys register-target`, `fence-out`, `fence-in`: what the officer does when a target is silent."""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.cli.failures import ExitCode
from service.drill.standbys import StandbyServer, let_standbys_in, reload, standby_of
from service.embedded_postgres import EmbeddedPostgres
from tests.service.conftest import KEY_CACHE_SECONDS, Cli
from tests.service.test_keys_cli import joined

BASIS = "개인정보 보호법 제36조 제1항"
KEYS, LEDGER, ARCHIVE = "keys:standby-1", "ledger:standby-1", "ledger:archive"
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that the servers' user can reach."""
    path = Path(tempfile.mkdtemp(prefix="points-ledger-failover-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def primary(place: Path) -> Iterator[EmbeddedPostgres]:
    """A server with an archive that works."""
    settings = {"archive_mode": "on"}
    with EmbeddedPostgres(place / "primary", settings=settings) as server:
        reload(server, archive_command="true")
        let_standbys_in(server)
        yield server


@pytest.fixture(scope="module")
def standby(primary: EmbeddedPostgres, place: Path) -> Iterator[StandbyServer]:
    """It follows the one server, so both databases."""
    with standby_of(primary, "standby-1", place / "standby") as server:
        yield server


@pytest.fixture
def cli(primary: EmbeddedPostgres, standby: StandbyServer, tmp_path: Path) -> Iterator[Cli]:
    """An installation with its two databases on the primary, a member, and both targets registered."""
    ledger, keys = (f"{name}_{next(numbers)}" for name in ("ledger", "keys"))
    for name in (ledger, keys):
        primary.create_database(name)
    cli = Cli(
        {
            "LEDGER_DSN": primary.dsn(ledger, user="ledger_app"),
            "LEDGER_OWNER_DSN": primary.dsn(ledger),
            "KEYS_DSN": primary.dsn(keys, user="keys_app"),
            "KEYS_OWNER_DSN": primary.dsn(keys),
            "POINTS_LEDGER_DATA": str(tmp_path / "data"),
            "POINTS_LEDGER_KEY_CACHE_SECONDS": KEY_CACHE_SECONDS,
            "POINTS_LEDGER_SETTLE_SECONDS": "20",
        }
    )
    cli.ok("migrate")
    cli.ok("define-program", "PLUS", "Plus points")
    for target in (KEYS, LEDGER):
        cli.ok("keys", "register-target", target)
    yield cli
    reload(primary, archive_command="true")


def fence_out(cli: Cli, target: str, *persons: str) -> Any:
    first, second = persons
    options = ("--reason", "does not answer", "--actor", first, "--second-actor", second)
    return cli("keys", "fence-out", target, *options, "--json")


def certified(cli: Cli) -> Any:
    """The body of the last certificate."""
    return json.loads(cli.ok("keys", "certificates")["certificates"][-1]["certificate"])["body"]


def test_certificates_name_the_failover_targets_that_were_waited_for(cli: Cli) -> None:
    cli.ok("erase", joined(cli), "--basis", BASIS)

    assert certified(cli)["holders"] == [
        {"name": KEYS, "role": "failover"},
        {"name": LEDGER, "role": "failover"},
        {"name": "tree.sqlite", "role": "copy"},
    ]
    assert certified(cli)["fenced_out"] == []
    status = cli.ok("keys", "status")
    assert [(each["name"], each["fenced_out"], each["lacks"]) for each in status["targets"]] == [
        (KEYS, False, None),
        (LEDGER, False, None),
    ]


def test_a_silent_target_is_told_since_when_and_two_persons_let_the_erasure_end(
    cli: Cli, standby: StandbyServer
) -> None:
    member = joined(cli)
    cli.environ["POINTS_LEDGER_SETTLE_SECONDS"] = "0.5"
    standby.silence()
    try:
        stuck = cli("erase", member, "--basis", BASIS, "--json")
        status = cli("keys", "status", "--json")
        alone = fence_out(cli, KEYS, "kim", "Kim")
        root_held = status.json["root"]["versions"]
        for target in (KEYS, LEDGER):
            assert fence_out(cli, target, "kim", "lee").code == ExitCode.OK
        resumed = cli.ok("erase", "--resume")
        for_people = cli("keys", "status").out
    finally:
        standby.speak()

    assert (stuck.code, stuck.json["error"]["type"]) == (ExitCode.UNAVAILABLE, "TargetSilent")
    assert sorted(stuck.json["error"]["lacking"]) == [KEYS, LEDGER]
    assert status.code == ExitCode.VERIFICATION_FAILED
    [alarm] = [each for each in status.json["attention"] if each.startswith(KEYS)]
    assert f"rotation 2 waits since {status.json['rotation_since'][:10]}" in alarm
    assert root_held == [1, 2]
    assert (alone.code, alone.json["error"]["type"]) == (ExitCode.REFUSED, "TwoPersonsNeeded")
    assert [each["member"] for each in resumed["finished"]] == [member]
    body = certified(cli)
    assert [each["name"] for each in body["holders"]] == ["tree.sqlite"]
    assert [(each["holder"], each["first_actor"], each["second_actor"]) for each in body["fenced_out"]] == [
        (KEYS, "kim", "lee"),
        (LEDGER, "kim", "lee"),
    ]
    assert "FENCED OUT" in for_people
    assert "kim + lee: does not answer" in for_people
    assert cli.ok("keys", "status")["root"]["versions"] == [2]


def test_a_target_that_is_fenced_in_again_is_waited_for_again(cli: Cli) -> None:
    fence_out(cli, KEYS, "kim", "lee")
    cli.ok("keys", "fence-in", KEYS, "--reason", "built anew")

    cli.ok("erase", joined(cli), "--basis", BASIS)

    assert certified(cli)["fenced_out"] == []


def test_an_archive_that_fails_holds_an_erasure_back_and_is_named(cli: Cli, primary: EmbeddedPostgres) -> None:
    member = joined(cli)
    reload(primary, archive_command="false")
    cli.environ["POINTS_LEDGER_SETTLE_SECONDS"] = "0.5"
    stuck = cli("erase", member, "--basis", BASIS, "--json")
    held_back = cli("keys", "status", "--json").json

    reload(primary, archive_command="true")
    cli.environ["POINTS_LEDGER_SETTLE_SECONDS"] = "20"
    cli.ok("erase", "--resume")

    assert list(stuck.json["error"]["lacking"]) == [ARCHIVE]
    assert held_back["root"]["versions"] == [1, 2]
    assert [each["name"] for each in held_back["targets"] if each["lacks"]] == [ARCHIVE]
    assert any(each.startswith(f"{ARCHIVE} is silent (archiving") for each in held_back["attention"])
    assert cli.ok("keys", "status")["root"]["versions"] == [2]


def test_an_archive_that_is_gone_for_good_is_fenced_out_like_a_standby(cli: Cli, primary: EmbeddedPostgres) -> None:
    reload(primary, archive_command="false")
    assert fence_out(cli, ARCHIVE, "kim", "lee").code == ExitCode.OK

    cli.ok("erase", joined(cli), "--basis", BASIS)

    assert [each["holder"] for each in certified(cli)["fenced_out"]] == [ARCHIVE]


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("standby-1", ExitCode.USAGE),
        ("books:standby-1", ExitCode.USAGE),
        ("keys:with space", ExitCode.USAGE),
        ("keys:unknown", ExitCode.REFUSED),
    ],
)
def test_a_target_that_cannot_be_meant_is_refused(cli: Cli, target: str, code: ExitCode) -> None:
    assert fence_out(cli, target, "kim", "lee").code == code
