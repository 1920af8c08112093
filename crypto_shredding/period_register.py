"""Which retention periods have ever had a key, so that those whose day has come can be found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg

from crypto_shredding.box import Period, SlotId
from crypto_shredding.postgres_connection import CONNECT_SECONDS_MAX, answering
from crypto_shredding.statements import statement


@dataclass(frozen=True, slots=True)
class IssuedPeriod:
    """A period and its slot, which is the same for ever."""

    period: Period
    slot: SlotId


class PeriodRegister:
    """Reads the keys database on a connection of its own: a retention run asks once a day, and holds no key."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def issued(self) -> list[IssuedPeriod]:
        """Every period that ever had a key, destroyed or not, in the order of class and day.

        Raises KeyStoreUnavailable.
        """
        rows = answering("read periods", self._read)
        return [IssuedPeriod(Period(class_code, first_day), SlotId(slot)) for class_code, first_day, slot in rows]

    def _read(self) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._dsn, autocommit=True, connect_timeout=CONNECT_SECONDS_MAX) as connection:
            return connection.execute(statement("read_issued_periods")).fetchall()
