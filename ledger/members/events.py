"""What has happened to members: joining, leaving, erasure. Personal fields are sealed, each under a slot of its own."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime

from crypto_shredding import IndexKind, Sealed, SlotId
from ledger.event import Event, stored_as
from ledger.horizon import BackupHorizon
from ledger.members.consent import ConsentGiven, ConsentWithdrawn
from ledger.members.legal_hold import LegalHoldDestroyed, LegalHoldPlaced, LegalHoldReleased
from ledger.personal import Basis, Personal
from ledger.retention import PROFILE, RETAINED_IDENTITY

_JOIN = "회원가입 및 본인확인, 서비스 제공 및 운영"


def _profile(field_id: int, item: str, indexed: IndexKind | None = None) -> Personal:
    return Personal(field_id, item, _JOIN, Basis.CONTRACT_PERFORMANCE, PROFILE, indexed=indexed)


@stored_as("members.joined.v1")
class MemberJoined(Event):
    """가입. One subject slot a profile field, so that a corrected value can be forgotten by itself.

    ``member_id`` is the stream's id, so that the event is whole by itself.
    """

    member_id: UUID
    identity_slot: SlotId
    email: Annotated[Sealed, _profile(1, "아이디(이메일)", IndexKind.EMAIL)]
    phone: Annotated[Sealed, _profile(2, "휴대전화번호", IndexKind.PHONE)]
    name: Annotated[Sealed, _profile(3, "이름")]
    gender: Annotated[Sealed | None, _profile(4, "성별")] = None
    birth_date: Annotated[Sealed | None, _profile(5, "생년월일")] = None
    demographics: Annotated[Sealed | None, _profile(6, "가구 특성")] = None


@dataclass(frozen=True, slots=True)
class Kept:
    """A retention class that outlives the membership, by its code, to its last day."""

    retention_code: int
    last_day: date


@stored_as("members.left.v1")
class MemberLeft(Event):
    """탈퇴. Name and e-mail live on only as retained identity, where a law keeps records of the member."""

    forfeited: int
    kept: tuple[Kept, ...]
    retained_name: Annotated[
        Sealed | None, Personal(1, "이름(분리보관)", _JOIN, Basis.E_COMMERCE_RECORDS, RETAINED_IDENTITY)
    ] = None
    retained_email: Annotated[
        Sealed | None,
        Personal(
            2,
            "이메일(분리보관)",
            _JOIN,
            Basis.E_COMMERCE_RECORDS,
            RETAINED_IDENTITY,
            indexed=IndexKind.EMAIL,
        ),
    ] = None


@stored_as("members.erasure-requested.v1")
class ErasureRequested(Event):
    """The duty to erase, written before anything is destroyed.

    ``basis`` is the legal ground, ``due_on`` the last day to do it.
    """

    basis: str
    due_on: date


@stored_as("members.erased.v1")
class MemberErased(Event):
    """The fence: from this position on nothing is recorded in the closed classes.

    ``kept`` lists what a law still holds, ``legal_holds`` the holds whose copies stay for their disputes alone.
    """

    request_id: UUID
    closed: tuple[int, ...]
    kept: tuple[Kept, ...]
    legal_holds: tuple[UUID, ...] = ()


@stored_as("members.keys-destroyed.v1")
class KeysDestroyed(Event):
    """Keys are gone: ``slots`` of them, unreadable to every process since ``unreadable_since`` (`T_live`).

    ``boxes_tried`` boxes, one a slot that sealed anything, were tried afterwards, and none opened. ``horizons`` has one
    entry for each rotation that took some of the keys along; the last of them is `T_horizon`. ``certificate`` is the
    number of the one that says so.
    """

    request_id: UUID
    closed: tuple[int, ...]
    slots: int
    boxes_tried: int
    unreadable_since: AwareDatetime
    horizons: tuple[BackupHorizon, ...] = ()
    certificate: int | None = None


MemberEvent = (
    MemberJoined
    | MemberLeft
    | ErasureRequested
    | MemberErased
    | KeysDestroyed
    | LegalHoldPlaced
    | LegalHoldReleased
    | LegalHoldDestroyed
    | ConsentGiven
    | ConsentWithdrawn
)
