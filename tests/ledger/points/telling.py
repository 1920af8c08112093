"""An account and the oracle's, told in the same words, so that they can be compared as a whole."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.calendar import SEOUL
from ledger.points.account import Account
from ledger.points.balance import balance
from tests.ledger.points.oracle import NEVER, Oracle

FIRST_DAY = date(2024, 2, 27)  # a leap day lies ahead
MIDNIGHT = datetime(2024, 2, 26, 15, tzinfo=UTC)
"""The first day's, in Seoul, which has no summer time."""


def instant(minute: int) -> datetime:
    return MIDNIGHT + timedelta(minutes=minute)


def minute(at: datetime) -> int:
    return (at - MIDNIGHT) // timedelta(minutes=1)


def day_named(day: int) -> date | None:
    return None if day == NEVER else FIRST_DAY + timedelta(days=day)


def number_of(last: date | None) -> int:
    return NEVER if last is None else (last - FIRST_DAY).days


def points_of(draws: Iterable[Any]) -> list[tuple[Any, int]]:
    return [point for each in draws for point in [(each.lot_id, number_of(each.expires_on))] * each.points]


def account_told(account: Account) -> dict[str, Any]:
    """Everything that the ledger knows of the account, but for its slots and who holds it."""
    aside = account.aside
    return {
        "status": account.status,
        "bag": Counter(points_of(account.open_lots)),
        "points": account.open_points,
        "terms": {
            lot.lot_id: (lot.points, lot.kind == "paid", lot.funder, lot.priority, minute(lot.earned_at),
                         minute(lot.usable_at), number_of(lot.expires_on), lot.sequence, lot.own_use)
            for lot in [*account.lots.values(), *aside.pending.values()]
        },
        "promised": set(aside.pending),
        "cancelled": set(aside.cancelled),
        "spent": {
            each.spending_id: (minute(each.occurred_at), points_of(each.draws),
                               0 if each.cash is None else each.cash.amount, each.refunded,
                               each.refunded_cash, None if each.coupon is None else each.coupon.status)
            for each in account.spendings.values()
        },
        "holds": {
            each.hold_id: (minute(each.occurred_at), points_of(each.draws), each.status, each.spending_id,
                           each.times_out_at and minute(each.times_out_at))
            for each in aside.holds.values()
        },
        "clawed": {
            name: (each.funder, minute(each.at), each.points, each.lapsed, each.owed, points_of(each.stand_ins))
            for name, each in aside.clawed.items()
        },
        "owing": list(aside.owing),
        "gone": +Counter(dict(aside.lapsed)),
        "barred": set(aside.barred),
        "claims": sorted(
            (minute(each.claimed_at), each.points, each.money.amount, each.is_settled) for each in aside.claims.values()
        ),
        "latest": minute(account.latest_at),
        "sums": (account.held, account.pending, account.deficit),
    }  # fmt: skip


def oracle_told(oracle: Oracle) -> dict[str, Any]:
    open_holds = [each for each in oracle.holds.values() if each.status in ("open", "authorising")]
    return {
        "status": oracle.status,
        "bag": +oracle.bag,
        "points": sum(oracle.bag.values()),
        "terms": {
            name: (
                each.points,
                each.bought,
                each.funder,
                each.rank,
                each.earned,
                each.usable,
                each.last,
                each.number,
                each.own,
            )
            for name, each in [*oracle.terms.items(), *oracle.promised.items()]
        },
        "promised": set(oracle.promised),
        "cancelled": oracle.cancelled,
        "spent": {
            name: (each.at, each.took, each.cash, each.back, each.cash_back, each.coupon)
            for name, each in oracle.spent.items()
        },
        "holds": {
            name: (each.at, each.took, each.status, each.became, each.ends) for name, each in oracle.holds.items()
        },
        "clawed": {
            name: (each.funder, each.at, each.total, each.lapsed, each.owed, each.others)
            for name, each in oracle.clawed.items()
        },
        "owing": oracle.owing,
        "gone": +oracle.gone,
        "barred": oracle.barred,
        "claims": sorted((each.at, each.points, each.money, each.settled) for each in oracle.claims),
        "latest": oracle.latest,
        "sums": (
            sum(len(each.took) for each in open_holds),
            sum(each.points for each in oracle.promised.values()),
            sum(each.owed for each in oracle.clawed.values()),
        ),
    }


def balance_told(account: Account, at: int) -> dict[str, Any]:
    told = balance(account, instant(at), SEOUL)
    next_on = told.next_expiry_on
    return {
        "available": told.available,
        "held": told.held,
        "pending": told.pending,
        "deficit": told.deficit,
        "next": None if next_on is None else (number_of(next_on), told.next_expiry_points),
    }
