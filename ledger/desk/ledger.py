"""The ledger as its callers see it: one verb a command, each answered with a receipt."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Self
from uuid import UUID

from crypto_shredding import PeriodShredded, Sealer, SubjectShredded
from ledger.calendar import zone_of
from ledger.desk.ahead import Decided
from ledger.desk.books import Book, Shelf
from ledger.desk.checking import checked
from ledger.desk.engine import Engine, Task
from ledger.desk.joining import join_task, opening_task
from ledger.desk.programs import Programs, program_stream
from ledger.desk.reading import StoreReader
from ledger.desk.receipts import receipt_of
from ledger.desk.sealing import Sealing, account_slots
from ledger.desk.stamping import Clock, FreshIds, stamp
from ledger.errors import MemberNotActive, UnknownAccount, UnknownMember
from ledger.event import Event
from ledger.evolution import evolve
from ledger.members.commands import Join
from ledger.members.member import Member
from ledger.points.account import Account, Balance, balance
from ledger.points.commands import (
    AccountCommand,
    Accrue,
    Command,
    DefineProgram,
    Exchange,
    Expire,
    OpenAccount,
    Pay,
    Refund,
)
from ledger.points.decide import decide, define_program
from ledger.points.events import PointsAccrued, PointsExchanged, PointsExpired, PointsPaid, PointsRefunded
from ledger.points.fingerprint import fingerprint
from ledger.points.program import Program
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
}


class Ledger:
    """The asyncio core. Many commands in flight share one round trip to the database; each is answered by itself.

    One event loop only; from threads use `BlockingLedger`. ``clock`` is the business clock: it stamps `recorded_at`.
    Its parts (`shelf`, `engine`, `programs`, `reader`) are shared with the processes that run beside commands.
    """

    def __init__(self, reader: StoreReader, appender: Appender, sealer: Sealer, clock: Clock) -> None:
        self._appender = appender
        self.clock = clock
        self.reader = reader
        self.shelf = Shelf(reader, evolve)
        self.engine = Engine(self.shelf, appender, reader)
        self.sealing = Sealing(sealer)
        self.programs = Programs(reader.programs)

    @classmethod
    async def open(cls, dsn: str, *, sealer: Sealer, clock: Clock) -> Self:
        """Connect to a migrated ledger database."""
        reader = await StoreReader.open(dsn)
        try:
            appender = await Appender.open(dsn)
        except BaseException:
            await reader.aclose()
            raise
        return cls(reader, appender, sealer, clock)

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
        refusals of the verb (ledger.points, ledger.members), `MemberNotActive`, `ContendedAccount`, `StoreUnavailable`
        (outcome unknown: send the same key again).
        """
        checked(command)
        if isinstance(command, OpenAccount):
            return await self._open_account(command)
        if isinstance(command, AccountCommand):
            return await self._to_account(command)
        if isinstance(command, Join):
            return await self._once(command, command.member_id, partial(join_task, self.sealing, self.clock))
        if isinstance(command, DefineProgram):
            return await self._define(command)
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

    async def _open_account(self, command: OpenAccount[str]) -> Receipt:
        program = await self.programs.named(command.program)
        member_id = UUID(command.holder)
        member = await self.shelf.book(member_id)
        if not isinstance(member.state, Member):
            raise UnknownMember(member_id)
        return await self._once(command, command.account_id, partial(opening_task, self.sealing, program, self.clock))

    async def _to_account(self, command: AccountCommand) -> Receipt:
        event_type, guards = VERBS[type(command)]
        stream = command.account_id
        book = self.shelf.at_hand(stream) or await self.shelf.book(stream)
        account = book.state
        if not isinstance(account, Account):
            raise UnknownAccount(stream)
        mark = fingerprint(command)
        program = await self.programs.named(account.program)
        ids = FreshIds()
        try:
            sealed, boxes = await self.sealing.seal(command, event_type, ids[0], account_slots(account))
        except (SubjectShredded, PeriodShredded):
            # Its keys are gone, but it may have been carried out before they went.
            first = await self.engine.answered(stream, command.key, mark)
            if first is None:
                raise MemberNotActive(book.holder, "erased") from None
            return first

        def decide_on(books: Sequence[Book]) -> Decided:
            events = decide(books[0].state, sealed, program, stamp(ids, self.clock))
            return [(books[0], event) for event in events]

        holder = book.holder
        task = Task(
            key=command.key,
            fingerprint=mark,
            topic=event_type.TOPIC,
            amount=getattr(command, "points", None),
            streams=(stream,),
            decide=decide_on,
            answer=partial(receipt_of, stream, command, zone_of(program.zone)),
            boxes=boxes,
            reference=None if command.reference is None else str(command.reference),
            guards=() if holder is None else tuple([(holder, code) for code in guards]),
        )
        return await self.engine.carry_out(task)

    async def _once(self, command: Any, stream: UUID, make_task: Any) -> Receipt:
        """A command that creates; where its stream is there already a stored receipt answers, and no slot is spent."""
        book = await self.shelf.book(stream)
        if book.state is not None:
            first = await self.engine.answered(stream, command.key, fingerprint(command))
            if first is not None:
                return first
        return await self.engine.carry_out(await make_task(command, fingerprint(command)))

    async def _define(self, command: DefineProgram) -> Receipt:
        stream = program_stream(command.program.code)

        def decide_on(books: Sequence[Book]) -> Decided:
            earlier: Program | None = books[0].state
            return [(books[0], event) for event in define_program(earlier, command, stamp(FreshIds(), self.clock))]

        task = Task(
            key=command.key,
            fingerprint=fingerprint(command),
            streams=(stream,),
            decide=decide_on,
            answer=partial(receipt_of, stream, command, None),
        )
        receipt = await self.engine.carry_out(task)
        await self.programs.reload()
        return receipt
