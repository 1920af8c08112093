"""Decisions about legal holds: placing, releasing, and that the held values are gone. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from crypto_shredding import Sealed, SlotId
from ledger.calendar import day_of, utc
from ledger.errors import (
    InvalidTime,
    LegalHoldExists,
    LimitReached,
    NothingToHold,
    UnknownLegalHold,
    UnknownMember,
)
from ledger.four_eyes import approved_by_another
from ledger.horizon import BackupHorizon
from ledger.members.commands import PlaceLegalHold, ReleaseLegalHold
from ledger.members.legal_hold import LegalHold, LegalHoldDestroyed, LegalHoldPlaced, LegalHoldReleased, value_name
from ledger.members.member import Member
from ledger.points.facts import facts
from ledger.points.limits import happened
from ledger.points.stamp import Stamp

REVIEW_DAYS_MAX = 90
"""A hold that nobody looks at again becomes a second archive."""

LEGAL_HOLDS_MAX = 100
"""Of one member at a time: each keeps the values of one record."""


def place_legal_hold(
    member: Member | None,
    command: PlaceLegalHold[Sealed],
    stamp: Stamp,
    *,
    slot: SlotId,
    record_topic: str,
    values: Mapping[int, Sealed],
) -> tuple[LegalHoldPlaced]:
    """Hold a record: ``values`` are its personal fields by id, sealed again under the hold's slot.

    Raises, in this order: `UnknownMember`, `LegalHoldExists`, `FourEyesNeeded`, `InvalidTime`, `LimitReached`,
    `NothingToHold`.
    """
    member = _known(member, command)
    if command.hold_id in member.legal_holds:
        raise LegalHoldExists(command.hold_id)
    four_eyes(command)
    happened(command.occurred_at, stamp.recorded_at)
    _reviewed_in_time(command.review_on, day_of(command.occurred_at))
    if len(member.legal_holds) >= LEGAL_HOLDS_MAX:
        raise LimitReached("legal holds", LEGAL_HOLDS_MAX)
    if not values:
        raise NothingToHold(command.member_id)
    event = LegalHoldPlaced(
        **facts(stamp, occurred_at=command.occurred_at, actor=command.actor),
        hold_id=command.hold_id,
        slot=slot,
        record_topic=record_topic,
        approved_by=command.approved_by,
        review_on=command.review_on,
        record=command.record,
        reason=command.reason,
        **{value_name(field_id): sealed for field_id, sealed in values.items()},
    )
    return (event,)


def release_legal_hold(
    member: Member | None, command: ReleaseLegalHold, stamp: Stamp
) -> tuple[()] | tuple[LegalHoldReleased]:
    """The dispute is over. No event where the hold was released before and its key is not destroyed yet.

    Raises, in this order: `UnknownMember`, `UnknownLegalHold`, `FourEyesNeeded`, `InvalidTime`.
    """
    member = _known(member, command)
    hold = member.legal_holds.get(command.hold_id)
    if hold is None:
        raise UnknownLegalHold(command.hold_id)
    four_eyes(command)
    happened(command.occurred_at, stamp.recorded_at)
    if hold.is_released:
        return ()
    event = LegalHoldReleased(
        **facts(stamp, occurred_at=command.occurred_at, actor=command.actor),
        hold_id=command.hold_id,
        approved_by=command.approved_by,
    )
    return (event,)


def legal_hold_destroyed(
    member: Member,
    hold: LegalHold,
    stamp: Stamp,
    *,
    boxes_tried: int,
    unreadable_since: datetime,
    actor: str,
    horizons: tuple[BackupHorizon, ...] = (),
    certificate: int | None = None,
) -> tuple[()] | tuple[LegalHoldDestroyed]:
    """The hold's key is gone. No event where that is recorded already."""
    if hold.hold_id not in member.legal_holds:
        return ()
    assert member.legal_holds[hold.hold_id].is_released, "a hold is released before its key is destroyed"
    event = LegalHoldDestroyed(
        **facts(stamp, occurred_at=stamp.recorded_at, actor=actor),
        hold_id=hold.hold_id,
        boxes_tried=boxes_tried,
        unreadable_since=utc(unreadable_since),
        horizons=horizons,
        certificate=certificate,
    )
    return (event,)


def four_eyes(command: PlaceLegalHold[Any] | ReleaseLegalHold) -> None:
    """Raises `FourEyesNeeded` where one person asks and approves."""
    approved_by_another(command.actor, command.approved_by)


def _reviewed_in_time(review_on: date, today: date) -> None:
    if not today < review_on <= today + timedelta(days=REVIEW_DAYS_MAX):
        raise InvalidTime(review_on, f"a hold is reviewed within {REVIEW_DAYS_MAX} days of {today.isoformat()}")


def _known(member: Member | None, command: PlaceLegalHold[Sealed] | ReleaseLegalHold) -> Member:
    if member is None:
        raise UnknownMember(command.member_id)
    return member
