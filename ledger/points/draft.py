"""A decision of several events: each is decided on the account that the ones before it leave."""

from datetime import datetime
from typing import Any, TypeVar

from ledger.points.account import Account
from ledger.points.commands import AccountCommand, BusinessReference
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
        self._stamp = stamp
        self._at, self._actor, self._reference = at, actor, reference
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
    def next_id(self) -> Any:
        """The id that the next event will have."""
        return self._stamp.event_ids[len(self._events)]

    def add(self, kind: type[E], **fields: Any) -> E:
        """One more event."""
        event = kind(
            **facts(
                self._stamp,
                occurred_at=self._at,
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
