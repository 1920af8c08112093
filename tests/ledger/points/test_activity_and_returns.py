"""What comes back from a payment, a hold or a clawback has the last day that activities gave what stayed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from crypto_shredding import Sealed
from ledger.points.commands import (
    Accrue,
    ClawBack,
    Confirm,
    Hold,
    Refund,
    Release,
)
from ledger.points.stretches import STRETCHES_MAX
from tests.ledger.points.given import Story, seoul
from tests.ledger.points.given_activity import ALIVE, TEN, accrued, days, extended, late, paid


def test_points_that_come_back_have_the_day_that_activities_gave_the_others() -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")
    payment = paid(story, 40, "2024-03-08")
    paid(story, 10, "2025-01-01")

    events = story.act(Refund[Sealed], "2025-06-01", spending_id=payment.id)

    assert extended(events) == [(40, "return", seoul("2025-06-01"))]
    assert days(story) == [(90, "2026-01-01")]


@pytest.mark.parametrize("spent", [99, 100])
def test_activities_count_for_points_that_come_back_whether_or_not_others_lay_there(spent: int) -> None:
    story = Story(ALIVE)
    accrued(story, 100, "2024-03-07")
    payment = paid(story, spent, "2024-03-08")
    accrued(story, 1, "2025-01-01")

    story.act(Refund[Sealed], "2025-06-01", spending_id=payment.id)

    assert sorted(day for _, day in days(story)) == ["2026-01-01", "2026-01-01"]


def test_a_refund_does_not_revive_points_that_would_have_died_with_those_that_stayed() -> None:
    story = Story(TEN)
    accrued(story, 100, "2024-03-01")
    payment = paid(story, 40, "2024-03-05")
    story.sweep("2024-04-01")
    accrued(story, 5, "2024-04-20")
    paid(story, 1, "2024-04-25")

    story.act(Refund[Sealed], "2024-04-26", spending_id=payment.id)

    assert days(story) == [(4, "2024-05-05")]


def test_the_extension_of_one_lot_says_nothing_of_another_that_was_not_there() -> None:
    """A stretch that ended before a lot died keeps nothing alive after it."""
    story = Story(TEN)
    accrued(story, 100, "2024-03-01")
    payment = paid(story, 100, "2024-03-05")  # to 03-15
    accrued(story, 5, "2024-03-16")  # a day too late for them

    story.act(Refund[Sealed], "2024-03-17", spending_id=payment.id)

    assert days(story) == [(5, "2024-03-26")]


def test_points_that_live_on_by_grace_wait_for_an_activity_of_their_own() -> None:
    story = Story(replace(TEN, refund_grace_days=3))
    accrued(story, 100, "2024-03-01")
    payment = paid(story, 40, "2024-03-05")
    accrued(story, 5, "2024-04-20")

    story.act(Refund[Sealed], "2024-04-21", spending_id=payment.id)
    held = story.act(Hold, "2024-04-22", points=40)[0]
    story.act(Release, "2024-04-22", hold_id=held.id)

    assert days(story)[1:] == [(40, "2024-04-24"), (5, "2024-04-30")]
    late(story, Accrue[Sealed], "2024-04-20", "2024-04-23", points=1)
    assert (40, "2024-04-24") in days(story)
    paid(story, 1, "2024-04-24")
    assert days(story)[1:] == [(39, "2024-05-04"), (5, "2024-05-04"), (1, "2024-05-04")]


def test_points_that_activities_kept_alive_need_no_grace() -> None:
    story = Story(replace(ALIVE, refund_grace_days=3))
    accrued(story, 100, "2024-03-07")
    payment = paid(story, 40, "2024-03-08")
    paid(story, 10, "2025-01-01")

    refunded, *_ = story.act(Refund[Sealed], "2025-06-01", spending_id=payment.id)

    assert [draw.expires_on for draw in refunded.draws] == [date(2025, 3, 7)]
    assert days(story) == [(90, "2026-01-01")]


def test_promised_points_that_are_counted_from_their_accrual_live_by_activities_meanwhile() -> None:
    story = Story(replace(ALIVE, expiry_starts="accrual"))
    promised = accrued(story, 10, "2024-03-07", pending=True)
    accrued(story, 10, "2024-06-07")

    story.act(Confirm, "2024-06-08", accrual_id=promised.id)

    assert days(story) == [(10, "2025-06-07"), (10, "2025-06-07")]


def test_stand_ins_that_a_clawback_gives_back_live_by_activities_meanwhile() -> None:
    story = Story(ALIVE)
    accrual = accrued(story, 50, "2024-03-07")
    payment = paid(story, 50, "2024-03-08")
    accrued(story, 50, "2024-03-09")
    story.act(ClawBack, "2024-03-10", accrual_id=accrual.id, reason="test")
    accrued(story, 5, "2025-01-01")

    story.act(Refund[Sealed], "2025-02-01", spending_id=payment.id)

    assert sorted(days(story)) == [(5, "2026-01-01"), (50, "2026-01-01")]


def test_more_gaps_than_are_remembered_change_nothing_for_what_comes_back_now() -> None:
    story = Story(TEN)
    accrued(story, 100, "2024-01-02")
    payment = paid(story, 40, "2024-01-03")
    for month in range(2, 12):
        accrued(story, 1, f"2024-{month:02}-02")
    second = accrued(story, 20, "2024-12-02")
    spent = paid(story, 20, "2024-12-03")
    accrued(story, 1, "2024-12-10")

    story.act(Refund[Sealed], "2024-12-15", spending_id=payment.id)
    story.act(Refund[Sealed], "2024-12-15", spending_id=spent.id)

    assert len(story.state.aside.stretches) == STRETCHES_MAX
    assert {lot.lot_id: lot.expires_on for lot in story.state.open_lots}[second.lot.lot_id] == date(2024, 12, 20)
    assert sum(points for points, day in days(story) if day >= "2024-12-15") == 21
