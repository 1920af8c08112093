"""A member: whether they are still one, where their personal fields are sealed, and what was closed of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from immutables import Map

from crypto_shredding import Sealed, SlotId
from ledger.members.consent import Consent
from ledger.members.events import Kept
from ledger.members.legal_hold import LegalHold
from ledger.retention import PROFILE, RETAINED_IDENTITY

Status = Literal["active", "left", "erased"]

NOTHING_SEALED: Map[str, Sealed] = Map()
NOT_HELD: Map[UUID, LegalHold] = Map()
NO_CONSENTS: Map[str, Consent] = Map()


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """An erasure under way: requested, perhaps fenced, its keys not yet destroyed.

    ``closing`` are the classes that its fence closed, and whose keys are to be destroyed; None before the fence.
    """

    request_id: UUID
    basis: str
    due_on: date
    closing: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One member after ``version`` events.

    ``profile`` and ``retained`` are references by attribute name (of `MemberJoined` and, without their prefix, of
    `MemberLeft`); ``joined_as`` and ``left_as`` are those events' ids, to which the boxes are bound. ``closed`` are the
    classes in which nothing is recorded any more, ``kept`` those that a law held back, as the newest event says.
    ``legal_holds`` are those whose keys are not destroyed yet, by their ids; ``consents`` the newest, by purpose.
    """

    member_id: UUID
    identity_slot: SlotId
    joined_as: UUID
    profile: Map[str, Sealed]
    status: Status = "active"
    version: int = 1
    left_as: UUID | None = None
    retained: Map[str, Sealed] = NOTHING_SEALED
    request: ErasureRequest | None = None
    closed: frozenset[int] = frozenset()
    kept: tuple[Kept, ...] = ()
    legal_holds: Map[UUID, LegalHold] = NOT_HELD
    consents: Map[str, Consent] = NO_CONSENTS

    @property
    def slots_by_class(self) -> Mapping[int, tuple[SlotId, ...]]:
        """The member's own subject slots by retention class; those of accounts are the accounts'."""
        return {
            PROFILE.code: tuple(sealed.subject_slot for sealed in self.profile.values()),
            RETAINED_IDENTITY.code: (self.identity_slot,),
        }
