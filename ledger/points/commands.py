"""What backend services ask of an account.

A command is generic in how it carries personal text: ``Pay[str]`` at the edge, ``Pay[Sealed]`` once its fields are
sealed; the domain sees only the second. Personal attributes bear the same names as the event's personal fields, and
have no repr. A later version may only add attributes with defaults and never change a default: fingerprints of old
keys rest on it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Generic, Self, TypeVar
from uuid import UUID

from crypto_shredding import SlotId
from ledger.points.movements import OPERATOR, Kind, Money
from ledger.points.program import Program
from ledger.retention import CONTRACT, MEMBERSHIP, PAYMENT

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
class DefineProgram(Command):
    """Define a program, or its next version, which decides from then on; in other processes within two seconds."""

    program: Program


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCommand(Command):
    """A command to one account."""

    account_id: UUID
    reference: BusinessReference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount(AccountCommand, Generic[T]):
    """Open ``account_id`` (a random id of the caller's making) for a member; ``holder`` is the member id as text."""

    program: str
    holder: T = field(repr=False)


@dataclass(frozen=True, slots=True)
class AccountSlots:
    """Fresh subject slots for a new account, one per retention class."""

    membership: SlotId
    contract: SlotId
    payment: SlotId

    def by_class(self) -> dict[int, SlotId]:
        """The slot of each retention class, by the class's code."""
        return {
            MEMBERSHIP.code: self.membership,
            CONTRACT.code: self.contract,
            PAYMENT.code: self.payment,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrue(AccountCommand, Generic[T]):
    """적립: ``points``, or by the program's earning rate from ``purchase`` when points are None."""

    points: int | None = None
    purchase: Money | None = None
    kind: Kind = "free"
    funder: str = OPERATOR
    supplier: str | None = None
    usable_at: datetime | None = None
    expires_on: date | None = None
    priority: int = 0
    memo: T | None = field(default=None, repr=False)
    detail: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay(AccountCommand, Generic[T]):
    """사용: spend points at a store, beside cash or alone. ``instrument`` is what paid the cash, masked."""

    points: int
    cash: Money | None = None
    store: str | None = None
    redeemer: str | None = None
    memo: T | None = field(default=None, repr=False)
    detail: T | None = field(default=None, repr=False)
    instrument: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange(AccountCommand, Generic[T]):
    """교환: spend points for a coupon; the caller makes the coupon's random id."""

    points: int
    coupon: str
    coupon_id: UUID
    memo: T | None = field(default=None, repr=False)
    detail: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund(AccountCommand, Generic[T]):
    """사용취소 of a payment or exchange, in full; ``spending_id`` is its receipt id."""

    spending_id: UUID
    memo: T | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire(AccountCommand):
    """기간만료 소멸: sweep what is past its last day on ``as_of``; nothing due, nothing appended."""

    as_of: date
