"""The sweep on the command line: what the calendar does to accounts by itself, done for a day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from ledger import SweepReport
from service.cli import options
from service.cli.failures import BadInput, ExitCode
from service.cli.session import session
from service.cli.show import AsJson, alarm, answer, console

AsOf = Annotated[str, typer.Option("--as-of", help="Everything that is due on this day.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Count what is due and do nothing.")]
After = Annotated[int, typer.Option("--after", help="Go on after this position, which an earlier sweep told.", min=0)]

TITLES = {
    "points.hold-released.v1": "가승인 시간초과 · holds timed out",
    "points.coupon-expired.v1": "쿠폰 기간만료 · coupons expired",
    "points.extended.v1": "유효기간 연장 · validity extended",
    "points.expiry-noticed.v1": "소멸 예정 안내 · expiry noticed",
    "points.expired.v1": "기간만료 소멸 · points expired",
}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("sweep")(sweep)


def sweep(
    as_of: AsOf,
    dry_run: DryRun = False,
    after: After = 0,
    actor: options.Actor = options.ACTOR,
    as_json: AsJson = False,
) -> None:
    """기간만료 처리: holds, coupons, validity, notices and expiry of every account. Safe to repeat; run it every day.

    Exit code 4 when an account refused what was due, or points expired without their last notice.
    """
    on = options.day(as_of)
    if on is None:
        raise BadInput("give the day, like --as-of 2026-03-01")
    with session(as_json=as_json) as house, _told(hidden=as_json) as told:
        report = house.sweep(on, actor=actor, after=after, dry_run=dry_run, progress=told)
    answer(sweep_content(report), lambda console: _render(console, report), as_json=as_json)
    if report.blocked or report.unnoticed:
        raise typer.Exit(ExitCode.VERIFICATION_FAILED)


def sweep_content(report: SweepReport) -> dict[str, Any]:
    """The stable fields of a sweep."""
    return {
        "as_of": report.as_of,
        "dry_run": report.dry_run,
        "accounts": report.accounts,
        "done": report.done,
        "points": report.points,
        "unnoticed": [
            {"account": each.account_id, "expired_after": each.expires_on, "points": each.points}
            for each in report.unnoticed
        ],
        "blocked": [
            {"account": each.account_id, "type": type(each.why).__name__, "message": str(each.why)}
            for each in report.blocked
        ],
        "position": report.position,
    }


@contextmanager
def _told(*, hidden: bool) -> Iterator[Callable[[int, int], None]]:
    """How far the sweep is; how much there is nobody has counted."""
    if hidden or not console().is_terminal:
        yield lambda *_: None
        return
    with console().status("sweeping") as status:
        yield lambda accounts, position: status.update(f"{accounts:,} accounts swept, up to position {position:,}")


def _render(console: Console, report: SweepReport) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("처리")
    table.add_column("accounts", justify="right")
    table.add_column("points", justify="right")
    for topic, title in TITLES.items():
        if topic in report.done:
            table.add_row(title, f"{report.done[topic]:,}", f"{report.points[topic]:,}")
    if report.done:
        console.print(table)
    for each in report.unnoticed:
        told = f": {each.points:,} points of account {each.account_id} expired after {each.expires_on}"
        console.print(alarm("안내 누락 · expired without notice", told))
    for blocked in report.blocked:
        console.print(alarm("blocked", f": account {blocked.account_id}: {blocked.why}"))
    what = "due; nothing was done" if report.dry_run else "swept"
    console.print(f"{report.accounts:,} accounts looked at, {sum(report.done.values()):,} steps {what}")
