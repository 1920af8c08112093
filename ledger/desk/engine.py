"""The engine: decide, submit, answer; and what to do when another writer was faster.

```
task ─► books ─► decide ─► submit ─► appended ──────────────► receipt
          ▲         │ refused, nothing │ replayed ───────────► first receipt, or KeyReused
          │         ▼                  │ moved on / closed ─┐
          │    second look: pending? a receipt? newer?      │
          └─────────┴───────────────────────────────────────┘
```
A refusal is believed only when it was decided on what the store holds, and a stored receipt answers before any refusal;
the same goes for a decision that there is nothing to do, whose receipt is stored without an event.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol
from uuid import UUID

from crypto_shredding import Period, TextRefused
from ledger.desk.ahead import Ahead, BoxesByEvent, Decided
from ledger.desk.books import Book, Shelf, State
from ledger.desk.under_way import UnderWay, place_of
from ledger.errors import ContendedAccount, KeyReused, MemberNotActive, PeriodEnded, ReferenceReused, Refused
from ledger.points.receipt import Receipt
from ledger.store import Entry, IndexRow, NewEvent, Outcome, Status

# Each lost attempt means that another writer got through; so many losses in a row are a fault, not contention.
ATTEMPTS_MAX = 100

NOTHING_SEALED: BoxesByEvent = {}


class Task(NamedTuple):
    """One command on its way. ``streams[0]`` is where its key is unique; ``decide`` gets the streams' books in order.

    ``topic`` and ``amount`` (None: follows from the decision) are what a business reference must not come back without.
    ``boxes`` belong to the events that `decide` returns, by their ids. ``answer`` makes the receipt from the events and
    the state that they leave in the first stream.
    """

    key: UUID
    fingerprint: bytes
    streams: tuple[UUID, ...]
    decide: Callable[[Sequence[Book]], Decided]
    answer: Callable[[Decided, State], Receipt]
    topic: str | None = None
    amount: int | None = None
    boxes: BoxesByEvent = NOTHING_SEALED
    reference: str | None = None
    guards: tuple[tuple[UUID, int], ...] = ()
    closes: tuple[tuple[UUID, int], ...] = ()
    links: tuple[tuple[UUID, UUID], ...] = ()
    unlinks: tuple[UUID, ...] = ()
    rosters: tuple[tuple[UUID, int], ...] = ()
    periods: tuple[Period, ...] = ()
    ends: tuple[Period, ...] = ()
    index_rows: tuple[IndexRow, ...] = ()
    index_key: int | None = None


class Overtaken(Refused):
    """What a task was planned on has moved: plan it again."""


class IndexMoved(Overtaken):
    """The blind index has a newer key than the task's tags were made under: tag again."""


class Submitter(Protocol):
    """The appender, as far as the engine uses it."""

    def submit(
        self, entry: Entry, on_settled: Callable[[Outcome | None], None] | None = None
    ) -> "asyncio.Future[Outcome]": ...

    def submit_all(
        self, entries: Sequence[Entry], on_settled: Sequence[Callable[[Outcome | None], None]]
    ) -> "list[asyncio.Future[Outcome]]": ...


class Receipts(Protocol):
    """Where stored receipts are found."""

    async def find_receipt(self, stream: UUID, key: UUID) -> Outcome | None: ...

    async def find_reference(self, stream: UUID, reference: str) -> Outcome | None: ...


