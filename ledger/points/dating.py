"""Whether the last day of points is one that the program counted, or one that somebody stated, which stays as it is."""

from datetime import date, datetime
from uuid import UUID

from ledger.errors import InvalidTime
from ledger.points.account import Account
from ledger.points.effective import History
from ledger.points.expiry import last_usable_day
from ledger.points.movements import Lot
from ledger.points.program import Program


def dated_by_program(terms: Lot, history: History[Program]) -> datetime | None:
    """From when the program counted the last day of a lot as it was earned or promised; None: somebody stated it.

    The version of that day counts, not one of later. From the earning or, where a promise was confirmed, from when it
    became usable. A stated day that is the very one which the program counts is the program's.
    """
    for start in (terms.earned_at, terms.usable_at):
        for version in (history.at(terms.earned_at), history.at(start)):
            if counted(version, start) == terms.expires_on:
                return start
    return None


def is_dated(account: Account, lot_id: UUID, history: History[Program]) -> bool:
    """Whether the program gave the lot its last day, here or on the account that gave it."""
    return lot_id in account.aside.gifts or dated_by_program(account.lots[lot_id], history) is not None


def counted(program: Program, start: datetime) -> date | None:
    """The last day that the program counts from the instant; where its fixed day was over by then, the day before all.

    None: never.
    """
    try:
        return last_usable_day(program, start)
    except InvalidTime:
        return date.min
