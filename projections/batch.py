"""One batch of events: composed by every read model, perhaps while the one before is written; written at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import sleep
from typing import Any, Final, Protocol, TypeVar

import psycopg

from ledger import FeedEvent, fields_of
from projections.accounts.project import ACCOUNT_OPENED, Accounts, Register
from projections.balances.project import Balances
from projections.errors import NoPlace
from projections.fact import Fact, day_of
from projections.journal.project import Journal
from projections.movements import MOVEMENTS, STILL
from projections.statement.project import Statement

Item = TypeVar("Item")


class ReadModel(Protocol):
    """What one read model makes of one batch; made anew for the next."""

    def take(self, fact: Fact) -> None:
        """Note a movement; nothing is written yet."""

    def write(self, cursor: psycopg.Cursor[Any]) -> None:
        """Write what was taken."""


READ_MODELS: Final[tuple[type[ReadModel], ...]] = (Balances, Statement, Journal)


# A batch is composed by one thread while another feeds the database. Without being asked the interpreter changes
# threads every 5 ms only, in which the database runs dry; this many events take a quarter of a millisecond.
EVENTS_A_TURN: Final = 32


def politely(items: Sequence[Item]) -> Iterator[Item]:
    """The items, with a chance for the other thread every now and then."""
    for start in range(0, len(items), EVENTS_A_TURN):
        sleep(0)
        yield from items[start : start + EVENTS_A_TURN]


class Batch:
    """Events after a position, and what the read models make of them; ``failure`` is why they could not."""

    def __init__(self, after: int, limit: int, events: Sequence[FeedEvent]) -> None:
        self.after = after
        self.limit = limit
        self.events = events
        self.failure: Exception | None = None
        self._writers: list[Accounts | ReadModel] = []

    @property
    def last(self) -> int:
        """The position of the last event; where it began, when there is none."""
        return self.events[-1].position if self.events else self.after

    @property
    def is_full(self) -> bool:
        """Whether there may be more."""
        return len(self.events) == self.limit

    def compose(self, cursor: psycopg.Cursor[Any], register: Register, kinds: Sequence[type[ReadModel]]) -> None:
        """Make the rows; reads only what committed events can have changed and nothing can change again."""
        accounts = Accounts(register)
        models = [kind() for kind in kinds]
        takers = [model.take for model in models]
        decoded = [(event, *fields_of(event.topic, event.state)) for event in politely(self.events)]
        register.find_accounts(cursor, {event.stream for event, topic, _ in decoded if topic in MOVEMENTS})
        register.find_programs(cursor, [state["program"] for _, topic, state in decoded if topic == ACCOUNT_OPENED])
        for event, topic, state in politely(decoded):
            movement = MOVEMENTS.get(topic)
            if movement is not None:
                terms = register.terms(event.stream)
                occurred_on = day_of(state["occurred_at"], terms.zone)
                fact = Fact(event.position, topic, event.topic, movement, state, terms, occurred_on)
                for take in takers:
                    take(fact)
            elif topic in accounts.topics:
                accounts.take(event.stream, topic, state)
            elif topic not in STILL:
                raise NoPlace(topic)
        self._writers = [accounts, *models]

    def write(self, cursor: psycopg.Cursor[Any]) -> None:
        """Write the rows. Raises whatever was or is wrong with one event; the transaction is the caller's to end."""
        if self.failure is not None:
            raise self.failure
        for writer in self._writers:
            writer.write(cursor)
