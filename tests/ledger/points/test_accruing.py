"""Accrual (적립)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from crypto_shredding import Sealed
from ledger.calendar import SEOUL, Span
from ledger.errors import AccountNotActive, InvalidAmount, InvalidTime, LimitReached, Refused, UnknownAccount
from ledger.points import limits
from ledger.points.accruing import accrue
from ledger.points.commands import Accrue, BusinessReference
from ledger.points.limits import CLOCK_SKEW_MAX, POINTS_MAX
from ledger.points.movements import Money
from ledger.points.program import EarningRate
from tests.ledger.points.given import PROGRAM, Story, program, sealed, seoul, stamp


def test_an_accrual_makes_one_lot_named_by_its_event() -> None:
    story = Story()

    event = story.accrue(500, "2024-03-07", kind="paid", funder="partner-1", supplier="123-45-67890", priority=2)

    lot = event.lot
    assert lot.lot_id == event.id
    assert (lot.points, lot.kind, lot.funder, lot.supplier, lot.priority) == (
        500,
        "paid",
        "partner-1",
        "123-45-67890",
        2,
    )
    assert lot.earned_at == lot.usable_at == event.occurred_at == seoul("2024-03-07")
    assert event.rule_version == PROGRAM.version
    assert story.state.open_lots == (lot,)


def test_a_purchase_earns_whole_points_rounded_down() -> None:
    story = Story(program(earning=EarningRate(5, 300)))

    event = story.accrue(None, purchase=Money(1_099))

    assert event.lot.points == 1_099 * 5 // 300 == 18


def test_points_that_are_stated_win_over_the_rate_and_the_purchase_is_kept() -> None:
    event = Story().accrue(7, purchase=Money(10_000))

    assert event.lot.points == 7
    assert event.purchase == Money(10_000)


def test_the_last_usable_day_follows_the_civil_act_in_the_programs_zone() -> None:
    story = Story()

    in_the_day = story.accrue(1, "2024-03-07")
    (at_midnight,) = story.do(story.command(Accrue[Sealed], seoul("2024-03-08", "00:00"), points=1))
    (next_day_in_seoul,) = story.do(story.command(Accrue[Sealed], seoul("2024-03-09", "00:30"), points=1))

    assert in_the_day.lot.expires_on == date(2025, 3, 7)
    assert at_midnight.lot.expires_on == date(2025, 3, 7)  # the day of the event counts when it begins at midnight
    assert next_day_in_seoul.lot.expires_on == date(2025, 3, 9)


@pytest.mark.parametrize(
    ("rounding", "last_day"),
    [("exact", date(2025, 2, 14)), ("end_of_month", date(2025, 2, 28)), ("end_of_year", date(2025, 12, 31))],
)
def test_the_last_day_is_carried_to_the_end_of_month_or_year(rounding: str, last_day: date) -> None:
    story = Story(program(rounding=rounding))

    assert story.accrue(1, "2024-02-14").lot.expires_on == last_day


def test_a_program_without_a_validity_gives_points_that_never_expire() -> None:
    assert Story(program(expires_after=None)).accrue(1).lot.expires_on is None


def test_a_stated_last_day_wins_over_the_programs() -> None:
    assert Story().accrue(1, expires_on=date(2024, 3, 31)).lot.expires_on == date(2024, 3, 31)


def test_instants_are_stored_in_utc_and_the_business_reference_as_one_string() -> None:
    story = Story()
    reference = BusinessReference(
        source="pos", store="s-9", terminal="t-1", receipt="0001", business_date=date(2024, 3, 7)
    )

    event = story.accrue(1, reference=reference)

    assert event.occurred_at.tzinfo is UTC
    assert event.reference == "pos\x1fs-9\x1ft-1\x1f0001\x1f2024-03-07"


def test_personal_references_pass_into_the_event() -> None:
    event = Story().accrue(1, memo=sealed(1), detail=sealed(2))

    assert (event.memo, event.detail) == (sealed(1), sealed(2))


def test_refusals_come_in_their_documented_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step mends what was refused before it."""
    monkeypatch.setattr(limits, "OPEN_LOTS_MAX", 1)
    full, left = Story(), Story()
    full.accrue(1)
    left.leave("2024-03-01")
    now = seoul("2024-03-08")
    future = now + CLOCK_SKEW_MAX + timedelta(microseconds=1)

    def refusal(story: Story | None, **content: object) -> type[Refused]:
        command = full.command(Accrue[Sealed], content.pop("at", now), **content)  # type: ignore[arg-type]
        with pytest.raises(Refused) as refused:
            accrue(story.account if story else None, command, PROGRAM, stamp(now))
        return type(refused.value)

    assert refusal(None, at=future, points=0) is UnknownAccount
    assert refusal(left, at=future, points=0) is AccountNotActive
    assert refusal(full, at=future, points=0) is InvalidTime
    assert refusal(full, points=0) is InvalidAmount
    assert refusal(full, points=1) is LimitReached


