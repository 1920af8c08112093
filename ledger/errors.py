"""Why the ledger refuses, as one tree.

```
LedgerError
├── Refused                  a rule of points or membership says no; nothing was changed
│   ├── UnknownProgram · UnknownAccount · UnknownMember · UnknownSpending
│   ├── MemberExists · AccountExists
│   ├── AlreadyClaimed       the account is a member's already
│   ├── UnknownCoupon        no coupon has that code
│   ├── BatchRefused         one command of an atomic batch, hence all of them
│   ├── AccountNotActive     suspended, frozen, left, or not yet claimed
│   ├── MemberNotActive      left or erased
│   ├── MemberStillActive    erasure before leaving
│   ├── NoConsent            a consent is withdrawn that was never given
│   ├── PeriodEnded          the retention of records of that day has ended and was closed
│   ├── InvalidTime          an instant or a day that breaks a rule, such as a future one
│   ├── InvalidText          a text that the database cannot hold
│   ├── InvalidAmount        not a whole positive number, below the minimum or not in the unit of use
│   ├── InvalidProgram       a definition that contradicts itself or the program's earlier one
│   ├── InsufficientPoints
│   ├── AlreadyRefunded
│   ├── LimitReached         a stated limit of an account is full
│   ├── ConfirmationNeeded   leaving would forfeit points that were not confirmed
│   ├── FourEyesNeeded       the same person asks and approves
│   ├── UnknownRecord · UnknownLegalHold · LegalHoldExists
│   ├── NothingToHold        every personal value of the record is closed or destroyed
│   ├── AlreadyErased        nothing of the member is left to destroy
│   └── StillHeldByLaw       destruction was asked for before the last day of retention
├── InvalidCommand           an attribute of a type that it cannot have
├── KeyReused                the idempotency key came back with other content
├── ReferenceReused          the business reference came back with another movement or amount
├── LedgerClosed             asked after it was closed
├── ContendedAccount         the bounded retries ran out against other writers
├── UnknownTopic             an event of a version that this code cannot read
├── UnreadableEvent          stored bytes that no event of their topic ever had
└── ContradictoryHistory     stored events that cannot have happened in this order
```
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from crypto_shredding import Period


class LedgerError(Exception):
    """Anything that this package raises on purpose."""


class Refused(LedgerError):
    """A rule says no. Nothing was changed; the same command may succeed later with the same key."""


class UnknownProgram(Refused):
    """No program of that code is defined: define it first or correct the code."""

    def __init__(self, program: str) -> None:
        super().__init__(f"no program {program!r} is defined; define it first")
        self.program = program


class UnknownAccount(Refused):
    """The account was never opened: open it first or correct the id."""

    def __init__(self, account_id: UUID) -> None:
        super().__init__(f"account {account_id} does not exist; open it first")
        self.account_id = account_id


class UnknownMember(Refused):
    """The member never joined: join first or correct the id."""

    def __init__(self, member_id: UUID) -> None:
        super().__init__(f"member {member_id} does not exist; join first")
        self.member_id = member_id


class UnknownSpending(Refused):
    """The account has no payment or exchange of that id: name the receipt id of the one to refund."""

    def __init__(self, spending_id: UUID) -> None:
        super().__init__(f"no payment or exchange {spending_id} on this account; give the receipt id of the one meant")
        self.spending_id = spending_id


class MemberExists(Refused):
    """The member id is taken by another command: draw a new random id."""

    def __init__(self, member_id: UUID) -> None:
        super().__init__(f"member {member_id} has joined already; a new member needs a new random id")
        self.member_id = member_id


class AccountExists(Refused):
    """The account id is taken by another command: draw a new random id."""

    def __init__(self, account_id: UUID) -> None:
        super().__init__(f"account {account_id} is open already; a new account needs a new random id")
        self.account_id = account_id


class AlreadyClaimed(Refused):
    """The account is a member's: points are given to it, it is not claimed again."""

    def __init__(self, account_id: UUID) -> None:
        super().__init__(f"account {account_id} is a member's already; an account is claimed once")
        self.account_id = account_id


class UnknownCoupon(Refused):
    """No coupon of that code was issued here, or its member was erased; ask for the code once more."""

    def __init__(self) -> None:
        super().__init__("no coupon has that code; look at it once more")


