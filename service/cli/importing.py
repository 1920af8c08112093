"""Taking over another points system (이관): the files in, the totals out."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from service.cli import options
from service.cli.failures import BadInput, VerificationFailed
from service.cli.session import session
from service.cli.show import AsJson, alarm, answer, progress
from service.cli.tables import figures
from service.importing.expecting import Count, Expectation, has_points
from service.importing.layout import FILES
from service.importing.reading import Source
from service.importing.run import ImportReport, import_folder
from service.importing.totals import Totals

SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
EXPECTED = re.compile(r"(?P<file>[a-z]+)=(?P<rows>[0-9]{1,12})(?::(?P<points>[0-9]{1,15}))?", re.ASCII)
TITLES = {layout.name: layout.title for layout in FILES}


class Encodings(StrEnum):
    """In which the files may be written."""

    UTF_8 = "utf-8"
    CP949 = "cp949"


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("import")(import_)


def import_(
    folder: Annotated[Path, typer.Argument(help="Where the files are; see docs/migration.md.", show_default=False)],
    source: Annotated[str, typer.Option(help="A name for the other system: a-z, 0-9 and hyphens.", show_default=False)],
    cut_over: Annotated[
        str | None,
        typer.Option(help="When the other system stopped, ISO 8601. Needed the first time.", show_default=False),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE=ROWS[:POINTS]",
            help="What the other system counts, e.g. lots=1200:3456789; once for each file.",
            show_default=False,
        ),
    ] = None,
    encoding: Annotated[Encodings, typer.Option(help="Of the files.")] = Encodings.UTF_8,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge every row, send nothing.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Skip what an earlier run got answers for.")] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Rejected rows, with their values.", show_default="imports/SOURCE.rejects.csv"),
    ] = None,
    rows: Annotated[
        Path | None, typer.Option(help="Write which row brought which points, and its event.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take over another points system (이관). Sent again, every row has one effect."""
    if not SOURCE_NAME.fullmatch(source):
        raise BadInput(f"--source {source[:40]!r}: write a name of a-z, 0-9 and hyphens, 32 at most")
    at = None if cut_over is None else options.instant(cut_over)
    with session(as_json=as_json) as house:
        report = import_folder(
            house,
            Source(folder, encoding.value),
            source,
            cut_over=at,
            expected=expected_counts(expect or []),
            rejects=rejects,
            rows=rows,
            is_dry=dry_run,
            resume=resume,
            show_progress=lambda total: progress("import", total, unit="rows", hidden=as_json),
        )
    answer(content_of(report), lambda console: render(report, console), as_json=as_json)
    if not report.totals.ties:
        raise VerificationFailed


def expected_counts(texts: list[str]) -> dict[str, Count]:
    """What ``lots=1200:3456789`` says, by file. Raises BadInput."""
    found: dict[str, Count] = {}
    for text in texts:
        told = EXPECTED.fullmatch(text)
        if told is None or told["file"] not in TITLES:
            raise BadInput(
                f"--expect {text[:60]!r}: write FILE=ROWS or FILE=ROWS:POINTS, like lots=1200:3456789; "
                f"files are {', '.join(TITLES)}"
            )
        file, points = told["file"], told["points"]
        if points is not None and not has_points(file):
            raise BadInput(f"--expect {text[:60]!r}: rows of {file} bring no points; give their number alone")
        if file in found:
            raise BadInput(f"--expect names {file} twice; give what its system counts, once")
        found[file] = Count(int(told["rows"]), None if points is None else int(points))
    return found


def content_of(report: ImportReport) -> dict[str, Any]:
    """The report for programs."""
    totals = report.totals
    rejected = sorted(report.rejects.counts.items(), key=_in_order)
    return {
        "source": report.source,
        "cut_over": report.cut_over,
        "dry_run": report.is_dry,
        "files": totals.files,
        "expected": report.expectations,
        "rejected": [
            {"file": file, "number": int(why), "reason": why.name, "column": column, "rows": count}
            for (file, why, column), count in rejected
        ],
        "rejects": str(report.rejects.path),
        "points": [
            {"file": file, "program": program, "kind": kind, "funder": funder} | _sides(totals, points)
            for (file, program, kind, funder), points in sorted(totals.points.items(), key=_in_order)
        ],
        "rejected_points": dict(totals.rejected_points),
        "differences": [each._asdict() for each in totals.differences],
        "unexplained": totals.unexplained,
        "members": [{**each._asdict(), "ties": each.ties} for each in totals.taken_over],
        "ties": totals.ties,
        "seconds": round(report.seconds, 3),
    }


