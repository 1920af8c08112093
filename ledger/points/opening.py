"""Opening an account."""

from crypto_shredding import Sealed
from ledger.errors import AccountExists
from ledger.points.account import Account
from ledger.points.commands import AccountSlots, OpenAccount
from ledger.points.events import AccountOpened
from ledger.points.facts import facts
from ledger.points.limits import happened, storable
from ledger.points.program import Program
from ledger.points.stamp import Stamp


def open_account(
    account: Account | None, command: OpenAccount[Sealed], program: Program, stamp: Stamp, slots: AccountSlots
) -> tuple[AccountOpened]:
    """An account, with fresh slots of its own. Raises, in this order: `AccountExists`, `InvalidTime`, `InvalidText`."""
    if account is not None:
        raise AccountExists(command.account_id)
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor)
    event = AccountOpened(
        **facts(
            stamp,
            occurred_at=command.occurred_at,
            actor=command.actor,
            rule_version=program.version,
            reference=command.reference,
        ),
        account_id=command.account_id,
        program=program.code,
        membership_slot=slots.membership,
        contract_slot=slots.contract,
        payment_slot=slots.payment,
        holder=command.holder,
    )
    return (event,)
