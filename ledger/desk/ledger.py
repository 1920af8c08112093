"""The ledger as its callers see it: one verb a command, each answered with a receipt."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Self
from uuid import UUID

from crypto_shredding import BlindIndexer, IndexKind, Period, PeriodShredded, Sealer, SubjectShredded, TextRefused
from ledger.calendar import zone_of
from ledger.desk.ahead import Decided
from ledger.desk.books import Book, Shelf
from ledger.desk.checking import checked
from ledger.desk.engine import Engine, IndexMoved, Overtaken, Task
from ledger.desk.indexing import Indexing
from ledger.desk.joining import join_task, opening_task
from ledger.desk.partners import partner_stream
from ledger.desk.programs import program_stream
from ledger.desk.reading import StoreReader
from ledger.desk.receipts import receipt_of
from ledger.desk.rulebook import Rulebook
from ledger.desk.sealing import NO_BOXES, Sealing, account_slots, without_texts
from ledger.desk.stamping import Clock, FreshIds, stamp
from ledger.errors import (
    ContendedAccount,
    InvalidTime,
    MemberNotActive,
    PeriodEnded,
    UnknownAccount,
    UnknownMember,
)
from ledger.event import Event
from ledger.evolution import evolve
from ledger.members.commands import Join
from ledger.members.member import Member
from ledger.points.account import Account
from ledger.points.balance import Balance, balance
from ledger.points.commands import (
    AccountCommand,
    Accrue,
    Command,
    DefinePartner,
    DefineProgram,
    Exchange,
    Expire,
    ExpireCoupons,
    Extend,
    NotifyExpiry,
    OpenAccount,
    Pay,
    Refund,
    Reprice,
    TimeOutHolds,
)
from ledger.points.decide import define_partner, define_program
from ledger.points.events import (
    CouponExpired,
    ExpiryNoticed,
    HoldReleased,
    PointsAccrued,
    PointsClawedBack,
    PointsExchanged,
    PointsExpired,
    PointsExtended,
    PointsPaid,
    PointsRefunded,
)
from ledger.points.fingerprint import fingerprint
from ledger.points.receipt import Receipt
from ledger.retention import CONTRACT, MEMBERSHIP, PAYMENT
from ledger.store import Appender

# What a command to an account becomes, and the classes that must be open for it (checked under the shard's lock).
VERBS: dict[type[AccountCommand], tuple[type[Event], tuple[int, ...]]] = {
    Accrue: (PointsAccrued, (MEMBERSHIP.code, CONTRACT.code)),
    Pay: (PointsPaid, (MEMBERSHIP.code, PAYMENT.code)),
    Exchange: (PointsExchanged, (MEMBERSHIP.code, CONTRACT.code)),
    Refund: (PointsRefunded, (MEMBERSHIP.code,)),
    Expire: (PointsExpired, (MEMBERSHIP.code,)),
    ExpireCoupons: (CouponExpired, (MEMBERSHIP.code,)),
    Extend: (PointsExtended, (MEMBERSHIP.code,)),
    NotifyExpiry: (ExpiryNoticed, (MEMBERSHIP.code,)),
    Reprice: (PointsClawedBack, (MEMBERSHIP.code,)),
    TimeOutHolds: (HoldReleased, (MEMBERSHIP.code,)),
}

# Overtaken means that the opening under the command was not stored; nothing honest opens an account that often.
ATTEMPTS_MAX = 20
# The index's key changes once a week.
INDEX_MOVES_MAX = 5


class Ledger:
    """The asyncio core. Many commands in flight share one round trip to the database; each is answered by itself.

    One event loop only; from threads use `BlockingLedger`. ``clock`` is the business clock: it stamps `recorded_at`.
    Its parts (`shelf`, `engine`, `programs`, `reader`) are shared with the processes that run beside commands.
    """

    def __init__(
        self,
        reader: StoreReader,
        appender: Appender,
        sealer: Sealer,
        clock: Clock,
        indexer: BlindIndexer | None = None,
    ) -> None:
        self._appender = appender
        self.clock = clock
        self.reader = reader
        self.shelf = Shelf(reader, evolve)
        self.engine = Engine(self.shelf, appender, reader)
        self.sealing = Sealing(sealer, indexer)
        self.indexing = None if indexer is None else Indexing(indexer, self.shelf, self.engine, reader, clock)
        self.rulebook = Rulebook(reader)
        self.programs = self.rulebook.programs

    @classmethod
    async def open(cls, dsn: str, *, sealer: Sealer, clock: Clock, indexer: BlindIndexer | None = None) -> Self:
        """Connect to a migrated ledger database. Without an indexer nobody who joins here is found by their values."""
        reader = await StoreReader.open(dsn)
        try:
            appender = await Appender.open(dsn)
        except BaseException:
            await reader.aclose()
            raise
        return cls(reader, appender, sealer, clock, indexer)

    async def aclose(self) -> None:
        """Answer what is in flight, then disconnect."""
        await self._appender.aclose()
        await self.reader.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def execute(self, command: Command) -> Receipt:
        """Carry a command out, at most once by its key, and answer with its (first) receipt.

        Raises, in this order: `InvalidCommand`, `KeyReused`, `UnknownProgram`, `UnknownMember`, `UnknownAccount`, the
        refusals of the verb (ledger.points, ledger.members), the same with texts as without; then `InvalidTime`,
        `PeriodEnded` and `TextRefused` for texts that cannot be sealed; `MemberNotActive`, `ContendedAccount`,
        `StoreUnavailable`
        (outcome unknown: send the same key again).
        """
        checked(command)
        if isinstance(command, OpenAccount):
            return await self._open_account(command)
        if isinstance(command, AccountCommand):
            return await self._to_account(command)
        if isinstance(command, Join):
            make_task = partial(join_task, self.sealing, self.indexing, self.clock)
            return await self._once(command, command.member_id, make_task)
        if isinstance(command, DefineProgram):
            return await self._define(command)
        if isinstance(command, DefinePartner):
            return await self._define_partner(command)
        raise TypeError(f"{type(command).__name__} is not taken here; leaving and erasure have processes of their own")

    async def balance(self, account_id: UUID, at: datetime | None = None) -> Balance:
        """What the account has at an instant, by the newest events of the store.

        Raises `UnknownAccount`, `ContendedAccount`, `StoreUnavailable`.
        """
        [account] = await self.shelf.stored([account_id])
        if not isinstance(account, Account):
            raise UnknownAccount(account_id)
        program = await self.programs.named(account.program)
        return balance(account, at or self.clock(), zone_of(program.zone))

    async def find(self, kind: IndexKind, text: str, *, dispute: bool = False) -> list[UUID]:
        """Members by their e-mail or phone; see `Indexing.find`. Nobody is found by a ledger without an indexer."""
        return [] if self.indexing is None else await self.indexing.find(kind, text, dispute=dispute)

    async def _open_account(self, command: OpenAccount[str]) -> Receipt:
        program = await self.programs.named(command.program, command.occurred_at)
        member_id = UUID(command.holder)
        # A joining without an answer does not count: it may go in another batch than the opening, and be lost alone.
        member = await self.shelf.answered_book(member_id)
        if not isinstance(member.state, Member):
            raise UnknownMember(member_id)
        return await self._once(command, command.account_id, partial(opening_task, self.sealing, program, self.clock))

    async def _to_account(self, command: AccountCommand) -> Receipt:
        for _ in range(ATTEMPTS_MAX):
            try:
                return await self._attempt(command)
            except Overtaken:
                continue
        raise ContendedAccount(command.account_id, ATTEMPTS_MAX)

    async def _attempt(self, command: AccountCommand) -> Receipt:
        """Slots, holder and program are those of the account's opening as this process knows it.

        It may have no answer yet, and never be stored because another one was: raises `Overtaken`.
        """
        event_type, guards = VERBS[type(command)]
        stream = command.account_id
        book = self.shelf.at_hand(stream) or await self.shelf.book(stream)
        account = book.state
        if not isinstance(account, Account):
            raise UnknownAccount(stream)
        mark = fingerprint(command)
        rules = await self.rulebook.rules_for(command, account.program)
        ids = FreshIds()
        unsealed: Exception | None = None
        try:
            sealed, boxes, periods, _ = await self.sealing.seal(command, event_type, ids[0], account_slots(account))
        except (InvalidTime, SubjectShredded, PeriodShredded, TextRefused) as error:
            # It may have been carried out before the keys went; and what refuses it without texts comes first.
            sealed, boxes, periods = without_texts(command, event_type), NO_BOXES, ()
            unsealed = _nothing_can_be_sealed(book, error)

        def decide_on(books: Sequence[Book]) -> Decided:
            now: Account | None = books[0].state
            if now is not None and now.slots is not account.slots and now.slots != account.slots:
                raise Overtaken  # each opening has slots of its own
            events = rules.decide(now, sealed, stamp(ids, self.clock))
            if unsealed is not None:
                raise unsealed
            return [(books[0], event) for event in events]

        holder = book.holder
        task = Task(
            key=command.key,
            fingerprint=mark,
            topic=event_type.TOPIC,
            amount=getattr(command, "points", None),
            streams=(stream,),
            decide=decide_on,
            answer=partial(receipt_of, stream, command, zone_of(rules.program.zone)),
            boxes=boxes,
            reference=None if command.reference is None else str(command.reference),
            guards=() if holder is None else tuple([(holder, code) for code in guards]),
            periods=periods,
        )
        return await self.engine.carry_out(task)

    async def _once(self, command: Any, stream: UUID, make_task: Any) -> Receipt:
        """A command that creates; where its stream is there already a stored receipt answers, and no slot is spent."""
        book = await self.shelf.book(stream)
        if book.state is not None:
            first = await self.engine.answered(stream, command.key, fingerprint(command))
            if first is not None:
                return first
        for _ in range(INDEX_MOVES_MAX):
            try:
                return await self.engine.carry_out(await make_task(command, fingerprint(command)))
            except (IndexMoved, SubjectShredded):  # of the keys that it takes only the index's can be destroyed
                if self.indexing is None:
                    raise
                await self.indexing.keys()  # the newest; with it everything is sealed anew, under fresh keys
        raise ContendedAccount(stream, INDEX_MOVES_MAX)

    async def _define(self, command: DefineProgram) -> Receipt:
        def decide_on(books: Sequence[Book]) -> Decided:
            earlier = None if books[0].state is None else books[0].state.newest
            return [(books[0], event) for event in define_program(earlier, command, stamp(FreshIds(), self.clock))]

        receipt = await self._defined(command, program_stream(command.program.code), decide_on)
        await self.programs.reload()
        return receipt

    async def _define_partner(self, command: DefinePartner) -> Receipt:
        def decide_on(books: Sequence[Book]) -> Decided:
            earlier = None if books[0].state is None else books[0].state.newest
            return [(books[0], event) for event in define_partner(earlier, command, stamp(FreshIds(), self.clock))]

        receipt = await self._defined(command, partner_stream(command.partner.business_number), decide_on)
        await self.rulebook.partners.reload()
        return receipt

    async def _defined(self, command: Command, stream: UUID, decide_on: Any) -> Receipt:
        task = Task(
            key=command.key,
            fingerprint=fingerprint(command),
            streams=(stream,),
            decide=decide_on,
            answer=partial(receipt_of, stream, command, None),
        )
        return await self.engine.carry_out(task)


def _nothing_can_be_sealed(book: Book, why: Exception) -> Exception:
    if isinstance(why, SubjectShredded):
        return MemberNotActive(book.holder, "erased")
    if isinstance(why, PeriodShredded):
        return PeriodEnded([Period(why.class_code, why.first_day)])
    return why
