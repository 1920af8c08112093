"""Receipts: the answer to a command, kept for ever beside its key."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

import orjson

from ledger.points.balance import Balance
from ledger.points.movements import Money

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What a clawback did not find, and what becomes of it, as the program says.

    ``owed``: a deficit. ``offset``: the caller keeps it back from the money that it refunds. ``dropped``: nobody pays
    for it. ``lapsed`` points had expired before, so they are not among ``points``; nobody owes them.
    """

    outcome: Literal["owed", "offset", "dropped"]
    points: int
    lapsed: int = 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a command did. ``receipt_id`` is its first event's id, by which a payment is refunded.

    ``topic`` is that event's; "nothing" where nothing was appended: either nothing was due, or it had been done before
    by another command, whose effect ``receipt_id`` names then. ``points`` is how many it moved, ``shortfall`` what it
    did not find, ``balance`` what the account had after it (None where no account moved). ``money`` is what the caller
    pays for it: the cash of a refund, or what is paid out for charged points, its fee taken off; None where nothing is.
    ``position`` is the place of its last event in the log; the store knows it, and it is no part of the stored bytes.
    ``repeated``: the command had been carried out before, and this is its first receipt again.
    """

    receipt_id: UUID
    stream: UUID
    key: UUID
    topic: str
    event_ids: tuple[UUID, ...]
    occurred_at: datetime
    recorded_at: datetime
    points: int
    balance: Balance | None
    position: int = field(default=0)
    repeated: bool = field(default=False, compare=False)
    shortfall: Shortfall | None = None
    money: Money | None = None

    @property
    def asked(self) -> int:
        """The points that the command was about: those it moved and those it did not find."""
        missing = self.shortfall
        return self.points if missing is None else self.points + missing.points + missing.lapsed

    def at(self, position: int) -> "Receipt":
        """The receipt with the place of its last event."""
        return Receipt(
            self.receipt_id, self.stream, self.key, self.topic, self.event_ids, self.occurred_at, self.recorded_at,
            self.points, self.balance, position, False, self.shortfall, self.money,
        )  # fmt: skip

    def to_bytes(self) -> bytes:
        """The bytes to store; the same receipt gives the same bytes."""
        told: dict[str, Any] = {
            "format": FORMAT,
            "receipt_id": self.receipt_id,
            "stream": self.stream,
            "key": self.key,
            "topic": self.topic,
            "event_ids": self.event_ids,
            "occurred_at": self.occurred_at,
            "recorded_at": self.recorded_at,
            "points": self.points,
            "balance": self.balance,
        }
        if self.shortfall is not None:
            told["shortfall"] = self.shortfall
        if self.money is not None:
            told["money"] = self.money
        return orjson.dumps(told)

    @classmethod
    def from_bytes(cls, data: bytes, position: int) -> "Receipt":
        """The receipt of stored bytes."""
        stored = orjson.loads(data)
        if stored["format"] != FORMAT:
            raise ValueError(f"a receipt of format {stored['format']} is newer than this code; upgrade it first")
        balance = stored["balance"]
        if balance is not None:
            next_on = balance["next_expiry_on"]
            balance["next_expiry_on"] = None if next_on is None else date.fromisoformat(next_on)
            balance = Balance(**balance)
        # Receipts that were stored before these were told have none.
        shortfall, money = stored.get("shortfall"), stored.get("money")
        return cls(
            UUID(stored["receipt_id"]),
            UUID(stored["stream"]),
            UUID(stored["key"]),
            stored["topic"],
            tuple(map(UUID, stored["event_ids"])),
            datetime.fromisoformat(stored["occurred_at"]),
            datetime.fromisoformat(stored["recorded_at"]),
            stored["points"],
            balance,
            position,
            repeated=True,
            shortfall=None if shortfall is None else Shortfall(**shortfall),
            money=None if money is None else Money(**money),
        )
