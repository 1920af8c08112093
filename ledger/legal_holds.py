"""Legal holds as a process: the values of a record move under a key of the hold's own, and go when it is released.

```
place ─► read the record ─► seal its values again ─► LegalHoldPlaced (refused if a class or period closed meanwhile)
      ─► its boxes move apart
release ─► LegalHoldReleased ─► doom the hold's slot ─► T_live ─► destroy ─► try its boxes ─► certified
        ─► LegalHoldDestroyed
```
A hold is one entry: it is stored with every copy it needs, or not at all. So no closing has to wait for one. Holds the
`Resealer`, and the `Shredder` for the slots of holds.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from crypto_shredding import Box, OpenRequest, Period, Place, Resealer, Sealed, Shredder, SlotId
from ledger.certifying import Certifier, EndedKey, certified
from ledger.desk.ahead import Decided
from ledger.desk.books import Book
from ledger.desk.engine import Task
from ledger.desk.ledger import Ledger
from ledger.desk.reading import decoded
from ledger.desk.receipts import receipt_of
from ledger.desk.sealing import period_of
from ledger.desk.stamping import FreshIds, stamp
from ledger.destruction import Dooms, destroy
from ledger.errors import ContendedAccount, MemberNotActive, UnknownMember, UnknownRecord
from ledger.event import Event
from ledger.holding import ReadHeld
from ledger.horizon import BackupHorizon
from ledger.members.commands import PlaceLegalHold, ReleaseLegalHold
from ledger.members.events import MemberLeft
from ledger.members.keeping import identity_period
from ledger.members.legal_hold import (
    LegalHoldDestroyed,
    LegalHoldPlaced,
    LegalHoldReleased,
    held_field_id,
)
from ledger.members.legal_holding import four_eyes, legal_hold_destroyed, place_legal_hold, release_legal_hold
from ledger.members.member import Member
from ledger.personal import Personal, personal_fields
from ledger.points.commands import Command
from ledger.points.fingerprint import fingerprint
from ledger.points.receipt import Receipt
from ledger.retention import LEGAL_HOLD
from ledger.store.readers import StoredRow

# A plan is overtaken when a class of the record closed between reading and appending; there are six.
PLANS_MAX = 20
BASIS = "분쟁 증거 보전의 해제; 개인정보 보호법 제21조 제1항"


@dataclass(frozen=True, slots=True)
class HeldRecord:
    """A live hold, as the log has it: whose it is, what kind of record, and when somebody must look at it again."""

    member_id: UUID
    hold_id: UUID
    record_topic: str
    requested_by: str
    approved_by: str
    review_on: date


@dataclass(frozen=True, slots=True)
class ReleaseReport:
    """What a release destroyed: ``boxes_tried`` boxes opened to nobody afterwards, since ``unreadable_since``.

    ``certificate``: the number of the one issued.
    """

    member_id: UUID
    hold_id: UUID
    boxes_tried: int
    unreadable_since: datetime
    horizons: tuple[BackupHorizon, ...]
    certificate: int | None = None


class LegalHolds:
    """Places and releases holds. Safe to repeat and to race: a key has one effect, and one of two racers is told."""

    def __init__(
        self,
        ledger: Ledger,
        resealer: Resealer,
        shredder: Shredder,
        read_held: ReadHeld,
        certifier: Certifier | None = None,
    ) -> None:
        self._ledger = ledger
        self._resealer = resealer
        self._shredder = shredder
        self._read_held = read_held
        self._certifier = certifier

    async def place(self, command: PlaceLegalHold[str]) -> Receipt:
        """Hold the personal values of one record that are not closed or destroyed yet.

        Raises, in this order: `KeyReused`, `FourEyesNeeded`, `UnknownMember`, `UnknownRecord`, the refusals of
        `place_legal_hold`, `PeriodEnded`, `ContendedAccount`, `StoreUnavailable`, and what crypto_shredding raises.
        """
        mark = fingerprint(command)
        first = await self._ledger.engine.answered(command.member_id, command.key, mark)
        if first is not None:
            return first
        four_eyes(command)  # before anything is opened for it
        row = await self._record(command)
        [slot] = await self._ledger.sealing.fresh_slots(1)
        for _ in range(PLANS_MAX):
            try:
                receipt = await self._ledger.engine.carry_out(await self._plan(command, mark, row, slot))
            except MemberNotActive:
                continue  # a class of the record closed meanwhile: hold the others
            await self._move_apart([receipt.position])
            return receipt
        raise ContendedAccount(command.member_id, PLANS_MAX)

    async def release(self, command: ReleaseLegalHold) -> ReleaseReport:
        """Let go of a hold and destroy what it held. After any error the same command goes on where it stopped.

        Raises, in this order: `KeyReused`, the refusals of `release_legal_hold`, `ContendedAccount`,
        `StoreUnavailable`, and what crypto_shredding raises.
        """

        def decide_on(books: Sequence[Book]) -> Decided:
            return _on(books[0], release_legal_hold(books[0].state, command, stamp(FreshIds(), self._ledger.clock)))

        await self._append(command.member_id, command, fingerprint(command), decide_on)
        await self._finish(command.member_id, command.hold_id, command.actor)
        return await self._report(command.member_id, command.hold_id)

    async def resume(self, *, actor: str) -> list[ReleaseReport]:
        """Finish every release whose keys are not destroyed yet; move apart what a crash left among the others."""
        released = {each.hold_id: row.stream for row, each in await self._events(LegalHoldReleased)}
        finished = {each.hold_id for _, each in await self._events(LegalHoldDestroyed)}
        reports = []
        for hold_id, member_id in released.items():
            if hold_id not in finished:
                await self._finish(member_id, hold_id, actor)
                reports.append(await self._report(member_id, hold_id))
        placed = await self._events(LegalHoldPlaced)
        await self._move_apart([row.position for row, each in placed if each.hold_id not in released])
        return reports

    async def repeat(self, dooms: Dooms, *, by: str, at: datetime, actor: str) -> None:
        """Release again, at an instant, every live hold whose key is doomed: a restored log has lost its release.

        ``by`` stands for the person who had approved it, whom nobody knows any more. Then finish all, as `resume` does.
        """
        released = {(row.stream, each.hold_id) for row, each in await self._events(LegalHoldReleased)}
        live = {
            each.slot: hold
            for row, each in await self._events(LegalHoldPlaced)
            if (hold := (row.stream, each.hold_id)) not in released
        }
        for slot, doom in (await asyncio.to_thread(dooms, list(live))).items():
            member_id, hold_id = live[slot]
            command = ReleaseLegalHold(
                key=uuid5(hold_id, f"released again {slot}"),
                occurred_at=at,
                actor=actor,
                member_id=member_id,
                hold_id=hold_id,
                approved_by=f"{by}; {doom.at:%Y-%m-%dT%H:%M:%SZ}: {doom.reason}",
            )
            await self.release(command)
        await self.resume(actor=actor)

    async def live(self) -> list[HeldRecord]:
        """Every hold that was not released, in the order in which they were placed."""
        released = {each.hold_id for _, each in await self._events(LegalHoldReleased)}
        return [
            HeldRecord(row.stream, each.hold_id, each.record_topic, each.actor, each.approved_by, each.review_on)
            for row, each in await self._events(LegalHoldPlaced)
            if each.hold_id not in released
        ]

    async def _move_apart(self, positions: Sequence[int]) -> None:
        """What is kept for a dispute alone lies where the running service cannot read it."""
        fields = [mark.field_id for mark in personal_fields(LegalHoldPlaced).values()]
        await self._ledger.reader.hold_boxes([(position, field) for position in positions for field in fields])

    async def _record(self, command: PlaceLegalHold[str]) -> StoredRow:
        """The named event among those of the member and of the member's accounts."""
        member_id = command.member_id
        streams = [member_id, *await self._ledger.reader.accounts_of(member_id)]
        rows = list((await self._ledger.reader.read([(stream, 0) for stream in streams]))[0])
        if not rows:
            raise UnknownMember(member_id)
        for row in rows:
            if str(decoded(row).id) == command.record:
                return row
        raise UnknownRecord(member_id)

    async def _plan(self, command: PlaceLegalHold[str], mark: bytes, row: StoredRow, slot: SlotId) -> Task:
        member_id, ids = command.member_id, FreshIds()
        record = decoded(row)
        named = replace(command, record=f"{row.stream} {row.version} {record.id}")
        sealed, boxes, _, _ = await self._ledger.sealing.seal(named, LegalHoldPlaced, ids[0], lambda *_: slot)
        closed = await self._ledger.reader.closed_classes(member_id)
        values: dict[Personal, Box] = {}
        for declared, old in await self._values_of(row, record):
            if declared.retention.code not in closed:
                box = await asyncio.to_thread(self._reseal, old, ids[0], declared.field_id, slot)
                if isinstance(box, Box):  # else its period was destroyed before
                    values[declared] = box
        held = {declared.field_id: box.sealed for declared, box in values.items()}

        def decide_on(books: Sequence[Book]) -> Decided:
            events = place_legal_hold(
                books[0].state,
                sealed,
                stamp(ids, self._ledger.clock),
                slot=slot,
                record_topic=row.topic,
                values=held,
            )
            return _on(books[0], events)

        return Task(
            key=command.key,
            fingerprint=mark,
            streams=(member_id,),
            decide=decide_on,
            answer=partial(receipt_of, member_id, command, None),
            boxes=boxes + tuple((held_field_id(declared.field_id), box.data) for declared, box in values.items()),
            guards=tuple((member_id, code) for code in sorted({each.retention.code for each in values})),
            periods=_periods(values, record),
        )

    async def _values_of(self, row: StoredRow, record: Event) -> list[tuple[Personal, OpenRequest]]:
        """What there is to hold of a record; what another hold carries is not held twice."""
        marks = [
            (mark, sealed)
            for name, mark in personal_fields(type(record)).items()
            if (sealed := getattr(record, name)) is not None and mark.retention is not LEGAL_HOLD
        ]
        places = [(row.position, mark.field_id) for mark, _ in marks]
        stored = dict(await self._ledger.reader.boxes(places))
        if apart := [place for place in places if place not in stored]:  # a former member's, which only a law keeps
            stored |= await asyncio.to_thread(self._read_held, apart)
        return [
            (mark, OpenRequest(Place(record.id, row.topic, mark.field_id), sealed, box))
            for mark, sealed in marks
            if (box := stored.get((row.position, mark.field_id))) is not None
        ]

    def _reseal(self, old: OpenRequest, event_id: UUID, field_id: int, slot: SlotId) -> object:
        place = Place(event_id, LegalHoldPlaced.TOPIC, held_field_id(field_id))
        return self._resealer.reseal(old, place=place, subject_slot=slot, period=None)

    async def _finish(self, member_id: UUID, hold_id: UUID, actor: str) -> None:
        member = await self._member(member_id)
        hold = member.legal_holds.get(hold_id)
        if hold is None:
            return  # another process was faster
        reason = f"legal hold {hold_id} released"
        done = await destroy(self._shredder, [hold.slot], reason=reason, clock=self._ledger.clock)
        boxes = await self._boxes_of(member_id, hold_id)
        await asyncio.to_thread(self._shredder.verify_gone, boxes)
        # The hold's own id was its officer's choice, and may come again; the event that placed it does not.
        ended = EndedKey(hold.placed_as, hold.slot, BASIS, LEGAL_HOLD, member_id=member_id)
        now = self._ledger.clock()
        number = await certified(self._certifier, ended, done, actor=actor, at=now, boxes_tried=len(boxes))

        def decide_on(books: Sequence[Book]) -> Decided:
            ids = stamp(FreshIds(), self._ledger.clock)
            events = legal_hold_destroyed(
                books[0].state,
                hold,
                ids,
                boxes_tried=len(boxes),
                unreadable_since=done.unreadable_since,
                horizons=done.horizons,
                certificate=number,
                actor=actor,
            )
            return _on(books[0], events)

        key = uuid5(hold_id, LegalHoldDestroyed.TOPIC)
        command = Command(key=key, occurred_at=self._ledger.clock(), actor=actor)
        await self._append(member_id, command, hold_id.bytes, decide_on)

    async def _append(self, member_id: UUID, command: Command, mark: bytes, decide_on: Any) -> Receipt:
        answer = partial(receipt_of, member_id, command, None)
        task = Task(key=command.key, fingerprint=mark, streams=(member_id,), decide=decide_on, answer=answer)
        return await self._ledger.engine.carry_out(task)

    async def _member(self, member_id: UUID) -> Member:
        [member] = await self._ledger.shelf.stored([member_id])
        if not isinstance(member, Member):
            raise UnknownMember(member_id)
        return member

    async def _boxes_of(self, member_id: UUID, hold_id: UUID) -> list[OpenRequest]:
        rows, _ = await self._ledger.reader.read([(member_id, 0)])
        found: list[tuple[int, Place, Sealed]] = []
        for row in rows:
            event = decoded(row)
            if isinstance(event, LegalHoldPlaced) and event.hold_id == hold_id:
                for name, mark in personal_fields(LegalHoldPlaced).items():
                    if (sealed := getattr(event, name)) is not None:
                        found.append((row.position, Place(event.id, row.topic, mark.field_id), sealed))
        stored = await self._ledger.reader.boxes([(position, place.field_id) for position, place, _ in found])
        return [OpenRequest(place, sealed, stored.get((position, place.field_id))) for position, place, sealed in found]

    async def _report(self, member_id: UUID, hold_id: UUID) -> ReleaseReport:
        rows, _ = await self._ledger.reader.read([(member_id, 0)])
        done = next(
            event
            for event in map(decoded, rows)
            if isinstance(event, LegalHoldDestroyed) and event.hold_id == hold_id
        )
        return ReleaseReport(
            member_id, hold_id, done.boxes_tried, done.unreadable_since, done.horizons, done.certificate
        )

    async def _events(self, kind: type[Any]) -> list[tuple[StoredRow, Any]]:
        return [(row, decoded(row)) for row in await self._ledger.reader.of_topics([kind.TOPIC])]


def overdue(holds: Sequence[HeldRecord], as_of: date) -> list[HeldRecord]:
    """Holds that nobody has reviewed to the day on which somebody had to."""
    return [each for each in holds if each.review_on < as_of]


def _periods(values: Iterable[Personal], record: Event) -> tuple[Period, ...]:
    """The periods that the originals are sealed by: if one was closed meanwhile, the hold came too late."""
    found = {period_of(declared, record.occurred_at) for declared in values}
    if isinstance(record, MemberLeft) and found:
        found.add(identity_period(record.kept))  # the one period that is not counted from the record's own day
    return tuple(each for each in found if each is not None)


def _on(book: Book, events: Sequence[Any]) -> Decided:
    return [(book, event) for event in events]

