"""Writers in processes of their own trade on accounts whose members are being erased; then everything is counted."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg

from crypto_shredding import Shredder, SlotState
from ledger import (
    ConfirmationNeeded,
    ContendedAccount,
    ErasureReport,
    KeyBarred,
    MemberLeft,
    PointsAccrued,
    PointsExchanged,
    PointsForfeited,
    PointsMovedToSuspense,
    PointsPaid,
    PointsRefunded,
    decode,
)
from tests.ledger.erasure.state import assert_nothing_opens
from tests.ledger.office import Addresses, Office

# What goes on after leaving and erasure, in amounts.
UNDOING = [each.TOPIC for each in (KeyBarred, PointsMovedToSuspense, PointsRefunded)]
POINTS = 50
AT_ONCE = 3
SECONDS_MAX = 300


@dataclass(frozen=True)
class Dsns:
    """Both databases as their owners, who may count."""

    ledger: str
    keys: str


@dataclass
class Storm:
    """What was seen. ``late`` are events of accounts behind the position that closed their member's membership.

    Those that undo, in amounts alone, are ``undone``; ``late_boxes`` are texts behind that position.
    """

    told: Counter[str] = field(default_factory=Counter)
    confirmed: dict[UUID, int] = field(default_factory=dict)
    reports: dict[UUID, ErasureReport] = field(default_factory=dict)
    shown_again: int = 0
    traded_on: int = 0
    late: int = -1
    late_boxes: int = -1
    undone: int = -1
    deadlocks: int = -1
    slots: int = 0
    slots_not_shredded: int = -1
    keys_left: int = -1
    boxes_tried: int = 0

    @property
    def faults(self) -> list[str]:
        return [each for each in self.told if each.startswith("fault")]

    def numbers(self) -> dict[str, Any]:
        """For a person to read."""
        hidden = ("confirmed", "reports")
        return {name: value for name, value in vars(self).items() if name not in hidden} | {
            "erasures": len(self.reports)
        }


async def storm(
    office: Office, addresses: Addresses, dsns: Dsns, *, erasures: int, processes: int, writers: int
) -> Storm:
    """``writers`` in each of the processes; members are erased a few at once. Returns what is left, counted."""
    seen = Storm()
    members = [await office.member(POINTS, 0) for _ in range(erasures)]
    accounts = [account for _, theirs in members for account in theirs]
    async with asyncio.timeout(SECONDS_MAX):
        async with _writing(seen, office, addresses, accounts, processes, writers):
            waiting = iter(members)
            await asyncio.gather(*(_erase_all(office, waiting, seen) for _ in range(AT_ONCE)))
        for member, theirs in members:
            await _count(office, seen, member, theirs)
    _count_stored(dsns, seen, members)
    return seen


async def _erase_all(office: Office, members: Any, seen: Storm) -> None:
    for member, accounts in members:
        shown = 0
        await _until_traded_on(office, accounts)
        while member not in seen.reports:
            try:
                seen.reports[member] = await office.erasures.erase(office.erase(member, shown))
            except ConfirmationNeeded as refused:
                shown = refused.forfeits
                seen.shown_again += 1
            except ContendedAccount:  # the writers were faster too often: sent again, as it says
                seen.shown_again += 1
        seen.confirmed[member] = shown


async def _until_traded_on(office: Office, accounts: Sequence[UUID]) -> None:
    """Nobody is erased before the writers have come to them: the race would be with nobody."""
    while True:
        rows, _ = await office.ledger.reader.read([(account, 0) for account in accounts])
        if [row.topic for row in rows].count(PointsAccrued.TOPIC) > 1:
            return
        await asyncio.sleep(0.02)


@asynccontextmanager
async def _writing(
    seen: Storm, office: Office, addresses: Addresses, accounts: Sequence[UUID], processes: int, writers: int
) -> AsyncIterator[None]:
    arguments = [addresses.ledger, addresses.keys, addresses.root, office.now.isoformat(), writers]
    command = [sys.executable, "-m", "tests.ledger.erasure.writing", *map(str, arguments)]
    started: list[Process] = []
    try:
        for _ in range(processes):
            started.append(await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE))
        for each in started:
            await _begun(each, accounts)
        yield
        # Python 3.11 ends a process's input only when it is given something, be it nothing.
        for output, _ in await asyncio.gather(*(each.communicate(b"") for each in started)):
            seen.told.update(json.loads(output))
    finally:
        for each in started:
            if each.returncode is None:
                each.kill()
                await each.wait()


async def _begun(process: Process, accounts: Sequence[UUID]) -> None:
    """Tell a process its accounts and wait for its first command, so that no erasure is raced by nobody."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps([str(each) for each in accounts]).encode() + b"\n")
    assert await process.stdout.readline() == b"\n"


