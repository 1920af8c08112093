"""Reading files and judging rows: what is text, what is a number, a day, an instant; and what a law keeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crypto_shredding import TEXT_BYTES_MAX
from ledger import OPEN_HOLDS_MAX, Program
from service.importing import judge as judging
from service.importing.cells import Cells
from service.importing.errors import SourceUnreadable
from service.importing.identities import Identities, forget_imported, path_of
from service.importing.judge import Accepted, Forgotten, Judge, PastRetention
from service.importing.layout import FILES, HISTORY, HOLDS, LOTS, MEMBERS, FileLayout
from service.importing.notebook import Notebook
from service.importing.reading import RawRow, Source, cells_of
from service.importing.reasons import SENTENCES, Reason, RowRejected
from tests.service.importing.other_system import CUT_OVER, PROGRAM, OtherSystem

NOW = datetime(2025, 7, 1, tzinfo=UTC)


def why(rejected: pytest.ExceptionInfo[RowRejected]) -> tuple[Reason, str | None]:
    return rejected.value.reason, rejected.value.column


# Files.


def lots_file(folder: Path, content: bytes) -> Source:
    OtherSystem(1).write(folder)
    (folder / LOTS.file_name).write_bytes(content)
    return Source(folder, "utf-8")


HEADER = b"lot_id,account_id,points,kind,funder,supplier,earned_at,usable_at,expires_on\r\n"


def test_rows_come_in_the_order_of_the_layout_with_the_line_on_which_they_begin(tmp_path: Path) -> None:
    shuffled = b"account_id,lot_id,points,kind,funder,supplier,earned_at,usable_at,expires_on\r\n"
    content = b'A1,"L\r\n1",5,free,op,,2024-01-01,,\r\n\r\nA1,L2,6,free,op,,2024-01-01,,\r\n'
    source = lots_file(tmp_path, shuffled + content)

    rows = list(source.rows(LOTS))

    assert [(row.line, row.cells[:3]) for row in rows] == [(2, ("L\r\n1", "A1", "5")), (5, ("L2", "A1", "6"))]


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    assert len(list(lots_file(tmp_path, b"\xef\xbb\xbf" + HEADER).rows(LOTS))) == 0


def test_a_row_with_a_cell_too_many_is_rejected_by_itself(tmp_path: Path) -> None:
    source = lots_file(tmp_path, HEADER + b"L1,A1,1,000,free,op,,2024-01-01,,\r\n")

    (row,) = source.rows(LOTS)
    with pytest.raises(RowRejected) as rejected:
        cells_of(LOTS, row)

    assert why(rejected) == (Reason.WRONG_COLUMNS, None)


def test_bytes_that_are_no_text_are_rejected_by_themselves_in_either_encoding(tmp_path: Path) -> None:
    for encoding in ("utf-8", "cp949"):
        source = lots_file(tmp_path, HEADER + b"L1,A\xff1,1,free,op,,2024-01-01,,\r\nL2,A1,1,free,op,,2024-01-01,,\r\n")
        source.encoding = encoding
        first, second = source.rows(LOTS)
        with pytest.raises(RowRejected) as rejected:
            cells_of(LOTS, first)
        assert why(rejected) == (Reason.NOT_TEXT, "account_id")
        assert cells_of(LOTS, second)["lot_id"] == "L2"


def test_a_quote_that_is_never_closed_stops_the_reading_and_names_its_line(tmp_path: Path) -> None:
    rest = b"L3,A1,1,free,op,,2024-01-01,,\r\n" * 5_000
    source = lots_file(tmp_path, HEADER + b'L1,A1,1,free,op,,2024-01-01,,\r\n"L2,A1,1,free\r\n' + rest)

    with pytest.raises(SourceUnreadable) as stopped:
        list(source.rows(LOTS))

    assert (stopped.value.file, stopped.value.line) == (LOTS.file_name, 3)


# Cells.


@pytest.mark.parametrize("text", ["1,000", "10.5", "１０", "+5", "5 ", "0x10", "1e3", "9" * 16])
def test_only_plain_digits_are_a_whole_number(text: str) -> None:
    with pytest.raises(RowRejected) as rejected:
        Cells({"points": text}).whole("points", 0, 100)
    assert why(rejected) == (Reason.NOT_WHOLE, "points")


def test_a_day_alone_is_some_time_within_it_so_that_it_does_not_count_itself() -> None:
    cells = Cells({"a": "2024-03-07", "b": "2024-03-07T00:00:00", "c": "2024-03-07T00:00:00Z", "d": "20240307"})

    assert [cells.at(name).isoformat() for name in "abcd"] == [
        "2024-03-07T12:00:00+09:00",
        "2024-03-07T00:00:00+09:00",
        "2024-03-07T00:00:00+00:00",
        "2024-03-07T12:00:00+09:00",
    ]


@pytest.mark.parametrize("text", ["07/03/2024", "1899-01-01", "2100-01-01", "2024-02-30", "2024-03-07T25:00"])
def test_what_is_no_instant_of_a_points_system_is_rejected(text: str) -> None:
    with pytest.raises(RowRejected) as rejected:
        Cells({"at": text}).at("at")
    assert why(rejected) == (Reason.NO_INSTANT, "at")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("주민 900101-1234567", Reason.RESIDENT_NUMBER),
        ("900101 1234567", Reason.RESIDENT_NUMBER),
        ("9001011234568", Reason.RESIDENT_NUMBER),
        ("카드 4111-1111-1111-1111", Reason.CARD_NUMBER),
        ("4111111111111111", Reason.CARD_NUMBER),
        ("a" * (TEXT_BYTES_MAX + 1), Reason.UNSTORABLE),
        ("a\0b", Reason.UNSTORABLE),
    ],
)
def test_a_text_with_what_may_not_be_stored_is_rejected(text: str, reason: Reason) -> None:
    with pytest.raises(RowRejected) as rejected:
        Cells({"memo": text}).personal("memo")
    assert why(rejected) == (reason, "memo")


@pytest.mark.parametrize(
    "text", ["010-1234-5678", "9001011234567", "2024010112000001", "영수증 20240101-1234567890", "1990-01-01"]
)
def test_other_numbers_are_texts(text: str) -> None:
    assert Cells({"memo": text}).personal("memo") == text


def test_a_reason_has_a_number_and_a_sentence_that_says_what_to_do() -> None:
    assert SENTENCES.keys() == set(Reason)
    assert len(set(SENTENCES.values())) == len(SENTENCES)


# Judging.


class Court:
    """A judge over the rows of an other system, file by file."""

    def __init__(self, folder: Path, system: OtherSystem, now: datetime = NOW) -> None:
        self.folder, self.system = folder, system
        self.identities = Identities(path_of(folder, "old"), cut_over=CUT_OVER, is_dry=False)
        self.notebook = Notebook()
        programs = {PROGRAM: Program(code=PROGRAM, name="플러스", version=1)}
        self.judge = Judge(self.notebook, self.identities, programs, now=now)

    def close(self) -> None:
        self.notebook.close()
        self.identities.close()

    def until(self, last: FileLayout) -> list[Accepted]:
        """All rows of the files before, and of this one."""
        verdicts: list[Accepted] = []
        for layout in FILES[: FILES.index(last) + 1]:
            verdicts = [self.row(layout, row, line) for line, row in enumerate(self.system.rows[layout.name], 2)]
        return verdicts

    def row(self, layout: FileLayout, row: dict[str, Any], line: int = 99) -> Accepted:
        return self.judge.judge(layout, RawRow(line, tuple(str(row[each.name]) for each in layout.columns)))


@pytest.fixture
def court(tmp_path: Path) -> Iterator[Court]:
    system = OtherSystem(5)
    system.rows["history"] = []
    with closing(Court(tmp_path, system)) as court:
        yield court


def test_the_second_row_of_an_id_is_a_duplicate_also_where_the_first_was_rejected(court: Court) -> None:
    right = court.system.rows["members"][0]
    with pytest.raises(RowRejected):
        court.row(MEMBERS, {**right, "email": ""})

    with pytest.raises(RowRejected) as rejected:
        court.row(MEMBERS, right)

    assert why(rejected) == (Reason.DUPLICATE, "member_id")


def test_a_hold_takes_points_that_no_other_hold_has_taken(court: Court) -> None:
    court.until(HOLDS)
    hold = court.system.rows["holds"][0]
    lot, _, taken = str(hold["lots"]).partition(":")
    (points,) = [int(str(row["points"])) for row in court.system.rows["lots"] if row["lot_id"] == lot]

    with pytest.raises(RowRejected) as rejected:
        court.row(HOLDS, {**hold, "hold_id": "more", "lots": f"{lot}:{points - int(taken) + 1}"})
    assert why(rejected) == (Reason.TOO_MANY_POINTS, "lots")
    court.row(HOLDS, {**hold, "hold_id": "rest", "lots": f"{lot}:{points - int(taken)}"})


def test_a_hold_of_another_accounts_lot_has_no_lot(court: Court) -> None:
    court.until(HOLDS)
    hold = court.system.rows["holds"][0]
    other = next(row["lot_id"] for row in court.system.rows["lots"] if row["account_id"] != hold["account_id"])

    with pytest.raises(RowRejected) as rejected:
        court.row(HOLDS, {**hold, "hold_id": "more", "lots": f"{other}:1"})
    assert why(rejected) == (Reason.UNKNOWN_LOT, "lots")


def test_an_account_takes_as_many_lots_and_holds_as_the_ledger_lets_it(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    court.until(HOLDS)
    hold, lot = court.system.rows["holds"][0], court.system.rows["lots"][0]
    for number in range(1, OPEN_HOLDS_MAX):
        court.row(HOLDS, {**hold, "hold_id": f"more-{number}", "lots": f"{str(hold['lots']).partition(':')[0]}:1"})
    monkeypatch.setattr(judging, "OPEN_LOTS_MAX", 1)

    for layout, row in ((HOLDS, {**hold, "hold_id": "last"}), (LOTS, {**lot, "lot_id": "last"})):
        with pytest.raises(RowRejected) as rejected:
            court.row(layout, row)
        assert why(rejected) == (Reason.LIMIT_REACHED, "account_id")


def line(system: OtherSystem, at: str, movement: str = "pay", **content: str) -> dict[str, Any]:
    told = {"line_id": at + movement, "account_id": "A1", "occurred_at": at, "movement": movement, "points": "-5"}
    return {**told, "store": "", "detail": "", "memo": "", **content}


@pytest.mark.parametrize("movement", ["pay", "accrue", "expire"])
def test_a_line_is_taken_over_on_the_last_day_that_a_law_keeps_it_and_not_on_the_next(
    tmp_path: Path, movement: str
) -> None:
    # 2020-03-07 14:00: five years from the 8th, so the last day is 2025-03-07.
    for day, taken in (("2025-03-07", True), ("2025-03-08", False)):
        system = OtherSystem(1)
        now = datetime.fromisoformat(f"{day}T23:00:00+09:00")
        with closing(Court(tmp_path / day / movement, system, now)) as court:
            court.identities.cut_over = CUT_OVER
            court.system.rows["history"] = []
            court.until(HISTORY)
            row = line(system, "2020-03-07T14:00:00", movement, detail="영수증" if movement != "expire" else "")
            if taken:
                assert court.row(HISTORY, row).row.movement == movement
            else:
                with pytest.raises(PastRetention):
                    court.row(HISTORY, row)


def test_a_member_who_was_erased_is_not_taken_over_again(court: Court, tmp_path: Path) -> None:
    first = court.until(HOLDS)
    gone = court.identities.id_of("members", "M5")
    assert gone is not None
    court.identities.commit()
    forget_imported(court.folder, gone)

    with closing(Court(tmp_path, court.system)) as again:
        for layout in (MEMBERS, *FILES[1:3]):
            for row in court.system.rows[layout.name][:4]:
                again.row(layout, row)
            with pytest.raises(Forgotten):
                again.row(layout, court.system.rows[layout.name][4])
        left = 0
        for layout in (LOTS, HOLDS):
            for row in court.system.rows[layout.name]:
                if row["account_id"] == "A5":
                    with pytest.raises(Forgotten) as forgotten:
                        again.row(layout, row)
                    assert forgotten.value.program == PROGRAM
                    left += sum(points for _, _, points in forgotten.value.points)
                else:
                    again.row(layout, row)
    of_member = [int(str(row["points"])) for row in court.system.rows["lots"] if row["account_id"] == "A5"]
    assert left == sum(of_member) + sum(points for each in first for _, points in each.lots)


def test_what_was_drawn_is_drawn_once(court: Court, tmp_path: Path) -> None:
    first = [verdict.stream for verdict in court.until(MEMBERS)]
    court.identities.commit()

    with closing(Court(tmp_path, court.system, NOW + timedelta(days=3))) as again:
        assert [verdict.stream for verdict in again.until(MEMBERS)] == first
    assert len(set(first)) == 5
