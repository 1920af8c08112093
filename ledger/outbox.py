"""The outbox: messages to members that somebody has to deliver, read from the log in the order of their decision.

A notice is written with the decision that it is due, as one event in one append, so that none is lost and none is sent
of what did not happen. A message names account, template and figures, never a person: the service opens the address
when it delivers, and nobody's address is kept here after an erasure. Whoever delivers keeps the position it has come
to; what it reads again after a crash has the same ids, by which the channel's provider tells a second sending.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from ledger.desk.reading import StoreReader, decoded
from ledger.points.events import ExpiryNoticed


@dataclass(frozen=True, slots=True)
class Message:
    """소멸 예정 안내 by one channel. ``position`` is where reading goes on once all of that position are delivered.

    ``due_on``: the last day on which it is in time; ``expires_on``: the last day of so many ``points``.
    """

    message_id: UUID
    account_id: UUID
    channel: str
    template: str
    stage: str
    points: int
    expires_on: date
    due_on: date
    position: int


class Outbox:
    """Messages by one ledger's reader."""

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader

    async def after(self, position: int, *, notices: int = 100) -> list[Message]:
        """The messages of so many notices after a position, one for each channel. Raises `StoreUnavailable`."""
        rows = await self._reader.page_of_topics([ExpiryNoticed.TOPIC], after=position, limit=notices)
        return [
            message
            for row in rows
            for message in _messages(row.stream, row.position, decoded(row))
        ]


def _messages(account_id: UUID, position: int, event: object) -> list[Message]:
    assert isinstance(event, ExpiryNoticed)
    return [
        Message(
            uuid5(event.id, channel),
            account_id,
            channel,
            f"points.expiry.{event.stage}",
            event.stage,
            event.points,
            event.expires_on,
            event.due_on,
            position,
        )
        for channel in event.channels
    ]
