"""What a command that appends nothing found done before, so that its answer can name it."""

from typing import NamedTuple
from uuid import UUID

from ledger.points.account import Account
from ledger.points.commands import AccountCommand, Authorise, Capture, Release, Void
from ledger.points.stamp import first_event_id


class Earlier(NamedTuple):
    """The id by which the first effect is known, and its points."""

    receipt_id: UUID
    points: int


def earlier(account: Account, command: AccountCommand) -> Earlier | None:
    """What the command asks for and the account has already; None where nothing was due.

    A second capture names the payment; a second release or authorisation the hold; a second void what the key did, or
    what it is barred from ever being.
    """
    if isinstance(command, Capture | Release | Authorise):
        held = account.aside.holds.get(command.hold_id)
        if held is None:
            return None
        if held.spending_id is not None:
            return Earlier(held.spending_id, account.spendings[held.spending_id].points)
        return Earlier(held.hold_id, held.points)
    if isinstance(command, Void):
        done = first_event_id(command.account_id, command.voided_key)
        return Earlier(done, points_of(account, done) or 0)
    return None


def points_of(account: Account, event_id: UUID) -> int | None:
    """The points of a hold, spending or accrual of that id, or 0 for a barred one; None where there is none."""
    aside = account.aside
    found = (
        aside.holds.get(event_id) or account.spendings.get(event_id) or account.lots.get(event_id)
    ) or aside.pending.get(event_id)
    if found is not None:
        return found.points
    return 0 if event_id in aside.barred else None
