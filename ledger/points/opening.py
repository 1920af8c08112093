"""Opening an account, for a member or unregistered; and claiming one that is."""

from crypto_shredding import Sealed
from ledger.calendar import utc
from ledger.errors import AccountExists, AlreadyClaimed
from ledger.points.account import Account
from ledger.points.commands import AccountSlots, Claim, OpenAccount
from ledger.points.draft import Draft
from ledger.points.events import AccountClaimed, AccountOpened
from ledger.points.facts import facts
from ledger.points.limits import STOPPED, active, happened, storable
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
        card=command.card,
    )
    return (event,)


def claim(account: Account | None, command: Claim[Sealed], program: Program, stamp: Stamp) -> tuple[AccountClaimed]:
    """The account is a member's from now on, with all that it has earned.

    Raises, in this order: `UnknownAccount`, `AccountNotActive` (frozen or left), `AlreadyClaimed`, `InvalidTime`,
    `InvalidText`.
    """
    account = active(account, command.account_id, STOPPED)
    if account.holder is not None:
        raise AlreadyClaimed(command.account_id)
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor)
    draft = Draft.of(account, command, program, stamp, utc(command.occurred_at))
    return (draft.add(AccountClaimed, holder=command.holder),)
