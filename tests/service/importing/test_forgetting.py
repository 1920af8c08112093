"""What was imported is sealed like anything else: forgotten with its member, and in no file in plain."""

from __future__ import annotations

import shutil
import tempfile
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psycopg
import pytest

from crypto_shredding import IndexKind, Shredded
from ledger import CONTRACT, PAYMENT, PAYMENTS, SEOUL
from ledger.calendar import first_counted_day
from service.embedded_postgres import EmbeddedPostgres
from service.importing.identities import Identities, path_of
from service.raw_evidence import search_server
from service.settings import Settings
from service.wiring import open_house
from tests.service.conftest import KEY_CACHE_SECONDS, Cli
from tests.service.importing.conftest import Import, define_program, write
from tests.service.importing.other_system import CUT_OVER, OtherSystem


def test_an_erased_member_is_forgotten_with_the_history_and_not_taken_over_again(
    take_over: Import, ready: Cli, environ: dict[str, str], folder: Path
) -> None:
    system = OtherSystem(4, seed=5)
    files = write(system, folder)
    take_over(files)
    gone, stays = system.rows["members"][0], system.rows["members"][1]
    identities = Identities(path_of(folder / "data", "old"), cut_over=None, is_dry=True)
    account, other = identities.id_of("accounts", "A1"), identities.id_of("accounts", "A2")
    identities.close()
    assert isinstance(account, UUID)
    assert isinstance(other, UUID)

    with open_house(Settings.read(environ)) as house:
        before = house.statement(account)
        assert any("홍길동" in str(line.texts) for line in before.lines), "there was something to forget"
        told = {str(row["line_id"]) for row in system.rows["history"] if row["account_id"] == "A1"}
        earlier = [line for line in before.lines if line.earlier_movement is not None]
        assert 0 < len(earlier) <= len(told)
        assert all(line.points == 0 for line in earlier)
        (member,) = house.find_member(email=str(gone["email"]))
        lots = [row for row in system.rows["lots"] if (row["account_id"], row["kind"]) == ("A1", "free")]
        forfeit = sum(int(str(row["points"])) for row in lots)
        house.erase(member, basis="개인정보 보호법 제36조", confirmed_forfeit=forfeit)

        after = house.statement(account)
        texts = [text for line in after.lines for text in line.texts.values() if line.texts.get("memo") is text]
        assert all(isinstance(text, Shredded) for text in texts)
        assert house.find_member(email=str(gone["email"])) == []
        assert len(house.find_member(email=str(stays["email"]))) == 1
        assert [line.points for line in after.lines][: len(before.lines)] == [line.points for line in before.lines]

    report = take_over(files).json

    assert report["files"]["members"] | {"repeated": 0} == {
        "read": 4, "accepted": 3, "rejected": 0, "past_retention": 0, "forgotten": 1, "new": 0, "repeated": 0,
        "done_before": 0,
    }  # fmt: skip
    assert (report["ties"], report["unexplained"]) == (True, {})
    assert ready.ok("find", "--email", gone["email"])["members"] == []


def test_after_an_import_nothing_personal_is_in_any_file_of_the_ledger() -> None:
    folder = Path(tempfile.mkdtemp(prefix="points-ledger-import-"))
    try:
        folder.chmod(0o755)
        environ = {"POINTS_LEDGER_DATA": str(folder / "data"), "POINTS_LEDGER_KEY_CACHE_SECONDS": KEY_CACHE_SECONDS}
        cli = Cli(environ)
        system = OtherSystem(15)
        files = write(system, folder)
        with EmbeddedPostgres(folder / "data") as server:
            define_program(environ)
            report = cli.ok("import", files, "--source", "old", "--cut-over", CUT_OVER.isoformat())
            values = {value for value in system.personal() if len(value) > 3}

            evidence = search_server(server, ("ledger", "keys"), values)

        assert (report["rejected"], report["ties"]) == ([], True)
        assert len(values) > 100
        assert evidence.control_holds
        assert evidence.found == ()
        beside = [path for path in (folder / "data").rglob("*") if path.is_file() and "cluster" not in path.parts]
        assert any(path.name == "old.sqlite" for path in beside)
        found = [path for path in beside for value in values if value.encode() in path.read_bytes()]
        assert found == []
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("column", ["email", "phone"])
def test_who_was_taken_over_is_found_by_their_values(
    take_over: Import, environ: dict[str, str], folder: Path, column: str
) -> None:
    system = OtherSystem(3)
    take_over(write(system, folder))
    kind = {"email": IndexKind.EMAIL, "phone": IndexKind.PHONE}[column]

    with open_house(Settings.read(environ)) as house:
        assert len(house.wiring.ledger.find(kind, str(system.rows["members"][2][column]))) == 1


def test_a_record_of_history_is_sealed_for_its_own_day_under_its_own_law(
    take_over: Import, environ: dict[str, str], folder: Path
) -> None:
    system = OtherSystem(8)
    history = system.rows["history"]
    take_over(write(system, folder))

    with psycopg.connect(environ["LEDGER_OWNER_DSN"]) as ledger, psycopg.connect(environ["KEYS_OWNER_DSN"]) as keys:
        rows = keys.execute("SELECT slot, class_code, first_day FROM crypto_shredding.period").fetchall()
        periods = {slot: (code, day) for slot, code, day in rows}
        lines = ledger.execute(
            "SELECT occurred_at, earlier_movement, fields FROM projections.statement_line WHERE movement = 'history'"
        ).fetchall()

    told = {(datetime.fromisoformat(str(row["occurred_at"])).replace(tzinfo=SEOUL), row["movement"]) for row in history}
    assert {(occurred_at, movement) for occurred_at, movement, _ in lines} <= told
    seen = set()
    for occurred_at, movement, fields in lines:
        for name, _, _, period, _ in fields or ():
            if name == "memo":
                assert period == 0
                continue
            retention = PAYMENT if movement in PAYMENTS else CONTRACT
            assert periods[period] == (retention.code, first_counted_day(occurred_at))
            seen.add(retention.name)
    assert seen == {"payment", "contract"}
