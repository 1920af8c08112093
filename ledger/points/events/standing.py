"""A program or a partner is defined; an account begins, stands, and ends."""

from datetime import date
from typing import Annotated
from uuid import UUID

from crypto_shredding import Sealed, SlotId
from ledger.event import Event, stored_as
from ledger.points.events.marks import CARD, HOLDER
from ledger.points.partner import Partner
from ledger.points.program import Program


@stored_as("points.program-defined.v1")
class ProgramDefined(Event):
    """A programme, or a new version of it. Its stream is the program's own."""

    program: Program


@stored_as("points.partner-defined.v1")
class PartnerDefined(Event):
    """제휴사: a partner, or a new version of its terms. Its stream is the partner's own."""

    partner: Partner


@stored_as("points.account-opened.v1")
class AccountOpened(Event):
    """A member's account in one program.

    The slots are the account's own, not the member's: whoever reads the log cannot tell by them whose account it is.
    ``holder`` is the member id, sealed; None for one that is unregistered, and known by its ``card`` number until a
    member claims it. ``account_id`` is the stream's id, so that the event is whole by itself.
    """

    account_id: UUID
    program: str
    membership_slot: SlotId
    contract_slot: SlotId
    payment_slot: SlotId
    holder: Annotated[Sealed | None, HOLDER] = None
    card: Annotated[Sealed | None, CARD] = None


@stored_as("points.account-claimed.v1")
class AccountClaimed(Event):
    """카드 등록: the account, unregistered so far, is a member's from now on."""

    holder: Annotated[Sealed, HOLDER]


@stored_as("points.account-suspended.v1")
class AccountSuspended(Event):
    """정지: nothing is spent until it is reinstated."""

    reason: str


@stored_as("points.account-frozen.v1")
class AccountFrozen(Event):
    """동결: the member has died."""

    reason: str


@stored_as("points.account-reinstated.v1")
class AccountReinstated(Event):
    """정지 해제, 동결 해제."""

    reason: str


@stored_as("points.account-left.v1")
class AccountLeft(Event):
    """The account's member left; it takes no new business."""


@stored_as("points.key-barred.v1")
class KeyBarred(Event):
    """망취소 before the original: whatever comes with this key from now on is refused.

    ``barred`` is the id that the key's first event would have had.
    """

    barred: UUID


@stored_as("points.kept-alive.v1")
class AccountKeptAlive(Event):
    """활동: by an activity of this ``day`` the points of the account live ``until`` a day, inclusive.

    It says how far the program's span reached, also where no point lay in the account.
    """

    day: date
    until: date
