"""What an erasure leaves behind, without the ids that differ from run to run; and what no erasure may leave."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crypto_shredding import Shredded, Shredder, SlotState
from ledger import KeysDestroyed, MemberErased, decode, personal_fields
from tests.ledger.office import Office


@dataclass(frozen=True)
class EndState:
    """Two members with the same past are erased alike when these are equal."""

    topics: tuple[tuple[str, ...], ...]
    closed: tuple[tuple[int, ...], ...]
    kept: tuple[Any, ...]
    counted: tuple[tuple[int, int], ...]
    opened: tuple[tuple[str, str], ...]
    slots: tuple[tuple[str, int], ...]
    links: int
    held: int


async def end_state(office: Office, member: UUID, accounts: list[UUID]) -> EndState:
    """Read from the log and the keys, not from what the erasing process holds."""
    rows, _ = await office.ledger.reader.read([(stream, 0) for stream in (member, *accounts)])
    topics: dict[UUID, list[str]] = {stream: [] for stream in (member, *accounts)}
    events = []
    for row in rows:
        topics[row.stream].append(row.topic)
        events.append(decode(row.topic, row.state))
    values = await office.boxes(member, *accounts)
    answers = office.opened([each for _, each in values])
    slots = {each.sealed.subject_slot for _, each in values}
    states = Shredder(office.keyring).states(sorted(slots))
    return EndState(
        topics=tuple(tuple(topics[stream]) for stream in (member, *accounts)),
        closed=tuple(each.closed for each in events if isinstance(each, MemberErased)),
        kept=tuple(each.kept for each in events if isinstance(each, MemberErased)),
        counted=tuple((each.slots, each.boxes_tried) for each in events if isinstance(each, KeysDestroyed)),
        opened=tuple(
            (retention.name, "shredded" if isinstance(answer, Shredded) else "open")
            for (retention, _), answer in zip(values, answers, strict=True)
        ),
        slots=tuple(sorted(Counter(each.value for each in states.values()).items())),
        links=len(await office.ledger.reader.accounts_of(member)),
        held=len(await office.ledger.reader.held_digests(await places_of(office, member, *accounts))),
    )


async def places_of(office: Office, *streams: UUID) -> list[tuple[int, int]]:
    """Where every sealed value of the streams lies or lay."""
    rows, _ = await office.ledger.reader.read([(stream, 0) for stream in streams])
    return [
        (row.position, mark.field_id)
        for row, event in ((row, decode(row.topic, row.state)) for row in rows)
        for name, mark in personal_fields(type(event)).items()
        if getattr(event, name) is not None
    ]


async def assert_nothing_opens(office: Office, closed: set[int], *streams: UUID) -> int:
    """Try every box of the closed classes: no key opens one, and every slot has its tombstone. Returns how many."""
    requests = [each for retention, each in await office.boxes(*streams) if retention.code in closed]
    assert all(isinstance(each, Shredded) for each in office.opened(requests))
    slots = sorted({each.sealed.subject_slot for each in requests})
    assert set(Shredder(office.keyring).states(slots).values()) == {SlotState.SHREDDED}
    return len(requests)
