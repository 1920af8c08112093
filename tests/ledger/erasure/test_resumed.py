"""Erasures killed at each step end like one that nothing disturbed, whichever process goes on."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from uuid import UUID

import pytest

from tests.ledger.erasure.state import EndState, assert_nothing_opens, end_state
from tests.ledger.office import Addresses, Office

FORFEIT = 95
STEPS = ["request", "fence", "hold", "doom", "shred", "verify"]


async def member_with_a_past(office: Office) -> tuple[UUID, list[UUID]]:
    """Two accounts, a value in every class, and a record that a law keeps."""
    member, accounts = await office.member(100, 0)
    await office.do(office.full_payment(accounts[0], 10))
    await office.do(office.accrual(accounts[1], 5, memo="a memo"))
    return member, accounts


async def killed_after(step: str, addresses: Addresses, office: Office, member: UUID) -> None:
    """Erase the member in a process that is killed right after the step."""
    arguments = [addresses.ledger, addresses.keys, addresses.root, member, office.now.isoformat(), FORFEIT, step]
    command = [sys.executable, "-m", "tests.ledger.dying_eraser", *map(str, arguments)]
    died = await asyncio.to_thread(subprocess.run, command, check=False)
    assert died.returncode == -signal.SIGKILL


async def undisturbed(office: Office) -> EndState:
    member, accounts = await member_with_a_past(office)
    await office.erasures.erase(office.erase(member, FORFEIT))
    return await end_state(office, member, accounts)


@pytest.mark.parametrize("step", STEPS)
async def test_a_killed_erasure_ends_like_an_undisturbed_one(office: Office, addresses: Addresses, step: str) -> None:
    member, accounts = await member_with_a_past(office)
    expected = await undisturbed(office)

    await killed_after(step, addresses, office, member)
    (report,) = await office.erasures.resume(actor="test")

    assert await end_state(office, member, accounts) == expected
    assert await assert_nothing_opens(office, {each.code for each in report.closed}, member, *accounts) > 0


async def test_killed_again_and_again_it_still_ends_alike(office: Office, addresses: Addresses) -> None:
    member, accounts = await member_with_a_past(office)
    expected = await undisturbed(office)

    for step in STEPS[1:]:
        await killed_after(step, addresses, office, member)
    reports = await office.erasures.resume(actor="test")

    assert len(reports) == 1
    assert await end_state(office, member, accounts) == expected


async def test_two_processes_resume_the_same_erasure_and_it_is_done_once(
    office: Office, other: Office, addresses: Addresses
) -> None:
    member, accounts = await member_with_a_past(office)
    expected = await undisturbed(office)
    await killed_after("request", addresses, office, member)

    told = await asyncio.gather(*(desk.erasures.resume(actor="test") for desk in (office, other)))

    assert len({report for reports in told for report in reports}) == 1
    assert await end_state(office, member, accounts) == expected


async def test_the_command_itself_goes_on_where_its_process_was_killed(office: Office, addresses: Addresses) -> None:
    member, accounts = await member_with_a_past(office)
    expected = await undisturbed(office)
    await killed_after("doom", addresses, office, member)

    report = await office.erasures.erase(office.erase(member))

    assert await office.erasures.resume(actor="test") == []
    assert report.member_id == member
    assert await end_state(office, member, accounts) == expected
