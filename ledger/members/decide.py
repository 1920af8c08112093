"""Decisions about members: joining, leaving, and the three steps of an erasure. Pure, as those about accounts."""

from collections.abc import Iterable
from datetime import date, datetime

from crypto_shredding import Sealed, SlotId
from ledger.calendar import Span, day_of, last_retention_day, utc
from ledger.errors import (
    ConfirmationNeeded,
    InvalidTime,
    MemberExists,
    MemberNotActive,
    MemberStillActive,
    UnknownMember,
)
from ledger.horizon import BackupHorizon
from ledger.members.commands import Erase, Join, Leave
from ledger.members.events import (
    ErasureRequested,
    Kept,
    KeysDestroyed,
    MemberErased,
    MemberJoined,
    MemberLeft,
)
from ledger.members.keeping import closable
from ledger.members.member import Member
from ledger.points.facts import facts
from ledger.points.limits import happened, storable
from ledger.points.stamp import Stamp

WITHOUT_DELAY = Span(days=5)
"""지체 없이: personal data whose purpose has ended is destroyed within five days (표준 개인정보 보호지침 제10조)."""


def join(member: Member | None, command: Join[Sealed], stamp: Stamp, *, identity_slot: SlotId) -> tuple[MemberJoined]:
    """가입. Raises, in this order: `MemberExists`, `InvalidTime`, `InvalidText`."""
    if member is not None:
        raise MemberExists(command.member_id)
    happened(command.occurred_at, stamp.recorded_at)
    storable(actor=command.actor)
    event = MemberJoined(
        **facts(stamp, occurred_at=command.occurred_at, actor=command.actor),
        member_id=command.member_id,
        identity_slot=identity_slot,
        email=command.email,
        phone=command.phone,
        name=command.name,
        gender=command.gender,
        birth_date=command.birth_date,
        demographics=command.demographics,
    )
    return (event,)


def leave(
    member: Member | None,
    command: Leave | Erase,
    stamp: Stamp,
    *,
    forfeits: int,
    kept: tuple[Kept, ...],
    retained_name: Sealed | None = None,
    retained_email: Sealed | None = None,
) -> tuple[MemberLeft]:
    """탈퇴, by itself or as the first step of an erasure.

    ``forfeits`` is what the member's accounts give up together; ``kept`` is `kept_by_law` on the day. Name and e-mail
    are retained where an identity is. Raises, in this order: `UnknownMember`, `MemberNotActive`, `InvalidTime`,
    `InvalidText`, `ConfirmationNeeded`.
    """
    member = _known(member, command)
    if member.status != "active":
        raise MemberNotActive(member.member_id, member.status)
    _has_come(command, stamp)
    if command.confirmed_forfeit != forfeits:
        raise ConfirmationNeeded(forfeits)
    event = MemberLeft(
        **facts(stamp, occurred_at=command.occurred_at, actor=command.actor),
        forfeited=forfeits,
        kept=kept,
        retained_name=retained_name,
        retained_email=retained_email,
    )
    return (event,)


def request_erasure(
    member: Member | None, command: Erase, stamp: Stamp, *, kept_now: tuple[Kept, ...]
) -> tuple[()] | tuple[ErasureRequested]:
    """The duty to erase, before anything is destroyed.

    No event where an erasure is under way (go on with that one), or where nothing is left that may be closed (already
    done). Raises, in this order: `UnknownMember`, `InvalidTime`, `InvalidText`.
    """
    member = _known(member, command)
    _has_come(command, stamp)
    if member.request is not None or not closable(member.closed, kept_now):
        return ()
    event = ErasureRequested(
        **facts(stamp, occurred_at=command.occurred_at, actor=command.actor),
        basis=command.basis,
        due_on=last_retention_day(command.occurred_at, WITHOUT_DELAY),
    )
    return (event,)


def fence(
    member: Member | None, command: Erase, stamp: Stamp, as_of: date, kept_now: Iterable[Kept]
) -> tuple[()] | tuple[MemberErased]:
    """Close every class that no law keeps on the day.

    No event where the request under way has been fenced, or where there is none. Raises, in this order:
    `UnknownMember`, `MemberStillActive`, `InvalidTime`, `InvalidText`.
    """
    member = _known(member, command)
    if member.status == "active":
        raise MemberStillActive(member.member_id)
    _has_come(command, stamp, as_of)
    if member.request is None or member.request.closing is not None:
        return ()
    kept = tuple(each for each in kept_now if each.last_day >= as_of and each.retention_code not in member.closed)
    event = MemberErased(
        **facts(stamp, occurred_at=command.occurred_at, actor=command.actor),
        request_id=member.request.request_id,
        closed=closable(member.closed, kept),
        kept=kept,
        legal_holds=tuple(sorted(each.hold_id for each in member.legal_holds.values() if not each.is_released)),
    )
    return (event,)


def keys_destroyed(
    member: Member,
    stamp: Stamp,
    *,
    actor: str,
    slots: int,
    boxes_tried: int,
    unreadable_since: datetime,
    horizons: tuple[BackupHorizon, ...] = (),
    certificate: int | None = None,
) -> tuple[()] | tuple[KeysDestroyed]:
    """The keys of the classes that the fence closed are gone: ``slots`` of them, unreadable to every process since.

    No event where no fenced erasure is under way, so the last step may be repeated.
    """
    if member.request is None or member.request.closing is None:
        return ()
    event = KeysDestroyed(
        **facts(stamp, occurred_at=stamp.recorded_at, actor=actor),
        request_id=member.request.request_id,
        closed=member.request.closing,
        slots=slots,
        boxes_tried=boxes_tried,
        unreadable_since=utc(unreadable_since),
        horizons=horizons,
        certificate=certificate,
    )
    return (event,)


def _has_come(command: Leave | Erase, stamp: Stamp, as_of: date | None = None) -> None:
    """Raises `InvalidTime` for a day to come, also within the skew that other commands have; then `InvalidText`.

    On that day a record would count as out of retention which the law still keeps today.
    """
    happened(command.occurred_at, stamp.recorded_at)
    day = max(day_of(command.occurred_at), as_of or date.min)
    if day > day_of(stamp.recorded_at):
        raise InvalidTime(day, "what a law keeps is asked of a day that has come")
    storable(actor=command.actor, basis=command.basis if isinstance(command, Erase) else None)


def _known(member: Member | None, command: Leave | Erase) -> Member:
    if member is None:
        raise UnknownMember(command.member_id)
    return member
