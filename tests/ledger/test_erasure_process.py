"""Erasure as a process: every step is finished after a crash, and what it closed opens to nobody."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import UTC, date, datetime

import psycopg
import pytest

from crypto_shredding import Shredded
from ledger import (
    CONTRACT,
    MEMBERSHIP,
    PAYMENT,
    POINT_HISTORY,
    PROFILE,
    RETAINED_IDENTITY,
    AlreadyErased,
    ConfirmationNeeded,
    Refused,
    StillHeldByLaw,
)
from ledger.erasure import slots_of
from tests.ledger.office import Addresses, Office

PAUSE = 0.005
STORM_SECONDS_MAX = 120
AFTER_FIVE_YEARS = datetime(2029, 3, 13, tzinfo=UTC)


async def test_at_once_goes_what_no_law_keeps_and_the_rest_after_its_last_day(office: Office) -> None:
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))
    values = await office.boxes(member, account)

    report = await office.erasures.erase(office.erase(member, 90))
    at_once = office.opened([each for _, each in values])
    with pytest.raises(StillHeldByLaw) as held:
        await office.erasures.erase(office.erase(member))
    office.now = AFTER_FIVE_YEARS
    later = await office.erasures.erase(office.erase(member))

    assert set(report.closed) == {PROFILE, MEMBERSHIP, CONTRACT}
    assert {each.retention for each in report.kept} == {PAYMENT, POINT_HISTORY, RETAINED_IDENTITY}
    assert {each.last_day for each in report.kept} == {date(2029, 3, 7)}
    assert held.value.last_day == date(2029, 3, 7)
    for (retention, _), value in zip(values, at_once, strict=True):
        assert isinstance(value, Shredded) is (retention in report.closed), retention.name
    assert set(later.closed) == {PAYMENT, POINT_HISTORY, RETAINED_IDENTITY}
    assert all(isinstance(each, Shredded) for each in office.opened([each for _, each in values]))
    with pytest.raises(AlreadyErased):
        await office.erasures.erase(office.erase(member))


async def test_no_key_opens_anything_of_the_erased_and_everything_of_others_opens(
    office: Office, other: Office
) -> None:
    member, accounts = await office.member(10, 20)
    neighbour, (theirs,) = await office.member(30)
    await office.do(office.accrual(accounts[0], 5, memo="a memo"))
    await office.do(office.accrual(theirs, 5, memo="a memo"))
    gone, stays = await office.boxes(member, *accounts), await office.boxes(neighbour, theirs)

    report = await office.erasures.erase(office.erase(member, 35))

    assert report.kept == ()
    for desk in (office, other):
        assert all(isinstance(each, Shredded) for each in desk.opened([each for _, each in gone]))
        assert all(isinstance(each, str) for each in desk.opened([each for _, each in stays]))
    assert await office.ledger.reader.accounts_of(member) == []
    assert await office.ledger.reader.accounts_of(neighbour) == [theirs]


async def test_a_members_and_their_accounts_events_share_no_slot(office: Office) -> None:
    member, accounts = await office.member(10, 20)

    slots = [{each.sealed.subject_slot for _, each in await office.boxes(stream)} for stream in (member, *accounts)]

    assert all(not one & another for one in slots for another in slots if one is not another)


async def test_the_same_request_twice_and_from_two_processes_is_reported_alike(office: Office, other: Office) -> None:
    member, _ = await office.member(10)
    erase = office.erase(member, 10)

    reports = await asyncio.gather(*(desk.erasures.erase(erase) for desk in (office, other)))

    assert reports[0] == reports[1] == await other.erasures.erase(erase)


async def test_erasing_needs_the_confirmation_that_leaving_needs(office: Office) -> None:
    member, (account,) = await office.member(10)

    with pytest.raises(ConfirmationNeeded):
        await office.erasures.erase(office.erase(member, 9))

    assert await office.available(account) == 10
    assert await office.erasures.resume(actor="test") == []


@pytest.mark.parametrize("step", ["request", "fence", "doom", "shred", "verify"])
async def test_an_erasure_killed_after_any_step_is_finished_by_another_process(
    office: Office, addresses: Addresses, step: str
) -> None:
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))
    values = await office.boxes(member, account)
    arguments = [addresses.ledger, addresses.keys, addresses.root, member, office.now.isoformat(), 90, step]
    command = [sys.executable, "-m", "tests.ledger.dying_eraser", *map(str, arguments)]

    died = await asyncio.to_thread(subprocess.run, command, check=False)
    (report,) = await office.erasures.resume(actor="test")

    assert died.returncode == -signal.SIGKILL
    assert report.member_id == member
    assert set(report.closed) == {PROFILE, MEMBERSHIP, CONTRACT}
    for (retention, _), value in zip(values, office.opened([each for _, each in values]), strict=True):
        assert isinstance(value, Shredded) is (retention in report.closed), retention.name
    assert await office.erasures.resume(actor="test") == []
    with pytest.raises(StillHeldByLaw):
        await office.erasures.erase(office.erase(member))


async def test_writers_race_erasures_and_nothing_comes_after_the_fence(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    told = await storm(office, other, erasures=12, writers=4)

    assert_nothing_came_after(ledger_dsn)
    assert told["appended"] > 0
    assert told["erased"] == 12


@pytest.mark.soak
async def test_eight_writers_race_a_hundred_erasures(office: Office, other: Office, ledger_dsn: str) -> None:
    told = await storm(office, other, erasures=100, writers=8)

    print(told)  # noqa: T201  # what a soak saw is its result
    assert_nothing_came_after(ledger_dsn)
    assert told["erased"] == 100


async def storm(office: Office, other: Office, *, erasures: int, writers: int) -> dict[str, int]:
    """Writers in two desks trade on every account while all members are erased; only typed refusals are told."""
    members = [await office.member(50) for _ in range(erasures)]
    told = {"appended": 0, "refused": 0, "erased": 0}
    over = asyncio.Event()

    async def write(desk: Office, number: int) -> None:
        while not over.is_set():
            _, (account,) = members[number % len(members)]
            number += 1
            await asyncio.sleep(PAUSE)  # or a member would never be shown a balance that still stands when confirmed
            command = desk.full_payment(account, 1) if number % 2 else desk.accrual(account, 3, memo="a memo")
            try:
                await desk.do(command)
            except Refused:
                told["refused"] += 1
            else:
                told["appended"] += 1

    async def erase(number: int) -> None:
        await asyncio.sleep(number * 0.01)
        shown, key = 0, office.erase(members[number][0]).key
        while True:
            try:
                await office.erasures.erase(office.erase(members[number][0], shown, key=key))
            except ConfirmationNeeded as refused:
                shown, key = refused.forfeits, office.erase(members[number][0]).key
            else:
                told["erased"] += 1
                return

    async def erase_all() -> None:
        await asyncio.gather(*(erase(number) for number in range(erasures)))
        over.set()

    async with asyncio.timeout(STORM_SECONDS_MAX):
        await asyncio.gather(
            erase_all(), *(write(desk, n * 7) for n in range(writers // 2) for desk in (office, other))
        )
    for member, (account,) in members:
        state, accounts = await office.erasures._newest(member)
        slots = slots_of(state, accounts, sorted(state.closed))
        states = office.erasures._shredder.states(slots)
        assert {each.value for each in states.values()} == {"shredded"}, account
    return told


def assert_nothing_came_after(dsn: str) -> None:
    """No event of an account after the one that left it, and no deadlock."""
    with psycopg.connect(dsn) as connection:
        late = connection.execute(
            "SELECT count(*) FROM ledger.events AS e JOIN ledger.events AS l USING (stream) "
            "WHERE l.topic = 'points.account-left.v1' AND e.position > l.position"
        ).fetchone()
        deadlocks = connection.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert late == (0,)
    assert deadlocks == (0,)
