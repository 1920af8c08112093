"""The thread of the demo: chapters with their times, and claims with their verdicts."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table

from service.cli.tables import figures
from service.house import House
from service.replay.carrying import Tally
from service.replay.plan import Plan, Slice
from service.replay.run import SimulatedClock
from service.replay.source import Source


@dataclass(slots=True)
class Story:
    """What the parts of the demo share, and the time that each took."""

    console: Console
    house: House
    clock: SimulatedClock
    source: Source
    part: Slice
    plan: Plan
    tally: Tally = field(default_factory=Tally)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def chapter(self, title: str) -> Iterator[None]:
        """One part, timed."""
        number = len(self.seconds) + 1
        self.console.print(f"\n[bold cyan]{number}. {title}[/]")
        started = time.monotonic()
        yield
        self.seconds[title] = time.monotonic() - started

    def check(self, claim: str, holds: bool) -> None:
        """Say a claim with its verdict; one that does not hold makes the demo fail at its end."""
        self.console.print(f"  {'[green]✓[/]' if holds else '[bold red]✗ NOT TRUE:[/]'} {claim}")
        if not holds:
            self.failed.append(claim)

    def times(self, total: float) -> Table:
        """How long each chapter took."""
        table = figures("", "seconds", texts=1)
        for title, seconds in self.seconds.items():
            table.add_row(title, f"{seconds:.1f}")
        table.add_section()
        table.add_row("all, with reading the data and starting PostgreSQL", f"{total:.1f}", style="bold")
        return table
