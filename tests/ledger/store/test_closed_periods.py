"""Closed periods and the newest key of the blind index, as `ledger.append` asks for them under the shard's lock."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from crypto_shredding import Period
from tests.ledger.store.making import DAY, append, entry, event, indexed, opening, statuses

Connection = psycopg.Connection[Any]


def test_a_closed_period_refuses_what_uses_it_and_neither_other_days_nor_other_classes(app: Connection) -> None:
    append(app, opening(ends=(DAY,)))

    answered = append(
        app,
        opening(periods=(Period(4, DAY.first_day), DAY)),
        opening(periods=(Period(4, DAY.first_day), Period(3, date(2024, 3, 9)))),
        opening(),
    )

    assert statuses(answered) == ["PERIOD_CLOSED", "APPENDED", "APPENDED"]


def test_a_period_closed_inside_a_batch_refuses_what_comes_after_it(app: Connection) -> None:
    answered = append(app, opening(periods=(DAY,)), opening(ends=(DAY,)), opening(periods=(DAY,)))

    assert statuses(answered) == ["APPENDED", "APPENDED", "PERIOD_CLOSED"]


def test_a_period_that_a_refused_entry_would_have_closed_stays_open(app: Connection) -> None:
    answered = append(app, entry(event(uuid4(), 4), ends=(DAY,)), opening(periods=(DAY,)))

    assert statuses(answered) == ["CONFLICT", "APPENDED"]


def test_a_period_closes_once_and_its_first_closing_stands(app: Connection) -> None:
    append(app, opening(ends=(DAY,)))
    append(app, opening(ends=(DAY,)))

    assert app.execute("SELECT class, first_day, position FROM ledger.closed_period").fetchall() == [
        (3, date(2024, 3, 8), 1)
    ]


def test_an_index_row_is_made_under_the_newest_key_alone_and_goes_with_its_class(app: Connection) -> None:
    member, other = uuid4(), uuid4()
    append(app, opening(index_key=7), opening(index_rows=(indexed(member),)))

    tagged = [opening(index_rows=(indexed(other),)), opening(index_rows=(indexed(other, 8),))]
    answered = append(app, opening(index_key=8), *tagged)
    append(app, entry(event(uuid4(), 5), closes=((other, 1),)), opening(closes=((member, 1), (other, 2))))

    assert statuses(answered) == ["APPENDED", "INDEX_MOVED", "APPENDED"]
    assert statuses(append(app, opening(index_rows=(indexed(member),)))) == ["INDEX_MOVED"]
    assert app.execute("SELECT member, slot FROM ledger.blind_index").fetchall() == [(other, 8)]


@pytest.mark.parametrize("day", [date.min, date(1999, 12, 31), date(2000, 1, 1), date(2024, 2, 29), date.max])
def test_every_day_arrives_as_it_was_sent(app: Connection, day: date) -> None:
    append(app, opening(ends=(Period(6, day),)))

    assert app.execute("SELECT first_day FROM ledger.closed_period").fetchall() == [(day,)]
