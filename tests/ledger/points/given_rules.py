"""Words for the tests of rules: versions from a day, orders, and an account whose program has a history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crypto_shredding import Sealed
from ledger.points.commands import Accrue, Confirm, Extend, NotifyExpiry, Reprice
from ledger.points.decide import decide
from ledger.points.earning_rule import ANY_TENDER, EarningRule, TenderRate
from ledger.points.effective import History, with_version
from ledger.points.order import Order, OrderLine, Tender
from ledger.points.program import Program
from tests.ledger.points.given import Story, seoul, stamp


def versions(*of: tuple[str, Program]) -> History[Program]:
    """The programs as versions 1, 2, 3, each in force from its day."""
    history: History[Program] | None = None
    for number, (day, program) in enumerate(of, 1):
        history = with_version(history, number, seoul(day, "00:00"), program)
    assert history is not None
    return history


def line(category: str = "book", **paid: int) -> OrderLine:
    """A line and how it was paid: ``line("book", card=10_000, points=500)``."""
    return OrderLine(category, tuple(Tender(kind, amount) for kind, amount in paid.items()))


def order(*lines: OrderLine) -> Order:
    """An order of lines."""
    return Order(lines)


def rule(code: str = "base", points: int = 1, per: int = 100, tender: str = ANY_TENDER, **terms: Any) -> EarningRule:
    """A rule of one rate."""
    return EarningRule(code, (TenderRate(tender, points, per),), **terms)


class RuledStory(Story):
    """A story decided by the version of each command's day."""

    def __init__(self, history: History[Program], opened_at: datetime | None = None) -> None:
        self.history = history
        super().__init__(history.newest, opened_at)

    def do(self, command: Any, recorded_at: datetime | None = None) -> tuple[Any, ...]:
        """Decide on the command and append."""
        at = command.occurred_at
        given = stamp(recorded_at or at, command)
        return self.append(decide(self.account, command, self.history.at(at), given, self.history))

    def buy(self, bought: Order, at: str = "2024-03-07", **content: Any) -> tuple[Any, ...]:
        """What an order earns at noon of the day."""
        return self.do(self.command(Accrue[Sealed], seoul(at), order=bought, **content))

    def keep(self, accrual_id: Any, remains: Order, at: str = "2024-03-08") -> tuple[Any, ...]:
        """What is clawed back when so much of the order remains."""
        return self.do(self.command(Reprice, seoul(at), accrual_id=accrual_id, remains=remains))

    def confirm(self, accrual_id: Any, at: str = "2024-03-20") -> tuple[Any, ...]:
        """Confirm at noon of the day."""
        return self.do(self.command(Confirm, seoul(at), accrual_id=accrual_id))

    def extend(self, at: str) -> tuple[Any, ...]:
        """The sweep's step of longer validity, on the day."""
        when = seoul(at)
        return self.do(self.command(Extend, when, as_of=when.date()))

    def notify(self, at: str) -> tuple[Any, ...]:
        """The sweep's step of notices, on the day."""
        when = seoul(at)
        return self.do(self.command(NotifyExpiry, when, as_of=when.date()))
