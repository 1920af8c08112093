"""A period closes after its last day, once, and its key is destroyed after that, once."""

from __future__ import annotations

from datetime import date

import pytest

from crypto_shredding import Period, SlotId
from ledger.calendar import first_counted_day
from ledger.errors import ContradictoryHistory, InvalidTime
from ledger.periods.events import PeriodClosed, PeriodDestroyed
from ledger.periods.period import ClosedPeriod, close, destroyed, evolve, last_day_of, period_stream
from ledger.retention import CONTRACT, PAYMENT, RETAINED_IDENTITY
from tests.ledger.points.given import ACTOR, seoul, stamp

PERIOD = Period(PAYMENT.code, date(2024, 3, 8))
LAST = date(2029, 3, 7)
DUE = date(2029, 3, 8)


def closed() -> tuple[ClosedPeriod, PeriodClosed]:
    event = next(iter(close(None, PERIOD, stamp(seoul("2029-03-08")), as_of=DUE, actor=ACTOR)))
    return evolve(None, event), event


@pytest.mark.parametrize(
    ("day", "clock", "last"),
    [
        ("2024-03-07", "14:00", date(2029, 3, 7)),
        ("2024-02-29", "10:00", date(2029, 2, 28)),
        ("2027-02-28", "10:00", date(2032, 2, 29)),
        ("2024-03-07", "00:00", date(2029, 3, 6)),
    ],
)
def test_the_last_day_is_the_civil_acts(day: str, clock: str, last: date) -> None:
    assert last_day_of(Period(CONTRACT.code, first_counted_day(seoul(day, clock)))) == last


def test_the_retained_identitys_period_is_named_by_its_last_day() -> None:
    assert last_day_of(Period(RETAINED_IDENTITY.code, LAST)) == LAST


def test_a_period_does_not_close_on_its_last_day_nor_for_a_day_to_come() -> None:
    with pytest.raises(InvalidTime):
        close(None, PERIOD, stamp(seoul("2029-03-08")), as_of=LAST, actor=ACTOR)
    with pytest.raises(InvalidTime):
        close(None, PERIOD, stamp(seoul("2029-03-07")), as_of=DUE, actor=ACTOR)


def test_what_was_done_is_not_done_again() -> None:
    state, event = closed()
    at = seoul("2029-03-09")

    assert (event.last_day, event.as_of) == (LAST, DUE)
    assert close(state, PERIOD, stamp(at), as_of=DUE, actor=ACTOR) == ()
    events = destroyed(state, stamp(at), slot=SlotId(7), unreadable_since=at, actor=ACTOR)
    assert len(events) == 1
    state = evolve(state, events[0])
    assert destroyed(state, stamp(at), slot=SlotId(7), unreadable_since=at, actor=ACTOR) == ()


def test_a_history_that_cannot_have_happened_is_told() -> None:
    state, event = closed()
    at = seoul("2029-03-09")
    gone = next(iter(destroyed(state, stamp(at), slot=SlotId(7), unreadable_since=at, actor=ACTOR)))

    for before, late in ((state, event), (None, gone), (evolve(state, gone), gone)):
        assert isinstance(late, PeriodClosed | PeriodDestroyed)
        with pytest.raises(ContradictoryHistory):
            evolve(before, late)


def test_each_period_has_a_stream_of_its_own() -> None:
    others = [Period(CONTRACT.code, PERIOD.first_day), Period(PAYMENT.code, LAST)]

    assert len({period_stream(each) for each in [PERIOD, *others]}) == 3
    assert period_stream(PERIOD) == period_stream(Period(PAYMENT.code, date(2024, 3, 8)))
