"""A decision of several events: each is decided on the account that the ones before it leave."""

from datetime import date, datetime
from typing import Any, TypeVar

from ledger.calendar import day_of, zone_of
from ledger.points.account import Account
from ledger.points.commands import AccountCommand, BusinessReference
from ledger.points.effective import History, always
from ledger.points.events import AccountEvent
from ledger.points.evolve import evolve
from ledger.points.facts import facts
from ledger.points.program import Program
from ledger.points.stamp import Stamp

E = TypeVar("E", bound=AccountEvent)


class Draft:
    """The events made so far, and the account after them."""

    def __init__(
        self,
        account: Account,
        program: Program,
        stamp: Stamp,
        *,
        at: datetime,
        actor: str,
        reference: BusinessReference | None = None,
    ) -> None:
        self.account = account
        self.program = program
        self.at = at
        self._stamp = stamp
        self._actor, self._reference = actor, reference
        self._events: list[AccountEvent] = []

    @classmethod
    def of(cls, account: Account, command: AccountCommand, program: Program, stamp: Stamp, at: datetime) -> "Draft":
        """A draft of what a command makes happen, at the instant that was found right for it."""
        return cls(account, program, stamp, at=at, actor=command.actor, reference=command.reference)

    @property
    def events(self) -> tuple[AccountEvent, ...]:
        """What was decided, in order."""
        return tuple(self._events)

    @property
    def history(self) -> History[Program]:
        """The versions of the program."""
        return self._stamp.history or always(self.program.version, self.program)

    @property
    def today(self) -> date:
        """The day of the next event in the program's zone."""
        return day_of(self.at, zone_of(self.program.zone))

    def lift(self, earliest: datetime) -> None:
        """Let what comes next occur no earlier than what it follows: nothing is undone before it was done."""
        self.at = max(self.at, earliest)

    @property
    def next_id(self) -> Any:
        """The id that the next event will have."""
        return self._stamp.event_ids[len(self._events)]

    def add(self, kind: type[E], **fields: Any) -> E:
        """One more event."""
        event = kind(
            **facts(
                self._stamp,
                occurred_at=self.at,
                actor=self._actor,
                rule_version=self.program.version,
                reference=self._reference,
                number=len(self._events),
            ),
            **fields,
        )
        self.take(event)
        return event

    def take(self, event: AccountEvent) -> None:
        """One more event, which was made already."""
        self.account = evolve(self.account, event)
        self._events.append(event)
