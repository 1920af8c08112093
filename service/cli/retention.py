"""The retention run on the command line: what is due on a day is destroyed, or listed."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from ledger import RetentionReport
from service.cli import options
from service.cli.erasures import erasure_content
from service.cli.failures import BadInput
from service.cli.legal_holds import legal_hold_content
from service.cli.session import session
from service.cli.show import AsJson, alarm, answer, progress

AsOf = Annotated[str, typer.Option("--as-of", help="Destroy what had to exist until a day before this one.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="List what is due and destroy nothing.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    group = typer.Typer(no_args_is_help=True, help="Destroy what no law keeps any more.")
    group.command("run")(run)
    app.add_typer(group, name="retention")


def run(
    as_of: AsOf,
    dry_run: DryRun = False,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """파기: destroy what is due on a day. Safe to repeat; a run that was interrupted is finished by the next."""
    on = options.day(as_of)
    if on is None:
        raise BadInput("give the day, like --as-of 2026-03-01")
    with session(as_json=as_json) as house, ExitStack() as shown:
        bars: dict[str, Any] = {}

        def told(what: str, done: int, total: int) -> None:
            if what not in bars:
                bars[what] = [shown.enter_context(progress(what, total, unit="", hidden=as_json)), 0]
            advance, before = bars[what]
            bars[what][1] = done
            advance(done - before)

        report = house.privacy.run_retention(on, actor=actor, dry_run=dry_run, progress=told)
    answer(retention_content(report), lambda console: _render(console, report), as_json=as_json)


def retention_content(report: RetentionReport) -> dict[str, Any]:
    """The stable fields of a run."""
    return {
        "as_of": report.as_of,
        "dry_run": report.dry_run,
        "periods": [
            {"class": each.retention.name, "first_day": each.first_day, "last_day": each.last_day}
            for each in report.periods
        ],
        "unreadable_since": report.unreadable_since,
        "unrecoverable_since": max((each.at for each in report.horizons), default=None),
        "certificates": report.certificates,
        "members": report.members,
        "erasures": [erasure_content(each) for each in report.erasures],
        "blocked": [
            {"member": each.member_id, "type": type(each.why).__name__, "message": str(each.why)}
            for each in report.blocked
        ],
        "legal_holds_destroyed": [each.hold_id for each in report.releases],
        "reviews_overdue": [legal_hold_content(each) for each in report.reviews_overdue],
    }


def _render(console: Console, report: RetentionReport) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("기록", "counted from", "last day", "근거"):
        table.add_column(title, overflow="fold")
    for each in report.periods:
        table.add_row(each.retention.title, str(each.first_day), str(each.last_day), each.retention.basis)
    if report.periods:
        console.print(table)
    for blocked in report.blocked:
        console.print(alarm("blocked", f": member {blocked.member_id}: {blocked.why}"))
    for hold in report.reviews_overdue:
        told = f" since {hold.review_on}: legal hold {hold.hold_id} of {hold.member_id}"
        console.print(alarm("review overdue", told))
    periods, members = len(report.periods), len(report.members)
    if report.dry_run:
        console.print(f"due on {report.as_of}: {periods:,} periods, {members:,} members; nothing was destroyed")
        return
    since = f", of no use to anybody since {report.unreadable_since:%Y-%m-%d %H:%M:%SZ}" if periods else ""
    if numbers := report.certificates:
        told = f"{numbers[0]}" if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"
        console.print(f"파기 증명서 제{told}호 · {len(numbers):,} certificates of destroyed keys")
    console.print(f"{periods:,} periods closed and destroyed{since}; {len(report.erasures):,} members erased")
