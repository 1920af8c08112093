"""Sealing: a command's personal texts become boxes and references, before anything is decided.

Plaintext ends here. It is sealed once: a command that has to be decided again keeps its boxes, so that no value is ever
under two nonces. Only where the account turns out to have other slots, its texts are sealed again, under those.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, replace
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from crypto_shredding import BlindIndexer, Period, Place, Sealed, Sealer, SealRequest, SlotId
from ledger.calendar import first_counted_day
from ledger.desk.background import told
from ledger.event import Event
from ledger.personal import Personal, personal_fields
from ledger.points.limits import instant
from ledger.store.entries import Boxes


def _with_references(command: Any, references: dict[str, Sealed]) -> Any:
    """The command with references in the place of texts; `dataclasses.replace` costs three times as much."""
    names, values_of = _attributes(command.__class__)
    attributes = dict(zip(names, values_of(command), strict=True))
    attributes.update(references)
    return command.__class__(**attributes)


def without_texts(command: Any, event_type: type[Event]) -> Any:
    """The command without its texts, for a decision on the rest."""
    return replace(command, **{name: None for name, _ in _personal_attributes(command.__class__, event_type)})


def has_indexed(command: Any, event_type: type[Event]) -> bool:
    """Whether the command carries a text by which it is to be found again."""
    names = _indexed_attributes(command.__class__, event_type)
    return bool(names) and any(getattr(command, name) is not None for name in names)


@cache
def _indexed_attributes(command_type: type[Any], event_type: type[Event]) -> tuple[str, ...]:
    names = {each.name for each in fields(command_type)}
    marks = personal_fields(event_type).items()
    return tuple(name for name, mark in marks if mark.indexed is not None and name in names)


@cache
def _attributes(command_type: type[Any]) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    names = tuple(each.name for each in fields(command_type))
    return names, attrgetter(*names)


@cache
def _personal_attributes(command_type: type[Any], event_type: type[Event]) -> tuple[tuple[str, Personal], ...]:
    names = {each.name for each in fields(command_type)}
    return tuple((name, mark) for name, mark in personal_fields(event_type).items() if name in names)


NO_BOXES: Boxes = ()

Periods = tuple[Period, ...]
Tags = tuple[tuple[Personal, bytes], ...]


class SealedCommand(NamedTuple):
    """A command with references for its texts, the boxes of the event that it will become, their periods and tags."""

    command: Any
    boxes: Boxes = NO_BOXES
    periods: Periods = ()
    tags: Tags = ()


class Sealing:
    """Holds the `Sealer`; keys that are not in memory are fetched by a thread, many commands' keys in one go."""

    def __init__(self, sealer: Sealer, indexer: BlindIndexer | None = None) -> None:
        self._sealer = sealer
        self._indexer = indexer
        self._cold_slots: set[SlotId] = set()
        self._cold_periods: set[Period] = set()
        self._warming: asyncio.Task[None] | None = None
        self._issued = False

    async def seal(
        self,
        command: Any,
        event_type: type[Event],
        event_id: UUID,
        slot_of: Callable[[str, Personal], SlotId],
        index_slot: SlotId | None = None,
    ) -> SealedCommand:
        """The command without its texts. Tags for the blind index are made where ``index_slot`` names its key.

        Raises, in this order: `InvalidTime`, `SubjectShredded`, `PeriodShredded`, `KeyMissing` (see crypto_shredding).
        """
        topic, occurred_at = event_type.TOPIC, command.occurred_at
        names: list[str] = []
        requests: list[SealRequest] = []
        for name, mark in _personal_attributes(command.__class__, event_type):
            text = getattr(command, name)
            if text is not None:
                place = Place(event_id, topic, mark.field_id)
                requests.append(SealRequest(place, text, slot_of(name, mark), period_of(mark, occurred_at)))
                names.append(name)
        if not requests:
            return SealedCommand(command)
        slots = [request.subject_slot for request in requests]
        periods = tuple(dict.fromkeys([request.period for request in requests if request.period is not None]))
        if index_slot is not None:
            slots.append(index_slot)
        if not self._sealer.is_warm(slots, periods):
            await self.warm(slots, periods)
        boxes = self._sealer.seal_many(requests)
        return SealedCommand(
            _with_references(command, dict(zip(names, [box.sealed for box in boxes], strict=True))),
            tuple([(request.place.field_id, box.data) for request, box in zip(requests, boxes, strict=True)]),
            periods,
            () if index_slot is None else self._tags(command, event_type, index_slot),
        )

    def _tags(self, command: Any, event_type: type[Event], slot: SlotId) -> Tags:
        tags = []
        for name, mark in _personal_attributes(command.__class__, event_type):
            text = getattr(command, name)
            if mark.indexed is not None and text is not None and self._indexer is not None:
                tag = self._indexer.tag(slot, mark.indexed, text)
                if tag is not None:
                    tags.append((mark, tag))
        return tuple(tags)

    async def fresh_slots(self, count: int) -> list[SlotId]:
        """Subject slots that nobody used before."""
        if self._issued:
            await self.warm((), ())  # brings the next block in a thread before this one ends
            return self._sealer.issue_subjects(count)
        self._issued = True
        return await asyncio.to_thread(self._sealer.issue_subjects, count)

    async def warm(self, slots: Collection[SlotId], periods: Collection[Period]) -> None:
        """Have the keys in memory; returns at once when they are."""
        if self._sealer.is_warm(slots, periods):
            return
        self._cold_slots.update(slots)
        self._cold_periods.update(periods)
        if self._warming is None:
            self._warming = asyncio.create_task(self._warm_all())
            self._warming.add_done_callback(told)
        await asyncio.shield(self._warming)

    async def _warm_all(self) -> None:
        # The tick before the fetch lets every command that waits in this turn of the loop join it.
        await asyncio.sleep(0)
        slots, periods = self._cold_slots, self._cold_periods
        self._cold_slots, self._cold_periods = set(), set()
        self._warming = None
        await asyncio.to_thread(self._sealer.warm, slots, periods)


def period_of(mark: Personal, occurred_at: datetime) -> Period | None:
    """The period whose key a field dies with, for a class that lives by the calendar. Raises `InvalidTime`."""
    retention = mark.retention
    if retention.span is None:
        return None
    instant(occurred_at)
    return _period(retention.code, occurred_at)


# The fields of one command share their instant; so do the lines of a file that is read in.
@lru_cache(maxsize=1_024)
def _period(code: int, occurred_at: datetime) -> Period:
    return Period(code, first_counted_day(occurred_at))


def account_slots(account: Any) -> Callable[[str, Personal], SlotId]:
    """Which of an account's slots a field is sealed under: the one of its retention class."""
    slots: Mapping[int, SlotId] = account.slots_by_class
    return lambda _, mark: slots[mark.retention.code]
