"""What an account may do: suspended (정지), frozen (동결), reinstated."""

from collections.abc import Mapping
from typing import TypeAlias

from ledger.calendar import utc
from ledger.points.account import Account, Status
from ledger.points.commands import AccountCommand, Freeze, Reinstate, Suspend
from ledger.points.draft import Draft
from ledger.points.events import AccountEvent, AccountFrozen, AccountReinstated, AccountSuspended
from ledger.points.limits import NOT_LEFT, active, happened, reason_code, storable
from ledger.points.program import Program
from ledger.points.stamp import Stamp

Standing: TypeAlias = type[AccountSuspended | AccountFrozen | AccountReinstated]

OUTCOMES: Mapping[type[AccountCommand], tuple[Standing, Status]] = {
    Suspend: (AccountSuspended, "suspended"),
    Freeze: (AccountFrozen, "frozen"),
    Reinstate: (AccountReinstated, "active"),
}


def stand(
    account: Account | None, command: Suspend | Freeze | Reinstate, program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """The account as it is to stand; nothing, where it does so already. An account that was left stays left.

    Raises, in this order: `UnknownAccount`, `AccountNotActive` (left), `InvalidTime`, `InvalidText`.
    """
    account = active(account, command.account_id, NOT_LEFT)
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor)
    reason_code(command.reason)
    kind, status = OUTCOMES[type(command)]
    if account.status == status:
        return ()
    draft = Draft.of(account, command, program, stamp, utc(command.occurred_at))
    draft.add(kind, reason=command.reason)
    return draft.events
