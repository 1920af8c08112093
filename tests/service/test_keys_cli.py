"""`points-ledger keys status`, `rotate`, `backup`, `restore`: what operators do, and what they are told."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from crypto_shredding import Compaction
from service.cli.failures import ExitCode
from service.embedded_postgres import EmbeddedPostgres
from service.settings import Settings
from service.wiring import open_house
from tests.service.conftest import Cli

NAMES = ("name", "김민준"), ("email", "minjun@example.com"), ("phone", "010-0000-0001")


def joined(cli: Cli) -> str:
    member: str = cli.ok("join", *(part for name, text in NAMES for part in (f"--{name}", text)))["stream"]
    return member


@pytest.fixture
def used(cli: Cli) -> Cli:
    """An installation with a program and a member."""
    cli.ok("define-program", "PLUS", "Plus points")
    joined(cli)
    return cli


@pytest.fixture
def copied(server: EmbeddedPostgres) -> Iterator[Callable[[str, str], None]]:
    """A database as it is now, under another name: a backup."""
    made: list[str] = []

    def execute(statement: str, *names: str) -> None:
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as owner:
            owner.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def copy(source: str, target: str) -> None:
        execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", target)
        with psycopg.connect(server.dsn("postgres"), autocommit=True) as owner:
            owner.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", [source])
        execute("CREATE DATABASE {} TEMPLATE {}", target, source)
        made.append(target)

    yield copy
    for each in made:
        execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", each)


def test_status_tells_how_the_keys_stand(used: Cli) -> None:
    answer = used.ok("keys", "status")

    assert answer["epoch"] == answer["copy"]["epoch"] == 1
    assert answer["root"] == {"provider": "File", "versions": [1]}
    assert answer["slots_issued"] > 0
    assert answer["free_slots"] > 0
    assert (answer["dooms_waiting"], answer["rotation"], answer["last_horizon"]) == (0, None, None)
    for_people = used("keys", "status")
    assert for_people.code == ExitCode.OK
    assert "정상 · all is well" in for_people.out


def test_status_of_keys_that_were_never_used_says_so(cli: Cli) -> None:
    answer = cli("keys", "status", "--json")

    assert (answer.code, answer.json["planted"]) == (ExitCode.VERIFICATION_FAILED, False)


def test_a_lost_copy_needs_attention_and_comes_back_with_the_next_use(used: Cli, folder: Path) -> None:
    shutil.rmtree(folder / "data" / "tree-copy")

    answer = used("keys", "status")
    used.ok("keys", "rotate")

    assert answer.code == ExitCode.VERIFICATION_FAILED
    assert "no copy of the tree" in answer.out
    assert used("keys", "status").code == ExitCode.OK


def test_rotating_gives_everything_a_fresh_root_only_when_it_is_asked_to(used: Cli) -> None:
    assert used.ok("keys", "rotate")["rotations"] == 0

    forced = used.ok("keys", "rotate", "--force")

    assert (forced["rotations"], forced["epoch"], forced["root"]["versions"]) == (1, 2, [2])
    assert forced["last_horizon"]["destroyed_version"] == 1


def test_a_backup_takes_the_place_of_the_last_one_and_stays_out_of_the_data_folder(used: Cli, folder: Path) -> None:
    file = folder / "elsewhere.sqlite"
    first = used.ok("keys", "backup", file)
    used.ok("keys", "rotate", "--force")
    second = used.ok("keys", "backup", file)

    assert (first["epoch"], second["epoch"]) == (1, 2)
    assert list(folder.glob("elsewhere*")) == [file]
    refused = used("keys", "backup", folder / "data" / "backups" / "tree.sqlite")
    assert refused.code == ExitCode.USAGE
    assert "tree and root in one backup open everything" in refused.err
    assert "replaces its predecessor" in used("keys", "backup", file).out


def test_the_copy_that_follows_by_itself_is_not_replaced_by_a_backup(used: Cli, folder: Path) -> None:
    elsewhere = folder / "disk" / "tree.sqlite"
    moved = Cli({**used.environ, "POINTS_LEDGER_TREE_COPY": str(elsewhere)})
    moved.ok("keys", "rotate")
    (folder / "link.sqlite").symlink_to(elsewhere)
    before = elsewhere.read_bytes()

    for file in (elsewhere, folder / "link.sqlite"):
        refused = moved("keys", "backup", file)
        assert refused.code == ExitCode.USAGE
        assert "follows by itself" in refused.err

    assert elsewhere.read_bytes() == before


def somebody_s_notes(file: Path) -> None:
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE note (text)")
    other.close()


@pytest.mark.parametrize("damage", ["cut", "overwritten", "text", "another database"])
def test_a_damaged_or_wrong_file_says_what_to_do_and_stays_as_it_was(used: Cli, folder: Path, damage: str) -> None:
    file = folder / "elsewhere.sqlite"
    used.ok("keys", "backup", file)
    if damage == "cut":
        file.write_bytes(file.read_bytes()[:-5_000])
    elif damage == "overwritten":
        whole = file.read_bytes()
        file.write_bytes(whole[:4_096] + b"\xff" * 8_192 + whole[12_288:])
    elif damage == "text":
        file.write_bytes(b"a diary\n" * 1_000)
    else:
        file.unlink()
        somebody_s_notes(file)
    before = file.read_bytes()

    for verb in (("keys", "backup", file), ("keys", "restore", "--from", file)):
        answer = used(*verb, "--json")

        assert answer.code == ExitCode.UNAVAILABLE
        error = answer.json["error"]
        assert error["type"] == "CopyUnavailable"
        assert "to restore, name the newest copy that is whole; to back up, move this file away" in error["message"]
        assert "SQLSTATE" not in error["message"]
    assert file.read_bytes() == before


def empty(server: EmbeddedPostgres, database: str) -> None:
    """The database is lost; there is a new one of its name."""
    with psycopg.connect(server.dsn("postgres"), autocommit=True) as owner:
        owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
    server.create_database(database)


@pytest.fixture
def lost(
    used: Cli,
    folder: Path,
    server: EmbeddedPostgres,
    ledger_database: str,
    keys_database: str,
    copied: Callable[[str, str], None],
) -> dict[str, Any]:
    """The ledger is back from a backup that lacks an erasure, the keys database is lost, its copy is there."""
    gone, stays = joined(used), joined(used)
    used.ok("checkpoint")
    copied(ledger_database, f"{ledger_database}_backup")
    erased = used.ok("erase", gone, "--basis", "test")
    used.ok("checkpoint")
    used.ok("keys", "certificates", "--export", folder / "certificates.jsonl")
    copied(f"{ledger_database}_backup", ledger_database)
    empty(server, keys_database)
    return {"gone": gone, "stays": stays, "request": erased["request"], "copy": folder / "data/tree-copy/tree.sqlite"}


def test_a_lost_installation_is_restored_with_one_command(used: Cli, lost: dict[str, Any], folder: Path) -> None:
    restored = used.ok("keys", "restore", "--from", lost["copy"], "--certificates", folder / "certificates.jsonl")

    assert restored["erasures_again"] == [lost["request"]]
    assert restored["stuck"] == []
    assert restored["lost"]["until_position"] > restored["lost"]["after_position"] == restored["restored_to"]
    assert restored["tree"]["tombstones"] > 0
    assert used.ok("keys", "status")["attention"] == []
    assert restored["certificates_put_back"] == 1
    first, *others, last = used.ok("keys", "certificates")["certificates"]
    kinds = ["erasure", "key-destruction", "erasure", "restore"]  # the index has another key since
    assert [each["kind"] for each in (first, *others, last)] == kinds
    assert (first["request"], last["request"]) == (lost["request"], restored["timeline"])
    assert used.ok("verify")["intact"]
    assert used("erase", lost["gone"], "--basis", "again").code == ExitCode.REFUSED
    used.ok("erase", lost["stays"], "--basis", "test")


def test_a_restore_is_told_in_words_and_repeated_without_harm(used: Cli, lost: dict[str, Any]) -> None:
    first = used("keys", "restore", "--from", lost["copy"])
    assert "사라진 파기 1건 재기록 · 1 lost erasures appended again" in first.out
    assert "사라진 구간 · lost" in first.out

    again = used.ok("keys", "restore", "--from", lost["copy"])

    assert (again["tree"], again["erasures_again"]) == (None, [])


def test_a_restored_log_whose_index_key_is_destroyed_gets_another_and_finds_its_members(
    used: Cli, ledger_database: str, copied: Callable[[str, str], None]
) -> None:
    stays = joined(used)
    copied(ledger_database, f"{ledger_database}_backup")
    with open_house(Settings.read(used.environ)) as house:
        house.wiring.ledger.wait_for(house.wiring.rekeying.rekey(actor="test"))
    copied(f"{ledger_database}_backup", ledger_database)

    used.ok("keys", "restore")

    with open_house(Settings.read(used.environ)) as house:
        assert UUID(stays) in house.find_member(email=dict(NAMES)["email"])
    assert joined(used)


def test_nobody_is_served_from_a_restored_log_and_is_told_what_to_do(
    used: Cli, ledger_database: str, copied: Callable[[str, str], None]
) -> None:
    gone = joined(used)
    copied(ledger_database, f"{ledger_database}_backup")
    used.ok("erase", gone, "--basis", "test")
    copied(f"{ledger_database}_backup", ledger_database)

    refused = used("join", *(part for name, text in NAMES for part in (f"--{name}", text)))
    status = used("keys", "status")

    assert refused.code == ExitCode.UNAVAILABLE
    assert "points-ledger keys restore" in refused.err
    assert status.code == ExitCode.VERIFICATION_FAILED
    assert "points-ledger keys restore" in status.out
    assert used.ok("keys", "restore")["tree"] is None
    joined(used)


def test_a_log_restored_to_a_time_after_the_last_doom_is_refused_by_its_newest_checkpoint(
    used: Cli, ledger_database: str, copied: Callable[[str, str], None]
) -> None:
    used.ok("erase", joined(used), "--basis", "test")
    copied(ledger_database, f"{ledger_database}_backup")
    after = joined(used)
    signed = used.ok("checkpoint")["position"]
    copied(f"{ledger_database}_backup", ledger_database)

    refused = used("join", *(part for name, text in NAMES for part in (f"--{name}", text)), "--json")
    status = used("keys", "status")

    assert refused.code == ExitCode.UNAVAILABLE
    assert refused.json["error"]["type"] == "LedgerBehindCheckpoint"
    assert refused.json["error"]["position_signed"] == signed > refused.json["error"]["position"]
    assert "points-ledger keys restore" in refused.json["error"]["message"]
    assert (status.code, "points-ledger keys restore" in status.out) == (ExitCode.VERIFICATION_FAILED, True)
    assert used.ok("keys", "restore")["lost"]["until_position"] == signed
    joined(used)
    assert used.ok("keys", "status")["attention"] == []
    assert used("erase", after, "--basis", "test").code == ExitCode.REFUSED  # nobody knows of that member any more


def test_a_log_that_went_on_differently_after_a_restore_is_refused(
    used: Cli, ledger_database: str, copied: Callable[[str, str], None], ledger_dsn: str
) -> None:
    copied(ledger_database, f"{ledger_database}_backup")
    joined(used)
    used.ok("checkpoint")
    copied(f"{ledger_database}_backup", ledger_database)
    elsewhere = Cli({**used.environ, "POINTS_LEDGER_CHECKPOINTS": used.environ["POINTS_LEDGER_DATA"] + "/others.jsonl"})
    joined(elsewhere)  # somebody who has no checkpoints serves it, and it grows beyond the lost head
    joined(elsewhere)

    assert "LedgerBehindCheckpoint" in used("join", *(part for name, text in NAMES for part in (f"--{name}", text))).err


def test_a_log_from_before_the_last_restore_is_refused_though_nothing_was_doomed_since(
    used: Cli, ledger_database: str, copied: Callable[[str, str], None]
) -> None:
    copied(ledger_database, f"{ledger_database}_backup")
    used.ok("checkpoint")
    used.ok("keys", "restore")
    joined(used)
    copied(f"{ledger_database}_backup", ledger_database)

    assert "keys restore" in used("join", *(part for name, text in NAMES for part in (f"--{name}", text))).err
    used.ok("keys", "restore")
    joined(used)


def test_without_the_key_that_signed_the_checkpoints_service_goes_on_and_says_so(used: Cli, folder: Path) -> None:
    used.ok("checkpoint")
    (folder / "data" / "checkpoint.key").rename(folder / "away.key")

    told = used("join", *(part for name, text in NAMES for part in (f"--{name}", text)))

    assert told.code == ExitCode.OK
    assert "not compared with its newest checkpoint" in told.err
    assert used("keys", "status").code == ExitCode.VERIFICATION_FAILED


def test_certificates_that_the_log_lost_are_put_back_before_the_next_is_issued(
    used: Cli, ledger_database: str, copied: Callable[[str, str], None], folder: Path
) -> None:
    copied(ledger_database, f"{ledger_database}_backup")
    with open_house(Settings.read(used.environ)) as house:
        at = datetime(2026, 3, 2, 9, tzinfo=UTC)
        body = Compaction(request=uuid4(), partitions=("box_0",), boxes_deleted=3, boxes_left=0, at=at, role="test")
        house.wiring.certificates.issue(body, at=at)
    export = folder / "certificates.jsonl"
    used.ok("keys", "certificates", "--export", export)
    copied(f"{ledger_database}_backup", ledger_database)

    restored = used.ok("keys", "restore", "--certificates", export)

    assert (restored["certificates_put_back"], restored["certificate"]) == (1, 3)
    used.ok("keys", "certificates", "--export", export)
    kinds = used.ok("keys", "verify-certificate", export)["kinds"]
    assert kinds == {"compaction": 1, "key-destruction": 1, "restore": 1}


def test_a_restore_without_the_owners_rights_says_whose_they_are(used: Cli, environ: dict[str, str]) -> None:
    refused = Cli({**environ, "LEDGER_OWNER_DSN": environ["LEDGER_DSN"]})("keys", "restore")

    assert refused.code == ExitCode.USAGE
    assert "LEDGER_OWNER_DSN" in refused.err


def test_a_copy_that_is_not_there_is_told(cli: Cli, folder: Path) -> None:
    refused = cli("keys", "restore", "--from", folder / "nothing.sqlite")

    assert refused.code == ExitCode.USAGE
    assert "newest copy of the key tree" in refused.err


def test_an_old_copy_is_refused(used: Cli, folder: Path, server: EmbeddedPostgres, keys_database: str) -> None:
    shutil.copy(folder / "data/tree-copy/tree.sqlite", folder / "old.sqlite")
    used.ok("keys", "rotate", "--force")
    empty(server, keys_database)

    refused = used("keys", "restore", "--from", folder / "old.sqlite")

    assert refused.code == ExitCode.UNAVAILABLE
    assert "StaleTree" in refused.err
