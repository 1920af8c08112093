"""How an erasure is shown: what was destroyed, and what the law keeps until when."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from ledger import ErasureReport
from service.cli.show import answer


def erasure_content(report: ErasureReport) -> dict[str, Any]:
    """The stable fields of an erasure."""
    return {
        "member": report.member_id,
        "request": report.request_id,
        "destroyed": [retention.name for retention in report.closed],
        "kept": [{"class": kept.retention.name, "last_day": kept.last_day} for kept in report.kept],
        "keys_destroyed": report.slots,
        "boxes_tried": report.boxes_tried,
        "unreadable_since": report.unreadable_since,
        "unrecoverable_since": report.unrecoverable_since,
        "certificate": report.certificate,
        "root": [
            {"version": each.root_version, "provider": each.provider, "recoverable_until": each.recoverable_until}
            for each in report.horizons
        ],
    }


def erasure_table(report: ErasureReport) -> Table:
    """Class by class, with the ground on which it goes or stays."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("기록", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("근거", overflow="fold")
    for retention in report.closed:
        table.add_row(retention.title, "파기 · destroyed", retention.basis)
    for kept in report.kept:
        table.add_row(kept.retention.title, f"분리보관 · kept until {kept.last_day}", kept.retention.basis)
    return table


def show_erasure(report: ErasureReport, *, as_json: bool) -> None:
    """Show the report."""

    answer(erasure_content(report), lambda console: _render(console, report), as_json=as_json)


def show_resumed(reports: list[ErasureReport], *, as_json: bool) -> None:
    """Show each erasure that was finished."""

    def render(console: Console) -> None:
        console.print(f"{len(reports)} interrupted erasures finished")
        for report in reports:
            console.print(f"member {report.member_id}")
            _render(console, report)

    answer({"finished": [erasure_content(report) for report in reports]}, render, as_json=as_json)


def _render(console: Console, report: ErasureReport) -> None:
    console.print(erasure_table(report))
    console.print(
        f"{report.slots} keys destroyed, of no use to anybody since {report.unreadable_since:%Y-%m-%d %H:%M:%SZ}; "
        f"{report.boxes_tried} boxes tried, one of each key that had sealed anything: none opens"
    )
    for each in report.horizons:
        console.print(
            f"no older copy of the keys opens since {each.at:%Y-%m-%d %H:%M:%SZ}: root version {each.root_version} "
            f"of {each.provider} is destroyed ({each.note})"
        )
    if report.certificate is not None:
        console.print(f"증명서 · certificate {report.certificate}; points-ledger keys certificates --export FILE")
