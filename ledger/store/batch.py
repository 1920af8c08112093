"""A batch of entries as the parameters of `ledger.append`, and its answer as outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crypto_shredding import Period
from ledger.store.arrays import byteas, dates, int2s, int4s, int8s, texts, uuids, uuids_or_null
from ledger.store.entries import Entry, Outcome, Status

Row = tuple[int, int, bytes | None, bytes | None]

_STATUSES = tuple(Status)
_NO_INT2S = int2s(())
_NO_INT4S = int4s(())
_NO_UUIDS = uuids(())
_NO_PERIODS = (_NO_INT2S, dates(()), _NO_INT4S, _NO_INT4S, _NO_INT4S, _NO_INT4S)
_NO_INT8S = int8s(())
_NO_INDEX = (_NO_INT4S, _NO_INT4S, _NO_UUIDS, _NO_INT2S, _NO_INT2S, _NO_INT2S, _NO_INT8S, byteas(()))


def pack(entries: Sequence[Entry], shard: int) -> tuple[Any, ...]:
    """The parameters of `append.sql`. Empty parts are packed once for all batches: most entries have none."""
    return (
        shard,
        uuids([entry.stream for entry in entries]),
        uuids([entry.key for entry in entries]),
        byteas([entry.fingerprint for entry in entries]),
        byteas([entry.receipt for entry in entries]),
        texts([entry.reference for entry in entries]),
        *_events(entries),
        *_class_pairs([entry.guards for entry in entries]),
        *_class_pairs([entry.closes for entry in entries]),
        *_links(entries),
        *_unlinks(entries),
        *_rosters(entries),
        *_periods(entries),
        *_index(entries),
    )


def outcomes(entries: Sequence[Entry], rows: Sequence[Row]) -> list[Outcome]:
    """The answer, entry by entry; an appended entry's receipt and fingerprint are its own."""
    assert len(rows) == len(entries)
    answered = []
    for entry, (status, position, fingerprint, receipt) in zip(entries, rows, strict=True):
        if status == Status.APPENDED:
            answered.append(Outcome(Status.APPENDED, position, entry.receipt, entry.fingerprint))
        else:
            answered.append(Outcome(_STATUSES[status], position, receipt, fingerprint))
    return answered


def size(entry: Entry) -> int:
    """About how many bytes the entry takes on the wire: what can be long is counted, the rest is not."""
    total = len(entry.receipt) + len(entry.fingerprint)
    for event in entry.events:
        total += len(event.state)
        for _, box in event.boxes:
            total += len(box)
    return total


def _events(entries: Sequence[Entry]) -> tuple[Any, ...]:
    last: list[int] = []
    number = 0
    for entry in entries:
        number += len(entry.events)
        last.append(number)
    events = [event for entry in entries for event in entry.events]
    box_events: list[int] = []
    box_fields: list[int] = []
    box_data: list[bytes] = []
    for number, event in enumerate(events, 1):
        for field, box in event.boxes:
            box_events.append(number)
            box_fields.append(field)
            box_data.append(box)
    return (
        int4s(last),
        uuids([event.stream for event in events]),
        int8s([event.version for event in events]),
        uuids([event.event_id for event in events]),
        uuids_or_null([event.base for event in events]),
        texts([event.topic for event in events]),
        byteas([event.state for event in events]),
        int4s(box_events),
        int2s(box_fields),
        byteas(box_data),
    )


def _class_pairs(pairs_by_entry: Sequence[tuple[tuple[UUID, int], ...]]) -> tuple[Any, ...]:
    numbered = [(number, pair) for number, pairs in enumerate(pairs_by_entry, 1) for pair in pairs]
    if not numbered:
        return _NO_INT4S, _NO_UUIDS, _NO_INT2S
    return (
        int4s([number for number, _ in numbered]),
        uuids([member for _, (member, _) in numbered]),
        int2s([class_code for _, (_, class_code) in numbered]),
    )


def _links(entries: Sequence[Entry]) -> tuple[Any, ...]:
    numbered = [(number, link) for number, entry in enumerate(entries, 1) for link in entry.links]
    if not numbered:
        return _NO_INT4S, _NO_UUIDS, _NO_UUIDS
    return (
        int4s([number for number, _ in numbered]),
        uuids([account for _, (account, _) in numbered]),
        uuids([member for _, (_, member) in numbered]),
    )


def _rosters(entries: Sequence[Entry]) -> tuple[Any, ...]:
    numbered = [(number, roster) for number, entry in enumerate(entries, 1) for roster in entry.rosters]
    if not numbered:
        return _NO_INT4S, _NO_UUIDS, _NO_INT4S
    return (
        int4s([number for number, _ in numbered]),
        uuids([member for _, (member, _) in numbered]),
        int4s([accounts for _, (_, accounts) in numbered]),
    )


def _unlinks(entries: Sequence[Entry]) -> tuple[Any, ...]:
    numbered = [(number, account) for number, entry in enumerate(entries, 1) for account in entry.unlinks]
    if not numbered:
        return _NO_INT4S, _NO_UUIDS
    return int4s([number for number, _ in numbered]), uuids([account for _, account in numbered])


def _periods(entries: Sequence[Entry]) -> tuple[Any, ...]:
    """The periods of the batch, each once, and which entry uses or ends which: a day's entries share one or two."""
    numbers: dict[Period, int] = {}
    uses: list[tuple[int, int]] = []
    ends: list[tuple[int, int]] = []
    last, place = None, 0
    for number, entry in enumerate(entries, 1):
        for period in entry.periods:
            if period is not last:  # a day's entries share the object as well, so that most need no hash
                last, place = period, numbers.setdefault(period, len(numbers) + 1)
            uses.append((number, place))
        for period in entry.ends:
            ends.append((number, numbers.setdefault(period, len(numbers) + 1)))
    if not numbers:
        return _NO_PERIODS
    return (
        int2s([period.class_code for period in numbers]),
        dates([period.first_day for period in numbers]),
        int4s([number for number, _ in uses]),
        int4s([period for _, period in uses]),
        int4s([number for number, _ in ends]),
        int4s([period for _, period in ends]),
    )


def _index(entries: Sequence[Entry]) -> tuple[Any, ...]:
    """Rows of the blind index, each with the number of its entry and of that entry's first event; then new keys."""
    numbered = []
    event = 1
    for number, entry in enumerate(entries, 1):
        if entry.index:
            numbered += [(number, event, row) for row in entry.index]
        event += len(entry.events)
    keys = [(number, entry.index_key) for number, entry in enumerate(entries, 1) if entry.index_key is not None]
    brought = (int4s([number for number, _ in keys]), int8s([slot for _, slot in keys]))
    if not numbered:
        return *_NO_INDEX, *brought
    return (
        int4s([number for number, _, _ in numbered]),
        int4s([first for _, first, _ in numbered]),
        uuids([row.member for _, _, row in numbered]),
        int2s([row.class_code for _, _, row in numbered]),
        int2s([row.kind for _, _, row in numbered]),
        int2s([row.field for _, _, row in numbered]),
        int8s([row.slot for _, _, row in numbered]),
        byteas([row.tag for _, _, row in numbered]),
        *brought,
    )
