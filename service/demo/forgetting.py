"""The demo's second half: one member's statement, the erasure, and the same statement."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from uuid import UUID

from crypto_shredding import Shredded
from ledger import SEOUL, ErasureReport
from projections import Statement
from service.cli.erasures import erasure_table
from service.cli.tables import statement_table
from service.demo.story import Story
from service.house import House
from service.replay.choices import SWEPT_AT
from service.replay.plan import Plan
from service.replay.steps import Purchase
from service.replay.year import mapping_of
from service.sealed_values import DISPUTE

ERASED_ON = date(2018, 1, 2)
LINES_SHOWN = 12


def forget_a_member(story: Story) -> None:
    """Before, at once, and after the last day on which a law keeps anything."""
    household = _choose(story.plan)
    ids = mapping_of(story.house, story.source).identities[household]
    who = story.plan.people[household]
    _sweep(story, ids.account, ERASED_ON)
    with story.chapter(f"One member: household {household}"):
        story.console.print(f"  {who.name} · {who.email} · {who.phone}\n  {who.demographics}")
        before = story.house.statement(ids.account, limit=1_000)
        story.console.print(statement_table(before, last=LINES_SHOWN))
        values = _Boxes(story.house, ids.member, ids.account)
        story.check(
            f"{values.opened()} of {values.count} sealed values of this member open", values.opened() == values.count
        )

    with story.chapter(f"The member asks to be erased on {ERASED_ON}"):
        report = _erase(story, ids.member, ids.account, ERASED_ON)
    with story.chapter("The same statement"):
        after = story.house.statement(ids.account, limit=1_000)
        shown = LINES_SHOWN + len(after.lines) - len(before.lines)
        story.console.print(statement_table(after, last=shown))
        story.check(
            f"all {len(before.lines)} lines and every figure are as they were",
            _figures(before) == _figures(after, len(before.lines)),
        )
        story.check(
            "of every memo nothing is left",
            all(line.memo is None or isinstance(line.memo, Shredded) for line in after.lines),
        )
        values.reread()
        story.check(
            f"{values.opened()} of {values.count} values still open: those that a law keeps, for a dispute only",
            values.open_classes() == {kept.retention.name for kept in report.kept} & values.classes(),
        )

    last = max(kept.last_day for kept in report.kept)
    with story.chapter(f"The clock moves past the last day of retention: {last + timedelta(days=1)}"):
        _erase(story, ids.member, ids.account, last + timedelta(days=1))
        values.reread()
        story.check(
            f"no key opens any of the member's {values.count} sealed values: {values.opened()} open",
            values.opened() == 0,
        )
        story.check(
            "and the figures are still the same",
            _figures(before) == _figures(story.house.statement(ids.account, limit=1_000), len(before.lines)),
        )


class _Boxes:
    """The sealed values of a member, and which of them open."""

    def __init__(self, house: House, *streams: UUID) -> None:
        self._house, self._streams = house, streams
        self.reread()

    def reread(self) -> None:
        """Also those that leaving made."""
        self._values = self._house.sealed_values(*self._streams, purpose=DISPUTE)
        opened = self._house.opened(self._values, purpose=DISPUTE)
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


def _sweep(story: Story, account: UUID, on: date) -> None:
    """The day begins for the member as for everybody: a hold whose time is over does not stand in the way."""
    story.clock.move_to(datetime.combine(on, SWEPT_AT, SEOUL))
    story.house.sweep(on, accounts=[account])


def _erase(story: Story, member: UUID, account: UUID, on: date) -> ErasureReport:
    """Send the erasure at nine in the morning, with the number of points that the member is shown to lose."""
    at = datetime.combine(on, clock_time(9), SEOUL)
    story.clock.move_to(at)
    forfeits = story.house.balance(account).available
    if forfeits:
        story.console.print(f"  leaving forfeits {forfeits:,} points, shown and confirmed")
    started = time.monotonic()
    report = story.house.erase(member, basis="개인정보 보호법 제36조 제1항", confirmed_forfeit=forfeits, at=at)
    story.console.print(erasure_table(report))
    story.console.print(
        f"  {report.slots} keys doomed, of no use to any process 5 s later; then taken out of the key tree\n"
        f"  and the old root version destroyed, so that no backup of the keys opens them: "
        f"{time.monotonic() - started:.1f} s in all;\n"
        f"  {report.boxes_tried} boxes tried afterwards, one of each key that had sealed anything: none opens"
    )
    return report


def _figures(statement: Statement, lines: int | None = None) -> list[tuple[object, ...]]:
    return [
        (line.event_id, line.occurred_at, line.title, line.points, line.balance) for line in statement.lines[:lines]
    ]


def _choose(plan: Plan) -> int:
    """A household with demographics and the most kinds of steps, and of those the one with the shortest statement."""
    steps: dict[int, Counter[type]] = defaultdict(Counter)
    for step in plan.steps:
        steps[step.household][type(step)] += 1
    told = [household for household in sorted(plan.people) if plan.people[household].demographics]

    def fitness(household: int) -> tuple[int, bool, int]:
        kinds = steps[household]
        return len(kinds), kinds[Purchase] > LINES_SHOWN, -kinds.total()

    return max(told or sorted(plan.people), key=fitness)
