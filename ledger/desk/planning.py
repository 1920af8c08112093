"""From a command to an account to the task that carries it out: texts sealed, guards named, the decision tied up."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, cast
from uuid import UUID

from crypto_shredding import Period, PeriodShredded, SubjectShredded, TextRefused
from ledger.calendar import zone_of
from ledger.desk.ahead import Decided
from ledger.desk.books import Book, Shelf
from ledger.desk.engine import NOTHING_SEALED, Engine, Overtaken, Task
from ledger.desk.indexing import Indexing
from ledger.desk.joining import index_rows
from ledger.desk.receipts import receipt_of
from ledger.desk.rulebook import Rulebook, Rules
from ledger.desk.sealing import SealedCommand, Sealing, account_slots, has_indexed, without_texts
from ledger.desk.stamping import Clock, FreshIds, stamp
from ledger.desk.verbs import amount_of, becomes, guards
from ledger.desk.voiding import Voiding
from ledger.errors import InvalidTime, MemberNotActive, PeriodEnded, UnknownAccount
from ledger.event import Event
from ledger.points.account import Account
from ledger.points.commands import AccountCommand, Convert, Transfer, Void
from ledger.points.decide import convert, transfer
from ledger.points.events import PointsConvertedIn, PointsReceived
from ledger.points.fingerprint import fingerprint
from ledger.points.program import Program
from ledger.points.stamp import first_event_id
from ledger.points.voiding import refuse_barred
from ledger.store import IndexRow


class Side(NamedTuple):
    """One account of a command as this process knows it, and the ids of what happens to it."""

    book: Book
    account: Account
    rules: Rules
    ids: FreshIds

    @property
    def program(self) -> Program:
        """The version that is in force for the command."""
        return self.rules.program


class Texts(NamedTuple):
    """A command with references for its texts; ``refusal`` is raised where they could not be sealed, decided or not."""

    command: Any
    event_type: type[Event]
    sealed: SealedCommand
    rows: tuple[IndexRow, ...] = ()
    refusal: Exception | None = None


class Planning:
    """Holds what a plan rests on. A plan may be overtaken by what happens meanwhile: then it is made again."""

    def __init__(
        self,
        shelf: Shelf,
        sealing: Sealing,
        rulebook: Rulebook,
        engine: Engine,
        voiding: Voiding,
        indexing: Indexing | None,
        clock: Clock,
    ) -> None:
        self._shelf = shelf
        self._sealing = sealing
        self._rulebook = rulebook
        self._engine = engine
        self._voiding = voiding
        self._indexing = indexing
        self._clock = clock

    async def plan(self, command: AccountCommand) -> Task:
        """Slots, holder and program are those of the account's opening as this process knows it.

        It may have no answer yet, and never be stored because another one was: then deciding raises `Overtaken`.
        Raises, in this order: `UnknownAccount`, `UnknownProgram`, `InvalidTime`, `KeyMissing`.
        """
        side = await self._side(command, command.account_id, first_event_id(command.account_id, command.key))
        if type(command) in _RECEIVED:
            return await self._between(cast("Transfer[str] | Convert", command), side)
        texts = await self._seal(command, becomes(command, side.account), side)
        check = await self._voiding.check(command) if isinstance(command, Void) else None

        def decide_on(books: Sequence[Book]) -> Decided:
            [book] = books
            _same_opening(book, side)
            events = side.rules.decide(book.state, texts.command, stamp(side.ids, self._clock))
            if events:
                _sealed_for(events[0], texts)
                if check is not None:
                    check(book, events[0])
            return [(book, event) for event in events]

        return self._task(command, side, texts, decide_on)

    async def _between(self, command: Transfer[str] | Convert, giver: Side) -> Task:
        receiver = await self._side(command, command.to_account_id, None)
        out = await self._seal(command, becomes(command, giver.account), giver)
        into = await self._seal(_received(command), _RECEIVED[type(command)], receiver)
        both = out.command
        if isinstance(command, Transfer):
            both = replace(both, receiver_memo=into.command.memo)

        def decide_on(books: Sequence[Book]) -> Decided:
            ends = books[0], books[-1]
            for book, side in zip(ends, (giver, receiver), strict=True):
                _same_opening(book, side)
            stamps = stamp(giver.ids, self._clock), stamp(receiver.ids, self._clock)
            refuse_barred(ends[0].state, stamps[0], command.key)
            if isinstance(command, Transfer):
                moved = transfer(ends[0].state, ends[1].state, both, giver.program, stamps, giver.rules.history)
            else:
                moved = convert(ends[0].state, ends[1].state, both, (giver.program, receiver.program), stamps)
            for texts in (out, into):
                if texts.refusal is not None:
                    raise texts.refusal
            return [(book, event) for book, events in zip(ends, moved, strict=True) for event in events]

        task = self._task(command, giver, out, decide_on)
        into_boxes = into.sealed.boxes
        return task._replace(
            streams=tuple(dict.fromkeys((*task.streams, receiver.book.stream))),
            boxes={**task.boxes, receiver.ids[0]: into_boxes},
            guards=(*task.guards, *guards(command, receiver.book.holder, into.event_type, into_boxes)),
            periods=tuple(dict.fromkeys((*task.periods, *into.sealed.periods))),
        )

    def _task(self, command: AccountCommand, side: Side, texts: Texts, decide_on: Any) -> Task:
        """Key, reference, balance and fingerprint are those of the account that the command names first."""
        stream, boxes = command.account_id, texts.sealed.boxes
        return Task(
            key=command.key,
            fingerprint=fingerprint(command),
            topic=texts.event_type.TOPIC,
            amount=amount_of(command),
            streams=(stream,),
            decide=decide_on,
            answer=partial(receipt_of, stream, command, zone_of(side.program.zone), clock=self._clock),
            boxes={side.ids[0]: boxes} if boxes else NOTHING_SEALED,
            reference=None if command.reference is None else str(command.reference),
            guards=guards(command, side.book.holder, texts.event_type, boxes),
            periods=texts.sealed.periods,
            index_rows=texts.rows,
        )

    async def _side(self, command: AccountCommand, stream: UUID, first_id: UUID | None) -> Side:
        book = self._shelf.at_hand(stream) or await self._shelf.book(stream)
        account = book.state
        if not isinstance(account, Account):
            raise UnknownAccount(stream)
        rules = await self._rulebook.rules_for(command, account.program)
        return Side(book, account, rules, FreshIds(first_id))

    async def _seal(self, command: Any, event_type: type[Event], side: Side) -> Texts:
        book, account = side.book, side.account
        indexing = self._indexing if has_indexed(command, event_type) else None
        slot = None if indexing is None else await indexing.newest()
        try:
            sealed = await self._sealing.seal(command, event_type, side.ids[0], account_slots(account), slot)
        except (InvalidTime, SubjectShredded, PeriodShredded, TextRefused) as error:
            if indexing is not None and isinstance(error, SubjectShredded) and await indexing.has_moved(slot):
                raise Overtaken from error
            # It may have been carried out before the keys went; and what refuses it without texts comes first.
            return _without(command, event_type, _nothing_can_be_sealed(book, error))
        if slot is None:
            return Texts(sealed.command, event_type, sealed)
        return Texts(
            sealed.command, event_type, sealed, index_rows(book.holder or book.stream, slot, sealed.tags)
        )


_RECEIVED: dict[type[Any], type[Event]] = {Transfer: PointsReceived, Convert: PointsConvertedIn}


def _received(command: Transfer[str] | Convert) -> Any:
    """The command as its receiver sees it, with the receiver's own note."""
    return replace(command, memo=command.receiver_memo) if isinstance(command, Transfer) else command


def _without(command: Any, event_type: type[Event], refusal: Exception) -> Texts:
    bare = without_texts(command, event_type)
    return Texts(bare, event_type, SealedCommand(bare), refusal=refusal)


def _same_opening(book: Book, side: Side) -> None:
    """Raises `Overtaken` where the account was opened by another attempt: each opening has slots of its own."""
    now, then = book.state, side.account
    if now is not None and now.slots is not then.slots and now.slots != then.slots:
        raise Overtaken


def _sealed_for(event: Event, texts: Texts) -> None:
    """Raises `Overtaken` where the texts were sealed for another kind of event; else why they could not be sealed."""
    if texts.sealed.boxes and event.TOPIC != texts.event_type.TOPIC:
        raise Overtaken
    if texts.refusal is not None:
        raise texts.refusal


def _nothing_can_be_sealed(book: Book, why: Exception) -> Exception:
    if isinstance(why, SubjectShredded):
        return MemberNotActive(book.holder, "erased")
    if isinstance(why, PeriodShredded):
        return PeriodEnded([Period(why.class_code, why.first_day)])
    return why
