"""Commands that begin something: a program, an account."""

from dataclasses import dataclass, field
from typing import Generic

from crypto_shredding import SlotId
from ledger.points.commands.command import AccountCommand, Command, T
from ledger.points.partner import Partner
from ledger.points.program import Program
from ledger.retention import CONTRACT, MEMBERSHIP, PAYMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineProgram(Command):
    """Define a program, or its next version, which decides from its day on; in other processes within two seconds."""

    program: Program


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinePartner(Command):
    """Register a partner, or define the next version of its terms; in other processes within two seconds."""

    partner: Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount(AccountCommand, Generic[T]):
    """Open ``account_id`` (a random id of the caller's making) for a member; ``holder`` is the member id as text.

    Without a holder it is an unregistered account, known by its ``card`` number alone, which earns until it is claimed.
    """

    program: str
    holder: T | None = field(default=None, repr=False)
    card: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(AccountCommand, Generic[T]):
    """카드 등록: an unregistered account becomes a member's, once; ``holder`` is the member id as text."""

    holder: T = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccountSlots:
    """Fresh subject slots for a new account, one per retention class."""

    membership: SlotId
    contract: SlotId
    payment: SlotId

    def by_class(self) -> dict[int, SlotId]:
        """The slot of each retention class, by the class's code."""
        return {
            MEMBERSHIP.code: self.membership,
            CONTRACT.code: self.contract,
            PAYMENT.code: self.payment,
        }
