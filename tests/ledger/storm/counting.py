"""What a storm has left behind, counted in the databases, in the tree of keys and in the readers' logs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from psycopg_pool import ConnectionPool

from crypto_shredding import FileRoot, Shredded, Shredder, SlotId, SlotState
from crypto_shredding.cipher import matches_check_value
from crypto_shredding.key_tree import OpenedTree
from crypto_shredding.node import NodePlace
from crypto_shredding.tree_tables import planted, read_nodes
from ledger import (
    PointsAccrued,
    PointsExchanged,
    PointsExpired,
    PointsForfeited,
    PointsPaid,
    decode,
    personal_fields,
    verify_chain,
)
from projections import Projector, TrialBalanceQuery, rebuild
from tests.ledger.compaction.test_raw_files import wrong_box
from tests.ledger.erasure.storm import Dsns
from tests.ledger.holds.held import held_values
from tests.ledger.office import Office
from tests.ledger.storm.cast import Cast
from tests.ledger.storm.instants import reading_of
from tests.ledger.storm.reading import RECORD
from tests.ledger.storm.storm import Seen

Streams = dict[UUID, UUID]
"""Whose a stream is, of all streams that anybody knows of."""

MUST_BE_ZERO = (
    "events_after_an_erasure",
    "values_after_an_erasure",
    "seals_into_a_closed_period",
    "dooms_without_tombstone",
    "keys_brought_back",
    "opened_after_t_live",
    "deadlocks",
    "held_values_lost",
    "live_values_lost",
    "erased_values_that_open",
    "chain_findings",
    "trial_balance",
    "points_astray",
)


@dataclass
class Numbers:
    """Those of `MUST_BE_ZERO`, and beside them how much there was to find."""

    seen: dict[str, Any]
    events: int = 0
    tombstones: int = 0
    opened: int = 0
    opened_between_doom_and_t_live: int = 0
    handed_over_after_t_live: int = 0
    held_values: int = 0
    live_values: int = 0
    erased_values: int = 0
    closed_periods: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def wrong(self) -> dict[str, int]:
        return {name: self.faults[name] for name in MUST_BE_ZERO if self.faults[name]}

    def told(self) -> dict[str, Any]:
        """For a person to read."""
        plain = {name: value for name, value in vars(self).items() if name not in ("seen", "faults")}
        return self.seen | plain | {name: self.faults[name] for name in MUST_BE_ZERO}


async def counted(office: Office, cast: Cast, seen: Seen, dsns: Dsns) -> Numbers:
    """Changes nothing, but brings the read models up to date."""
    numbers = Numbers(_told(seen))
    owners: Streams = {stream: each.member for each in cast.everybody for stream in each.streams}
    owners |= {account: member for member, account in seen.opened}
    closed = _closed_periods(dsns)
    numbers.closed_periods = len(closed)
    await _count_log(office, numbers, owners, dsns, closed, seen)
    await _count_values(office, numbers, cast, seen, owners, closed)
    await _count_holds(office, numbers, seen)
    _count_keys(office, numbers, dsns)
    _count_openings(numbers, cast, seen, dsns, closed)
    _count_stored(numbers, dsns)
    return numbers


def _told(seen: Seen) -> dict[str, Any]:
    return {
        "erasures": len(seen.reports),
        "told": dict(seen.told),
        "accounts_opened": len(seen.opened),
        "shown_again": seen.shown_again,
        "erasing_processes_killed": seen.killed,
        "readers": dict(seen.readers),
        "freezes": seen.freezes,
        "holds": dict(Counter(seen.holds.values())),
        "closings": [len(each["periods"]) for each in seen.closings],
        "index_rows_moved": seen.tagged_anew,
    }


def _closed_periods(dsns: Dsns) -> dict[SlotId, int]:
    """The slot of each closed period, and the position of its closing."""
    with psycopg.connect(dsns.ledger) as ledger, psycopg.connect(dsns.keys) as keys:
        slots = keys.execute("SELECT class_code, first_day, slot FROM crypto_shredding.period").fetchall()
        by_period = {(code, day): SlotId(slot) for code, day, slot in slots}
        closings = ledger.execute("SELECT class, first_day, position FROM ledger.closed_period").fetchall()
    return {by_period[code, day]: position for code, day, position in closings}


async def _count_log(
    office: Office, numbers: Numbers, owners: Streams, dsns: Dsns, closed: dict[SlotId, int], seen: Seen
) -> None:
    """Events and values behind the fence of their member, or behind the closing of their period; and the points."""
    with psycopg.connect(dsns.ledger) as ledger:
        rows = ledger.execute("SELECT member, class, position FROM ledger.closed_class").fetchall()
        fences = {(member, code): position for member, code, position in rows}
        first_fence = {member: min(at for (whose, _), at in fences.items() if whose == member) for member, *_ in rows}
        links = ledger.execute("SELECT account, member FROM ledger.account_holder").fetchall()
    owners |= dict(links)
    points: Counter[UUID] = Counter()
    given_up: Counter[UUID] = Counter()
    for stream, member in owners.items():
        found, _ = await office.ledger.reader.read([(stream, 0)])
        for row in found:
            event = decode(row.topic, row.state)
            numbers.events += 1
            if stream != member and row.position > first_fence.get(member, row.position):
                numbers.faults["events_after_an_erasure"] += 1
            for name, mark in personal_fields(type(event)).items():
                if (sealed := getattr(event, name)) is not None:
                    fence = fences.get((member, mark.retention.code), row.position)
                    numbers.faults["values_after_an_erasure"] += row.position > fence
                    closing = closed.get(sealed.period_slot, row.position)
                    numbers.faults["seals_into_a_closed_period"] += row.position > closing
            points[member] += _moved(event)
            given_up[member] += event.points if isinstance(event, PointsForfeited) else 0
    for member, report in seen.reports.items():
        assert report.member_id == member
        numbers.faults["points_astray"] += points[member] != 0 or given_up[member] != seen.confirmed[member]


def _moved(event: object) -> int:
    match event:
        case PointsAccrued():
            return event.lot.points
        case PointsPaid() | PointsExchanged() | PointsExpired() | PointsForfeited():
            return -event.points
    return 0


async def _count_values(
    office: Office, numbers: Numbers, cast: Cast, seen: Seen, owners: Streams, closed: dict[SlotId, int]
) -> None:
    """Everything of who stays opens, but for what its period took along; nothing of a closed class of the erased."""
    staying = {each.member for each in cast.staying}
    for stream, member in owners.items():
        values = await office.boxes(stream)
        for (retention, request), answer in zip(values, office.opened([each for _, each in values]), strict=True):
            opens = isinstance(answer, str)
            if member in staying and request.sealed.period_slot not in closed:
                numbers.live_values += 1
                numbers.faults["live_values_lost"] += not opens
            elif member in staying or retention in seen.reports[member].closed:
                numbers.erased_values += 1
                numbers.faults["erased_values_that_open"] += opens
            assert opens or isinstance(answer, Shredded)


async def _count_holds(office: Office, numbers: Numbers, seen: Seen) -> None:
    for member, _, hold in seen.wanted:
        if seen.holds[str(hold)] == "placed":
            values = await held_values(office, member, hold)
            numbers.held_values += len(values)
            numbers.faults["held_values_lost"] += sum(not isinstance(value, str) for value in values.values())
            numbers.faults["held_values_lost"] += len(values) < 3  # the record, the reason, and something held


def _count_keys(office: Office, numbers: Numbers, dsns: Dsns) -> None:
    """Whatever was doomed is gone: it is said so, and its key is not where it was in the tree that opens."""
    with psycopg.connect(dsns.keys) as keys:
        dooms = [SlotId(slot) for (slot,) in keys.execute("SELECT slot FROM crypto_shredding.doom").fetchall()]
        numbers.tombstones = len(keys.execute("SELECT FROM crypto_shredding.tombstone").fetchall())
    numbers.faults["keys_brought_back"] = len(keys_brought_back(office, dsns))
    states = Shredder(office.keyring).states(dooms)
    numbers.faults["dooms_without_tombstone"] = sum(state is not SlotState.SHREDDED for state in states.values())


def keys_brought_back(office: Office, dsns: Dsns) -> list[SlotId]:
    """Slots with a tombstone whose key is in the tree all the same."""
    with psycopg.connect(dsns.keys) as keys:
        stones = keys.execute("SELECT slot, kcv FROM crypto_shredding.tombstone").fetchall()
        tree = planted(keys)
        places = keys.execute("SELECT level, number FROM crypto_shredding.node").fetchall()
        nodes = read_nodes(keys, [NodePlace(*place) for place in places])
    top_key = FileRoot(office.addresses.root).unwrap(tree.version, tree.top)
    opened = OpenedTree(office.keyring.installation.id, tree.height, top_key, nodes)
    found = []
    for slot, kcv in stones:
        key = opened.slot_key(SlotId(slot))
        assert key is not None  # every place of the tree holds some key
        if matches_check_value(key, SlotId(slot), kcv):
            found.append(SlotId(slot))
    return found


def _count_openings(numbers: Numbers, cast: Cast, seen: Seen, dsns: Dsns, closed: dict[SlotId, int]) -> None:
    """Each success of a reader against `T_live` of its value, by the member's erasure or by the period's end."""
    ends = _period_ends(seen, dsns)
    with psycopg.connect(dsns.keys) as keys:
        rows = keys.execute("SELECT slot, doomed_at FROM crypto_shredding.doom").fetchall()
    doomed = {SlotId(slot): reading_of(at) for slot, at in rows}
    until, since = [], []
    for person in cast.everybody:
        report = seen.reports.get(person.member)
        for retention, request in person.values:
            end = ends.get(request.sealed.period_slot, float("inf"))
            if report is not None and retention in report.closed:
                end = min(end, reading_of(report.unreadable_since))
            until.append(end)
            slots = (request.sealed.subject_slot, request.sealed.period_slot)
            since.append(min(doomed.get(slot, float("inf")) for slot in slots))
    for number, vouched, handed in _logged(seen):
        numbers.opened += 1
        numbers.opened_between_doom_and_t_live += since[number] < vouched < until[number]
        numbers.handed_over_after_t_live += handed >= until[number]
        numbers.faults["opened_after_t_live"] += vouched >= until[number]


def _period_ends(seen: Seen, dsns: Dsns) -> dict[SlotId, float]:
    with psycopg.connect(dsns.keys) as keys:
        rows = keys.execute("SELECT class_code, first_day, slot FROM crypto_shredding.period").fetchall()
    slots = {(code, day.isoformat()): SlotId(slot) for code, day, slot in rows}
    return {slots[code, day]: each["unreadable_since"] for each in seen.closings for code, day in each["periods"]}


def _logged(seen: Seen) -> Iterator[tuple[int, float, float]]:
    for log in seen.logs:
        content = log.read_bytes()
        yield from RECORD.iter_unpack(content[: len(content) // RECORD.size * RECORD.size])


def _count_stored(numbers: Numbers, dsns: Dsns) -> None:
    """The chain from its first event, the books built anew beside the live ones, and what PostgreSQL counted."""
    owner = dsns.ledger
    with Projector(owner) as projector:
        projector.catch_up()
    with psycopg.connect(owner, autocommit=True) as connection:
        numbers.faults["chain_findings"] = len(verify_chain(connection, check_boxes=wrong_box).findings)
    with ConnectionPool(owner, min_size=1, max_size=1, open=True) as pool:
        balance = TrialBalanceQuery(pool).as_of()
    numbers.faults["trial_balance"] = (not balance.is_balanced) + (not rebuild(owner, swap=False).equal)
    for dsn in (dsns.ledger, dsns.keys):
        with psycopg.connect(dsn) as connection:
            row = connection.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
            numbers.faults["deadlocks"] += (row.fetchone() or (0,))[0]
