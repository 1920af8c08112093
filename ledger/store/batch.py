"""A batch of entries as the parameters of `ledger.append`, and its answer as outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, chain
from typing import Any, TypeVar
from uuid import UUID

from crypto_shredding import Period
from ledger.store.arrays import byteas, dates, int2s, int4s, int8s, texts, uuids, uuids_or_null
from ledger.store.entries import Entry, NewEvent, Outcome, Status

Part = TypeVar("Part")
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
    # Column by column, in the order in which an entry declares them.
    (streams, keys, fingerprints, receipts, events, references, guards, closes, links, unlinks, rosters, *_) = zip(
        *entries, strict=True
    )
    return (
        shard,
        uuids(streams),
        uuids(keys),
        byteas(fingerprints),
        byteas(receipts),
        texts(references),
        *_events(events),
        *_class_pairs(guards),
        *_class_pairs(closes),
        *_links(links),
        *_unlinks(unlinks),
        *_rosters(rosters),
        *_periods(entries),
        *_index(entries),
    )


def outcomes(entries: Sequence[Entry], rows: Sequence[Row]) -> list[Outcome]:
    """The answer, entry by entry; an appended entry's receipt and fingerprint are its own."""
    assert len(rows) == len(entries)
    appended = Status.APPENDED
    return [
        Outcome(appended, position, entry.receipt, entry.fingerprint)
        if status == appended
        else Outcome(_STATUSES[status], position, receipt, fingerprint)
        for entry, (status, position, fingerprint, receipt) in zip(entries, rows, strict=True)
    ]


def size(entry: Entry) -> int:
    """About how many bytes the entry takes on the wire: what can be long is counted, the rest is not."""
    total = len(entry.receipt) + len(entry.fingerprint)
    for event in entry.events:
        total += len(event.state)
        for _, box in event.boxes:
            total += len(box)
    return total


def _events(events_by_entry: Sequence[tuple[NewEvent, ...]]) -> tuple[Any, ...]:
    last = accumulate(map(len, events_by_entry))
    events = chain.from_iterable(events_by_entry)
    columns = tuple(zip(*events, strict=True)) or ((),) * len(NewEvent._fields)  # an entry may have no event
    streams, versions, ids, bases, topics, states, boxes_by_event = columns
    boxes = _numbered(boxes_by_event)
    return (
        int4s(list(last)),
        uuids(streams),
        int8s(versions),
        uuids(ids),
        uuids_or_null(bases),
        texts(topics),
        byteas(states),
        int4s([event for event, _ in boxes]),
        int2s([field for _, (field, _) in boxes]),
        byteas([box for _, (_, box) in boxes]),
    )


def _class_pairs(pairs_by_entry: Sequence[tuple[tuple[UUID, int], ...]]) -> tuple[Any, ...]:
    pairs = _numbered(pairs_by_entry)
    if not pairs:
        return _NO_INT4S, _NO_UUIDS, _NO_INT2S
    return (
        int4s([entry for entry, _ in pairs]),
        uuids([member for _, (member, _) in pairs]),
        int2s([class_code for _, (_, class_code) in pairs]),
    )


def _links(links_by_entry: Sequence[tuple[tuple[UUID, UUID], ...]]) -> tuple[Any, ...]:
    links = _numbered(links_by_entry)
    if not links:
        return _NO_INT4S, _NO_UUIDS, _NO_UUIDS
    return (
        int4s([entry for entry, _ in links]),
        uuids([account for _, (account, _) in links]),
        uuids([member for _, (_, member) in links]),
    )


def _rosters(rosters_by_entry: Sequence[tuple[tuple[UUID, int], ...]]) -> tuple[Any, ...]:
    rosters = _numbered(rosters_by_entry)
    if not rosters:
        return _NO_INT4S, _NO_UUIDS, _NO_INT4S
    return (
        int4s([entry for entry, _ in rosters]),
        uuids([member for _, (member, _) in rosters]),
        int4s([accounts for _, (_, accounts) in rosters]),
    )


def _unlinks(accounts_by_entry: Sequence[tuple[UUID, ...]]) -> tuple[Any, ...]:
    accounts = _numbered(accounts_by_entry)
    if not accounts:
        return _NO_INT4S, _NO_UUIDS
    return int4s([entry for entry, _ in accounts]), uuids([account for _, account in accounts])


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
        if entry.index_rows:
            numbered += [(number, event, row) for row in entry.index_rows]
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


def _numbered(parts_by_owner: Sequence[tuple[Part, ...]]) -> list[tuple[int, Part]]:
    """The parts of all entries (or events) in one list, each with the number of its owner, counted from 1."""
    if not any(parts_by_owner):
        return []
    return [(number, part) for number, parts in enumerate(parts_by_owner, 1) for part in parts]
