"""The ledger as its callers see it: one verb a command, each answered with a receipt."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Self, TypeAlias, cast
from uuid import UUID

from crypto_shredding import BlindIndexer, IndexKind, Sealer, ShreddingError, SubjectShredded
from ledger.calendar import zone_of
from ledger.desk.ahead import Decided
from ledger.desk.batches import BATCH_COMMANDS_MAX, carry_out_all
from ledger.desk.books import Book, Shelf
from ledger.desk.checking import checked
from ledger.desk.consenting import consent_task
from ledger.desk.engine import Engine, IndexMoved, Overtaken, Task
from ledger.desk.indexing import Indexing
from ledger.desk.joining import claiming_task, join_task, opening_task
from ledger.desk.partners import partner_stream
from ledger.desk.planning import Planning
from ledger.desk.programs import program_stream
from ledger.desk.reading import StoreReader
from ledger.desk.receipts import receipt_of
from ledger.desk.redeeming import redeeming_of
from ledger.desk.rulebook import Rulebook
from ledger.desk.sealing import Sealing
from ledger.desk.stamping import Clock, FreshIds, stamp
from ledger.desk.verbs import VERBS
from ledger.desk.voiding import Voiding
from ledger.errors import (
    BatchRefused,
    ContendedAccount,
    InvalidCommand,
    LedgerError,
    UnknownAccount,
    UnknownMember,
)
from ledger.evolution import evolve
from ledger.members.commands import Join
from ledger.members.consent import GiveConsent, WithdrawConsent
from ledger.members.member import Member
from ledger.points.account import Account
from ledger.points.balance import Balance, balance
from ledger.points.commands import (
    AccountCommand,
    Claim,
    Command,
    DefinePartner,
    DefineProgram,
    OpenAccount,
    RedeemByCode,
    Void,
)
from ledger.points.decide import define_partner, define_program
from ledger.points.fingerprint import fingerprint
from ledger.points.receipt import Receipt
from ledger.store import Appender

Answer: TypeAlias = Receipt | LedgerError | ShreddingError
"""What became of one command of a batch; of those that ended in an error keys may have been out of reach."""

# Overtaken means that what the plan rested on has moved: for a void, that another process wrote to the account.
ATTEMPTS_MAX = 100
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
        voiding = Voiding(self.shelf, self.engine, reader)
        self.planning = Planning(
            self.shelf, self.sealing, self.rulebook, self.engine, voiding, self.indexing, clock
        )

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
        if type(command) in VERBS:
            return await self._to_account(cast("AccountCommand", command))
        if isinstance(command, OpenAccount):
            return await self._open_account(command)
        if isinstance(command, Claim):
            return await self._claim(command)
        if isinstance(command, RedeemByCode):
            return await self._redeem(command)
        if isinstance(command, Join):
            make_task = partial(join_task, self.sealing, self.indexing, self.clock)
            return await self._once(command, command.member_id, make_task)
        if isinstance(command, GiveConsent | WithdrawConsent):
            return await self.engine.carry_out(consent_task(self.clock, command, fingerprint(command)))
        if isinstance(command, DefineProgram):
            return await self._define(command)
        if isinstance(command, DefinePartner):
            return await self._define_partner(command)
        own = "leaving, erasure and legal holds have processes of their own"
        why = f"{type(command).__name__} is not taken here; {own}"
        raise InvalidCommand("command", why)

    async def balance(self, account_id: UUID, at: datetime | None = None) -> Balance:
        """What the account has at an instant, by the newest events of the store.

        Raises `UnknownAccount`, `ContendedAccount`, `StoreUnavailable`.
        """
        [account] = await self.shelf.stored([account_id])
        if not isinstance(account, Account):
            raise UnknownAccount(account_id)
        program = await self.programs.named(account.program)
        return balance(account, at or self.clock(), zone_of(program.zone))

    async def find_accounts(self, card: str) -> list[UUID]:
        """Accounts that were opened with a card number, oldest first, as long as their member is one.

        Nobody is found by a ledger without an indexer.
        """
        found = [] if self.indexing is None else await self.indexing.find_events(IndexKind.CARD_NUMBER, card)
        return [account_id for account_id, _ in found]

    async def find(self, kind: IndexKind, text: str, *, dispute: bool = False) -> list[UUID]:
        """Members by their e-mail or phone; see `Indexing.find`. Nobody is found by a ledger without an indexer."""
        return [] if self.indexing is None else await self.indexing.find(kind, text, dispute=dispute)

    async def execute_all(self, commands: Sequence[Command], *, atomic: bool) -> list[Answer]:
        """Many commands, at most `BATCH_COMMANDS_MAX`; what became of each, in order.

        Not ``atomic``: each alone, those to one account one after the other, and a refusal, or why it could not be
        carried out, stands in the list where its receipt would. Atomic: all or none, in order; commands to accounts
        only, but no `Void`, and no key or business reference twice. Each key counts by itself: a command that was
        carried out before has its first receipt.

        Raises `InvalidCommand`; for an atomic batch also `BatchRefused` with the first refusal (nothing was recorded),
        `ContendedAccount`, `StoreUnavailable` (outcome unknown: send the same batch again).
        """
        if not isinstance(commands, Sequence):
            raise InvalidCommand("commands", f"are a list of commands, not {type(commands).__name__}")
        if len(commands) > BATCH_COMMANDS_MAX:
            raise InvalidCommand("commands", f"are at most {BATCH_COMMANDS_MAX}; send the rest as another batch")
        return await (self._all_or_none(commands) if atomic else self._each_alone(commands))

    async def _each_alone(self, commands: Sequence[Command]) -> list[Answer]:
        answers: dict[int, Answer] = {}

        async def one_by_one(numbers: Sequence[int]) -> None:
            for number in numbers:
                try:
                    answers[number] = await self.execute(commands[number])
                except (LedgerError, ShreddingError) as error:
                    answers[number] = error

        by_stream: dict[object, list[int]] = {}
        for number, command in enumerate(commands):
            # What is no id can be no key of a dict either; `execute` says what is wrong with it.
            account_id = getattr(command, "account_id", None)
            by_stream.setdefault(account_id if isinstance(account_id, UUID) else number, []).append(number)
        await asyncio.gather(*map(one_by_one, by_stream.values()))
        return [answers[number] for number in range(len(commands))]

    async def _all_or_none(self, commands: Sequence[Command]) -> list[Answer]:
        for number, command in enumerate(commands):
            if type(command) not in VERBS or isinstance(command, Void):
                raise InvalidCommand(str(number), f"{type(command).__name__} is not taken in an atomic batch")
        if not commands:
            return []
        for _ in range(ATTEMPTS_MAX):
            planned = await asyncio.gather(*map(self._planned, commands), return_exceptions=True)
            for number, plan in enumerate(planned):
                if isinstance(plan, BaseException):
                    if isinstance(plan, LedgerError) and not isinstance(plan, Overtaken):
                        raise BatchRefused(number, plan) from plan
                    raise plan
            try:
                return list(await carry_out_all(self.engine, [plan for plan in planned if isinstance(plan, Task)]))
            except Overtaken as moved:
                await self._look_again(moved)
        raise ContendedAccount(cast("AccountCommand", commands[0]).account_id, ATTEMPTS_MAX)

    async def _planned(self, command: Any) -> Task:
        return await self.planning.plan(checked(command))

    async def _open_account(self, command: OpenAccount[str]) -> Receipt:
        program = await self.programs.named(command.program, command.occurred_at)
        if command.holder is not None:
            await self._joined(UUID(command.holder))
        make_task = partial(opening_task, self.sealing, self.indexing, program, self.clock)
        return await self._once(command, command.account_id, make_task)

    async def _claim(self, command: Claim[str]) -> Receipt:
        await self._joined(UUID(command.holder))
        book = await self.shelf.book(command.account_id)
        if not isinstance(book.state, Account):
            raise UnknownAccount(command.account_id)
        program = await self.programs.named(book.state.program, command.occurred_at)
        return await self._once(command, command.account_id, partial(claiming_task, self.sealing, program, self.clock))

    async def _joined(self, member_id: UUID) -> None:
        # A joining without an answer does not count: it may go in another batch than the link, and be lost alone.
        member = await self.shelf.answered_book(member_id)
        if not isinstance(member.state, Member):
            raise UnknownMember(member_id)

    async def _redeem(self, command: RedeemByCode[str]) -> Receipt:
        found = [] if self.indexing is None else await self.indexing.find_events(IndexKind.COUPON_CODE, command.code)
        redeeming = await redeeming_of(command, found, self.shelf, self.engine)
        return redeeming if isinstance(redeeming, Receipt) else await self._to_account(redeeming)

    async def _to_account(self, command: AccountCommand) -> Receipt:
        for _ in range(ATTEMPTS_MAX):
            try:
                return await self.engine.carry_out(await self.planning.plan(command))
            except Overtaken as moved:
                await self._look_again(moved)
        raise ContendedAccount(command.account_id, ATTEMPTS_MAX)

    async def _look_again(self, moved: Overtaken) -> None:
        if isinstance(moved, IndexMoved) and self.indexing is not None:
            await self.indexing.keys()  # the newest; the next plan makes its tags under it

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