def _in_order(counted: tuple[tuple[Any, ...], Any]) -> tuple[Any, ...]:
    """By file, in the order of reading."""
    (file, *rest), _ = counted
    return list(TITLES).index(file), *rest


def _sides(totals: Totals, points: Any) -> dict[str, Any]:
    told = {"rows": points.rows, "source": points.source}
    if totals.compared:
        told |= {"ledger_rows": points.ledger_rows, "ledger": points.ledger, "ties": points.ties}
    return told


def render(report: ImportReport, console: Console) -> None:
    """The report for people."""
    totals = report.totals
    table = figures("파일", "읽음", "이관", "신규", "거절", "보존기간 경과", "파기됨", texts=1)
    for name, rows in totals.files.items():
        counts = (rows.read, rows.accepted, rows.new, rows.rejected, rows.past_retention, rows.forgotten)
        table.add_row(TITLES[name], *(f"{count:,}" for count in counts))
    console.print(table)
    if report.rejects.counts:
        reasons = figures("파일", "번호", "거절 사유", "열", "행", texts=4)
        for (file, why, column), count in sorted(report.rejects.counts.items(), key=_in_order):
            reasons.add_row(TITLES[file], str(int(why)), why.sentence, column, f"{count:,}")
        console.print(reasons)
        console.print(f"거절된 행: {report.rejects.path}")
    sides = ("원천 포인트", "원장 포인트") if totals.compared else ("원천 포인트",)
    points = figures("", "프로그램", "구분", "부담", *sides, texts=4)
    for (file, program, kind, funder), each in sorted(totals.points.items(), key=_in_order):
        ledger = (f"{each.ledger:,}",) if totals.compared else ()
        points.add_row(TITLES[file], program, kind, funder, f"{each.source:,}", *ledger)
    console.print(points)
    if report.expectations:
        console.print(_expected_table(report.expectations))
    _render_ties(totals, console)
    if not report.expectations:
        hint = "--expect FILE=ROWS:POINTS compares the files with what the other system counts"
        console.print(f"원천 시스템의 건수·포인트와는 비교하지 않음 · {hint}", soft_wrap=True)
    sent = sum(rows.new + rows.repeated for rows in totals.files.values())
    if not report.is_dry and report.seconds:
        console.print(f"{sent:,} rows in {report.seconds:.1f} s: {sent / report.seconds:,.0f} a second")


def _render_ties(totals: Totals, console: Console) -> None:
    for each in totals.differences:
        sides = f"{each.points:,} in the file, {each.found:,} in the ledger"
        console.print(alarm("불일치", f" {each.file}, line {each.line}: {sides}"))
    for name, (count, more) in totals.unexplained.items():
        console.print(alarm("불일치", f" {TITLES[name]}: {count:,} of the ledger are in no row, {more:,} points"))
    for owner in totals.taken_over:
        if not owner.ties:
            what = f"{owner.program} {owner.kind} {owner.funder}"
            console.print(alarm("불일치", f" {what}: journal {owner.came + owner.since:,}, balances {owner.lots:,}"))
    if totals.ties:
        console.print("합계 일치 (totals tie)")


def _expected_table(expectations: tuple[Expectation, ...]) -> Table:
    """What the other system counts beside what was read."""
    names = ("원천 시스템 행", "읽은 행", "원천 시스템 포인트", "읽은 포인트")
    table = figures("파일", *names, texts=1)
    for each in expectations:
        counted, read = each.expected, each.read
        points = ("", "") if counted.points is None else (f"{counted.points:,}", f"{read.points:,}")
        table.add_row(TITLES[each.file], f"{counted.rows:,}", f"{read.rows:,}", *points)
    return table
