"""One event of an account as the read models take it: decoded, with the program and day that belong to it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from projections.errors import BadEvent
from projections.movements import Fields, Movement


class AccountTerms(NamedTuple):
    """What never changes about an account. ``account`` is its id as text, made once."""

    account: str
    program: str
    zone: ZoneInfo


class Fact(NamedTuple):
    """A movement on an account.

    ``topic`` names the fields in ``state``; ``stored_topic`` is the name that the event was sealed and stored under.
    ``occurred_on`` is an ISO date, as instants and ids stay the text that they are in the state: the database reads it.
    """

    position: int
    topic: str
    stored_topic: str
    movement: Movement
    state: Fields
    terms: AccountTerms
    occurred_on: str


def day_of(occurred_at: str, zone: ZoneInfo) -> str:
    """The calendar day of a stored instant, ISO. Raises `BadEvent` for an instant without a zone of its own."""
    instant = datetime.fromisoformat(occurred_at)
    if instant.tzinfo is None:
        raise BadEvent("an instant without a time zone")
    return instant.astimezone(zone).date().isoformat()
