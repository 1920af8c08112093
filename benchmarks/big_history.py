"""An account of many lots and many events, made by the ledger's own deciders; and what is done to it afterwards."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from typing import Any
from uuid import UUID, uuid4

from crypto_shredding import Sealed
from ledger.desk.stamping import FreshIds
from ledger.points.account import Account
from ledger.points.commands import (
    Accrue,
    ClawBack,
    Expire,
    Hold,
    NotifyExpiry,
    Pay,
    Refund,
    Release,
)
from ledger.points.decide import PointsCommand, Stamp, decide
from ledger.points.evolve import evolve
from ledger.points.program import Program
from ledger.points.stamp import first_event_id

PROGRAM = "BENCH"

DAYS = 1_700
"""Within the five years of the usual validity, so that nothing has expired and no notice is due."""

POINTS_A_LOT = 10_000
"""Ten lots of them pay for all that a run at the desk asks for before it is refunded."""
HELD = 7


@dataclass(frozen=True, slots=True)
class Shape:
    """What kind of account: ``plain`` has one kind of lots; ``mixed`` has every kind that makes spending harder."""

    name: str
    program: Program
    is_mixed: bool

    def accrual(self, number: int) -> dict[str, Any]:
        """The terms of one lot: own use, another funder, bought, ranks, usable later."""
        if not self.is_mixed:
            return {}
        terms: dict[str, Any] = {"priority": number % 3}
        if number % 10 == 9:
            terms["own_use"] = "1208147521"
        if number % 20 == 7:
            terms["kind"] = "paid"
        if number % 4 == 1:
            terms["funder"] = "2148801234"
        return terms


PLAIN = Shape("plain", Program(PROGRAM, "b", 1), is_mixed=False)
MIXED = Shape(
    "mixed", Program(PROGRAM, "b", 1, rounding="end_of_year", spending_order="free_first"), is_mixed=True
)


class Life:
    """An account with its events, going on by commands; ``now`` runs from the opening to the end of its days."""

    def __init__(self, account: Account, shape: Shape, began: datetime) -> None:
        self.account, self.shape, self.now = account, shape, began
        self.events: list[Any] = []

    def stamp(self, command: Any, at: datetime) -> Stamp:
        """Ids as the desk gives them."""
        return Stamp(FreshIds(first_event_id(command.account_id, command.key)), at)

    def command(self, kind: type[Any], /, at: datetime | None = None, **content: Any) -> Any:
        """A command to the account, now."""
        at = at or self.now
        return kind(key=uuid4(), actor="bench", account_id=self.account.account_id, occurred_at=at, **content)

    def decided(self, command: PointsCommand, at: datetime | None = None) -> tuple[Account, tuple[Any, ...]]:
        """The account and the events that the command would make; nothing is kept."""
        events = decide(self.account, command, self.shape.program, self.stamp(command, at or self.now))
        account = self.account
        for event in events:
            account = evolve(account, event)
        return account, events

    def do(self, kind: type[Any], /, **content: Any) -> UUID:
        """Carry a command out; the id of its first event."""
        self.account, events = self.decided(self.command(kind, **content))
        self.events += events
        return UUID(str(events[0].id))

    def live(self, lots: int, events: int) -> None:
        """Earn so many lots, with payments, refunds and holds between, so that there are so many events in the end."""
        others = cycle(self._others())
        for number in range(lots):
            self.now += timedelta(days=DAYS) / lots
            self.do(Accrue[Sealed], points=POINTS_A_LOT, **self.shape.accrual(number))
            share = (events - lots) * (number + 1) // lots - (len(self.events) - number - 1)
            for step in islice(others, share):
                step()

    def _others(self) -> Iterator[Any]:
        paid: list[UUID] = []
        yield lambda: paid.append(self.do(Pay[Sealed], points=1))
        yield lambda: self.do(Refund[Sealed], spending_id=paid.pop())
        yield lambda: paid.append(self.do(Hold, points=HELD))
        yield lambda: self.do(Release, hold_id=paid.pop())


def opened_at(now: datetime) -> datetime:
    """When an account was opened whose days end a little before now."""
    return now.astimezone(UTC) - timedelta(days=DAYS, hours=1)


def deeds(life: Life) -> dict[str, PointsCommand]:
    """What is done to the account, by name; the spending that is refunded is made here."""
    last = life.account.open_lots[-1]
    paid = life.do(Pay[Sealed], points=3 * POINTS_A_LOT)
    life.now += timedelta(minutes=1)
    today = life.now.date() - timedelta(days=1)
    return {
        "accrue": life.command(Accrue[Sealed], points=100),
        "pay": life.command(Pay[Sealed], points=10),
        "pay at a partner": life.command(Pay[Sealed], points=10, redeemer="1208147521"),
        "pay, reported late": life.command(Pay[Sealed], at=life.now - timedelta(hours=1), points=10),
        "pay with six lots": life.command(Pay[Sealed], points=5 * POINTS_A_LOT + 1),
        "hold": life.command(Hold, points=10),
        "refund": life.command(Refund[Sealed], spending_id=paid),
        "claw back": life.command(ClawBack, accrual_id=last.lot_id, reason="returned"),
        "notice, nothing due": life.command(NotifyExpiry, as_of=today),
        "sweep, nothing due": life.command(Expire, as_of=today),
    }
