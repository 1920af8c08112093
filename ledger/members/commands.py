"""What is asked about members. Generic in how personal text is carried, as the commands to accounts are."""

from dataclasses import dataclass, field
from datetime import date
from typing import Generic, TypeVar
from uuid import UUID

from ledger.points.commands import Command

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Join(Command, Generic[T]):
    """가입. ``member_id`` is a random id of the caller's making; nothing personal may be in it."""

    member_id: UUID
    email: T = field(repr=False)
    phone: T = field(repr=False)
    name: T = field(repr=False)
    gender: T | None = field(default=None, repr=False)
    birth_date: T | None = field(default=None, repr=False)
    demographics: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave(Command):
    """탈퇴. ``confirmed_forfeit`` is the number of points that the member was shown and gives up."""

    member_id: UUID
    confirmed_forfeit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase(Command):
    """파기. Leaves first where the member has not; sent again after a last day it destroys what has come due since."""

    member_id: UUID
    basis: str
    confirmed_forfeit: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLegalHold(Command, Generic[T]):
    """증거 보전: hold one record, by the id of its event (a receipt's id), for a dispute until it is released.

    ``hold_id`` is a random id of the caller's making; ``approved_by`` is another person than ``actor``. The record is
    no part of the fingerprint, as no personal text is: it would tell whose account it is.
    """

    member_id: UUID
    hold_id: UUID
    approved_by: str
    review_on: date
    record: T = field(repr=False)
    reason: T = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseLegalHold(Command):
    """보전 해제: what was held is destroyed at once. ``approved_by`` is another person than ``actor``."""

    member_id: UUID
    hold_id: UUID
    approved_by: str
