"""Settlement with partners: what each funder gave, and what it owes the shop that took its points."""

from __future__ import annotations

from collections import Counter

import psycopg

from ledger import feed_beginning, fields_of, read_feed
from service.cli.tables import figures
from service.demo.story import Story
from service.replay.partners import NAMES
from service.replay.totals import IndependentSum

PAGE_EVENTS = 10_000  # some 7 MB at a time

TAKEN = {
    "points.paid.v1": +1,
    "points.hold-captured.v1": +1,
    "points.coupon-redeemed.v1": +1,
    "points.refunded.v1": -1,
}
"""Events whose draws say what their funder pays the redeemer, or no longer pays."""

COLUMNS = {
    "granted": (("points_expense", +1),),
    "redeemed": (("redemption_clearing", -1),),
    "expired": (("breakage_expired", -1),),
    "owed": (("deficits", +1),),
    "others": (("partner_payable", -1), ("partner_receivable", -1)),
    "left": (("member_points", -1), ("held_points", -1), ("pending_points", -1), ("coupon_liability", -1)),
}
"""Of which accounts of the books a column is made, and with which sign; granted and owed together make all others.

Granted is less what was clawed back; owed by members; ``others`` is what the funder's points have paid for other
funders, or theirs for its; left is with members, in whatever form.
"""


def settle_with_partners(story: Story, expected: IndependentSum) -> None:
    """A line for each funder; its compensation by the events, by the journal and by the data file."""
    balance = story.house.trial_balance()
    standing: Counter[tuple[str, str]] = Counter()
    for row in balance.rows:
        standing[row.funder, row.account.code] += row.points
    funders = sorted({row.funder for row in balance.rows}, key=lambda funder: (funder in NAMES, NAMES.get(funder, "")))
    compensated = compensation(story.house.wiring.ledger_dsn)
    table = figures("funder", *COLUMNS, "to the shop", "", texts=1)
    ties = []
    for funder in funders:
        points = {
            name: sum(sign * standing[funder, account] for account, sign in accounts)
            for name, accounts in COLUMNS.items()
        }
        file = -expected.standing("redemption_clearing", funder)
        came = points["granted"] + points["owed"]
        tie = compensated[funder] == points["redeemed"] == file and 2 * came == sum(points.values())
        ties.append(tie)
        cents = compensated[funder]
        name = NAMES.get(funder, funder)
        table.add_row(name, *(f"{each:,}" for each in points.values()), f"${cents / 100:,.2f}", "✓" if tie else "✗")
    story.console.print(table)
    story.check("each funder owes the shop the same by the events' draws, the journal and the data file", all(ties))
    story.check(
        "between funders what one owes another is owed",
        sum(standing[funder, "partner_payable"] + standing[funder, "partner_receivable"] for funder in funders) == 0,
    )


def compensation(dsn: str) -> Counter[str]:
    """Funder → what it pays redeemers for its points, in minor units, by the draws of the events."""
    sums: Counter[str] = Counter()
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = feed_beginning(connection)
        while events := read_feed(connection, cursor, PAGE_EVENTS):
            for event in events:
                sign = TAKEN.get(event.topic)
                if sign is not None:
                    _, fields = fields_of(event.topic, event.state)
                    for draw in fields["draws"]:
                        sums[draw["funder"]] += sign * draw["compensated"]
            cursor = cursor.at(events[-1].position)
    return sums
