"""The books as a house reads them: balances, reports, comparisons. None of it needs the keys."""

from __future__ import annotations

from datetime import date, datetime
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg

from ledger import Balance, InvalidCommand, UnknownAccount, UnknownProgram, check
from projections import (
    CARRIED,
    MEMBER_POINTS,
    BalancesQuery,
    Comparison,
    NoSuchAccount,
    RebuildReport,
    RollForwardQuery,
    RollForwardRow,
    TrialBalance,
    TrialBalanceQuery,
    knows_program,
    rebuild,
)

if TYPE_CHECKING:
    from service.wiring import Wiring


def refuse_other_days(*, recorded_until: object = None, **days: object) -> None:
    """Raises `ledger.InvalidCommand`: a day is no instant, whose hour the books would drop; an instant has a zone."""
    for name, day in days.items():
        if day is not None and type(day) is not date:
            raise InvalidCommand(name, "is a day (datetime.date), in the program's zone")
    if recorded_until is not None and not (isinstance(recorded_until, datetime) and recorded_until.tzinfo):
        raise InvalidCommand("recorded_until", "is an instant with a time zone")


class Books:
    """The reading half of a `House`. Thread-safe; each report sees what was written before it."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self._one_at_a_time = Lock()

    def balance(self, account: UUID, at: datetime | None = None) -> Balance:
        """What the account has now, or would have at an instant if nothing more happened. Works without the keys.

        Raises `ledger.UnknownAccount`.
        """
        at = self.instant(at)
        check("account", account, UUID)
        self.catch_up()
        try:
            return BalancesQuery(self.wiring.readers).balance(account, at)
        except NoSuchAccount:
            raise UnknownAccount(account) from None

    def balance_as_of(self, account: UUID, at: datetime, *, recorded_until: datetime | None = None) -> Balance:
        """What the account had at an instant, of what had occurred by then; and of that, what had been recorded.

        Folds the account's events. Raises `ledger.UnknownAccount`.
        """
        check("account", account, UUID)
        check("at", at, datetime)
        refuse_other_days(recorded_until=recorded_until)
        self.catch_up()
        try:
            return BalancesQuery(self.wiring.readers).as_of(account, at, recorded_until)
        except NoSuchAccount:
            raise UnknownAccount(account) from None

    def trial_balance(
        self, *, occurred_until: date | None = None, recorded_until: datetime | None = None, program: str | None = None
    ) -> TrialBalance:
        """What stands on each account of the books; sums to zero.

        Raises, in this order: `ledger.InvalidCommand` for what is no day or no instant, `ledger.UnknownProgram`.
        """
        refuse_other_days(recorded_until=recorded_until, occurred_until=occurred_until)
        self._catch_up_with(program)
        query = TrialBalanceQuery(self.wiring.readers)
        return query.as_of(occurred_until=occurred_until, recorded_until=recorded_until, program=program)

    def roll_forward(
        self,
        *,
        account_code: str = MEMBER_POINTS,
        program: str | None = None,
        until: date | None = None,
        recorded_until: datetime | None = None,
    ) -> tuple[RollForwardRow, ...]:
        """What stands on an account of the books (what members are owed), month by month: opening, movements, closing.

        Raises, in this order: `ledger.InvalidCommand` for an account that carries no balance, `ledger.UnknownProgram`.
        """
        refuse_other_days(recorded_until=recorded_until, until=until)
        if account_code not in CARRIED:
            raise InvalidCommand("account_code", f"carries no balance; these do: {', '.join(CARRIED)}")
        self._catch_up_with(program)
        query = RollForwardQuery(self.wiring.readers)
        return query.months(account_code=account_code, program=program, until=until, recorded_until=recorded_until)

    def ties(self) -> tuple[Comparison, ...]:
        """What members have, hold, are promised and owe, by the journal, by the balances and by the events themselves.

        Reads the whole log.
        """
        self.catch_up()
        return RollForwardQuery(self.wiring.readers).ties()

    def catch_up(self) -> int:
        """Carry what is in the log into the read models; returns the number of events.

        The connections of a server that was restarted are noticed at their next use, so it is tried once more.
        """
        with self._one_at_a_time:
            projector = self.wiring.projector
            try:
                return projector.catch_up()
            except psycopg.OperationalError:
                return projector.catch_up()

    def rebuild(self, *, swap: bool = True, accept_difference: bool = False) -> RebuildReport:
        """The read models once more from the first event; see `projections.rebuild`."""
        self.catch_up()
        return rebuild(self.wiring.places.projector, swap=swap, accept_difference=accept_difference)

    def _catch_up_with(self, program: str | None) -> None:
        self.catch_up()
        if program is not None and not knows_program(self.wiring.readers, program):
            raise UnknownProgram(program)

    def instant(self, at: datetime | None) -> datetime:
        """An instant that was given, or now. Raises `ledger.InvalidCommand`, `ledger.InvalidTime`."""
        if at is None:
            return self.wiring.clock()
        check("at", at, datetime)
        return at
