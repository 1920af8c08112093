"""The demo's first half: the year goes in, the books come out and tie."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from projections import CARRIED, COLUMNS, MEMBER_POINTS, RollForwardRow
from service.cli.show import progress
from service.cli.tables import trial_balance_table
from service.demo.settlement import settle_with_partners
from service.demo.story import Story
from service.demo.tables import aside_table, in_all, moved_tables
from service.replay.carrying import Tally
from service.replay.totals import IndependentSum, independent_sum
from service.replay.year import replay


def replay_the_year(story: Story) -> None:
    """Everything that the plan holds as commands; then the read models catch up."""
    with story.chapter("A year of purchases through the ledger"):
        report = replay(
            story.house,
            story.clock,
            story.source,
            story.plan,
            show_progress=lambda total: progress("replay", total, unit="steps"),
        )
        story.tally = tally = report.tally
        rate = f"{report.seconds:.1f} s: [bold]{report.rate:,.0f} a second[/]"
        story.console.print(f"  {report.sent:,} commands in {rate}, each sealed, chained and durable")
        for line in _what_happened(tally, len(story.plan.sweeps)):
            story.console.print(f"  {line}")
    with story.chapter("Read models catch up: balances, statements, journal"):
        started = time.monotonic()
        count = story.house.catch_up()
        seconds = time.monotonic() - started
        story.console.print(f"  {count:,} events in {seconds:.1f} s: [bold]{count / seconds:,.0f} a second[/]")


def show_the_books(story: Story) -> None:
    """Trial balance, roll-forwards and settlement, each against a sum that does not come from them."""
    with story.chapter("The books"):
        expected = independent_sum(story.source, story.part)
        _trial_balance(story, expected)
        carried = {code: story.house.roll_forward(account_code=code) for code in CARRIED}
        carried = {code: rows for code, rows in carried.items() if rows}
        _roll_forward(story, carried, expected)
        tally = story.tally
        story.check(
            f"{expected.purchases:,} purchases, {expected.refused:,} refusals and {expected.notices[0]:,} notices were "
            "to be expected; so many there were",
            (expected.purchases, expected.refused, expected.notices[0])
            == (tally.accrued, tally.refused, tally.noticed),
        )
        compared = story.house.ties()
        owed = {(each.account_code, each.funder): {each.journal, each.balances, each.events} for each in compared}
        story.check(
            f"journal, balances, events and data file owe members the same: {sum_of(carried[MEMBER_POINTS]):,} points",
            all(
                figures == {CARRIED[code] * expected.standing(code, funder)}
                for (code, funder), figures in owed.items()
                if code == MEMBER_POINTS
            ),
        )
        story.check(
            "the four also agree on what is held, promised and owed, funder by funder",
            all(
                figures == {CARRIED[code] * expected.standing(code, funder)}
                for (code, funder), figures in owed.items()
            ),
        )
    with story.chapter("Who pays for it: settlement with the partners"):
        settle_with_partners(story, expected)


def sign_a_checkpoint(story: Story) -> None:
    """Before the erasure, so that the chain is compared with it afterwards."""
    with story.chapter("A signed checkpoint, kept outside the database"):
        made = story.house.checkpoint()
        file = story.house.settings.checkpoints.name
        story.console.print(f"  event {made.position:,}, hash {made.hash.hex()[:24]}…, in {file}")


def _what_happened(tally: Tally, sweeps: int) -> Iterator[str]:
    promised = tally.confirmed + tally.cancelled
    yield f"{tally.accrued:,} purchases earned points, {tally.skipped:,} were too small to"
    yield f"{promised:,} of them were promised first: {tally.confirmed:,} confirmed, {tally.cancelled:,} cancelled"
    yield f"{tally.paid:,} purchases were paid with points and by card"
    yield f"{tally.held:,} pumps set points aside: {tally.captured:,} took a part of them, {tally.let_go:,} let them go"
    yield f"{tally.returned:,} times goods came back, with the points that had paid them, and what they had earned went"
    yield f"{tally.spent:,} coupons were paid with points: {tally.used:,} used later, {tally.taken_back} taken back"
    yield f"{tally.refused:,} payments were refused for too few points"
    yield f"{sweeps} sweeps told members of {tally.noticed:,} expiries to come, let points of {tally.swept:,} expire,"
    yield f"  and ended holds of {tally.timed_out:,} and coupons of {tally.coupons_expired:,} whose time was over"


def sum_of(rows: Sequence[RollForwardRow]) -> int:
    """What stands on an account at the end, of all funders."""
    return sum(list(owner)[-1].closing for _, owner in groupby(rows, key=attrgetter("program", "kind", "funder")))


def _trial_balance(story: Story, expected: IndependentSum) -> None:
    balance = story.house.trial_balance()
    by_account = [list(rows) for _, rows in groupby(balance.rows, key=attrgetter("account"))]
    summed = [replace(rows[0], funder="all", points=sum(row.points for row in rows)) for rows in by_account]
    story.console.print(trial_balance_table(replace(balance, rows=tuple(summed))))
    story.check(f"the trial balance sums to zero ({balance.total})", balance.is_balanced)
    found = {(row.account.code, row.funder): row.points for row in balance.rows}
    owners = expected.owners() | found.keys()
    story.check(
        f"each of its {len(owners)} figures, by account and funder, equals a sum taken straight from the data file",
        all(found.get(owner, 0) == expected.standing(*owner) for owner in owners),
    )


def _roll_forward(
    story: Story, carried: dict[str, tuple[RollForwardRow, ...]], expected: IndependentSum
) -> None:
    members = in_all(carried[MEMBER_POINTS])
    wrong = [row for rows in carried.values() for row in rows if not _agrees(row, expected)]
    months = {row.month for row in wrong}
    for table in moved_tables(members, ["✗" if row.month in months else "✓" for row in members]):
        story.console.print(table)
    story.console.print(aside_table({code: in_all(rows) for code, rows in carried.items() if code != MEMBER_POINTS}))
    figures = sum(1 for rows in carried.values() for row in rows for word in COLUMNS if row.movements[word])
    story.check(
        f"in every month each column of each account and funder, {figures:,} figures, equals a sum taken straight "
        "from the data file",
        not wrong and _nothing_is_missing(carried, expected),
    )


def _agrees(row: RollForwardRow, expected: IndependentSum) -> bool:
    sign = CARRIED[row.account_code]
    wanted = expected.moved(row.account_code, row.funder).get(row.month, {})
    return row.ties and {word: points for word, points in row.movements.items() if points} == {
        word: sign * points for word, points in wanted.items()
    }


def _nothing_is_missing(carried: dict[str, tuple[RollForwardRow, ...]], expected: IndependentSum) -> bool:
    there = {(row.account_code, row.funder) for rows in carried.values() for row in rows}
    return {(code, funder) for code, funder in expected.owners() if code in CARRIED} <= there
