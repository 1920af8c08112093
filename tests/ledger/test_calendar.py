"""The period rule of the Civil Act (민법 제155조–제161조), by the table of the requirements and by its laws."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.calendar import SEOUL, Span, day_of, first_counted_day, last_day, last_retention_day, start_of, utc, zone_of

WITHOUT_DELAY = 5  # days within which what may go must be gone


def in_seoul(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


@pytest.mark.parametrize(
    ("name", "event", "span", "last", "gone_by"),
    [
        ("V1", in_seoul("2024-03-07T14:00"), Span(years=5), "2029-03-07", "2029-03-13"),
        ("V3", in_seoul("2027-02-28T10:00"), Span(years=5), "2032-02-29", "2032-03-06"),
        ("V6", datetime(2024, 3, 31, 15, 30, tzinfo=UTC), Span(months=3), "2024-07-01", "2024-07-07"),
        ("V10", in_seoul("2024-06-10T17:00"), Span(years=3), "2027-06-10", "2027-06-16"),
        ("V12", in_seoul("2026-01-01T00:00"), Span(years=5), "2030-12-31", "2031-01-06"),
        ("S02", in_seoul("2024-02-29T10:00"), Span(years=5), "2029-02-28", "2029-03-06"),
        ("S04", in_seoul("2025-02-28T09:00"), Span(months=3), "2025-05-31", "2025-06-06"),
        ("S20", in_seoul("2024-06-01T15:00"), Span(months=3), "2024-09-01", "2024-09-07"),
    ],
)
def test_a_record_is_kept_to_its_last_day_and_gone_in_time(
    name: str, event: datetime, span: Span, last: str, gone_by: str
) -> None:
    assert last_retention_day(event, span) == date.fromisoformat(last), name
    assert date.fromisoformat(last) + timedelta(days=WITHOUT_DELAY + 1) == date.fromisoformat(gone_by), name


def test_the_first_day_counts_only_when_the_event_is_at_midnight_sharp() -> None:
    midnight = in_seoul("2024-03-07T00:00")

    assert first_counted_day(midnight) == date(2024, 3, 7)
    assert first_counted_day(midnight + timedelta(microseconds=1)) == date(2024, 3, 8)
    assert first_counted_day(midnight - timedelta(microseconds=1)) == date(2024, 3, 7)


@pytest.mark.parametrize(
    ("first", "span", "last"),
    [
        ("2024-03-08", Span(days=1), "2024-03-08"),
        ("2024-03-08", Span(days=5), "2024-03-12"),
        ("2024-01-31", Span(months=1), "2024-02-29"),  # no 31 February: its last day (160 ③)
        ("2023-01-31", Span(months=1), "2023-02-28"),
        ("2024-01-30", Span(months=1), "2024-02-29"),
        ("2024-01-29", Span(months=1), "2024-02-28"),  # 29 February corresponds: the day before it (160 ②)
        ("2023-01-29", Span(months=1), "2023-02-28"),
        ("2024-12-31", Span(months=2), "2025-02-28"),
        ("2024-11-30", Span(months=13), "2025-12-29"),
        ("2024-02-29", Span(years=1), "2025-02-28"),
        ("2024-02-29", Span(years=4), "2028-02-28"),
        ("2024-01-01", Span(years=1), "2024-12-31"),
    ],
)
def test_months_and_years_end_the_day_before_the_corresponding_day(first: str, span: Span, last: str) -> None:
    assert last_day(date.fromisoformat(first), span) == date.fromisoformat(last)


days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
spans = st.one_of(
    st.builds(Span, years=st.integers(1, 100)),
    st.builds(Span, months=st.integers(1, 600)),
    st.builds(Span, days=st.integers(1, 5_000)),
)


@given(days, spans)
def test_a_later_start_never_ends_earlier(first: date, span: Span) -> None:
    assert last_day(first, span) <= last_day(first + timedelta(days=1), span)


@given(days, st.integers(1, 50))
def test_a_year_is_twelve_months(first: date, years: int) -> None:
    assert last_day(first, Span(years=years)) == last_day(first, Span(months=12 * years))


@given(days, st.integers(1, 600))
def test_a_period_of_months_is_never_shorter_than_the_naive_one(first: date, months: int) -> None:
    """Counted from the day after the event, as almost every record is."""
    event_day = first - timedelta(days=1)
    year, month = divmod(event_day.year * 12 + event_day.month - 1 + months, 12)
    naive = date(year, month + 1, min(event_day.day, 28))

    assert last_day(first, Span(months=months)) >= naive


@pytest.mark.parametrize("units", [{}, {"years": 1, "months": 1}, {"days": -1}, {"years": -1, "days": 2}])
def test_a_span_has_exactly_one_positive_unit(units: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="exactly one"):
        Span(**units)


def test_days_are_days_of_the_zone() -> None:
    instant = datetime(2024, 3, 31, 15, 30, tzinfo=UTC)

    assert day_of(instant) == date(2024, 4, 1)
    assert day_of(instant, ZoneInfo("UTC")) == date(2024, 3, 31)
    assert start_of(date(2024, 4, 1)) == datetime(2024, 3, 31, 15, tzinfo=UTC)


def test_an_instant_is_stored_in_utc_and_without_a_zone_it_is_none() -> None:
    instant = in_seoul("2024-03-07T14:00")

    assert utc(instant) == instant
    assert utc(instant).tzinfo is UTC
    assert utc(utc(instant)) is not None
    for needs_a_zone in (utc, day_of, first_counted_day):
        with pytest.raises(ValueError, match="zone"):
            needs_a_zone(instant.replace(tzinfo=None))


def test_a_zone_is_found_by_its_name() -> None:
    assert zone_of("Asia/Seoul") == SEOUL
