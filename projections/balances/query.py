"""What an account has at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from ledger import Balance
from projections.errors import NoSuchAccount
from projections.sql_file import sql

READ_BALANCE: Final = sql(__file__, "read_balance")
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
        """The balance at an instant, of the lots known now: what is past its last day does not count, swept or not.

        Held, pending and deficit points are none as long as no event makes any. Raises `NoSuchAccount`.
        """
        with self._pool.connection() as connection:
            row = connection.execute(READ_BALANCE, {"account": account, "at": at}).fetchone()
        if row is None:
            raise NoSuchAccount(account)
        available, next_expiry_on, next_expiry_points = row
        return Balance(
            available=available,
            held=0,
            pending=0,
            deficit=0,
            next_expiry_on=next_expiry_on,
            next_expiry_points=next_expiry_points,
        )

    def account(self, account: UUID) -> AccountRow:
        """Raises `NoSuchAccount`."""
        with self._pool.connection() as connection:
            row = connection.execute(READ_ACCOUNT, [account]).fetchone()
        if row is None:
            raise NoSuchAccount(account)
        return AccountRow(*row)
