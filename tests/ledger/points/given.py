"""Words in which the tests of the domain are told: a programme, days in Seoul, and an account's story."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar
from uuid import UUID, uuid4

from crypto_shredding import Sealed, SlotId
from ledger.calendar import SEOUL, Span
from ledger.errors import Refused
from ledger.event import decode, encode
from ledger.points.account import Account
from ledger.points.balance import Balance, balance
from ledger.points.commands import AccountSlots, Accrue, Exchange, Expire, OpenAccount, Pay, Refund
from ledger.points.decide import PointsCommand, Stamp, decide, leave_account, open_account
from ledger.points.events import AccountEvent
from ledger.points.evolve import evolve
from ledger.points.movements import Lot
from ledger.points.program import EarningRate, Program
from ledger.points.stamp import first_event_id

PROGRAM = Program(code="TEST", name="시험 포인트", version=3, earning=EarningRate(1, 100), expires_after=Span(years=1))
SLOTS = AccountSlots(SlotId(11), SlotId(12), SlotId(13))
ACTOR = "till-7"

AnyCommand = TypeVar("AnyCommand")


def seoul(day: str, clock: str = "12:00") -> datetime:
    """A wall-clock time in Seoul, as the instant that is stored."""
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), SEOUL).astimezone(UTC)


IDS = 40
"""More events than any decision of these tests makes."""


def stamp(at: datetime, command: Any = None) -> Stamp:
    """Ids as the desk gives them, recorded at the instant: the first follows from the command's key."""
    first = uuid4() if command is None else first_event_id(command.account_id, command.key)
    return Stamp((first, *(uuid4() for _ in range(IDS))), at)


def sealed(number: int) -> Sealed:
    """A reference like those that sealing gives; the number tells them apart."""
    return Sealed(SlotId(number), SlotId(0), bytes([number % 256]) * 32)


def program(**rules: Any) -> Program:
    """The test programme with other rules."""
    return replace(PROGRAM, **rules)


class Story:
    """An account, the events that made it, and verbs to go on with. `Refused` leaves both as they were."""

    def __init__(self, program: Program = PROGRAM, opened_at: datetime | None = None) -> None:
        self.program = program
        self.account_id = uuid4()
        self.events: list[AccountEvent] = []
        self.account: Account | None = None
        at = opened_at or seoul("2024-01-01", "00:00")
        command = self.command(OpenAccount, at, program=program.code, holder=sealed(9))
        self.append(open_account(None, command, program, stamp(at), SLOTS))

    def command(self, kind: type[AnyCommand], at: datetime, /, **content: Any) -> AnyCommand:
        """A command to this account, with a key of its own."""
        fields = {"key": uuid4(), "actor": ACTOR, "account_id": self.account_id, "occurred_at": at}
        return kind(**{**fields, **content})

    def append(self, events: tuple[AccountEvent, ...]) -> tuple[Any, ...]:
        """Fold what was decided."""
        for event in events:
            self.account = evolve(self.account, event)
            self.events.append(event)
        return events

    def do(self, command: PointsCommand, recorded_at: datetime | None = None) -> tuple[Any, ...]:
        """Decide on the command and append."""
        return self.append(
            decide(self.account, command, self.program, stamp(recorded_at or command.occurred_at, command))
        )

    def act(self, kind: type[Any], at: str | datetime, /, **content: Any) -> tuple[Any, ...]:
        """Any command, at noon of the day or at the instant."""
        return self.do(self.command(kind, at if isinstance(at, datetime) else seoul(at), **content))

    def refusal(self, kind: type[Any], at: str | datetime, /, **content: Any) -> Any:
        """The refusal of a command, which leaves no trace; recorded on 2024-06-01. ``of``: by another account."""
        account = content.pop("of", self.account)
        command = self.command(kind, at if isinstance(at, datetime) else seoul(at), **content)
        recorded = stamp(seoul("2024-06-01"), command)
        before, count = self.account, len(self.events)
        try:
            decide(account, command, self.program, recorded)
        except Refused as refused:
            assert self.account is before
            assert len(self.events) == count
            return refused
        raise AssertionError("nothing was refused")

    def accrue(self, points: int | None, at: str = "2024-03-07", **content: Any) -> Any:
        """Accrue at noon of the day."""
        (event,) = self.do(self.command(Accrue[Sealed], seoul(at), points=points, **content))
        return event

    def accrue_and_settle(self, points: int, at: str) -> UUID:
        """Accrue where something is owed, and give the lot."""
        accrued, *_ = self.do(self.command(Accrue[Sealed], seoul(at), points=points))
        return UUID(str(accrued.id))

    def pay(self, points: int, at: str = "2024-04-01", **content: Any) -> Any:
        """Pay at noon of the day."""
        (event,) = self.do(self.command(Pay[Sealed], seoul(at), points=points, **content))
        return event

    def exchange(self, points: int, at: str = "2024-04-01", **content: Any) -> Any:
        """Exchange for a coupon at noon of the day."""
        coupon = {"coupon": "COFFEE", "coupon_id": uuid4()}
        (event,) = self.do(self.command(Exchange[Sealed], seoul(at), points=points, **{**coupon, **content}))
        return event

    def refund(self, spending_id: UUID, at: str = "2024-04-02", **content: Any) -> tuple[Any, ...]:
        """Refund at noon of the day."""
        return self.do(self.command(Refund[Sealed], seoul(at), spending_id=spending_id, **content))

    def sweep(self, as_of: str, at: str | None = None) -> tuple[Any, ...]:
        """Sweep out what is past its day."""
        command = self.command(Expire, seoul(at or as_of), as_of=date.fromisoformat(as_of))
        return self.do(command)

    def leave(self, at: str) -> tuple[Any, ...]:
        """Leave at noon of the day."""
        when = seoul(at)
        return self.append(leave_account(self.state, self.program, stamp(when), occurred_at=when, actor=ACTOR))

    @property
    def state(self) -> Account:
        """The account, which is open."""
        assert self.account is not None
        return self.account

    def balance(self, at: str) -> Balance:
        """The balance at noon of the day."""
        return balance(self.state, seoul(at))

    def points_by_lot(self) -> dict[UUID, int]:
        """What is left of each lot."""
        left: dict[UUID, int] = {}
        for lot in self.state.open_lots:
            left[lot.lot_id] = left.get(lot.lot_id, 0) + lot.points
        return left

    def refolded(self) -> Account | None:
        """The account as its stored bytes make it."""
        account: Account | None = None
        for event in self.events:
            again = decode(event.TOPIC, encode(event))
            account = evolve(account, again)  # type: ignore[arg-type]  # the topics of an account are its events
        return account


def lots_of(event: Any) -> list[tuple[UUID, int]]:
    """Which lots an event drew from, and how much."""
    return [(draw.lot_id, draw.points) for draw in event.draws]


def lot(points: int = 100, **terms: Any) -> Lot:
    """A lot with any terms."""
    fields: dict[str, Any] = {
        "lot_id": uuid4(),
        "sequence": 1,
        "points": points,
        "kind": "free",
        "funder": "operator",
        "supplier": None,
        "earned_at": seoul("2024-03-07"),
        "usable_at": seoul("2024-03-07"),
        "expires_on": None,
        "priority": 0,
    }
    return Lot(**{**fields, **terms})
