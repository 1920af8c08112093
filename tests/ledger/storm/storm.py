"""A storm: processes that write, read and close, while all of `cast.erased` are erased; nothing is judged here."""

from __future__ import annotations

import asyncio
import json
import random
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP
from sys import executable
from typing import Any
from uuid import UUID

from ledger import ConfirmationNeeded, ContendedAccount, Erase, ErasureReport, PointsAccrued
from tests.ledger.office import Addresses, Office
from tests.ledger.storm.cast import Cast, Person
from tests.ledger.storm.reading import named

ERASED_AT_ONCE = 4
SECONDS_MAX = 600
OFFICER_SECONDS_PER_ERASURE = 0.25
KILLS_EACH_MAX = 3
"""So often at most dies a process that erases somebody; the one after that is let live."""
LIFE_SECONDS_MAX = 0.8
"""An erasure takes as long where little else goes on: it dies anywhere between its first look and its last event."""
FROZEN_SECONDS = 0.5
"""More than twice the time for which keys are kept: a frozen reader wakes up with keys that are too old."""


@dataclass(frozen=True)
class Size:
    """How much of everything. The officer's work is spread over the storm as far as it is known how long that takes."""

    erased: int
    staying: int
    writing_processes: int
    writers_each: int
    reading_processes: int


@dataclass
class Seen:
    """What the processes were told."""

    told: Counter[str] = field(default_factory=Counter)
    opened: list[tuple[UUID, UUID]] = field(default_factory=list)
    reports: dict[UUID, ErasureReport] = field(default_factory=dict)
    confirmed: dict[UUID, int] = field(default_factory=dict)
    shown_again: int = 0
    killed: int = 0
    readers: Counter[str] = field(default_factory=Counter)
    logs: list[Path] = field(default_factory=list)
    wanted: list[tuple[UUID, UUID, UUID]] = field(default_factory=list)
    holds: dict[str, str] = field(default_factory=dict)
    closings: list[dict[str, Any]] = field(default_factory=list)
    tagged_anew: int = 0
    freezes: int = 0


async def storm(office: Office, cast: Cast, size: Size, folder: Path) -> Seen:
    """Over when everybody was erased and the officer has done everything."""
    seen = Seen(wanted=cast.holds())
    async with asyncio.timeout(SECONDS_MAX), AsyncExitStack() as stack:
        for _ in range(size.writing_processes):
            await stack.enter_async_context(_writer(seen, office.addresses, cast, size.writers_each))
        readers = [
            await stack.enter_async_context(_reader(seen, office.addresses, cast, folder / f"reader-{number}.log"))
            for number in range(size.reading_processes)
        ]
        officer = asyncio.create_task(_officer(seen, office.addresses, size.erased * OFFICER_SECONDS_PER_ERASURE))
        freezing = asyncio.create_task(_freeze(seen, readers))
        waiting = iter(cast.erased)
        lanes = [_erase_all(office, waiting, seen) for _ in range(ERASED_AT_ONCE - 1)]
        await asyncio.gather(*lanes, _erase_by_mortals(office, waiting, seen))
        await officer
        freezing.cancel()
        await asyncio.gather(freezing, return_exceptions=True)
    return seen


async def _erase_all(office: Office, waiting: Iterator[Person], seen: Seen) -> None:
    for person in waiting:
        shown = 0
        await _until_traded_on(office, person)
        while person.member not in seen.reports:
            try:
                seen.reports[person.member] = await office.erasures.erase(office.erase(person.member, shown))
            except ConfirmationNeeded as refused:
                shown = refused.forfeits
                seen.shown_again += 1
            except ContendedAccount:  # the writers were faster too often: sent again, as it says
                seen.shown_again += 1
        seen.confirmed[person.member] = shown


async def _erase_by_mortals(office: Office, waiting: Iterator[Person], seen: Seen) -> None:
    """By processes that are killed, and others that go on with the same command."""
    for person in waiting:
        await _until_traded_on(office, person)
        command, kills = office.erase(person.member), 0
        ended = -SIGKILL
        while ended != 0:
            life = random.uniform(0, LIFE_SECONDS_MAX) if kills < KILLS_EACH_MAX else None
            ended, confirmed = await _erased_by_a_mortal(office.addresses, command, life)
            assert ended in (0, -SIGKILL), ended
            command = replace(command, confirmed_forfeit=confirmed)
            kills += ended != 0
        seen.killed += kills
        seen.reports[person.member] = await office.erasures.erase(command)  # what the log tells of it
        seen.confirmed[person.member] = command.confirmed_forfeit