@pytest.mark.parametrize("points", [0, -1, POINTS_MAX + 1, 1.5, True, "5"])
def test_points_are_a_whole_number_within_the_limit(points: object) -> None:
    with pytest.raises(InvalidAmount):
        Story().accrue(points)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "purchase",
    [None, Money(99), Money(-100), Money(100, "USD"), Money(POINTS_MAX * 100 + 100), Money(100.0)],  # type: ignore[arg-type]
)
def test_a_purchase_that_earns_nothing_or_in_other_money_is_refused(purchase: Money | None) -> None:
    with pytest.raises(InvalidAmount):
        Story().accrue(None, purchase=purchase)


def test_times_that_contradict_each_other_are_refused() -> None:
    story = Story()

    with pytest.raises(InvalidTime, match="before they are earned"):
        story.accrue(1, "2024-03-07", usable_at=seoul("2024-03-06"))
    with pytest.raises(InvalidTime, match="before the first on which"):
        story.accrue(1, "2024-03-07", expires_on=date(2024, 3, 6))
    with pytest.raises(InvalidTime, match="before the first on which"):
        story.accrue(1, "2024-03-07", usable_at=seoul("2025-03-08"))
    with pytest.raises(InvalidTime, match="time zone"):
        story.accrue(1, "2024-03-07", usable_at=seoul("2024-03-07").replace(tzinfo=None))
    with pytest.raises(InvalidTime, match="time zone"):
        story.do(story.command(Accrue[Sealed], seoul("2024-03-07").replace(tzinfo=None), points=1), seoul("2024-03-07"))


def test_a_callers_clock_may_run_ahead_by_the_stated_skew_and_the_past_is_open() -> None:
    story = Story()
    now = seoul("2024-03-07")

    (ahead,) = story.do(story.command(Accrue[Sealed], now + CLOCK_SKEW_MAX, points=1), now)
    (late,) = story.do(story.command(Accrue[Sealed], seoul("2014-03-07"), points=1), now)

    assert ahead.occurred_at > ahead.recorded_at
    assert late.occurred_at < late.recorded_at


@pytest.mark.parametrize(
    "wrong", [{"kind": "gold"}, {"funder": None}, {"supplier": 5}, {"memo": "영수증 글"}]
)
def test_what_could_not_be_read_again_is_not_written(wrong: dict[str, Any]) -> None:
    """Types are the caller's duty; but an unreadable event would close the account to every later command."""
    story = Story()
    before = story.state

    with pytest.raises(ValidationError) as error:
        story.accrue(10, **wrong)

    assert story.state is before
    assert "영수증" not in str(error.value)


def test_two_business_references_are_never_one_string() -> None:
    with pytest.raises(ValueError, match="printable"):
        BusinessReference(source="pos\x1fs", store="t", terminal="", receipt="", business_date=date(2024, 3, 7))


def test_an_unknown_account_is_named_in_the_refusal() -> None:
    account_id = uuid4()
    command = Story().command(Accrue[Sealed], seoul("2024-03-07"), account_id=account_id, points=1)

    with pytest.raises(UnknownAccount) as refused:
        accrue(None, command, PROGRAM, stamp(seoul("2024-03-07")))

    assert refused.value.account_id == account_id


def test_a_changed_validity_applies_to_lots_earned_after_it() -> None:
    story = Story(program(expires_after=Span(months=1)))
    before = story.accrue(1, "2024-03-07")

    story.program = program(expires_after=Span(months=6), version=4)
    after = story.accrue(1, "2024-03-07")

    assert before.lot.expires_on == date(2024, 4, 7)
    assert after.lot.expires_on == date(2024, 9, 7)
    assert story.state.lots[before.id].expires_on == date(2024, 4, 7)


@pytest.mark.parametrize("span", [Span(years=100), Span(months=1_200), Span(days=36_600)])
@pytest.mark.parametrize("rounding", ["exact", "end_of_month", "end_of_year"])
def test_the_longest_span_ends_within_the_calendar(span: Span, rounding: str) -> None:
    story = Story(program(expires_after=span, rounding=rounding))

    accrued = story.accrue(1)

    assert accrued.lot.expires_on.year >= 2124


@pytest.mark.parametrize(
    "wrong",
    [
        {"occurred_at": seoul("2024-03-07").replace(tzinfo=None)},
        {"occurred_at": datetime(1, 1, 1, tzinfo=SEOUL)},
        {"occurred_at": datetime.max.replace(tzinfo=UTC)},
        {"usable_at": seoul("2024-03-07").replace(tzinfo=None)},
        {"usable_at": datetime.max.replace(tzinfo=UTC)},
    ],
)
def test_what_is_no_instant_is_refused(wrong: dict[str, Any]) -> None:
    story = Story()

    with pytest.raises(InvalidTime):
        story.do(story.command(Accrue[Sealed], seoul("2024-03-07"), points=0, **wrong), seoul("2024-03-07"))
