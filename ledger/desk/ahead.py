"""Running ahead: books move past events that are submitted and not yet answered, and fall back when one is refused."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from ledger.desk.books import Book, Shelf, State
from ledger.desk.sealing import NO_BOXES
from ledger.event import Event, encode
from ledger.store import NewEvent, Outcome, Status
from ledger.store.entries import Boxes

Decided = Sequence[tuple[Book, Event]]

BoxesByEvent = Mapping[UUID, Boxes]
"""Sealed values by the id of the event that names them."""


class Ahead:
    """One entry's events on their books. Nothing is changed before `go`: what does not fold costs nothing."""

    __slots__ = ("_moved", "_shelf", "new_events")

    def __init__(self, shelf: Shelf, decided: Decided, boxes: BoxesByEvent) -> None:
        self._shelf = shelf
        self._moved: dict[Book, tuple[State, int, Event]] = {}
        new_events: list[NewEvent] = []
        for book, event in decided:
            before = self._moved.get(book)
            if before is None:
                state, version, base = book.state, book.version, book.last_event
            else:
                state, version, base = before[0], before[1], before[2].id
            self._moved[book] = (shelf.evolve(state, event), version + 1, event)
            its_boxes = boxes.get(event.id, NO_BOXES)
            new_events.append(NewEvent(book.stream, version + 1, event.id, base, event.TOPIC, encode(event), its_boxes))
        self.new_events = tuple(new_events)

    def state_of(self, book: Book) -> State:
        """The state that the events leave in a book."""
        moved = self._moved.get(book)
        return book.state if moved is None else moved[0]

    def move(self) -> None:
        """Move the books, for decisions that follow in the same turn of the loop."""
        for book, (state, version, last) in self._moved.items():
            book.state, book.version, book.last_event = state, version, last.id

    def go(self) -> None:
        """Move the books: the entry is submitted."""
        self.move()
        for book, (_, version, _) in self._moved.items():
            book.submitted += 1
            if version == 1:
                self._shelf.keep(book)

    def settle(self, outcome: Outcome | None) -> None:
        """The answer is here: books that got ahead of a refused event are dropped before anything else is sent.

        None: the answer is lost or the entry was rejected, so the books are in doubt and dropped as well.
        """
        for book in self._moved:
            book.answer()
            if outcome is None or outcome.status is not Status.APPENDED:
                self._shelf.forget(book)
