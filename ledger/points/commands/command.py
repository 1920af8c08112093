"""What every command carries.

A command is generic in how it carries personal text: ``Pay[str]`` at the edge, ``Pay[Sealed]`` once its fields are
sealed; the domain sees only the second. Personal attributes bear the same names as the event's personal fields, and
have no repr. A later version may only add attributes with defaults and never change a default: fingerprints of old
keys rest on it.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Self, TypeVar
from uuid import UUID

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessReference:
    """What the business calls the transaction; unique per account, so a receipt that comes twice counts once."""

    source: str
    store: str
    terminal: str
    receipt: str
    business_date: date

    def __post_init__(self) -> None:
        # The separator within a part would make two references one.
        if not (self.source + self.store + self.terminal + self.receipt).isprintable():
            raise ValueError("the parts of a business reference are printable text")

    def __str__(self) -> str:
        parts = (self.source, self.store, self.terminal, self.receipt, self.business_date.isoformat())
        return "\x1f".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """``key`` is the caller's random UUID: the same key and content has one effect, for ever."""

    key: UUID
    occurred_at: datetime
    actor: str

    def __class_getitem__(cls, _: object) -> type[Self]:
        """``Pay[str]`` is `Pay` at run time: Python 3.11 cannot call a subscripted class that is frozen and slotted."""
        return cls


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCommand(Command):
    """A command to one account."""

    account_id: UUID
    reference: BusinessReference | None = None
