"""Leaving (탈퇴): one entry closes the membership, every account, and keeps of the identity only what a law demands.

Holds the `Resealer`: name and e-mail move under the retained identity's key without being read here.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from crypto_shredding import Box, OpenRequest, Period, Place, Resealer, Sealed
from ledger.calendar import day_of
from ledger.desk.ahead import Decided
from ledger.desk.books import Book
from ledger.desk.engine import Overtaken, Task
from ledger.desk.joining import index_rows
from ledger.desk.ledger import Ledger
from ledger.desk.receipts import receipt_of
from ledger.desk.sealing import NO_BOXES
from ledger.desk.stamping import FreshIds, stamp
from ledger.errors import ContendedAccount, UnknownMember
from ledger.members.commands import Erase, Leave
from ledger.members.decide import leave
from ledger.members.events import Kept, MemberJoined, MemberLeft
from ledger.members.keeping import identity_period, kept_by_law
from ledger.members.member import Member
from ledger.personal import personal_fields
from ledger.points.account import Account
from ledger.points.decide import forfeits, leave_account
from ledger.points.fingerprint import fingerprint
from ledger.points.limits import instant
from ledger.points.program import Program
from ledger.points.receipt import Receipt
from ledger.retention import MEMBERSHIP
from ledger.store.entries import Boxes, IndexRow

# What is retained: the field of the joining event → the field of the leaving event.
RETAINED = {"name": "retained_name", "email": "retained_email"}
# A plan is overtaken when an account moved between reading and deciding; nothing honest does so often.
PLANS_MAX = 20


class Leaving:
    """Lets members leave. Safe to repeat and to race: a key has one effect, the fence is under the shard's lock."""

    def __init__(self, ledger: Ledger, resealer: Resealer) -> None:
        self._ledger = ledger
        self._resealer = resealer

    async def leave(self, command: Leave | Erase, *, key: UUID | None = None) -> Receipt:
        """The receipt's points are what was forfeited; ``key`` replaces the command's where leaving is a step of it.

        Raises, in this order: `InvalidTime` for what is no instant, `KeyReused`, `UnknownMember`, `MemberNotActive`,
        `InvalidTime`, `InvalidText`, `ConfirmationNeeded`, `HoldsOpen`, `ContendedAccount`, `StoreUnavailable`.
        """
        instant(command.occurred_at)
        key = key or command.key
        mark = fingerprint(command)
        for _ in range(PLANS_MAX):
            first = await self._ledger.engine.answered(command.member_id, key, mark)
            if first is not None:
                return first
            try:
                return await self._ledger.engine.carry_out(await self._plan(command, key, mark))
            except Overtaken:
                continue
        raise ContendedAccount(command.member_id, PLANS_MAX)

    async def _plan(self, command: Leave | Erase, key: UUID, mark: bytes) -> Task:
        member_id, ids = command.member_id, FreshIds()
        books = await newest_books(self._ledger, member_id)
        if not await self._ledger.shelf.settled(books[:1]):
            raise Overtaken  # the joining under the plan was not stored, and its slots are nobody's
        accounts = [book.state for book in books[1:]]
        named, at = self._ledger.programs.named, command.occurred_at
        programs = {each.program: await named(each.program, at) for each in accounts}
        kept = kept_by_law(accounts, day_of(command.occurred_at))
        period = identity_period(kept)
        boxes = {} if period is None else await self._retain(books[0], period, ids[0])
        retained = {RETAINED[name]: box.sealed for name, box in boxes.items()}
        index = await self._index(member_id, ids[0], boxes)

        def decide_on(books: Sequence[Book]) -> Decided:
            return self._decide(command, books, programs, kept, retained, ids)

        return Task(
            key=key,
            fingerprint=mark,
            streams=tuple(book.stream for book in books),
            decide=decide_on,
            answer=partial(receipt_of, member_id, command, None),
            boxes={ids[0]: _fields(boxes)},
            guards=((member_id, MEMBERSHIP.code),),
            closes=((member_id, MEMBERSHIP.code),),
            rosters=((member_id, len(accounts)),),
            periods=(period,) if boxes and period is not None else (),
            index_rows=index,
        )

    def _decide(
        self,
        command: Leave | Erase,
        books: Sequence[Book],
        programs: dict[str, Program],
        kept: tuple[Kept, ...],
        retained: dict[str, Sealed],
        ids: Sequence[UUID],
    ) -> Decided:
        at, clock = command.occurred_at, self._ledger.clock
        member, accounts = books[0], [book for book in books[1:] if book.state.status != "left"]
        gives_up = sum(forfeits(book.state, programs[book.state.program], at) for book in accounts)
        left = leave(member.state, command, stamp(ids, clock), forfeits=gives_up, kept=kept, **retained)
        if kept_by_law([book.state for book in books[1:]], day_of(at)) != kept:
            raise Overtaken
        return [
            *((member, event) for event in left),
            *(
                (book, event)
                for book in accounts
                for event in leave_account(
                    book.state,
                    programs[book.state.program],
                    stamp(FreshIds(), clock),
                    occurred_at=at,
                    actor=command.actor,
                )
            ),
        ]

    async def _retain(self, book: Book, period: Period, event_id: UUID) -> dict[str, Box]:
        """Name and e-mail under the retained identity's key, which ends with the last record that is kept."""
        member: Member | None = book.state
        if member is None:
            return {}
        rows, _ = await self._ledger.reader.read([(member.member_id, 0)])
        position = next(row.position for row in rows if row.version == 1)
        marks, new_marks = personal_fields(MemberJoined), personal_fields(MemberLeft)
        stored = await self._ledger.reader.boxes([(position, marks[name].field_id) for name in RETAINED])
        boxes: dict[str, Box] = {}
        for name, new_name in RETAINED.items():
            field_id = marks[name].field_id
            old = Place(member.joined_as, MemberJoined.TOPIC, field_id)
            new = Place(event_id, MemberLeft.TOPIC, new_marks[new_name].field_id)
            request = OpenRequest(old, member.profile[name], stored.get((position, field_id)))
            box = await asyncio.to_thread(self._reseal, request, new, member, period)
            if box is not None:
                boxes[name] = box
        return boxes

    async def _index(self, member_id: UUID, event_id: UUID, boxes: dict[str, Box]) -> tuple[IndexRow, ...]:
        """Who left can be found for a dispute, by what is retained; from the new boxes, whose keys are at hand."""
        indexing, tags = self._ledger.indexing, []
        if indexing is None:
            return ()
        keys = await indexing.keys()
        slot = await indexing.newest() if keys is None else keys.newest
        for name, box in boxes.items():
            mark = personal_fields(MemberLeft)[RETAINED[name]]
            if mark.indexed is not None:
                request = OpenRequest(Place(event_id, MemberLeft.TOPIC, mark.field_id), box.sealed, box.data)
                tag = await indexing.tag_sealed(slot, mark.indexed, request)
                if tag is not None:
                    tags.append((mark, tag))
        return index_rows(member_id, slot, tuple(tags))

    def _reseal(self, request: OpenRequest, place: Place, member: Member, period: Period) -> Box | None:
        box = self._resealer.reseal(request, place=place, subject_slot=member.identity_slot, period=period)
        return box if isinstance(box, Box) else None


async def newest_books(ledger: Ledger, member_id: UUID) -> list[Book]:
    """The member's book, then those of the member's accounts, as the store has them now."""
    streams = [member_id, *await ledger.reader.accounts_of(member_id)]
    books = [await ledger.shelf.book(stream) for stream in streams]
    if isinstance(books[0].state, Account):
        raise UnknownMember(member_id)
    if await ledger.shelf.is_behind(books):
        books = [await ledger.shelf.book(stream) for stream in streams]
    return books


def accounts_in(books: Sequence[Book]) -> list[Account]:
    """The accounts among the books of `newest_books`."""
    return [book.state for book in books[1:]]


def _fields(boxes: dict[str, Box]) -> Boxes:
    marks = personal_fields(MemberLeft)
    return tuple((marks[RETAINED[name]].field_id, box.data) for name, box in boxes.items()) or NO_BOXES
