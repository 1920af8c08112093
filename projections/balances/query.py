"""What an account has at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from psycopg_pool import ConnectionPool

from ledger import Balance
from projections.balances.as_of import fold_balance
from projections.errors import NoSuchAccount
from projections.log import read_events
from projections.sql_file import sql

READ_BALANCE: Final = sql(__file__, "read_balance")
FIND_MOVEMENTS: Final = sql(__file__, "find_movements")
READ_ACCOUNT: Final = sql(__file__, "read_account")


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as the read models know it."""

    account: UUID
    program: str
    status: str
    opened_at: datetime


class BalancesQuery:
    """Reads the live generation."""

    def __init__(self, pool: ConnectionPool[psycopg.Connection[Any]]) -> None:
        self._pool = pool

    def balance(self, account: UUID, at: datetime) -> Balance:
        """The balance at an instant, of what is known now: what is past its last day does not count, swept or not.

        Raises `NoSuchAccount`.
        """
        with self._pool.connection() as connection:
            row = connection.execute(READ_BALANCE, {"account": account, "at": at}).fetchone()
        if row is None:
            raise NoSuchAccount(account)
        return Balance(*row)

    def as_of(self, account: UUID, occurred_until: datetime, recorded_until: datetime | None = None) -> Balance:
        """The balance that the account had at an instant, of what had occurred by then.

        ``recorded_until``: of that only what was recorded by then. Folds the account's events, so that it costs what
        they are. Raises `NoSuchAccount`.
        """
        asked = {"account": account, "occurred_until": occurred_until, "recorded_until": recorded_until}
        with self._pool.connection() as connection, connection.transaction():
            connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            row = connection.execute(FIND_MOVEMENTS, asked).fetchone()
            if row is None:
                raise NoSuchAccount(account)
            zone, positions = row
            return fold_balance(read_events(connection, positions), occurred_until, ZoneInfo(zone))

    def account(self, account: UUID) -> AccountRow:
        """Raises `NoSuchAccount`."""
        with self._pool.connection() as connection:
            row = connection.execute(READ_ACCOUNT, [account]).fetchone()
        if row is None:
            raise NoSuchAccount(account)
        return AccountRow(*row)