class Engine:
    """Carries tasks out, each at most once by its key."""

    def __init__(self, shelf: Shelf, appender: Submitter, receipts: Receipts) -> None:
        self.shelf = shelf
        self.appender = appender
        self._receipts = receipts
        self.under_way = UnderWay()

    async def carry_out(self, task: Task) -> Receipt:
        """Decide and append until it is done or truly refused.

        Raises, in this order: `KeyReused`, `ReferenceReused`, the decision's `Refused`, `MemberNotActive`,
        `PeriodEnded`, `Overtaken` (a task with rosters or tags), `ContendedAccount`, `StoreUnavailable` (outcome
        unknown: send the same key again).
        """
        place = place_of(task.streams[0], task.key)
        self.under_way.begin(place)
        try:
            closed = False
            for _ in range(ATTEMPTS_MAX):
                books = [self.shelf.at_hand(stream) or await self.shelf.book(stream) for stream in task.streams]
                refusal: Refused | TextRefused | None = None
                decided: Decided = ()
                try:
                    decided = task.decide(books)
                except (Refused, TextRefused) as error:
                    refusal = error
                if not decided:
                    state = books[0].state
                    stands, first = await self._second_look(task, books)
                    if first is not None:
                        return first
                    if not stands:
                        continue
                    if refusal is not None:
                        raise refusal
                    return await self._hold_key(task, task.answer(decided, state))
                receipt, answer = self._submit(task, books[0], decided)
                outcome = await answer  # a caller who is cancelled cancels the answer, not the entry
                if outcome.status is Status.APPENDED:
                    return receipt.at(outcome.position)
                if outcome.status is Status.REPLAYED:
                    return _checked(outcome, task.key, task.fingerprint)
                if outcome.status is Status.REFERENCE_SEEN:
                    return same_business(task, outcome, receipt.asked)
                if outcome.status is Status.PERIOD_CLOSED:
                    raise PeriodEnded(task.periods)  # for ever: deciding again would not help
                if outcome.status is Status.INDEX_MOVED:
                    raise IndexMoved
                if task.rosters:
                    raise Overtaken
                if outcome.status is Status.CLASS_CLOSED:
                    if closed:
                        raise MemberNotActive(guarded(task), "left")
                    closed = True
            raise ContendedAccount(task.streams[0], ATTEMPTS_MAX)
        finally:
            self.under_way.end(place)

    async def answered(self, task_stream: UUID, key: UUID, fingerprint: bytes) -> Receipt | None:
        """The stored receipt of a key, if there is one. Raises `KeyReused`."""
        outcome = await self._receipts.find_receipt(task_stream, key)
        return None if outcome is None else _checked(outcome, key, fingerprint)

    async def _second_look(self, task: Task, books: Sequence[Book]) -> tuple[bool, Receipt | None]:
        """Whether a decision to append nothing stands (else decide again); and the first receipt, if there is one."""
        stands = await self.stands(books)
        if stands is None:
            return False, None
        return stands, await self.first_receipt(task)

    async def stands(self, books: Sequence[Book]) -> bool | None:
        """Whether the books were what the store holds; None where an event under them was refused."""
        rest = [book for book in books if not book.is_ahead]
        if not await self.shelf.settled(books):
            return None
        # Where all of them were accepted, each directly behind its base, the books were what the store held.
        return not (rest and await self.shelf.is_behind(rest))

    async def first_receipt(self, task: Task) -> Receipt | None:
        """The stored receipt of the task's key or business reference. Raises `KeyReused`, `ReferenceReused`."""
        first = await self.answered(task.streams[0], task.key, task.fingerprint)
        if first is None and task.reference is not None:
            seen = await self._receipts.find_reference(task.streams[0], task.reference)
            first = None if seen is None else same_business(task, seen, task.amount)
        return first

    async def _hold_key(self, task: Task, receipt: Receipt) -> Receipt:
        """Nothing was due: a receipt without events, so that the key has its content and its answer for ever.

        It holds nothing but the key. A business reference names a movement, and there was none.
        """
        outcome = await self.appender.submit(key_alone(task, receipt))
        if outcome.status is Status.REPLAYED:
            return _checked(outcome, task.key, task.fingerprint)
        return receipt.at(outcome.position)

    def _submit(self, task: Task, first: Book, decided: Decided) -> "tuple[Receipt, asyncio.Future[Outcome]]":
        ahead = Ahead(self.shelf, decided, task.boxes)
        receipt = task.answer(decided, ahead.state_of(first))
        entry = entry_of(task, receipt, ahead.new_events)
        answer = self.appender.submit(entry, ahead.settle)
        for account, member in task.links:
            assert first.stream == account, "a link is written with an event of its account"
            first.holder = member
        ahead.go()
        return receipt, answer


def entry_of(task: Task, receipt: Receipt, new_events: tuple[NewEvent, ...]) -> Entry:
    """What is appended of a task."""
    return Entry(
        stream=task.streams[0],
        key=task.key,
        fingerprint=task.fingerprint,
        receipt=receipt.to_bytes(),
        events=new_events,
        reference=task.reference,
        guards=task.guards,
        closes=task.closes,
        links=task.links,
        unlinks=task.unlinks,
        rosters=task.rosters,
        periods=task.periods,
        ends=task.ends,
        index_rows=task.index_rows,
        index_key=task.index_key,
    )


def key_alone(task: Task, receipt: Receipt) -> Entry:
    """What is appended where nothing was due: the key with its answer."""
    return Entry(
        stream=task.streams[0], key=task.key, fingerprint=task.fingerprint, receipt=receipt.to_bytes(), events=()
    )


def guarded(task: Task) -> UUID | None:
    """The member whose class was closed under the task, where it guards one member only."""
    members = {member for member, _ in task.guards}
    return members.pop() if len(members) == 1 else None


def same_business(task: Task, outcome: Outcome, amount: int | None) -> Receipt:
    """The receipt of a business reference: who reports it, when and by which key may differ, what it says may not."""
    assert outcome.receipt is not None
    assert task.reference is not None
    first = Receipt.from_bytes(outcome.receipt, outcome.position)
    if first.topic != (task.topic or first.topic) or first.asked != (first.asked if amount is None else amount):
        raise ReferenceReused(task.reference, first.receipt_id)
    return first


def _checked(outcome: Outcome, key: UUID, fingerprint: bytes) -> Receipt:
    if outcome.fingerprint != fingerprint:
        raise KeyReused(key)
    assert outcome.receipt is not None
    return Receipt.from_bytes(outcome.receipt, outcome.position)
