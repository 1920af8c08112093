"""What an account has at an instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from benchmarks.history import History
from projections import BalancesQuery, NoSuchAccount
from tests.projections.conftest import Pool, Project

LAST_DAY = date(2017, 3, 31)
LAST_INSTANT = datetime(2017, 3, 31, 14, 59, 59, 999999, tzinfo=UTC)  # 23:59:59.999999 in Seoul


def test_points_count_to_the_end_of_their_last_day_in_the_programs_zone(
    app_pool: Pool, project: Project, history: History
) -> None:
    account = history.open()
    history.accrue(account, 100, expires_on=LAST_DAY)
    history.accrue(account, 30)
    project(history.events)
    balances = BalancesQuery(app_pool)

    on_the_day = balances.balance(account, LAST_INSTANT)
    after_it = balances.balance(account, LAST_INSTANT + timedelta(microseconds=1))

    assert (on_the_day.available, on_the_day.next_expiry_on, on_the_day.next_expiry_points) == (130, LAST_DAY, 100)
    assert (after_it.available, after_it.next_expiry_on, after_it.next_expiry_points) == (30, None, 0)


def test_points_do_not_count_before_they_are_usable(app_pool: Pool, project: Project, history: History) -> None:
    account = history.open()
    usable_at = history.now + timedelta(days=7)
    history.accrue(account, 100, usable_at=usable_at)
    project(history.events)
    balances = BalancesQuery(app_pool)

    assert balances.balance(account, usable_at - timedelta(microseconds=1)).available == 0
    assert balances.balance(account, usable_at).available == 100


def test_a_balance_follows_every_movement(app_pool: Pool, project: Project, history: History) -> None:
    account = history.open()
    history.accrue(account, 100, expires_on=LAST_DAY)
    history.accrue(account, 50)
    paid = history.pay(account, 120)
    history.exchange(account, 10)
    history.refund(account, paid)
    history.expire(account, LAST_DAY + timedelta(days=1))
    project(history.events)

    assert BalancesQuery(app_pool).balance(account, history.now).available == 40


def test_points_refunded_with_grace_have_a_later_day_than_the_rest_of_their_lot(
    app_pool: Pool, project: Project, history: History
) -> None:
    account = history.open()
    history.accrue(account, 100, expires_on=LAST_DAY)
    paid = history.pay(account, 60)
    project(history.events)
    already = len(history.events)
    history.refund(account, paid, expires_on=date(2017, 4, 30))
    before = BalancesQuery(app_pool).balance(account, LAST_INSTANT)

    project(history.events[already:])

    assert before.available == 40
    assert BalancesQuery(app_pool).balance(account, LAST_INSTANT).available == 100
    assert BalancesQuery(app_pool).balance(account, LAST_INSTANT + timedelta(days=1)).available == 60


def test_an_account_that_nobody_opened_is_not_an_account_without_points(app_pool: Pool, history: History) -> None:
    with pytest.raises(NoSuchAccount):
        BalancesQuery(app_pool).balance(history.id(), history.now)


def test_an_account_tells_its_program_and_whether_it_left(app_pool: Pool, project: Project, history: History) -> None:
    account = history.open()
    history.accrue(account, 100)
    history.leave(account)
    project(history.events)

    row = BalancesQuery(app_pool).account(account)

    assert (row.program, row.status, row.opened_at) == ("ACME", "left", history.now)
    assert BalancesQuery(app_pool).balance(account, history.now).available == 0