class BatchRefused(Refused):
    """One command of an atomic batch was refused, so nothing of the batch was recorded. Mend it and send all again.

    ``number`` counts from 0; the cause is the refusal itself.
    """

    def __init__(self, number: int, why: Exception) -> None:
        super().__init__(f"command {number} of the batch, counted from 0, was refused: {why}")
        self.number = number
        self.why = why


class AccountNotActive(Refused):
    """The account does not take this command in its state."""

    def __init__(self, account_id: UUID, status: str) -> None:
        super().__init__(f"account {account_id} is {status}; it takes no such command")
        self.account_id = account_id
        self.status = status


class MemberNotActive(Refused):
    """The member has left or was erased; nothing new may be recorded about them."""

    def __init__(self, member_id: UUID | None, status: str) -> None:
        been = "been " if status == "erased" else ""
        super().__init__(f"the member has {been}{status}; nothing new may be recorded")
        self.member_id = member_id
        self.status = status


class NoConsent(Refused):
    """The member never consented to the purpose, so there is nothing to withdraw: look at the purpose."""

    def __init__(self, purpose: str) -> None:
        super().__init__(f"no consent to {purpose} was ever given; look at the purpose")
        self.purpose = purpose


class MemberStillActive(Refused):
    """The member has not left: records of a member are not closed. Leave first, with what it forfeits confirmed."""

    def __init__(self, member_id: UUID) -> None:
        super().__init__(f"member {member_id} has not left; leave first, then erase")
        self.member_id = member_id


class PeriodEnded(Refused):
    """The retention of what happened on such a day has ended and its keys are destroyed: record it without texts.

    ``periods`` are those that the record would have used, of which at least one is closed.
    """

    def __init__(self, periods: Sequence[Period]) -> None:
        days = ", ".join(sorted({each.first_day.isoformat() for each in periods}))
        super().__init__(f"retention counted from {days} has ended; texts of such a day are not recorded any more")
        self.periods = tuple(periods)


class InvalidAmount(Refused):
    """The amount breaks a rule of the program, which the text names.

    Where it is an amount of money, ``minor_units`` and ``currency`` say which; they are None otherwise.
    """

    def __init__(
        self, points: int, rule: str, *, minor_units: int | None = None, currency: str | None = None
    ) -> None:
        amount = f"{points} points" if currency is None else f"{minor_units} minor units of {currency}"
        super().__init__(f"{amount}: {rule}")
        self.points = points
        self.rule = rule
        self.minor_units = minor_units
        self.currency = currency


class InvalidTime(Refused):
    """The instant or the day breaks a rule, which the text names: correct it, or wait if it lies in the future."""

    def __init__(self, when: date, rule: str) -> None:
        super().__init__(f"{when.isoformat()}: {rule}")
        self.when = when
        self.rule = rule


