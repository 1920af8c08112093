"""The oracle of a replay by examples that were reckoned by hand: what is owed, what stands in, what comes back late."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from service.replay.lots import COUPONS, DEFICITS, EXPIRED, HELD, MEMBER, PAYABLE, RECEIVABLE, REDEEMED, Books
from service.replay.till import Till

# Without a zone, as the data give them.
JANUARY, FEBRUARY, MARCH, APRIL = (datetime.fromisoformat(f"2017-{month:02}-01T00:10") for month in (1, 2, 3, 4))
A, B = "funder-a", "funder-b"


@pytest.fixture
def books() -> Books:
    return Books()


@pytest.fixture
def till(books: Books) -> Till:
    return Till(books)


def standing(books: Books, account: str, funder: str | None = None) -> int:
    """Credit positive."""
    return -sum(
        sum(words.values())
        for (code, owner, _), words in books.moved.items()
        if code == account and funder in (None, owner)
    )


def moved(books: Books, account: str) -> Counter[str]:
    """Credit positive, by movement."""
    sums: Counter[str] = Counter()
    for (code, _, _), words in books.moved.items():
        if code == account:
            sums.subtract(words)
    return sums


def test_what_expires_first_is_spent_first_and_comes_back_last(books: Books, till: Till) -> None:
    till.accrue(JANUARY, (A, 100, 6), (B, 30, 2))
    spent = till.pay(JANUARY, 50)
    assert spent is not None
    assert (standing(books, MEMBER, A), standing(books, MEMBER, B)) == (80, 0)

    till.refund(JANUARY, spent, 25)

    assert (standing(books, MEMBER, A), standing(books, MEMBER, B)) == (100, 5)
    assert standing(books, REDEEMED) == 25


def test_nobody_spends_more_than_there_is_or_what_is_past_its_month(till: Till) -> None:
    till.accrue(JANUARY, (A, 100, 1))

    assert till.pay(FEBRUARY, 101) is None
    assert till.pay(MARCH, 1) is None


def test_a_hold_that_nobody_ended_is_let_go_by_the_sweep_and_expires_if_it_is_late(books: Books, till: Till) -> None:
    till.accrue(JANUARY, (A, 100, 1))
    till.hold(JANUARY, 60, times_out=JANUARY + timedelta(minutes=30))
    assert standing(books, HELD) == 60

    till.sweep(MARCH)

    assert standing(books, HELD) == standing(books, MEMBER) == 0
    assert standing(books, EXPIRED) == 100


def test_a_capture_takes_the_first_of_what_was_held(books: Books, till: Till) -> None:
    till.accrue(JANUARY, (A, 100, 6), (B, 30, 2))
    held = till.hold(JANUARY, 50, times_out=FEBRUARY)
    assert held is not None

    till.capture(JANUARY, held, 40)

    assert (standing(books, REDEEMED, B), standing(books, REDEEMED, A)) == (30, 10)
    assert standing(books, MEMBER) == 90


def test_what_a_clawback_does_not_find_is_owed_and_paid_by_the_next_points_of_anybody(books: Books, till: Till) -> None:
    [lot] = till.accrue(JANUARY, (A, 100, 6))
    till.pay(JANUARY, 80)
    till.claw_back(JANUARY, lot, 100)
    assert (standing(books, MEMBER), standing(books, DEFICITS, A)) == (0, -80)

    till.accrue(JANUARY, (B, 50, 6))

    assert (standing(books, MEMBER), standing(books, DEFICITS, A)) == (0, -30)
    assert (standing(books, PAYABLE, B), standing(books, RECEIVABLE, A)) == (50, -50)


def test_points_that_come_back_to_what_was_clawed_back_pay_its_debt_and_release_what_stood_in(
    books: Books, till: Till
) -> None:
    [other] = till.accrue(JANUARY, (A, 20, 8))
    [lot] = till.accrue(JANUARY, (A, 100, 6))
    spent = till.pay(JANUARY, 100)
    assert spent is not None
    till.claw_back(JANUARY, lot, 100)
    assert (other.points, lot.owed, standing(books, MEMBER)) == (0, 80, 0)

    till.refund(JANUARY, spent, 100)

    assert (other.points, lot.points, lot.owed) == (20, 0, 0)
    assert (standing(books, MEMBER), standing(books, DEFICITS)) == (20, 0)
    assert moved(books, MEMBER)["repay"] == -80
    assert moved(books, MEMBER)["clawback-return"] == 0  # within one funder points change their lot alone


def test_a_refund_to_points_past_their_month_expires_at_once(books: Books, till: Till) -> None:
    till.accrue(JANUARY, (A, 100, 1))
    spent = till.pay(JANUARY, 100)
    assert spent is not None

    till.refund(MARCH, spent, 100)

    assert standing(books, MEMBER) == 0
    assert moved(books, MEMBER) == Counter({"accrue": 100, "pay": -100, "refund": 100, "expire": -100})


def test_a_coupon_is_used_or_expires_after_its_day(books: Books, till: Till) -> None:
    till.accrue(JANUARY, (A, 100, 6))
    used = till.exchange(JANUARY, 40, date(2017, 1, 31))
    till.exchange(JANUARY, 50, date(2017, 2, 1))
    assert used is not None

    till.use_coupon(JANUARY, used)
    till.sweep(FEBRUARY)
    assert (standing(books, COUPONS), standing(books, REDEEMED)) == (50, 40)
    till.sweep(MARCH)

    assert (standing(books, COUPONS), standing(books, EXPIRED)) == (0, 50)


def test_a_promise_lasts_from_its_confirmation(books: Books, till: Till) -> None:
    kept, broken = till.pend(JANUARY, 100), till.pend(JANUARY, 10)
    till.confirm(FEBRUARY, kept, 1)
    till.cancel(FEBRUARY, broken)

    assert till.sweep(MARCH) == 100  # told of what is gone at the end of the month
    assert standing(books, MEMBER) == 100
    till.sweep(APRIL)
    assert standing(books, MEMBER) == 0
