"""What a restored log says of itself: where its timeline began, what is lost behind it, and which slots it names."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID, uuid4

import psycopg

from crypto_shredding import LostWindow, SlotId
from ledger.event import decode
from ledger.members.events import MemberJoined
from ledger.personal import personal_fields
from ledger.points.events import AccountClaimed, AccountOpened
from ledger.retention import CONTRACT, MEMBERSHIP, PAYMENT, POINT_HISTORY, PROFILE, RETAINED_IDENTITY
from ledger.store.checkpoint import Checkpoint
from ledger.store.connection import connect
from ledger.store.statements import statement
from ledger.store.timelines import LogPlace, Timeline, begin_timeline, read_place, read_timelines

PAGE_OPENINGS: Final = 2_000  # some 2 MB of events and 20,000 slots, which is one question to the key store


@dataclass(frozen=True, slots=True)
class BegunTimeline:
    """The timeline that a restore began, and the one that the lost events were on."""

    number: int
    id: UUID
    before: UUID
    begun_after: int
    begun_at: datetime
    is_open: bool


class Opening(NamedTuple):
    """The slots with which a member or an account was opened, by retention class."""

    position: int
    stream: UUID
    slots: Mapping[SlotId, int]


def begin(
    dsn: str, owner_dsn: str, *, witness: bytes | None, checkpoints: Iterable[Checkpoint], at: datetime
) -> BegunTimeline:
    """Begin a timeline behind the restored head, or find the one that was begun and not opened yet.

    ``witness`` and ``checkpoints`` know of timelines that the restored log does not.
    """
    with connect(dsn, name="ledger restore") as connection:
        _, is_open = read_place(connection)
        known = read_timelines(connection)
    if is_open:
        lost = _given_up(known, witness, checkpoints)
        number = max((each for each, _ in lost), default=known[-1].number) + 1
        begin_timeline(owner_dsn, uuid4(), at=at, number=number, lost=lost)
        with connect(dsn, name="ledger restore") as connection:
            known = read_timelines(connection)
    return _newest(known)


def newest_timeline(dsn: str) -> BegunTimeline | None:
    """The timeline of the last restore; None where there was none."""
    with connect(dsn, name="ledger restore") as connection:
        known = read_timelines(connection)
    return _newest(known) if len(known) > 1 else None


def lost_window(
    connection: psycopg.Connection[Any], begun: BegunTimeline, witness: bytes | None, checkpoints: Iterable[Checkpoint]
) -> LostWindow:
    """What was behind the restored head, as far as anybody outside of the log knows."""
    earlier = {each.id: each for each in read_timelines(connection) if each.number < begun.number}
    positions = [each.position for each in checkpoints if each.timeline in earlier]
    seen = None if witness is None else LogPlace.from_bytes(witness)
    if seen is not None and seen.timeline in earlier:
        positions.append(seen.position)
    until = max((each for each in positions if each > begun.begun_after), default=None)
    row = connection.execute(statement("event_at"), (1, begun.begun_after)).fetchone()
    after = begun.begun_at if row is None else decode(*row).recorded_at
    return LostWindow(begun.begun_after, until, after, begun.begun_at)


def openings(dsn: str, *, shard: int = 1) -> Iterator[list[Opening]]:
    """Every member and account with their slots, in pages, in the order of the log."""
    after = 0
    wanted = [MemberJoined.TOPIC, AccountOpened.TOPIC, AccountClaimed.TOPIC]
    while True:
        with connect(dsn, name="ledger restore") as connection:
            rows = connection.execute(statement("openings"), (shard, after, wanted, PAGE_OPENINGS)).fetchall()
        if not rows:
            return
        after = rows[-1][0]
        yield [Opening(position, stream, _slots(decode(topic, state))) for position, stream, topic, state in rows]


def _slots(event: Any) -> dict[SlotId, int]:
    if isinstance(event, AccountOpened):
        slots = {
            event.membership_slot: MEMBERSHIP.code,
            event.contract_slot: CONTRACT.code,
            event.payment_slot: PAYMENT.code,
        }
        return slots | ({} if event.holder is None else {event.holder.subject_slot: POINT_HISTORY.code})
    if isinstance(event, AccountClaimed):
        return {event.holder.subject_slot: POINT_HISTORY.code}
    sealed = [getattr(event, name) for name in personal_fields(MemberJoined)]
    slots = {each.subject_slot: PROFILE.code for each in sealed if each is not None}
    return slots | {event.identity_slot: RETAINED_IDENTITY.code}


def _given_up(
    known: list[Timeline], witness: bytes | None, checkpoints: Iterable[Checkpoint]
) -> list[tuple[int, UUID]]:
    """Timelines that somebody outside has seen and the restored log does not know, numbered behind those it knows."""
    ids = {each.id for each in known}
    number = known[-1].number
    seen = None if witness is None else LogPlace.from_bytes(witness)
    unknown = {each.timeline: None for each in sorted(checkpoints, key=lambda each: each.made_at)}
    if seen is not None:
        unknown[seen.timeline] = None
        number = max(number, seen.number - 1)
    return [(number + place, each) for place, each in enumerate((each for each in unknown if each not in ids), 1)]


def _newest(known: list[Timeline]) -> BegunTimeline:
    *earlier, newest = known
    assert newest.begun_after is not None
    assert newest.begun_at is not None
    return BegunTimeline(
        newest.number, newest.id, earlier[-1].id, newest.begun_after, newest.begun_at, newest.is_open
    )
