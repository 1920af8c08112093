"""Trial balance, roll-forward, ties and drill-down."""

from __future__ import annotations

from datetime import UTC, date, datetime

import psycopg

from benchmarks.history import History
from projections import (
    COLUMNS,
    BalancesQuery,
    Figure,
    JournalQuery,
    RollForwardQuery,
    TrialBalanceQuery,
)
from tests.projections.conftest import Pool, Project


def three_months(history: History) -> None:
    """January earns, February spends, March gives back; one accrual of January is recorded in March."""
    account = history.open()
    history.now = datetime(2017, 1, 10, tzinfo=UTC)
    history.accrue(account, 1_000)
    history.now = datetime(2017, 2, 10, tzinfo=UTC)
    paid = history.pay(account, 300)
    history.exchange(account, 200)
    history.now = datetime(2017, 3, 10, tzinfo=UTC)
    history.refund(account, paid)
    history.accrue(account, 50, occurred_at=datetime(2017, 1, 20, tzinfo=UTC))


def test_the_trial_balance_is_zero_in_each_program_and_in_total(app_pool: Pool, project: Project) -> None:
    history = History(seed=11, programs=("ACME", "PAY", "BLUE"))
    history.run(3_000, accounts=30)
    for _ in range(20):
        history.accrue(history.open("PAY"), 17, kind="paid")
    project(history.events)

    balance = TrialBalanceQuery(app_pool).as_of()

    assert balance.sums == {"ACME": 0, "BLUE": 0, "PAY": 0}
    assert balance.total == 0
    assert balance.is_balanced
    assert sum(row.debit for row in balance.rows) == sum(row.credit for row in balance.rows) > 100_000
    assert len({row.account.code for row in balance.rows}) == 7


def test_a_trial_balance_that_is_not_zero_says_so(ledger_dsn: str, app_pool: Pool, project: Project) -> None:
    history = History(seed=11)
    history.run(100, accounts=3)
    project(history.events)
    with psycopg.connect(ledger_dsn) as thief:
        thief.execute("UPDATE projections.journal SET points = points + 1 WHERE position = 50 AND line = 0")

    assert not TrialBalanceQuery(app_pool).as_of().is_balanced


def test_a_trial_balance_is_as_of_a_day_that_things_occurred(
    app_pool: Pool, project: Project, history: History
) -> None:
    three_months(history)
    project(history.events)

    def owed(**as_of: object) -> dict[str, int]:
        rows = TrialBalanceQuery(app_pool).as_of(**as_of).rows  # type: ignore[arg-type]
        return {row.account.code: row.points for row in rows}

    assert owed(occurred_until=date(2017, 1, 31)) == {"member_points": -1_050, "points_expense": 1_050}
    assert owed(occurred_until=date(2017, 2, 28)) == {
        "member_points": -550,
        "points_expense": 1_050,
        "redemption_clearing": -300,
        "coupon_liability": -200,
    }


def test_a_trial_balance_is_as_of_an_instant_at_which_things_were_recorded(
    app_pool: Pool, project: Project, history: History
) -> None:
    three_months(history)
    project(history.events)
    query = TrialBalanceQuery(app_pool)

    known_then = query.as_of(
        occurred_until=date(2017, 1, 31), recorded_until=datetime(2017, 2, 1, tzinfo=UTC), program="ACME"
    )

    assert [row.points for row in known_then.rows] == [-1_000, 1_000]
    assert query.as_of(program="ANOTHER").rows == ()


def test_the_roll_forward_opens_moves_and_closes_every_month(
    app_pool: Pool, project: Project, history: History
) -> None:
    three_months(history)
    history.now = datetime(2017, 5, 10, tzinfo=UTC)
    history.accrue(history.open(), 1)
    project(history.events)

    rows = RollForwardQuery(app_pool).months(program="ACME")

    assert [(row.month.month, row.opening, row.closing) for row in rows] == [
        (1, 0, 1_050),
        (2, 1_050, 550),
        (3, 550, 850),
        (4, 850, 850),
        (5, 850, 851),
    ]
    assert {word: points for word, points in rows[1].movements.items() if points} == {"pay": -300, "exchange": -200}
    assert {word: points for word, points in rows[2].movements.items() if points} == {"refund": 300}
    assert all(row.ties and tuple(row.movements) == COLUMNS for row in rows)


def test_a_movement_without_a_column_does_not_tie(ledger_dsn: str, app_pool: Pool, project: Project) -> None:
    history = History(seed=2)
    three_months(history)
    project(history.events)
    with psycopg.connect(ledger_dsn) as connection:
        connection.execute("UPDATE projections.journal SET movement = 'gift' WHERE movement = 'exchange'")

    assert [row.ties for row in RollForwardQuery(app_pool).months()] == [True, False, True]


def test_the_roll_forward_ties_to_the_balances_and_to_the_events(app_pool: Pool, project: Project) -> None:
    history = History(seed=5, programs=("ACME", "PAY"))
    history.run(3_000, accounts=30)
    project(history.events)
    query = RollForwardQuery(app_pool)

    ties = query.ties()

    closing = {(row.program, row.kind, row.funder): row.closing for row in query.months()}
    assert len(ties) == 12
    assert all(each.agrees for each in ties)
    assert closing == {(each.program, each.kind, each.funder): each.journal for each in ties}
    assert sum(closing.values()) == sum(history.points(account) for account in list(history.lots))


def test_books_that_do_not_tie_say_by_how_much(ledger_dsn: str, app_pool: Pool, project: Project) -> None:
    history = History(seed=5)
    account = history.open()
    history.accrue(account, 100)
    project(history.events)
    with psycopg.connect(ledger_dsn) as thief:
        thief.execute("UPDATE projections.lot SET points = points + 1")

    (owed,) = RollForwardQuery(app_pool).ties()

    assert (owed.journal, owed.balances, owed.events) == (100, 101, 100)
    assert not owed.agrees
    assert BalancesQuery(app_pool).balance(account, history.now).available == 101


def test_every_figure_leads_to_its_entries_and_every_entry_to_its_event(app_pool: Pool, project: Project) -> None:
    history = History(seed=9, programs=("ACME", "PAY"))
    history.run(1_000, accounts=10)
    project(history.events)
    journal = JournalQuery(app_pool)

    trial_balance = TrialBalanceQuery(app_pool).as_of(occurred_until=date(2017, 1, 8))
    for row in trial_balance.rows:
        entries = journal.entries(trial_balance.figure(row), limit=10_000)
        assert sum(line.points for line in entries) == row.points
    for month in RollForwardQuery(app_pool).months():
        for word, points in month.movements.items():
            entries = journal.entries(month.figure(word), limit=10_000)
            assert -sum(line.points for line in entries) == points

    line = journal.entries(Figure(movement="refund"))[0]
    event = journal.event(line.position)
    assert event is not None
    assert event == history.events[line.position - 1][1]
    assert sum(each.points for each in journal.entry(line.position)) == 0
    assert journal.event(1_001) is None


def test_entries_come_in_pages(app_pool: Pool, project: Project, history: History) -> None:
    account = history.open()
    for _ in range(5):
        history.accrue(account, 10)
    project(history.events)
    journal = JournalQuery(app_pool)

    first = journal.entries(Figure(), limit=7)
    rest = journal.entries(Figure(), after=(first[-1].position, first[-1].line), limit=7)

    assert (len(first), len(rest)) == (7, 3)
    assert len({(line.position, line.line) for line in first + rest}) == 10