async def _erased_by_a_mortal(addresses: Addresses, command: Erase, life: float | None) -> tuple[int, int]:
    """How the process ended, and the points that it confirmed last."""
    told = (addresses.ledger, addresses.keys, addresses.root, command.member_id, command.key)
    arguments = [*told, command.occurred_at.isoformat(), command.confirmed_forfeit]
    process = await asyncio.create_subprocess_exec(
        executable, "-m", "tests.ledger.storm.erasing", *map(str, arguments), stdout=PIPE
    )
    try:
        assert process.stdout is not None
        confirmed = await process.stdout.readline()  # it begins
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), life)
    finally:
        if process.returncode is None:
            process.kill()
    lines = [confirmed, *(await process.stdout.read()).splitlines()]
    return await process.wait(), int(lines[-1])


async def _until_traded_on(office: Office, person: Person) -> None:
    """Nobody is erased before the writers have come to them: the race would be with nobody."""
    while True:
        rows, _ = await office.ledger.reader.read([(account, 0) for account in person.accounts])
        if [row.topic for row in rows].count(PointsAccrued.TOPIC) > 2:
            return
        await asyncio.sleep(0.02)


async def _freeze(seen: Seen, readers: Sequence[Process]) -> None:
    """One reader after the other stands still for a while."""
    while readers:
        each = readers[seen.freezes % len(readers)]
        await asyncio.sleep(FROZEN_SECONDS)
        each.send_signal(SIGSTOP)
        try:
            await asyncio.sleep(FROZEN_SECONDS)
        finally:
            each.send_signal(SIGCONT)
        seen.freezes += 1


@asynccontextmanager
async def _writer(seen: Seen, addresses: Addresses, cast: Cast, writers: int) -> AsyncIterator[None]:
    members = [str(each.member) for each in cast.everybody]
    accounts = [str(account) for each in cast.everybody for account in each.accounts]
    arguments = [addresses.ledger, addresses.keys, addresses.root, writers]
    async with _process("writing", arguments, {"members": members, "accounts": accounts}) as (process, told):
        await _begun(process)
        yield
    seen.told.update(told["counts"])
    seen.opened += [(UUID(member), UUID(account)) for member, account in told["opened"]]


@asynccontextmanager
async def _reader(seen: Seen, addresses: Addresses, cast: Cast, log: Path) -> AsyncIterator[Process]:
    values = [named(request) for each in cast.everybody for _, request in each.values]
    async with _process("reading", [addresses.keys, addresses.root, log], values) as (process, told):
        await _begun(process)
        yield process
    seen.readers.update(told)
    seen.logs.append(log)


async def _officer(seen: Seen, addresses: Addresses, seconds: float) -> None:
    arguments = [addresses.ledger, addresses.keys, addresses.root, seconds]
    wanted = [[str(each) for each in ids] for ids in seen.wanted]
    async with _process("officer", arguments, wanted) as (process, told):
        await _begun(process)
        assert process.stdin is not None
        process.stdin.write(b"go\n")
    seen.holds, seen.closings, seen.tagged_anew = told["holds"], told["closings"], told["tagged_anew"]


@asynccontextmanager
async def _process(module: str, arguments: list[Any], told: Any) -> AsyncIterator[tuple[Process, dict[str, Any]]]:
    """One that is told something first and answers at its end, when its input ends."""
    command = [executable, "-m", f"tests.ledger.storm.{module}", *map(str, arguments)]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    answer: dict[str, Any] = {}
    try:
        assert process.stdin is not None
        process.stdin.write(json.dumps(told).encode() + b"\n")
        yield process, answer
        # Python 3.11 ends a process's input only when it is given something, be it nothing.
        output, _ = await process.communicate(b"")
        answer.update(json.loads(output))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _begun(process: Process) -> None:
    assert process.stdout is not None
    assert await process.stdout.readline() == b"\n"
