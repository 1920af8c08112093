"""Words for the tests of validity from the last activity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crypto_shredding import Sealed
from ledger.calendar import Span
from ledger.points.commands import Accrue, Pay
from ledger.points.events import PointsExtended
from tests.ledger.points.given import Story, program, seoul

YEAR = Span(years=1)
ALIVE = program(expires_after=YEAR, expiry_from="activity")
TEN = program(expires_after=Span(days=10), expiry_from="activity")


def accrued(story: Story, points: int, at: str, **content: Any) -> Any:
    return story.act(Accrue[Sealed], at, points=points, **content)[0]


def paid(story: Story, points: int, at: str, **content: Any) -> Any:
    return story.act(Pay[Sealed], at, points=points, **content)[0]


def late(story: Story, kind: Any, at: str, recorded: str, **content: Any) -> tuple[Any, ...]:
    return story.do(story.command(kind, seoul(at), **content), recorded_at=seoul(recorded))


def days(story: Story) -> list[tuple[int, str]]:
    """Points and last day of each part that lies in the account."""
    assert story.refolded() == story.account
    return [(lot.points, str(lot.expires_on)) for lot in story.state.open_lots]


def extended(events: Sequence[Any]) -> list[tuple[int, str, datetime]]:
    return [(each.points, each.cause, each.occurred_at) for each in events if isinstance(each, PointsExtended)]
