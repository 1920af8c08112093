"""Books: what this process knows of each stream, and the one reader that brings more.

A book runs ahead of the database: it holds the state after every event that this process has submitted, answered or
not. That is safe because each submitted event names the event it was decided on, and the store accepts it on no
other; a book that got ahead of a refused event is dropped and read again.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from ledger.desk.background import told
from ledger.errors import ContendedAccount
from ledger.event import Event, decode
from ledger.store.readers import StoredRow

# About 2 kB a book of a member with a year of lots: half a gigabyte at most.
BOOKS_MAX = 200_000
# One query reads at most so many cold streams, so that one member with a long history delays few others.
STREAMS_A_READ_MAX = 500
# About 10 ms: others go on while a member with a hundred thousand events is read, which takes seconds.
EVENTS_AT_A_STRETCH_MAX = 250
# A look is repeated when an event of this process that it rested on was refused; the next one reads the store again.
LOOKS_MAX = 100

State = Any


@dataclass(slots=True, eq=False)
class Book:
    """One stream as this process knows it; `state` is None before the stream's first event.

    ``holder`` is the member whose account it is, as in the one deletable link row (None for other streams, and once
    the link is gone). ``submitted`` and ``answered`` count this process's entries; answers come in their order.
    """

    stream: UUID
    state: State = None
    version: int = 0
    last_event: UUID | None = None
    holder: UUID | None = None
    submitted: int = 0
    answered: int = 0
    _waiting: "deque[tuple[int, asyncio.Future[None]]]" = field(default_factory=deque, repr=False)

    @property
    def is_ahead(self) -> bool:
        """Whether the book rests on entries that have no answer yet."""
        return self.answered < self.submitted

    def answer(self) -> None:
        """The next entry has its answer."""
        self.answered += 1
        while self._waiting and self._waiting[0][0] <= self.answered:
            _, waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)

    async def settled(self) -> None:
        """Wait until everything that is submitted now has its answer; what comes later is not waited for."""
        if self.is_ahead:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append((self.submitted, waiting))
            await waiting


class StreamReader(Protocol):
    """What a shelf needs of the store: rows after a version and the holders, for many streams in one go."""

    async def read(self, wanted: Sequence[tuple[UUID, int]]) -> tuple[Iterable[StoredRow], dict[UUID, UUID]]: ...


class Shelf:
    """The books in memory, the least recently used dropped first."""

    def __init__(self, reader: StreamReader, evolve: Callable[[State, Event], State]) -> None:
        self._reader = reader
        self.evolve = evolve
        self._books: OrderedDict[UUID, Book] = OrderedDict()
        self._wanted: dict[UUID, asyncio.Future[Book]] = {}
        self._reading: asyncio.Task[None] | None = None

    def at_hand(self, stream: UUID) -> Book | None:
        """The book if it is in memory."""
        book = self._books.get(stream)
        if book is not None:
            self._books.move_to_end(stream)
        return book

    async def book(self, stream: UUID) -> Book:
        """The book, read from the store if it is not in memory; concurrent readers of many streams share a query."""
        book = self.at_hand(stream)
        if book is not None:
            return book
        waiting = self._wanted.get(stream)
        if waiting is None:
            waiting = self._wanted[stream] = asyncio.get_running_loop().create_future()
            waiting.add_done_callback(told)
            if self._reading is None:
                self._reading = asyncio.create_task(self._read_wanted())
        return await asyncio.shield(waiting)

    def forget(self, book: Book) -> None:
        """Drop a book that got ahead of a refused event; the next use reads it again."""
        if self._books.get(book.stream) is book:
            del self._books[book.stream]

    async def settled(self, books: Sequence[Book]) -> bool:
        """Wait for the answers that books rest on. Whether all were accepted, so that the books were what is stored."""
        ahead = [book for book in books if book.is_ahead]
        for book in ahead:
            await book.settled()
        return all(self._books.get(book.stream) is book for book in ahead)

    async def answered_book(self, stream: UUID) -> Book:
        """The book, once everything that it rests on has its answer. Raises `ContendedAccount`."""
        for _ in range(LOOKS_MAX):
            book = await self.book(stream)
            if await self.settled([book]):
                return book
        raise ContendedAccount(stream, LOOKS_MAX)

    async def stored(self, streams: Sequence[UUID]) -> list[State]:
        """The state of each stream as the store has it: nothing newer is there, nothing in it waits for an answer.

        Raises `ContendedAccount`.
        """
        for _ in range(LOOKS_MAX):
            books = [await self.book(stream) for stream in streams]
            if await self.is_behind(books):
                books = [await self.book(stream) for stream in streams]
            # Taken before the wait: while it lasts, other commands move the books on.
            states = [book.state for book in books]
            if await self.settled(books):
                return states
        raise ContendedAccount(streams[0], LOOKS_MAX)

    async def is_behind(self, books: Sequence[Book]) -> bool:
        """Whether the store holds events that a book does not know; such books are dropped."""
        rows, _ = await self._reader.read([(book.stream, book.version) for book in books])
        moved = {row.stream for row in rows}
        for book in books:
            if book.stream in moved:
                self.forget(book)
        return bool(moved)

    def keep(self, book: Book) -> None:
        """Put a book on the shelf that was read while its stream was still empty."""
        self._books.setdefault(book.stream, book)

    async def _read_wanted(self) -> None:
        try:
            while self._wanted:
                batch = dict(list(self._wanted.items())[:STREAMS_A_READ_MAX])
                try:
                    await self._read_batch(batch)
                except Exception as error:  # every waiter is told; none is left hanging
                    for waiting in batch.values():
                        if not waiting.done():
                            waiting.set_exception(error)
                finally:
                    for stream in batch:
                        self._wanted.pop(stream, None)
        finally:
            self._reading = None

    async def _read_batch(self, batch: dict[UUID, "asyncio.Future[Book]"]) -> None:
        rows, holders = await self._reader.read([(stream, 0) for stream in batch])
        books = {stream: Book(stream, holder=holders.get(stream)) for stream in batch}
        unreadable: dict[UUID, Exception] = {}
        for number, row in enumerate(rows):
            if number % EVENTS_AT_A_STRETCH_MAX == EVENTS_AT_A_STRETCH_MAX - 1:
                await asyncio.sleep(0)  # nobody has these books yet, so nobody can write on them
            if row.stream not in unreadable:
                try:
                    self._fold(books[row.stream], row)
                except Exception as error:  # it concerns those who asked for this stream, and nobody else
                    unreadable[row.stream] = error
        for stream, waiting in batch.items():
            if stream not in unreadable and books[stream].version:
                self._books[stream] = books[stream]  # not an empty one: another process may begin it at any time
            if waiting.done():
                continue
            if stream in unreadable:
                waiting.set_exception(unreadable[stream])
            else:
                waiting.set_result(books[stream])
        self._shrink()

    def _fold(self, book: Book, row: StoredRow) -> None:
        event = decode(row.topic, row.state)
        book.state = self.evolve(book.state, event)
        book.version, book.last_event = row.version, event.id

    def _shrink(self) -> None:
        for _ in range(len(self._books) - BOOKS_MAX):
            stream, book = self._books.popitem(last=False)
            if book.is_ahead:  # in use: keep it, the next one goes
                self._books[stream] = book
