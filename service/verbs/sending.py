"""How a verb becomes a command: with a random key and the instant of now, unless the caller gives both."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict
from uuid import UUID, uuid4

from ledger import Answer, BusinessReference, Command, Receipt

if TYPE_CHECKING:
    from service.wiring import Wiring

ACTOR = "house"


class Given(TypedDict, total=False):
    """What every verb about points may be given. Whoever repeats a command gives its key and instant."""

    key: UUID | None
    at: datetime | None
    actor: str
    reference: BusinessReference | None


class Sending:
    """Carries commands out."""

    wiring: Wiring

    def execute(self, command: Command) -> Receipt:
        """Carry out a command with a key of the caller's. Raises what `ledger.Ledger.execute` does."""
        return self.wiring.ledger.execute(command)

    def execute_all(self, commands: Sequence[Command], *, atomic: bool) -> list[Answer]:
        """Carry out many, each alone or all as one. See `ledger.Ledger.execute_all`."""
        return self.wiring.ledger.execute_all(commands, atomic=atomic)

    def stamp(self, key: UUID | None, at: datetime | None, actor: str = ACTOR) -> dict[str, Any]:
        """Key, instant and actor of a command."""
        return {
            "key": uuid4() if key is None else key,  # what is none and was given, as "", is refused
            "occurred_at": self.wiring.clock() if at is None else at,
            "actor": actor,
        }

    def told(self, account: UUID, given: Given) -> dict[str, Any]:
        """What every command to an account carries. Raises TypeError for a word that no verb knows."""
        if unknown := given.keys() - Given.__annotations__.keys():
            raise TypeError(f"no verb takes {', '.join(sorted(unknown))}; it takes {', '.join(Given.__annotations__)}")
        stamp = self.stamp(given.get("key"), given.get("at"), given.get("actor", ACTOR))
        return {"account_id": account, "reference": given.get("reference"), **stamp}
