"""The keys of the blind index: one makes tags, and after a change the one before it until its rows are tagged anew."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never
from uuid import UUID

from pydantic import AwareDatetime

from crypto_shredding import SlotId
from ledger.calendar import utc
from ledger.errors import ContradictoryHistory
from ledger.event import Event, stored_as
from ledger.horizon import BackupHorizon
from ledger.points.facts import facts
from ledger.points.stamp import Stamp

INDEX_STREAM = UUID("9c0a1f4e-7d53-4b6e-8a65-2f1f0d6f7b11")
"""The one stream of these events; nothing in it is about anybody."""


@stored_as("index.key-issued.v1")
class IndexKeyIssued(Event):
    """From this position on every tag is made under the key of ``slot``; the one before it retires."""

    slot: SlotId


@stored_as("index.key-destroyed.v1")
class IndexKeyDestroyed(Event):
    """The retired key is gone, of no use to any process since ``unreadable_since``: older tags say nothing any more.

    ``tagged_anew`` rows had been moved to the newest key by whoever finished the change. ``horizons`` tell when no
    backup of the key store had the key any more: the index's own horizon. ``certificate`` is the number of the one
    that was issued.
    """

    slot: SlotId
    tagged_anew: int
    unreadable_since: AwareDatetime
    horizons: tuple[BackupHorizon, ...] = ()
    certificate: int | None = None


IndexEvent = IndexKeyIssued | IndexKeyDestroyed


@dataclass(frozen=True, slots=True)
class IndexKeys:
    """The newest key, and the one that it replaces while rows still bear that one's tags."""

    newest: SlotId
    issued_at: datetime
    retiring: SlotId | None = None

    @property
    def slots(self) -> tuple[SlotId, ...]:
        """The slots under which a row may be found now."""
        return (self.newest,) if self.retiring is None else (self.newest, self.retiring)


def issue(keys: IndexKeys | None, stamp: Stamp, *, slot: SlotId, actor: str) -> tuple[()] | tuple[IndexKeyIssued]:
    """The next key. No event while the last change is not finished: go on with that one."""
    if keys is not None and keys.retiring is not None:
        return ()
    return (IndexKeyIssued(**facts(stamp, occurred_at=stamp.recorded_at, actor=actor), slot=slot),)


def retired(
    keys: IndexKeys,
    stamp: Stamp,
    *,
    slot: SlotId,
    tagged_anew: int,
    unreadable_since: datetime,
    actor: str,
    horizons: tuple[BackupHorizon, ...] = (),
    certificate: int | None = None,
) -> tuple[()] | tuple[IndexKeyDestroyed]:
    """The key before the newest is gone. No event where that is recorded already."""
    if keys.retiring != slot:
        return ()
    event = IndexKeyDestroyed(
        **facts(stamp, occurred_at=stamp.recorded_at, actor=actor),
        slot=slot,
        tagged_anew=tagged_anew,
        unreadable_since=utc(unreadable_since),
        horizons=horizons,
        certificate=certificate,
    )
    return (event,)


def evolve(keys: IndexKeys | None, event: IndexEvent) -> IndexKeys:
    """The keys after the event. Raises `ContradictoryHistory`."""
    match event:
        case IndexKeyIssued():
            if keys is not None and keys.retiring is not None:
                raise ContradictoryHistory(event.id, "one change of the index's key is finished before the next")
            return IndexKeys(event.slot, event.recorded_at, None if keys is None else keys.newest)
        case IndexKeyDestroyed():
            if keys is None or keys.retiring != event.slot:
                raise ContradictoryHistory(event.id, "only the key that is being replaced is destroyed")
            return replace(keys, retiring=None)
        case _:
            assert_never(event)
