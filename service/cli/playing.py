"""Real data: replay the year of purchases, and the demo that tells the whole story."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from service.cli import options
from service.cli.session import session
from service.cli.show import AsJson, answer, progress
from service.cli.tables import figures
from service.replay import require_data

Households = Annotated[
    int | None, typer.Option(help="Only the first so many households.", min=1, show_default="all 2,469")
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("demo")(demo)
    app.command("replay")(replay)


def demo(
    households: Households = None,
    keep: Annotated[bool, typer.Option(help="Leave the demo's databases, to look around in them.")] = True,
) -> None:
    """A year of real purchases, the books, and one member forgotten: the whole story, in a folder of its own."""
    require_data()
    from service.demo import run_demo

    run_demo(households=households, keep=keep)


def replay(
    households: Households = None,
    until: Annotated[str | None, typer.Option(help="Only what happened before this day.", show_default="all")] = None,
    as_json: AsJson = False,
) -> None:
    """Send a year of real purchases through the ledger. Started again after a crash, it goes on where it was."""
    require_data()
    from service.replay.plan import Slice, make_plan
    from service.replay.run import SimulatedClock
    from service.replay.source import Source
    from service.replay.year import replay as run_replay

    source = Source.find()
    plan = make_plan(source, Slice(households, options.day(until)))
    clock = SimulatedClock(datetime(2017, 1, 1, tzinfo=UTC))
    with session(as_json=as_json, clock=clock) as house:
        report = run_replay(
            house, clock, source, plan,
            show_progress=lambda total: progress("replay", total, unit="steps", hidden=as_json),
        )  # fmt: skip
    content = {"steps": report.steps, "seconds": round(report.seconds, 3), **report.tally.counts()}

    def render(console: Console) -> None:
        table = figures("", "", texts=1)
        for name, count in report.tally.counts().items():
            table.add_row(name.replace("_", " "), f"{count:,}")
        console.print(table)
        console.print(f"{report.sent:,} commands in {report.seconds:.1f} s: {report.rate:,.0f} a second")

    answer(content, render, as_json=as_json)
