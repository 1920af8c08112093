"""The demo's first half: the year goes in, the books come out and tie."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import date

from service.cli.show import progress
from service.cli.tables import roll_forward_table, trial_balance_table
from service.demo.story import Story
from service.replay.totals import IndependentSum, independent_sum
from service.replay.year import replay


def replay_the_year(story: Story) -> None:
    """Every purchase and coupon as a command; then the read models catch up."""
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
        rate = f"[bold]{report.rate:,.0f} a second[/]"
        for line in (
            f"{report.sent:,} commands in {report.seconds:.1f} s: {rate}, each sealed, chained and durable",
            f"{tally.accrued:,} purchases earned points, {tally.skipped:,} were too small to",
            f"{tally.spent:,} coupons were paid with points, {tally.taken_back} of them taken back",
            f"{tally.refused} were refused for too few points",
        ):
            story.console.print(f"  {line}")
    with story.chapter("Read models catch up: balances, statements, journal"):
        started = time.monotonic()
        count = story.house.catch_up()
        seconds = time.monotonic() - started
        story.console.print(f"  {count:,} events in {seconds:.1f} s: [bold]{count / seconds:,.0f} a second[/]")


def show_the_books(story: Story) -> None:
    """Trial balance and roll-forward, each against a sum that does not come from them."""
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


def sign_a_checkpoint(story: Story) -> None:
    """Before the erasure, so that the chain is compared with it afterwards."""
    with story.chapter("A signed checkpoint, kept outside the database"):
        made = story.house.checkpoint()
        file = story.house.settings.checkpoints.name
        story.console.print(f"  event {made.position:,}, hash {made.hash.hex()[:24]}…, in {file}")


def _agrees(movements: Mapping[str, int], expected: IndependentSum, month: date) -> bool:
    moved = dict(movements)
    totals = expected.months[month.year, month.month]
    wanted = {
        "accrue": totals.accrued,
        "pay": -totals.paid,
        "exchange": -totals.exchanged,
        "refund": totals.refunded,
        "expire": -totals.expired,
    }
    return all(moved.pop(word) == points for word, points in wanted.items()) and not any(moved.values())
