"""Batches: many commands at once, each alone or all of them as one.

An atomic batch is decided in order, each command on what the ones before it leave, in one turn of the loop; it is
appended whole or not at all (`ledger.append_all`). Each command keeps its own key and receipt, so that one that was
carried out before, alone or in another batch, has its first receipt and no second effect.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple
from uuid import UUID

from crypto_shredding import TextRefused
from ledger.desk.ahead import Ahead
from ledger.desk.books import Book
from ledger.desk.engine import (
    ATTEMPTS_MAX,
    Engine,
    IndexMoved,
    Overtaken,
    Task,
    entry_of,
    guarded,
    key_alone,
)
from ledger.desk.under_way import place_of
from ledger.errors import (
    BatchRefused,
    ContendedAccount,
    InvalidCommand,
    KeyReused,
    MemberNotActive,
    PeriodEnded,
    ReferenceReused,
    Refused,
)
from ledger.points.receipt import Receipt
from ledger.store import Entry, Outcome, Status

BATCH_COMMANDS_MAX = 1_000
"""A file of lines goes in parts of so many: about 15 ms under the shard's lock, for which everybody waits."""


class _Drafted(NamedTuple):
    number: int
    ahead: Ahead
    receipt: Receipt
    entry: Entry


class _Draft(NamedTuple):
    """What was decided of a batch, up to the refusal if there is one; ``is_sure`` if none decided on doing nothing."""

    drafted: list[_Drafted]
    refused: tuple[int, Exception] | None
    is_sure: bool


async def carry_out_all(engine: Engine, tasks: Sequence[Task]) -> list[Receipt]:
    """Carry out tasks as one; their receipts in order.

    Raises `BatchRefused` with the first that is refused; `Overtaken` where they must be planned again;
    `ContendedAccount`, `StoreUnavailable` (outcome unknown: send the same batch again). Nothing is done then.
    """
    _refuse_doubles(tasks)
    with _under_way(engine, tasks):
        return await _carry_out_all(engine, tasks)


async def _carry_out_all(engine: Engine, tasks: Sequence[Task]) -> list[Receipt]:
    done: dict[int, Receipt] = {}
    closed = False
    for _ in range(ATTEMPTS_MAX):
        streams = dict.fromkeys(each for task in tasks for each in task.streams)
        books = {each: engine.shelf.at_hand(each) or await engine.shelf.book(each) for each in streams}
        draft = _draft(engine, tasks, books, done)
        if not draft.is_sure and not await _stands(engine, tasks, books, draft, done):
            continue
        if not draft.drafted:
            return [done[number] for number in range(len(tasks))]
        outcomes = await _submit(engine, draft.drafted)
        answered = list(zip(draft.drafted, outcomes, strict=True))
        if all(outcome.status is Status.APPENDED for outcome in outcomes):
            done |= {each.number: each.receipt.at(outcome.position) for each, outcome in answered}
            return [done[number] for number in range(len(tasks))]
        for each, outcome in answered:
            closed = _give_up(tasks[each.number], each.number, outcome.status, closed=closed)
        seen = [each.number for each, told in answered if told.status in (Status.REPLAYED, Status.REFERENCE_SEEN)]
        done |= await _answered(engine, tasks, seen)
    raise ContendedAccount(tasks[0].streams[0], ATTEMPTS_MAX)


def _draft(engine: Engine, tasks: Sequence[Task], books: Mapping[UUID, Book], done: Mapping[int, Receipt]) -> _Draft:
    """Decide everything that is not done, in order. The books are as before when this returns."""
    drafted: list[_Drafted] = []
    is_sure = True
    with _as_before(books.values()):
        for number, task in enumerate(tasks):
            if number in done:
                continue
            its = [books[each] for each in task.streams]
            try:
                decided = task.decide(its)
            except (Refused, TextRefused) as error:
                return _Draft(drafted, (number, error), False)
            ahead = Ahead(engine.shelf, decided, task.boxes)
            receipt = task.answer(decided, ahead.state_of(its[0]))
            entry = entry_of(task, receipt, ahead.new_events) if decided else key_alone(task, receipt)
            drafted.append(_Drafted(number, ahead, receipt, entry))
            is_sure = is_sure and bool(decided)
            ahead.move()
    return _Draft(drafted, None, is_sure)


async def _stands(
    engine: Engine, tasks: Sequence[Task], books: Mapping[UUID, Book], draft: _Draft, done: dict[int, Receipt]
) -> bool:
    """Whether a draft with a refusal, or with nothing to do, was made on what is stored; stored receipts are noted.

    Raises the refusal, if it was.
    """
    before = [(book, book.version, book.last_event) for book in books.values()]
    stands = await engine.stands(list(books.values()))
    found = await _answered(engine, tasks, [number for number in range(len(tasks)) if number not in done])
    done |= found
    if found or not stands or any((book.version, book.last_event) != (at, last) for book, at, last in before):
        return False
    if draft.refused is not None:
        number, why = draft.refused
        raise why if isinstance(why, Overtaken) else BatchRefused(number, why) from why
    return True


async def _submit(engine: Engine, drafted: Sequence[_Drafted]) -> list[Outcome]:
    answers = engine.appender.submit_all([each.entry for each in drafted], [each.ahead.settle for each in drafted])
    for each in drafted:
        each.ahead.go()
    return await asyncio.gather(*answers)


def _give_up(task: Task, number: int, status: Status, *, closed: bool) -> bool:
    """Whether a class was closed, which is looked at once more. Raises where deciding again would not help."""
    if status is Status.PERIOD_CLOSED:
        raise BatchRefused(number, PeriodEnded(task.periods))
    if status is Status.INDEX_MOVED:
        raise IndexMoved
    if status is not Status.CLASS_CLOSED:
        return closed
    if closed:
        raise BatchRefused(number, MemberNotActive(guarded(task), "left"))
    return True


async def _answered(engine: Engine, tasks: Sequence[Task], numbers: Sequence[int]) -> dict[int, Receipt]:
    """The stored receipts among some tasks'. Raises `BatchRefused`."""
    found: dict[int, Receipt] = {}
    for number in numbers:
        try:
            first = await engine.first_receipt(tasks[number])
        except (KeyReused, ReferenceReused) as error:
            raise BatchRefused(number, error) from error
        if first is not None:
            found[number] = first
    return found


@contextmanager
def _as_before(books: Iterable[Book]) -> Iterator[None]:
    before = [(book, book.state, book.version, book.last_event) for book in books]
    try:
        yield
    finally:
        for book, state, version, last_event in before:
            book.state, book.version, book.last_event = state, version, last_event


@contextmanager
def _under_way(engine: Engine, tasks: Sequence[Task]) -> Iterator[None]:
    places = [place_of(task.streams[0], task.key) for task in tasks]
    for place in places:
        engine.under_way.begin(place)
    try:
        yield
    finally:
        for place in places:
            engine.under_way.end(place)


def _refuse_doubles(tasks: Sequence[Task]) -> None:
    """Raises `InvalidCommand` where a key, or a business reference, comes twice: what is one effect is told once."""
    seen: dict[tuple[UUID, UUID | str], int] = {}
    for number, task in enumerate(tasks):
        for mark in (task.key, task.reference):
            if mark is not None and seen.setdefault((task.streams[0], mark), number) != number:
                name = "key" if isinstance(mark, UUID) else "reference"
                raise InvalidCommand(f"{number}.{name}", f"is that of command {seen[task.streams[0], mark]} too")
