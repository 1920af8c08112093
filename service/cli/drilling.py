"""The drill: `points-ledger keys drill`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from crypto_shredding import KEY_CACHE_SECONDS_MAX
from service.cli.failures import VerificationFailed
from service.cli.show import AsJson, answer
from service.drill import DrillReport, Verdict, run_drill
from service.settings import Settings

FAST_SECONDS = 1.0
MARKS = {
    Verdict.HELD: Text("지켜짐 · held", style="green"),
    Verdict.EXPOSED: Text("고지된 노출 · exposed as disclosed", style="yellow"),
}
NOT_HELD = Text("지켜지지 않음 · NOT HELD", style="bold red")


def add_to(keys: typer.Typer) -> None:
    """Register the command."""
    keys.command("drill")(drill)


def drill(
    fast: Annotated[
        bool, typer.Option("--fast", help=f"Keys stay in memory for {FAST_SECONDS:g} s, not for the default.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """모의 훈련: threat model and restore, tried on an installation of its own; exit code 4 if anything is broken."""
    console = Console(stderr=True, highlight=False, style="dim")
    report = run_drill(
        cache_seconds=FAST_SECONDS if fast else KEY_CACHE_SECONDS_MAX,
        binaries=Settings.read().postgres_binaries,
        tell=(lambda _: None) if as_json else console.print,
    )
    answer(_content(report), lambda console: _show(console, report), as_json=as_json)
    if not report.is_as_promised:
        raise VerificationFailed


def _content(report: DrillReport) -> dict[str, Any]:
    """The stable fields."""
    return {
        "as_promised": report.is_as_promised,
        "rows": [
            {
                "threat": row.threat.name,
                "attacker": row.threat.attacker,
                "promised": row.threat.promised,
                "verdict": row.verdict,
                "as_promised": row.is_as_promised,
                "found": row.found,
                "seconds": round(row.seconds, 3),
            }
            for row in report.rows
        ],
        "restore": [{"what": each.what, "holds": each.holds} for each in report.restore],
        "t_live_seconds": round(report.live_seconds, 3),
        "t_horizon_seconds": round(report.horizon_seconds, 3),
        "restore_seconds": round(report.restore_seconds, 3),
        "seconds": round(report.seconds, 1),
    }


def _show(console: Console, report: DrillReport) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "공격자 · attacker", "결과 · verdict", "확인한 것 · what was found"):
        table.add_column(name, overflow="fold")
    for number, row in enumerate(report.rows, 1):
        mark = MARKS.get(row.verdict, NOT_HELD) if row.is_as_promised else NOT_HELD
        table.add_row(str(number), f"{row.threat.title} · {row.threat.attacker}", mark, row.found)
    console.print(table)
    console.print(
        f"T_live {report.live_seconds:.2f} s, T_horizon {report.horizon_seconds:.2f} s after the doom; "
        f"복구 · restore {report.restore_seconds:.1f} s; 전체 · all {report.seconds:.0f} s"
    )
    for each in report.restore:
        sign = ("✓ ", "green") if each.holds else ("✗ ", "bold red")
        console.print(Text.assemble("  ", sign, each.what))
    console.print(Text("약속대로 · as promised", style="green") if report.is_as_promised else NOT_HELD)
