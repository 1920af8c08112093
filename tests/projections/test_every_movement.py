"""The read models over logs with every kind of event: they balance, tie, and say what the domain says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from benchmarks.history import Log, append
from crypto_shredding import OpenRequest
from ledger import SEOUL, start_of
from ledger.points.account import Account
from ledger.points.balance import balance
from ledger.points.events import HoldReleased, PointsHeld
from ledger.points.evolve import evolve
from projections import (
    BY_WORD,
    CARRIED,
    BalancesQuery,
    CannotApply,
    Projector,
    RollForwardQuery,
    StatementLine,
    StatementQuery,
    TrialBalanceQuery,
    rebuild,
)
from tests.projections.conftest import Pool, Project
from tests.projections.rich_log import RichLog
from tests.projections.tables import all_rows

LATE = 0.3


@pytest.fixture(params=[(4, 0.0), (11, 0.0), (23, LATE)], ids=["4", "11", "23 late"])
def log(request: pytest.FixtureRequest, project: Project) -> RichLog:
    """Random commands to accounts of three programs, projected."""
    seed, late = request.param
    log = RichLog(seed, late=late)
    log.run(1_200)
    project(log.events)
    return log


class Unopened:
    """An opener that says nothing of any text."""

    def open_each(self, requests: Sequence[OpenRequest]) -> list[str]:
        return ["…" for _ in requests]


def test_the_trial_balance_is_zero_for_each_program_kind_and_funder_at_any_time(log: RichLog, app_pool: Pool) -> None:
    query = TrialBalanceQuery(app_pool)
    half = log.events[len(log.events) // 2][1]

    for found in (
        query.as_of(),
        query.as_of(occurred_until=half.occurred_at.date()),
        query.as_of(recorded_until=half.recorded_at),
    ):
        sums: Counter[tuple[str, str, str]] = Counter()
        for row in found.rows:
            sums[row.program, row.kind, row.funder] += row.points
        assert not any(sums.values())
        assert found.is_balanced
        assert len(found.rows) > 20


def test_what_partners_owe_each_other_and_what_is_on_its_way_between_accounts_cancels(
    log: RichLog, app_pool: Pool
) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    for row in TrialBalanceQuery(app_pool).as_of().rows:
        sums[row.program, row.account.code] += row.points

    for program in log.programs:
        assert sums[program, "partner_payable"] == -sums[program, "partner_receivable"]
        assert sums[program, "transfer_clearing"] == 0
    assert any(sums[program, "partner_payable"] for program in log.programs)


def test_every_roll_forward_ties_in_every_month_and_closes_with_what_the_accounts_have(
    log: RichLog, app_pool: Pool
) -> None:
    query = RollForwardQuery(app_pool)
    closing = Counter({code: sum(_last_of(query, code)) for code in CARRIED})
    accounts = log.accounts.values()

    for code in CARRIED:
        assert all(row.ties for row in query.months(account_code=code)), code
    assert closing["member_points"] == sum(account.open_points for account in accounts)
    assert closing["held_points"] == sum(account.held for account in accounts)
    assert closing["pending_points"] == sum(account.pending for account in accounts)
    assert closing["deficits"] == sum(account.deficit for account in accounts)


def test_journal_balances_and_events_agree_on_what_members_have_hold_are_promised_and_owe(
    log: RichLog, app_pool: Pool
) -> None:
    ties = RollForwardQuery(app_pool).ties()

    assert all(each.agrees for each in ties)
    assert {each.account_code for each in ties} == {"member_points", "held_points", "pending_points", "deficits"}


def test_an_account_that_carries_no_balance_has_no_roll_forward(app_pool: Pool) -> None:
    with pytest.raises(ValueError, match="carries no balance"):
        RollForwardQuery(app_pool).months(account_code="points_expense")


def test_each_account_has_the_balance_and_the_standing_that_the_domain_gives_it(log: RichLog, app_pool: Pool) -> None:
    query = BalancesQuery(app_pool)

    for account in log.accounts.values():
        for at in (log.now, log.now + timedelta(days=40)):
            assert query.balance(account.account_id, at) == balance(account, at)
        assert query.account(account.account_id).status == account.status


def test_a_balance_as_of_an_instant_is_that_of_what_had_occurred_and_was_recorded(
    log: RichLog, app_pool: Pool
) -> None:
    query = BalancesQuery(app_pool)

    for account_id in log.accounts:
        for at in _instants(log):
            then = _folded(log, account_id, at)
            assert query.as_of(account_id, log.now, at) == balance(then, log.now)
            if not log.late:
                assert query.as_of(account_id, at) == query.as_of(account_id, at, at) == balance(then, at)


def test_a_balance_as_of_the_end_of_a_day_has_beside_it_what_the_statement_of_the_day_has(
    log: RichLog, app_pool: Pool
) -> None:
    balances = BalancesQuery(app_pool)
    statements = StatementQuery(app_pool, Unopened())  # type: ignore[arg-type]  # its answers are texts

    for account_id in log.accounts:
        for day in {at.date() for at in _instants(log)}:
            page = statements.page(account_id, until=day, limit=1)
            then = balances.as_of(account_id, start_of(day + timedelta(days=1), SEOUL) - timedelta(microseconds=1))
            assert (then.held, then.deficit) == (page.held, page.owed)
            assert then.available + then.pending - page.pending <= page.closing


def test_a_statement_runs_to_what_the_account_has_and_shows_what_is_beside(log: RichLog, app_pool: Pool) -> None:
    statements = StatementQuery(app_pool, Unopened())  # type: ignore[arg-type]  # its answers are texts

    for account in log.accounts.values():
        page = statements.page(account.account_id, limit=1_000)
        running = held = 0
        for line in page.lines:
            running += line.points
            held += line.held
            assert (line.balance, line.held_balance) == (running, held)
        assert page.closing == running == account.open_points
        assert (page.held, page.pending, page.owed) == (account.held, account.pending, account.deficit)
        assert sum(line.pending for line in page.lines) == account.pending
        assert sum(line.owed for line in page.lines) == account.deficit


def test_every_movement_is_shown_to_somebody_and_pages_carry_both_balances_on(log: RichLog, app_pool: Pool) -> None:
    statements = StatementQuery(app_pool, Unopened())  # type: ignore[arg-type]  # its answers are texts
    shown = set()

    for account_id in log.accounts:
        whole = statements.page(account_id, limit=1_000).lines
        pages: list[StatementLine] = []
        after = 0
        while True:
            page = statements.page(account_id, limit=7, after=after)
            pages += page.lines
            if page.next_after is None:
                break
            after = page.next_after
        assert tuple(pages) == whole
        shown |= {line.movement for line in whole}

    assert len(shown) > 20
    assert shown <= BY_WORD.keys()


def test_rebuilt_read_models_are_the_live_ones_whatever_the_batches_were(
    ledger_dsn: str, projector: Projector
) -> None:
    log = RichLog(seed=4)
    log.run(900)
    append(ledger_dsn, log.events)
    while projector._step(None, log.random.randint(1, 60)):
        pass
    live = all_rows(ledger_dsn)

    report = rebuild(ledger_dsn)

    assert report.equal
    assert all_rows(ledger_dsn) == live
    assert all(live.values())


def test_points_beside_the_lots_that_are_not_there_stop_the_runner(ledger_dsn: str, projector: Projector) -> None:
    log = RichLog(seed=4)
    log.run(900)
    releases = {event.hold_id: event for _, event in log.events if isinstance(event, HoldReleased)}
    # One whose lots were not extended meanwhile: their points would lie under a day that is not there yet.
    place, stream, released = next(
        (place, stream, releases[event.id])
        for place, (stream, event) in enumerate(log.events)
        if isinstance(event, PointsHeld) and event.id in releases and releases[event.id].draws == event.draws
    )
    Log(ledger_dsn).append([*log.events[:place], (stream, released)])

    with pytest.raises(CannotApply) as stopped:
        projector.catch_up()

    assert stopped.value.position == place + 1
    assert isinstance(stopped.value.cause, psycopg.errors.CheckViolation)


def _last_of(query: RollForwardQuery, code: str) -> list[int]:
    """The closing of each owner's last month."""
    last = {(row.program, row.kind, row.funder): row.closing for row in query.months(account_code=code)}
    return list(last.values())


def _instants(log: RichLog) -> list[datetime]:
    """Some instants, each after one event and before the next."""
    return sorted({event.recorded_at for _, event in log.events})[100::150]


def _folded(log: RichLog, account_id: UUID, until: datetime) -> Account:
    """The domain's account after what was recorded by then."""
    account = None
    for stream, event in log.events:
        if stream == account_id and (event.recorded_at <= until or account is None):
            account = evolve(account, event)  # type: ignore[arg-type]  # an event of an account
    assert account is not None
    return account
