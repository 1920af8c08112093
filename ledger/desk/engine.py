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
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from crypto_shredding import Period, TextRefused
from ledger.desk.ahead import Ahead, Decided
from ledger.desk.books import Book, Shelf, State
from ledger.desk.sealing import NO_BOXES
from ledger.errors import ContendedAccount, KeyReused, MemberNotActive, PeriodEnded, ReferenceReused, Refused
from ledger.points.receipt import Receipt
from ledger.store import Entry, IndexRow, Outcome, Status
from ledger.store.entries import Boxes

# Each lost attempt means that another writer got through; so many losses in a row are a fault, not contention.
ATTEMPTS_MAX = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One command on its way. ``streams[0]`` is where its key is unique; ``decide`` gets the streams' books in order.

    ``topic`` and ``amount`` (None: follows from the decision) are what a business reference must not come back without.
    ``boxes`` belong to the first event that `decide` returns. ``answer`` makes the receipt from the events and the
    state that they leave in the first stream.
    """

    key: UUID
    fingerprint: bytes
    topic: str | None = None
    amount: int | None = None
    streams: tuple[UUID, ...]
    decide: Callable[[Sequence[Book]], Decided]
    answer: Callable[[Decided, State], Receipt]
    boxes: Boxes = field(default=NO_BOXES, repr=False)
    reference: str | None = None
    guards: tuple[tuple[UUID, int], ...] = ()
    closes: tuple[tuple[UUID, int], ...] = ()
    links: tuple[tuple[UUID, UUID], ...] = ()
    unlinks: tuple[UUID, ...] = ()
    rosters: tuple[tuple[UUID, int], ...] = ()
    periods: tuple[Period, ...] = ()
    ends: tuple[Period, ...] = ()
    index: tuple[IndexRow, ...] = ()
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


class Receipts(Protocol):
    """Where stored receipts are found."""

    async def find_receipt(self, stream: UUID, key: UUID) -> Outcome | None: ...

    async def find_reference(self, stream: UUID, reference: str) -> Outcome | None: ...


class Engine:
    """Carries tasks out, each at most once by its key."""

    def __init__(self, shelf: Shelf, appender: Submitter, receipts: Receipts) -> None:
        self._shelf = shelf
        self._appender = appender
        self._receipts = receipts

    async def carry_out(self, task: Task) -> Receipt:
        """Decide and append until it is done or truly refused.

        Raises, in this order: `KeyReused`, `ReferenceReused`, the decision's `Refused`, `MemberNotActive`,
        `PeriodEnded`, `Overtaken` (a task with rosters or tags), `ContendedAccount`, `StoreUnavailable` (outcome
        unknown: send the same key again).
        """
        closed = False
        for _ in range(ATTEMPTS_MAX):
            books = [self._shelf.at_hand(stream) or await self._shelf.book(stream) for stream in task.streams]
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
                return _same_business(task, outcome, receipt.points)
            if outcome.status is Status.PERIOD_CLOSED:
                raise PeriodEnded(task.periods)  # for ever: deciding again would not help
            if outcome.status is Status.INDEX_MOVED:
                raise IndexMoved
            if task.rosters:
                raise Overtaken
            if outcome.status is Status.CLASS_CLOSED:
                if closed:
                    raise MemberNotActive(task.guards[0][0], "left")
                closed = True
        raise ContendedAccount(task.streams[0], ATTEMPTS_MAX)

    async def answered(self, task_stream: UUID, key: UUID, fingerprint: bytes) -> Receipt | None:
        """The stored receipt of a key, if there is one. Raises `KeyReused`."""
        outcome = await self._receipts.find_receipt(task_stream, key)
        return None if outcome is None else _checked(outcome, key, fingerprint)

    async def _second_look(self, task: Task, books: Sequence[Book]) -> tuple[bool, Receipt | None]:
        """Whether a decision to append nothing stands (else decide again); and the first receipt, if there is one."""
        rest = [book for book in books if not book.is_ahead]
        if not await self._shelf.settled(books):
            return False, None  # an event under the decision was refused
        # Where all of them were accepted, each directly behind its base, the books were what the store held.
        moved = bool(rest) and await self._shelf.is_behind(rest)
        first = await self.answered(task.streams[0], task.key, task.fingerprint)
        if first is None and task.reference is not None:
            seen = await self._receipts.find_reference(task.streams[0], task.reference)
            first = None if seen is None else _same_business(task, seen, task.amount)
        return not moved, first

    async def _hold_key(self, task: Task, receipt: Receipt) -> Receipt:
        """Nothing was due: a receipt without events, so that the key has its content and its answer for ever.

        It holds nothing but the key. A business reference names a movement, and there was none.
        """
        entry = Entry(
            stream=task.streams[0], key=task.key, fingerprint=task.fingerprint, receipt=receipt.to_bytes(), events=()
        )
        outcome = await self._appender.submit(entry)
        if outcome.status is Status.REPLAYED:
            return _checked(outcome, task.key, task.fingerprint)
        return receipt.at(outcome.position)

    def _submit(self, task: Task, first: Book, decided: Decided) -> "tuple[Receipt, asyncio.Future[Outcome]]":
        ahead = Ahead(self._shelf, decided, task.boxes)
        receipt = task.answer(decided, ahead.state_of(first))
        entry = Entry(
            stream=task.streams[0],
            key=task.key,
            fingerprint=task.fingerprint,
            receipt=receipt.to_bytes(),
            events=ahead.new_events,
            reference=task.reference,
            guards=task.guards,
            closes=task.closes,
            links=task.links,
            unlinks=task.unlinks,
            rosters=task.rosters,
            periods=task.periods,
            ends=task.ends,
            index=task.index,
            index_key=task.index_key,
        )
        answer = self._appender.submit(entry, ahead.settle)
        for account, member in task.links:
            assert first.stream == account, "a link is written with the first event of its account"
            first.holder = member
        ahead.go()
        return receipt, answer


def _same_business(task: Task, outcome: Outcome, amount: int | None) -> Receipt:
    """The receipt of a business reference: who reports it, when and by which key may differ, what it says may not."""
    assert outcome.receipt is not None
    assert task.reference is not None
    first = Receipt.from_bytes(outcome.receipt, outcome.position)
    if first.topic != (task.topic or first.topic) or first.points != (first.points if amount is None else amount):
        raise ReferenceReused(task.reference, first.receipt_id)
    return first


def _checked(outcome: Outcome, key: UUID, fingerprint: bytes) -> Receipt:
    if outcome.fingerprint != fingerprint:
        raise KeyReused(key)
    assert outcome.receipt is not None
    return Receipt.from_bytes(outcome.receipt, outcome.position)
