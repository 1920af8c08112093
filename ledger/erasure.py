"""Erasure (파기): request, fence, doom, wait, shred, verify, record. Each step may be repeated; a crash is resumed.

```
Erase ─► left? else leave ─► ErasureRequested ─► MemberErased (the fence: classes closed under the shard's lock)
      ─► what a law keeps moves apart ─► doom the slots of the closed classes ─► T_live ─► destroy their keys
      ─► try their boxes ─► KeysDestroyed
```
Holds the `Shredder`. What a law keeps stays in classes of its own; the same command after their last day destroys
them too.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from crypto_shredding import NO_SLOT, OpenRequest, Place, Sealed, Shredder, SlotId
from ledger.calendar import day_of
from ledger.certifying import Certifier, Destroyed, class_at
from ledger.desk.ahead import Decided
from ledger.desk.books import Book
from ledger.desk.engine import Task
from ledger.desk.ledger import Ledger
from ledger.desk.reading import decoded
from ledger.desk.receipts import receipt_of
from ledger.desk.stamping import FreshIds, stamp
from ledger.destruction import destroy
from ledger.errors import AlreadyErased, MemberNotActive, Refused, StillHeldByLaw, UnknownMember
from ledger.holding import hold
from ledger.horizon import BackupHorizon
from ledger.leaving import Leaving, accounts_in, newest_books
from ledger.members.commands import Erase
from ledger.members.decide import fence, keys_destroyed, request_erasure
from ledger.members.events import ErasureRequested, KeysDestroyed, MemberErased
from ledger.members.keeping import closable, kept_by_law
from ledger.members.member import ErasureRequest, Member
from ledger.personal import personal_fields
from ledger.points.fingerprint import fingerprint
from ledger.points.limits import instant
from ledger.points.receipt import Receipt
from ledger.retention import BY_CODE, POINT_HISTORY, RetentionClass
from ledger.store.connection import connect
from ledger.store.statements import statement


@dataclass(frozen=True, slots=True)
class KeptClass:
    """A class that a law keeps to its last day, inclusive."""

    retention: RetentionClass
    last_day: date


@dataclass(frozen=True, slots=True)
class ErasureReport:
    """What one erasure did. ``unreadable_since`` is `T_live`: from then on no process could open the member's values.

    ``slots`` keys were destroyed; ``boxes_tried`` of their boxes were tried afterwards and none opened. ``horizons``:
    when the root versions that older copies of the key store need were destroyed, and what their provider promises.
    What ``legal_holds`` cover stays readable for their disputes alone. ``certificate``: the number of the one issued.
    """

    member_id: UUID
    request_id: UUID
    closed: tuple[RetentionClass, ...]
    kept: tuple[KeptClass, ...]
    slots: int
    boxes_tried: int
    unreadable_since: datetime
    horizons: tuple[BackupHorizon, ...]
    legal_holds: tuple[UUID, ...] = ()
    certificate: int | None = None

    @property
    def unrecoverable_since(self) -> datetime | None:
        """`T_horizon`: from then on no backup of the key store opens them. None where nothing had to be destroyed."""
        return max((each.at for each in self.horizons), default=None)


class Erasures:
    """Carries erasures out. Any number of processes may; each step has one effect."""

    def __init__(
        self, ledger: Ledger, leaving: Leaving, shredder: Shredder, certifier: Certifier | None = None
    ) -> None:
        self._ledger = ledger
        self._leaving = leaving
        self._shredder = shredder
        self._certifier = certifier

    async def erase(self, command: Erase) -> ErasureReport:
        """Destroy every class of the member that no law keeps on the day, leaving first where the member has not.

        Raises, in this order: `InvalidTime` for what is no instant, `KeyReused`, `UnknownMember`, the refusals of
        `Leaving.leave` (but `MemberNotActive`), `AlreadyErased`, `StillHeldByLaw` (all that may go has gone),
        `StoreUnavailable`, and what crypto_shredding raises. After any error the same command goes on where it stopped.
        """
        instant(command.occurred_at)
        member_id = command.member_id
        first = await self._ledger.engine.answered(member_id, command.key, fingerprint(command))
        if first is None:
            member, _ = await self._newest(member_id)
            if member.status == "active":
                with suppress(MemberNotActive):  # another process was faster, and there is more to do than leaving
                    await self._leaving.leave(command, key=uuid5(command.key, "leave"))
            first = await self._request(command)
        member, _ = await self._newest(member_id)
        # Where another erasure is under way, this key's is finished.
        if member.request is not None and member.request.request_id == first.receipt_id:
            await self._go_on(member, member.request, command)
        return await self._report(member_id, first.receipt_id)

    async def resume(self, *, actor: str) -> list[ErasureReport]:
        """Finish every erasure that was requested and not finished, in the order of the requests.

        One that fails does not hold up those behind it. Raises an ExceptionGroup in the end, of what stopped each; the
        others are finished by then, and what is left is found again by the next call.
        """
        rows = await self._ledger.reader.of_topics([ErasureRequested.TOPIC, KeysDestroyed.TOPIC])
        events = [(row.stream, decoded(row)) for row in rows]
        finished = {event.request_id for _, event in events if isinstance(event, KeysDestroyed)}
        reports: list[ErasureReport] = []
        stuck: list[Exception] = []
        for member_id, event in events:
            if not isinstance(event, ErasureRequested) or event.id in finished:
                continue
            command = Erase(
                key=event.id, occurred_at=event.occurred_at, actor=actor, member_id=member_id, basis=event.basis
            )
            try:
                reports += await self._resume_one(command)
            except Exception as error:  # told below
                error.add_note(f"erasure {event.id} of member {member_id}")
                stuck.append(error)
        if stuck:
            raise ExceptionGroup(f"erasures that are not finished: {len(stuck)}, finished now: {len(reports)}", stuck)
        return reports

    async def _resume_one(self, command: Erase) -> list[ErasureReport]:
        member, _ = await self._newest(command.member_id)
        if member.request is None or member.request.request_id != command.key or member.status == "active":
            # Finished meanwhile; or leaving was refused, and the officer's next command says what is missing.
            return []
        await self._go_on(member, member.request, command)
        return [await self._report(command.member_id, command.key)]

    async def _go_on(self, member: Member, request: ErasureRequest, command: Erase) -> None:
        if request.closing is None:
            await self._fence(command, request)
        member, accounts = await self._newest(member.member_id)
        if member.request is None or member.request.closing is None:
            return  # another process was faster
        closing = member.request.closing
        streams = [member.member_id, *(each.account_id for each in accounts)]
        await hold(self._ledger.reader, streams, {each.retention_code for each in member.kept})
        # Behind the fence nothing joins them. Also a slot that only a box names is destroyed: what is there, goes.
        boxes = await self._boxes_of(streams, closing)
        codes = {each.sealed.subject_slot: class_at(each.place).code for each in boxes}
        codes |= codes_of(member, accounts, closing)
        reason = f"erasure request {request.request_id}"
        destruction = await destroy(self._shredder, sorted(codes), reason=reason, clock=self._ledger.clock)
        await asyncio.to_thread(self._shredder.verify_gone, boxes)
        indexed = await self._ledger.reader.indexed(member.member_id, closing)
        number = await self._certified(
            Destroyed(
                member.member_id,
                request,
                command.actor,
                closing,
                member.kept,
                codes,
                destruction,
                boxes,
                indexed,
            )
        )
        await self._record(
            request,
            command,
            closing,
            slots=len(codes),
            boxes_tried=len(boxes),
            unreadable_since=destruction.unreadable_since,
            horizons=destruction.horizons,
            certificate=number,
        )

    async def _certified(self, done: Destroyed) -> int | None:
        if self._certifier is None:
            return None
        issued = await asyncio.to_thread(self._certifier.erasure, done, at=self._ledger.clock())
        return issued.number

    async def _request(self, command: Erase) -> Receipt:
        """The receipt's id is the erasure's that the key stands for: its own, or the one that is under way."""

        def decide_on(books: Sequence[Book]) -> Decided:
            kept = kept_by_law(accounts_in(books), day_of(command.occurred_at))
            ids = stamp(FreshIds(), self._ledger.clock)
            events = request_erasure(books[0].state, command, ids, kept_now=kept)
            if not events and books[0].state.request is None:
                raise _nothing_due(books[0].state)
            return _on(books[0], events)

        def answer(decided: Decided, member: Member) -> Receipt:
            receipt = receipt_of(command.member_id, command, None, decided, member)
            if decided or member.request is None:
                return receipt
            return replace(receipt, receipt_id=member.request.request_id)

        return await self._append(command, command.key, fingerprint(command), decide_on, answer=answer)

    async def _fence(self, command: Erase, request: ErasureRequest) -> None:
        """Close under the shard's lock, in the transaction of the event that says so.

        It is decided on the member as the lock finds them: a legal hold that was placed meanwhile is in the event.
        """
        member, accounts = await self._newest(command.member_id)
        today = day_of(command.occurred_at)
        kept = kept_by_law(accounts, today)
        closing = closable(member.closed, kept)

        def decide_on(books: Sequence[Book]) -> Decided:
            if books[0].state.request != request:
                return ()
            events = fence(books[0].state, command, stamp(FreshIds(), self._ledger.clock), today, kept)
            assert all(each.closed == closing for each in events), "classes close by fences alone, and this is the one"
            return _on(books[0], events)

        closes = tuple((command.member_id, code) for code in closing)
        key = uuid5(request.request_id, MemberErased.TOPIC)
        await self._append(command, key, request.request_id.bytes, decide_on, closes=closes)

    async def _record(self, request: ErasureRequest, command: Erase, closing: tuple[int, ...], **done: Any) -> None:
        def decide_on(books: Sequence[Book]) -> Decided:
            ids = stamp(FreshIds(), self._ledger.clock)
            return _on(books[0], keys_destroyed(books[0].state, ids, actor=command.actor, **done))

        ends_link = POINT_HISTORY.code in closing
        unlinks = tuple(await self._ledger.reader.accounts_of(command.member_id)) if ends_link else ()
        key = uuid5(request.request_id, KeysDestroyed.TOPIC)
        await self._append(command, key, request.request_id.bytes, decide_on, unlinks=unlinks)

    async def _append(self, command: Erase, key: UUID, mark: bytes, decide_on: Any, **parts: Any) -> Receipt:
        """One event on the member's stream; the accounts' books come along to be read, not to be written."""
        books = await newest_books(self._ledger, command.member_id)
        streams = tuple(book.stream for book in books)
        parts.setdefault("answer", partial(receipt_of, command.member_id, command, None))
        task = Task(key=key, fingerprint=mark, streams=streams, decide=decide_on, **parts)
        return await self._ledger.engine.carry_out(task)

    async def _newest(self, member_id: UUID) -> tuple[Member, list[Any]]:
        """As the store has them: keys are destroyed by what these say, so nothing in them may wait for an answer."""
        accounts = await self._ledger.reader.accounts_of(member_id)
        member, *states = await self._ledger.shelf.stored([member_id, *accounts])
        if not isinstance(member, Member):
            raise UnknownMember(member_id)
        return member, states

    async def _boxes_of(self, streams: Sequence[UUID], closing: tuple[int, ...]) -> list[OpenRequest]:
        """One box of each destroyed slot, where it sealed anything."""
        rows, _ = await self._ledger.reader.read([(stream, 0) for stream in streams])
        found: dict[tuple[SlotId, SlotId], tuple[int, Place, Sealed]] = {}
        for row in rows:
            event = decoded(row)
            for name, mark in personal_fields(type(event)).items():
                sealed: Sealed | None = getattr(event, name)
                if sealed is not None and mark.retention.code in closing:
                    place = Place(event.id, event.TOPIC, mark.field_id)
                    found.setdefault((sealed.subject_slot, NO_SLOT), (row.position, place, sealed))
        stored = await self._ledger.reader.boxes([(position, place.field_id) for position, place, _ in found.values()])
        return [
            OpenRequest(place, sealed, stored.get((position, place.field_id)))
            for position, place, sealed in found.values()
        ]

    async def _report(self, member_id: UUID, request_id: UUID) -> ErasureReport:
        """Read from the log, so that it says the same whoever finished the erasure, and for ever."""
        rows, _ = await self._ledger.reader.read([(member_id, 0)])
        events = [decoded(row) for row in rows]
        fenced = next(each for each in events if isinstance(each, MemberErased) and each.request_id == request_id)
        done = next(each for each in events if isinstance(each, KeysDestroyed) and each.request_id == request_id)
        return ErasureReport(
            member_id,
            request_id,
            tuple(BY_CODE[code] for code in done.closed),
            tuple(KeptClass(BY_CODE[each.retention_code], each.last_day) for each in fenced.kept),
            done.slots,
            done.boxes_tried,
            done.unreadable_since,
            done.horizons,
            fenced.legal_holds,
            done.certificate,
        )


def unfinished_erasures(dsn: str) -> int:
    """How many erasures were requested and not finished; asked without the keys. `Erasures.resume` finishes them."""
    with connect(dsn, name="ledger reader") as connection:
        row = connection.execute(statement("unfinished_erasures")).fetchone()
    assert row is not None
    count: int = row[0]
    return count


def codes_of(member: Member, accounts: Sequence[Any], codes: Sequence[int]) -> dict[SlotId, int]:
    """The retention class of every subject slot that `slots_of` finds."""
    return {slot: code for code in codes for slot in slots_of(member, accounts, [code])}


def slots_of(member: Member, accounts: Sequence[Any], codes: Sequence[int]) -> list[SlotId]:
    """Every subject slot of the member and of the member's accounts in some retention classes."""
    slots = [slot for code in codes for slot in member.slots_by_class.get(code, ())]
    return slots + [each.slots_by_class[code] for each in accounts for code in codes if code in each.slots_by_class]


def _on(book: Book, events: Sequence[Any]) -> Decided:
    return [(book, event) for event in events]


def _nothing_due(member: Member) -> Refused:
    latest = max(member.kept, key=lambda each: each.last_day, default=None)
    if latest is None:
        return AlreadyErased(member.member_id)
    return StillHeldByLaw(BY_CODE[latest.retention_code].title, latest.last_day)
