"""A whole import by the command line: verdicts, totals, what is told and what is not."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger import Capture, ImportLot, RedeemByCode
from service.house import House
from service.importing.identities import Identities, path_of
from service.importing.layout import FILES, LOTS
from service.settings import Settings
from service.wiring import open_house
from tests.service.conftest import Cli
from tests.service.importing.conftest import Import, settled, write
from tests.service.importing.other_system import CUT_OVER, MISTAKES, OtherSystem


def rejects_of(report: Any) -> list[dict[str, str]]:
    with Path(report["rejects"]).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_is_taken_over_and_the_totals_tie_from_the_files_to_the_books(
    take_over: Import, ready: Cli, folder: Path
) -> None:
    system = OtherSystem(40)
    answer = take_over(write(system, folder))

    report = answer.json
    assert (answer.code, report["ties"], report["rejected"]) == (0, True, [])
    for name, rows in report["files"].items():
        assert rows["read"] == len(system.rows[name]) == rows["new"] + rows["past_retention"], name
    for file in ("lots", "holds", "coupons"):
        sides = [(each["source"], each["ledger"]) for each in report["points"] if each["file"] == file]
        assert sum(source for source, _ in sides) == sum(ledger for _, ledger in sides) == system.points(file) > 0
    books = {row["account"]: 0 for row in ready.ok("trial-balance")["rows"]}
    for row in ready.ok("trial-balance")["rows"]:
        books[row["account"]] += row["credit"] - row["debit"]
    lots, holds, coupons = map(system.points, ("lots", "holds", "coupons"))
    assert books["member_points"] == lots - holds
    assert books["held_points"] == holds
    assert books["coupon_liability"] == coupons
    assert books["opening_balance"] == -(lots + coupons)


def test_a_dry_run_judges_as_the_real_one_and_writes_nothing(
    take_over: Import, environ: dict[str, str], folder: Path
) -> None:
    system = OtherSystem(30)
    system.make_mistakes()
    files = write(system, folder)

    dry = take_over(files, "--dry-run", "--rejects", folder / "dry.csv")
    assert events(environ) == 1
    assert not list(folder.rglob("old.sqlite"))
    real = take_over(files, "--rejects", folder / "real.csv")

    assert (dry.code, real.code) == (0, 0)
    assert (folder / "dry.csv").read_bytes() == (folder / "real.csv").read_bytes()
    assert settled(dry.json)["files"] == settled(real.json)["files"]
    assert dry.json["rejected"] == real.json["rejected"]
    same = [{**each, "ledger": 0, "ledger_rows": 0, "ties": True} for each in real.json["points"]]
    assert [{**each, "ledger": 0, "ledger_rows": 0, "ties": True} for each in dry.json["points"]] == same


def test_every_mistake_is_rejected_for_its_reason_and_nothing_else_is(take_over: Import, folder: Path) -> None:
    system = OtherSystem(30)
    system.make_mistakes()

    report = take_over(write(system, folder)).json

    found = Counter((row["file"], row["reason"]) for row in rejects_of(report))
    assert found == Counter((f"{file}.csv", reason) for file, _, reason in MISTAKES)
    assert report["ties"]


def test_a_reject_file_tells_the_row_and_belongs_to_its_owner_alone(take_over: Import, folder: Path) -> None:
    system = OtherSystem(3)
    system.rows["members"][1]["email"] = ""
    (folder / "rejects.csv").touch(mode=0o644)

    report = take_over(write(system, folder), "--rejects", folder / "rejects.csv").json

    first, *others = rejects_of(report)
    assert (first["file"], first["line"], first["number"], first["column"]) == ("members.csv", "3", "103", "email")
    assert json.loads(first["row"])[1] == system.rows["members"][1]["name"]
    assert {each["reason"] for each in others} == {"OWNER_REJECTED"}  # all that is of a member who is not taken over
    assert (folder / "rejects.csv").stat().st_mode & 0o777 == 0o600


def test_what_is_shown_tells_nothing_personal(ready: Cli, folder: Path) -> None:
    system = OtherSystem(20)
    system.make_mistakes()
    files = write(system, folder)

    answer = ready("import", files, "--source", "old", "--cut-over", CUT_OVER.isoformat())

    assert answer.code == 0
    shown = answer.out + answer.err
    assert "합계 일치" in shown
    assert [value for value in set(system.personal()) if len(value) > 3 and value in shown] == []


def test_cp949_files_say_the_same_as_utf_8_ones(take_over: Import, ready: Cli, folder: Path) -> None:
    system = OtherSystem(6)
    files = write(system, folder, "cp949")

    wrong = take_over(files, "--dry-run").json
    right = take_over(files, "--encoding", "cp949").json

    assert {each["reason"] for each in wrong["rejected"]} == {"NOT_TEXT", "UNKNOWN_MEMBER", "UNKNOWN_ACCOUNT"} or {
        each["reason"] for each in wrong["rejected"]
    } == {"NOT_TEXT", "OWNER_REJECTED"}
    assert (right["rejected"], right["ties"]) == ([], True)
    assert len(ready.ok("find", "--email", system.rows["members"][0]["email"])["members"]) == 1


def test_the_same_import_again_has_one_effect(take_over: Import, environ: dict[str, str], folder: Path) -> None:
    files = write(OtherSystem(12), folder)
    first = take_over(files).json
    with psycopg.connect(environ["LEDGER_OWNER_DSN"]) as connection:
        events = connection.execute("SELECT count(*) FROM ledger.events").fetchone()

        again, resumed = take_over(files).json, take_over(files, "--resume").json

        assert connection.execute("SELECT count(*) FROM ledger.events").fetchone() == events
    assert {rows["new"] for rows in again["files"].values()} == {0}
    assert sum(rows["repeated"] for rows in again["files"].values()) == sum(
        rows["accepted"] for rows in first["files"].values()
    )
    assert sum(rows["done_before"] for rows in resumed["files"].values()) > 0
    assert sum(rows["repeated"] for rows in resumed["files"].values()) == 0
    assert settled(again) == settled(first) == settled(resumed)


def test_corrected_rows_come_with_the_next_run(take_over: Import, folder: Path) -> None:
    system = OtherSystem(5)
    email, system.rows["members"][2]["email"] = system.rows["members"][2]["email"], ""
    files = write(system, folder)
    take_over(files)

    system.rows["members"][2]["email"] = email
    report = take_over(write(system, folder), "--resume").json

    assert (report["rejected"], report["ties"]) == ([], True)
    assert report["files"]["members"]["new"] == 1
    assert sum(each["ledger"] for each in report["points"] if each["file"] == "lots") == system.points("lots")


def test_a_row_that_was_changed_after_it_was_taken_over_is_told_and_the_totals_do_not_tie(
    take_over: Import, folder: Path
) -> None:
    system = OtherSystem(5)
    take_over(write(system, folder))
    before = int(str(system.rows["lots"][0]["points"]))
    system.rows["lots"][0]["points"] = before + 1

    answer = take_over(write(system, folder))

    assert answer.code == 4
    assert [each["reason"] for each in answer.json["rejected"]] == ["CHANGED"]
    assert answer.json["unexplained"] == {"lots": [1, before]}


def test_points_of_the_source_that_no_row_brought_are_reported(
    take_over: Import, ready: Cli, environ: dict[str, str], folder: Path
) -> None:
    system = OtherSystem(3)
    files = write(system, folder)
    take_over(files)
    with open_house(Settings.read(environ)) as house, psycopg.connect(environ["LEDGER_OWNER_DSN"]) as connection:
        row = connection.execute("SELECT account FROM projections.account LIMIT 1").fetchone()
        assert row is not None
        stamp: dict[str, Any] = {"key": row[0], "occurred_at": CUT_OVER, "actor": "somebody"}
        house.execute(ImportLot(account_id=row[0], source="old", points=7, earned_at=CUT_OVER, **stamp))

    answer = take_over(files)

    assert (answer.code, answer.json["unexplained"]) == (4, {"lots": [1, 7]})


def test_points_that_the_books_lost_are_reported_with_the_file_and_the_line(
    take_over: Import, environ: dict[str, str], folder: Path
) -> None:
    system = OtherSystem(3)
    files = write(system, folder)
    take_over(files, "--rows", folder / "rows.csv")
    with (folder / "rows.csv").open(newline="") as file:
        third = [row for row in csv.DictReader(file) if row["file"] == LOTS.file_name][2]
    with psycopg.connect(environ["LEDGER_OWNER_DSN"]) as connection:
        position = connection.execute(
            "SELECT position FROM projections.statement_line WHERE event_id = %s", [third["event_id"]]
        ).fetchone()
        connection.execute("UPDATE projections.journal SET points = points / 2 WHERE position = %s", position)

    answer = take_over(files)

    (difference,) = answer.json["differences"]
    assert answer.code == 4
    assert (difference["file"], difference["line"]) == (LOTS.file_name, 4)
    assert difference["points"] == int(third["points"]) == int(str(system.rows["lots"][2]["points"]))
    assert [each["ties"] for each in answer.json["members"]].count(False) == 1


@pytest.mark.parametrize("layout", FILES, ids=lambda layout: layout.name)
def test_a_file_that_is_not_there_or_has_another_header_stops_it_before_anything_is_sent(
    take_over: Import, environ: dict[str, str], folder: Path, layout: Any
) -> None:
    files = write(OtherSystem(2), folder)
    path = files / layout.file_name
    text = path.read_text("utf-8")
    path.unlink()

    missing = take_over(files)
    path.write_text(text.replace(layout.key, "something", 1), "utf-8")
    other = take_over(files)

    assert (missing.code, other.code) == (2, 2)
    assert missing.json["error"]["type"] == other.json["error"]["type"] == "SourceUnreadable"
    assert events(environ) == 1


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_a_file_that_was_cut_off_within_its_last_line_is_not_taken_for_whole(
    take_over: Import, environ: dict[str, str], folder: Path, cut: int
) -> None:
    files = write(OtherSystem(3), folder)
    path = files / LOTS.file_name
    whole = path.read_bytes()
    path.write_bytes(whole.rstrip(b"\r\n")[:-cut] if cut > 1 else whole.rstrip(b"\r\n"))

    for options in ((), ("--dry-run",)):
        stopped = take_over(files, *options)

        assert (stopped.code, stopped.json["error"]["type"]) == (2, "SourceUnreadable")
        assert stopped.json["error"]["line"] == whole.count(b"\n")
        assert "end it with a newline only if it is whole" in stopped.json["error"]["message"]
    assert events(environ) == 1


def test_lines_that_are_missing_are_found_by_what_the_other_system_counts(
    take_over: Import, environ: dict[str, str], folder: Path
) -> None:
    system = OtherSystem(4)
    files = write(system, folder)
    lots = system.rows["lots"]
    points = sum(int(str(row["points"])) for row in lots)
    expect = ("--expect", f"lots={len(lots)}:{points}", "--expect", "members=4")
    path = files / LOTS.file_name
    whole = path.read_bytes()
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:-1]))

    for options in ((), ("--dry-run",)):
        stopped = take_over(files, *expect, *options)

        assert (stopped.code, stopped.json["error"]["type"]) == (4, "SourceDiffers")
        last = int(str(lots[-1]["points"]))
        assert stopped.json["error"]["differing"] == [
            {
                "file": "lots",
                "expected": {"rows": len(lots), "points": points},
                "read": {"rows": len(lots) - 1, "points": points - last},
            }
        ]
    assert events(environ) == 1
    path.write_bytes(whole)
    report = take_over(files, *expect).json
    assert report["ties"]
    assert report["expected"] == [
        {"file": "members", "expected": {"rows": 4, "points": None}, "read": {"rows": 4, "points": None}},
        {
            "file": "lots",
            "expected": {"rows": len(lots), "points": points},
            "read": {"rows": len(lots), "points": points},
        },
    ]


@pytest.mark.parametrize(
    "text", ["lots", "lots=", "lots=-1", "lots=1:", "lots=1:2:3", "lot=1", "members=1:5", "lots=１", "lots=" + "9" * 50]
)
def test_an_expectation_that_cannot_be_meant_is_usage(take_over: Import, folder: Path, text: str) -> None:
    answer = take_over(write(OtherSystem(1), folder), "--expect", text)

    assert (answer.code, answer.json["error"]["type"]) == (2, "BadInput")


def test_a_name_that_the_ledger_would_refuse_is_rejected_in_a_dry_run_as_well(take_over: Import, folder: Path) -> None:
    system = OtherSystem(2)
    system.rows["lots"][0]["supplier"] = "s" * 65
    files = write(system, folder)

    dry, real = take_over(files, "--dry-run").json, take_over(files).json

    assert dry["rejected"] == real["rejected"]
    assert [(each["reason"], each["column"]) for each in dry["rejected"] if each["file"] == "lots"] == [
        ("UNSTORABLE", "supplier")
    ]


def test_an_import_goes_on_with_the_cut_over_that_it_began_with(ready: Cli, folder: Path) -> None:
    files = write(OtherSystem(1), folder)
    begin = ("import", files, "--source", "old")

    assert ready(*begin, "--json").json["error"]["type"] == "ImportStopped"
    assert ready(*begin, "--cut-over", "2999-01-01", "--json").json["error"]["type"] == "ImportStopped"
    ready.ok(*begin, "--cut-over", CUT_OVER.isoformat())
    assert ready(*begin, "--cut-over", "2025-07-01", "--json").json["error"]["type"] == "ImportDiffers"
    assert ready.ok(*begin)["files"]["members"]["repeated"] == 1


def test_a_damaged_file_of_identities_stops_it(take_over: Import, folder: Path) -> None:
    files = write(OtherSystem(1), folder)
    take_over(files)
    (path,) = folder.rglob("old.sqlite")
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"no database at all, but long enough to be looked at" * 100)

    answer = take_over(files)

    assert (answer.code, answer.json["error"]["type"]) == (4, "IdentitiesUnreadable")


@pytest.mark.parametrize("options", [(), ("--resume",), ("--dry-run",)])
def test_without_the_file_of_identities_nothing_is_taken_over_twice(
    take_over: Import, ready: Cli, environ: dict[str, str], folder: Path, options: tuple[str, ...]
) -> None:
    files = write(OtherSystem(2), folder)
    take_over(files)
    books = ready("trial-balance", "--json").out
    path = path_of(Settings.read(environ).data_dir, "old")
    backup = path.read_bytes()
    path.unlink()

    for _ in range(2):
        refused = take_over(files, *options)
        assert (refused.code, refused.json["error"]["type"]) == (4, "IdentitiesMissing")
        assert not path.exists()
        assert ready("trial-balance", "--json").out == books

    path.write_bytes(backup)
    take_over(files)
    assert ready("trial-balance", "--json").out == books


def test_what_was_taken_over_goes_on_here(take_over: Import, ready: Cli, environ: dict[str, str], folder: Path) -> None:
    system = OtherSystem(20)
    report = take_over(write(system, folder), "--rows", folder / "rows.csv").json
    with (folder / "rows.csv").open(newline="") as file:
        events = {(row["file"], row["line"]): UUID(row["event_id"]) for row in csv.DictReader(file)}
    hold, coupon = system.rows["holds"][0], system.rows["coupons"][0]
    identities = Identities(path_of(folder / "data", "old"), cut_over=None, is_dry=True)
    wanted = (("hold", hold), ("coupon", coupon))
    owner = {name: identities.id_of("accounts", str(row["account_id"])) for name, row in wanted}
    identities.close()
    with open_house(Settings.read(environ)) as house:
        stamp: dict[str, Any] = {"occurred_at": datetime.now(UTC), "actor": "till"}
        assert owner["hold"] is not None
        house.execute(Capture(key=uuid4(), account_id=owner["hold"], hold_id=events["holds.csv", "2"], **stamp))
        redeemed = house.execute(RedeemByCode(key=uuid4(), code=str(coupon["code"]), **stamp))
        second = events["coupons.csv", "3"]
        refunded = house.refund(account_of(house, second), second)

        assert redeemed.stream == owner["coupon"]
        assert (refunded.points, refunded.topic) == (300, "points.refunded.v1")
        assert all(each.agrees for each in house.ties())
        assert house.rebuild().equal
    again = take_over(folder / "files", "--resume").json
    assert report["ties"]
    assert (again["ties"], again["unexplained"], again["differences"]) == (True, {}, [])


def account_of(house: House, event: UUID) -> UUID:
    with house.wiring.readers.connection() as connection:
        row = connection.execute(
            "SELECT account FROM projections.statement_line WHERE event_id = %s", [event]
        ).fetchone()
    assert row is not None
    account: UUID = row[0]
    return account


def events(environ: dict[str, str]) -> int:
    with psycopg.connect(environ["LEDGER_OWNER_DSN"]) as connection:
        row = connection.execute("SELECT count(*) FROM ledger.events").fetchone()
    assert row is not None
    return int(row[0])