async def _count(office: Office, seen: Storm, member: UUID, accounts: Sequence[UUID]) -> None:
    """One member: no box opens, no key is left, and the points that came are those that went and were given up."""
    closed = {each.code for each in seen.reports[member].closed}
    seen.boxes_tried += await assert_nothing_opens(office, closed, member, *accounts)
    boxes = await office.boxes(member, *accounts)
    slots = sorted({each.sealed.subject_slot for retention, each in boxes if retention.code in closed})
    states = Shredder(office.keyring).states(slots)
    seen.slots += len(slots)
    seen.slots_not_shredded = max(seen.slots_not_shredded, 0) + sum(
        state is not SlotState.SHREDDED for state in states.values()
    )
    rows, _ = await office.ledger.reader.read([(stream, 0) for stream in (member, *accounts)])
    events = [decode(row.topic, row.state) for row in rows]
    came = sum(each.lot.points for each in events if isinstance(each, PointsAccrued))
    came += sum(each.points for each in events if isinstance(each, PointsRefunded))
    went = sum(
        each.points for each in events if isinstance(each, PointsPaid | PointsExchanged | PointsMovedToSuspense)
    )
    given_up = sum(each.points for each in events if isinstance(each, PointsForfeited))
    (left,) = [each for each in events if isinstance(each, MemberLeft)]
    seen.traded_on += came > POINTS
    assert came - went == given_up == left.forfeited == seen.confirmed[member]


def _count_stored(dsns: Dsns, seen: Storm, members: Sequence[tuple[UUID, list[UUID]]]) -> None:
    """Asked of the databases themselves."""
    owners = [(account, member) for member, accounts in members for account in accounts]
    who = [account for account, _ in owners], [member for _, member in owners]
    with psycopg.connect(dsns.ledger) as ledger, psycopg.connect(dsns.keys) as keys:
        late = (
            "FROM unnest(%s::uuid [], %s::uuid []) AS o (account, member) "
            "INNER JOIN ledger.events AS e ON e.stream = o.account "
            "INNER JOIN ledger.closed_class AS c ON c.member = o.member AND e.position > c.position "
        )
        seen.late = _one(ledger, f"SELECT count(*) {late} WHERE e.topic <> ALL (%s)", *who, UNDOING)
        seen.undone = _one(ledger, f"SELECT count(*) {late} WHERE e.topic = ANY (%s)", *who, UNDOING)
        boxes = "INNER JOIN ledger.box AS b ON b.position = e.position"
        seen.late_boxes = _one(ledger, f"SELECT count(*) {late} {boxes}", *who)
        seen.keys_left = _one(
            keys,
            "SELECT count(*) FROM crypto_shredding.doom AS d "
            "LEFT JOIN crypto_shredding.tombstone AS t USING (slot) WHERE t.slot IS NULL",
        )
        deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        seen.deadlocks = _one(ledger, deadlocks) + _one(keys, deadlocks)


def _one(connection: psycopg.Connection[Any], query: Any, *parameters: object) -> int:
    row = connection.execute(query, parameters).fetchone()
    assert row is not None
    return int(row[0])


def assert_weathered(seen: Storm, erasures: int) -> None:
    """Everybody was erased in the middle of business, and nothing of them came back."""
    assert len(seen.reports) == erasures
    assert seen.told["appended"] > erasures
    assert seen.told["AccountNotActive"] + seen.told["MemberNotActive"] > 0
    assert seen.faults == []
    wrong = (seen.late, seen.late_boxes, seen.slots_not_shredded, seen.keys_left, seen.deadlocks)
    assert wrong == (0, 0, 0, 0, 0), seen.numbers()
    assert seen.undone > 0
    assert seen.traded_on == erasures
    assert seen.slots > 3 * erasures  # those of the profile, and of the accounts that had a text

