"""How a member changes by what has happened. Refuses nothing but a contradictory history."""

from dataclasses import replace
from typing import assert_never
from uuid import UUID

from immutables import Map

from crypto_shredding import Sealed
from ledger.errors import ContradictoryHistory
from ledger.members.consent import Consent, ConsentGiven, ConsentWithdrawn
from ledger.members.events import ErasureRequested, KeysDestroyed, MemberErased, MemberEvent, MemberJoined, MemberLeft
from ledger.members.legal_hold import LegalHold, LegalHoldDestroyed, LegalHoldPlaced, LegalHoldReleased
from ledger.members.member import ErasureRequest, Member
from ledger.personal import personal_fields

_RETAINED = "retained_"


def evolve(member: Member | None, event: MemberEvent) -> Member:
    """The member after the event; None is a member before joining. Raises `ContradictoryHistory`."""
    if member is None:
        if not isinstance(event, MemberJoined):
            raise ContradictoryHistory(event.id, "nothing happens to a member before joining")
        return Member(event.member_id, event.identity_slot, event.id, _sealed_fields(event))
    version = member.version + 1
    match event:
        case MemberJoined():
            raise ContradictoryHistory(event.id, "a member joins once")
        case MemberLeft():
            retained = _sealed_fields(event)
            return replace(member, version=version, status="left", left_as=event.id, retained=retained, kept=event.kept)
        case ErasureRequested():
            request = ErasureRequest(event.id, event.basis, event.due_on)
            return replace(member, version=version, request=request)
        case MemberErased():
            request = _request_of(member, event)
            return replace(
                member,
                version=version,
                status="erased",
                closed=member.closed.union(event.closed),
                kept=event.kept,
                request=replace(request, closing=event.closed),
            )
        case KeysDestroyed():
            _request_of(member, event)
            return replace(member, version=version, request=None)
        case LegalHoldPlaced() | LegalHoldReleased() | LegalHoldDestroyed():
            return replace(member, version=version, legal_holds=_holds_after(member, event))
        case ConsentGiven():
            given = Consent(event.text_version, event.occurred_at)
            return replace(member, version=version, consents=member.consents.set(event.purpose, given))
        case ConsentWithdrawn():
            given = _consent_of(member, event)
            withdrawn = replace(given, withdrawn_at=event.occurred_at)
            return replace(member, version=version, consents=member.consents.set(event.purpose, withdrawn))
        case _:
            assert_never(event)


def _consent_of(member: Member, event: ConsentWithdrawn) -> Consent:
    given = member.consents.get(event.purpose)
    if given is None or not given.is_given:
        raise ContradictoryHistory(event.id, "it withdraws a consent that does not hold")
    return given


def _holds_after(
    member: Member, event: LegalHoldPlaced | LegalHoldReleased | LegalHoldDestroyed
) -> Map[UUID, LegalHold]:
    holds, hold = member.legal_holds, member.legal_holds.get(event.hold_id)
    if isinstance(event, LegalHoldPlaced):
        if hold is not None:
            raise ContradictoryHistory(event.id, "a hold is placed once")
        return holds.set(event.hold_id, LegalHold(event.hold_id, event.slot, event.id, event.review_on))
    if hold is None or hold.is_released is isinstance(event, LegalHoldReleased):
        raise ContradictoryHistory(event.id, "a hold that was placed is released once, and then its key is destroyed")
    if isinstance(event, LegalHoldReleased):
        return holds.set(event.hold_id, replace(hold, is_released=True))
    return holds.delete(event.hold_id)


def _request_of(member: Member, event: MemberErased | KeysDestroyed) -> ErasureRequest:
    if member.request is None or member.request.request_id != event.request_id:
        raise ContradictoryHistory(event.id, "it belongs to no erasure that is under way")
    return member.request


def _sealed_fields(event: MemberJoined | MemberLeft) -> Map[str, Sealed]:
    """The references that the event carries, by attribute name, without the prefix that marks a retained one."""
    fields = {name.removeprefix(_RETAINED): getattr(event, name) for name in personal_fields(type(event))}
    return Map({name: sealed for name, sealed in fields.items() if sealed is not None})