class InvalidText(Refused):
    """The text of ``field`` breaks a rule, which the message names: correct it. The text itself is not repeated."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class InvalidProgram(Refused):
    """The definition breaks a rule, which the text names."""

    def __init__(self, program: str, rule: str) -> None:
        super().__init__(f"program {program!r}: {rule}")
        self.program = program
        self.rule = rule


class InsufficientPoints(Refused):
    """The account has fewer points available than asked for: ask for at most ``available``."""

    def __init__(self, asked: int, available: int) -> None:
        super().__init__(f"{asked} points asked for, {available} available")
        self.asked = asked
        self.available = available


class AlreadyRefunded(Refused):
    """The payment or exchange was refunded in full before."""

    def __init__(self, spending_id: UUID) -> None:
        super().__init__(f"{spending_id} has been refunded already")
        self.spending_id = spending_id


class LimitReached(Refused):
    """The account is as full as it may get: ``limit`` names what of, ``maximum`` how many it may have."""

    def __init__(self, limit: str, maximum: int) -> None:
        super().__init__(f"the account has {maximum} {limit}, which is as many as it may have")
        self.limit = limit
        self.maximum = maximum


class ConfirmationNeeded(Refused):
    """Leaving forfeits points: show the member this number and send the command again with it confirmed."""

    def __init__(self, forfeits: int) -> None:
        super().__init__(f"leaving forfeits {forfeits} points; show the number and confirm exactly that")
        self.forfeits = forfeits


class AlreadyErased(Refused):
    """Everything of the member has been destroyed already; there is nothing to do."""

    def __init__(self, member_id: UUID) -> None:
        super().__init__(f"member {member_id} is erased; nothing is left to destroy")
        self.member_id = member_id


class StillHeldByLaw(Refused):
    """Records are kept by law until ``last_day``; ask again after it."""

    def __init__(self, retention: str, last_day: date) -> None:
        super().__init__(f"{retention} is kept by law until {last_day.isoformat()}; ask again after that day")
        self.retention = retention
        self.last_day = last_day


class FourEyesNeeded(Refused):
    """One person asked and approved, or nobody approved: have another person approve it."""

    def __init__(self, actor: str, approver: str | None = None) -> None:
        approved = "nobody has approved" if approver is None else f"{approver!r} may not approve"
        super().__init__(f"{approved} what {actor!r} asks for; another person must")
        self.actor = actor
        self.approver = approver


class UnknownRecord(Refused):
    """Neither the member nor an account of theirs has an event of that id: name the receipt id of the one meant."""

    def __init__(self, member_id: UUID) -> None:
        super().__init__(f"no record of that id belongs to member {member_id}; give the receipt id of the one meant")
        self.member_id = member_id


class UnknownLegalHold(Refused):
    """The member has no such hold, or it was released and destroyed before."""

    def __init__(self, hold_id: UUID) -> None:
        super().__init__(f"legal hold {hold_id} is not there; it was never placed on this member, or is destroyed")
        self.hold_id = hold_id


class LegalHoldExists(Refused):
    """The hold id is taken by another command: draw a new random id."""

    def __init__(self, hold_id: UUID) -> None:
        super().__init__(f"legal hold {hold_id} is placed already; a new hold needs a new random id")
        self.hold_id = hold_id


class NothingToHold(Refused):
    """The record has no personal value, or all of them are closed or destroyed: it is too late for a hold."""

    def __init__(self, member_id: UUID) -> None:
        super().__init__(f"the record of member {member_id} has no value that can still be held")
        self.member_id = member_id


class InvalidCommand(LedgerError):
    """A command is not what its type promises. Nothing was sent: correct the caller. The value is not repeated."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field} {rule}")
        self.field = field
        self.rule = rule


class KeyReused(LedgerError):
    """The idempotency key was used before with other content: a new command needs a new key."""

    def __init__(self, key: UUID) -> None:
        super().__init__(f"key {key} was used with other content; a new command needs a new key")
        self.key = key


class ReferenceReused(LedgerError):
    """The business reference was recorded before for another movement or amount: correct the one that is wrong.

    ``receipt_id`` is the receipt that has it.
    """

    def __init__(self, reference: str, receipt_id: UUID) -> None:
        shown = reference.replace("\x1f", " ")
        super().__init__(f"reference {shown!r} is receipt {receipt_id}, which is another movement or amount")
        self.reference = reference
        self.receipt_id = receipt_id


class LedgerClosed(LedgerError):
    """The ledger was closed before it was asked. Nothing was sent: open another one."""

    def __init__(self) -> None:
        super().__init__("the ledger is closed; nothing was sent")


class ContendedAccount(LedgerError):
    """Other writers won every bounded retry; nothing was changed. Send the same command with the same key again."""

    def __init__(self, stream: UUID, attempts: int) -> None:
        super().__init__(f"{attempts} attempts on {stream} lost to other writers; send the same key again")
        self.stream = stream
        self.attempts = attempts


class UnknownTopic(LedgerError):
    """A stored event is of a kind or version that this code cannot read: upgrade this process first."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"event topic {topic!r} is unknown to this version; upgrade first")
        self.topic = topic


class UnreadableEvent(LedgerError):
    """Stored bytes are not an event of their topic: the log was altered. Stop, and run the chain's verification."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"a stored event of topic {topic!r} cannot be read; verify the chain")
        self.topic = topic


class ContradictoryHistory(LedgerError):
    """A stored event cannot follow the ones before it: the log was altered. Stop, and run the chain's verification."""

    def __init__(self, event_id: UUID, contradiction: str) -> None:
        super().__init__(f"event {event_id} cannot have happened: {contradiction}; verify the chain")
        self.event_id = event_id
        self.contradiction = contradiction
