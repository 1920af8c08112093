"""The trial balance: what stands on each account, as of any day of occurrence and any instant of recording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import psycopg
from psycopg_pool import ConnectionPool

from projections.journal.chart import DEFAULT_CHART, Chart, ChartAccount
from projections.journal.rows import Figure
from projections.sql_file import sql

READ_TRIAL_BALANCE: Final = sql(__file__, "read_trial_balance")


@dataclass(frozen=True, slots=True)
class TrialBalanceRow:
    """One account of the chart in one program, by kind and funder; ``points`` debit positive."""

    program: str
    account: ChartAccount
    kind: str
    funder: str
    points: int

    @property
    def debit(self) -> int:
        """What is shown on the left; 0 when the account stands on the right."""
        return max(self.points, 0)

    @property
    def credit(self) -> int:
        """What is shown on the right; 0 when the account stands on the left."""
        return max(-self.points, 0)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Rows in the order of program and chart, with what they were asked for."""

    occurred_until: date | None
    recorded_until: datetime | None
    rows: tuple[TrialBalanceRow, ...]

    @property
    def sums(self) -> Mapping[str, int]:
        """The sum of each program: zero, or the books are wrong."""
        sums: dict[str, int] = {}
        for row in self.rows:
            sums[row.program] = sums.get(row.program, 0) + row.points
        return sums

    @property
    def total(self) -> int:
        """The sum of everything: zero."""
        return sum(row.points for row in self.rows)

    @property
    def is_balanced(self) -> bool:
        """Whether each program and the total sum to zero."""
        return self.total == 0 and not any(self.sums.values())

    def figure(self, row: TrialBalanceRow) -> Figure:
        """What to ask `JournalQuery.entries` for, to see what a row is the sum of."""
        return Figure(
            program=row.program,
            account_code=row.account.code,
            kind=row.kind,
            funder=row.funder,
            until=self.occurred_until,
            recorded_until=self.recorded_until,
        )


class TrialBalanceQuery:
    """Reads the live generation; the chart names the accounts, and each account of the journal must be in it."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]], chart: Chart = DEFAULT_CHART) -> None:
        self._pool = pool
        self._chart = chart
        self._order = {code: place for place, code in enumerate(chart)}

    def as_of(
        self,
        *,
        occurred_until: date | None = None,
        recorded_until: datetime | None = None,
        program: str | None = None,
    ) -> TrialBalance:
        """``occurred_until`` is a day, inclusive; ``recorded_until`` shows the books as known at that instant."""
        asked = {"occurred_until": occurred_until, "recorded_until": recorded_until, "program": program}
        with self._pool.connection() as connection:
            found = connection.execute(READ_TRIAL_BALANCE, asked).fetchall()
        rows = [TrialBalanceRow(name, self._chart[code], *rest) for name, code, *rest in found]
        rows.sort(key=lambda row: (row.program, self._order[row.account.code], row.kind, row.funder))
        return TrialBalance(occurred_until, recorded_until, tuple(rows))
