"""Compaction by hand: what was forgotten leaves the files of the ledger database as well."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from ledger import CompactionReport
from service.cli.failures import ExitCode
from service.cli.session import session
from service.cli.show import AsJson, alarm, answer, progress
from service.cli.tables import figures


def register(app: typer.Typer) -> None:
    """Register the command with the group `keys`."""
    app.command("compact")(compact)


def compact(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would go, and leave it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Delete the boxes of destroyed keys and write their files anew. Uses LEDGER_COMPACTION_DSN; safe to repeat.

    Exit code 3 when something is left, as while a backup or an older transaction still sees it: run it again.
    """
    with session(as_json=as_json) as house, house.compaction() as compaction:
        total = sum(each.boxes for each in compaction.survey())
        with progress("boxes", total, unit="boxes", hidden=as_json) as advance:
            report = compaction.run(dry_run=dry_run, progress=advance)
        # Also one that found nothing to delete: what a run deleted that never came to its end is certified by the next.
        certificate = house.certify_compaction(report) if report.is_complete else None
    content = {
        "dry_run": report.dry_run,
        "boxes": report.boxes,
        "deleted": report.deleted,
        "left": report.left,
        "stale_partitions": report.stale,
        "wal_turned_over": report.wal_turned_over,
        "complete": report.is_complete,
        "certificate": certificate,
        "partitions": report.partitions,
    }
    answer(content, lambda console: _render(console, report, certificate), as_json=as_json)
    if not dry_run and not report.is_complete:
        raise typer.Exit(ExitCode.UNAVAILABLE)


def _render(console: Console, report: CompactionReport, certificate: int | None) -> None:
    table = figures("partition", "boxes", "deleted", "left", "locked", "file", texts=1)
    for each in report.partitions:
        table.add_row(
            each.name,
            f"{each.boxes:,}",
            f"{each.deleted:,}",
            f"{each.left:,}",
            f"{each.locked_seconds:.2f} s",
            "clean" if each.name not in report.stale else "STALE",
        )
    console.print(table)
    if report.dry_run:
        console.print(f"{report.left:,} boxes of destroyed keys would be deleted, {len(report.stale)} files rewritten")
        return
    wal = Text("turned over") if report.wal_turned_over else alarm("NOT turned over", ": see docs/cli.md")
    deleted = f"{report.deleted:,} boxes of destroyed keys deleted, {report.left:,} left; WAL "
    console.print(Text.assemble(deleted, wal))
    if certificate is not None:
        console.print(Text(f"증명서 · certificate {certificate}"))
