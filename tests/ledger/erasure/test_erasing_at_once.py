"""Two officers, one member: one erasure, and both are told the same."""

from __future__ import annotations

import asyncio

import pytest

from ledger import AlreadyErased, KeyReused, UnknownMember
from tests.ledger.erasure.state import assert_nothing_opens
from tests.ledger.office import Office


async def test_two_commands_at_once_are_one_erasure(office: Office, other: Office) -> None:
    member, accounts = await office.member(10)

    reports = await asyncio.gather(*(desk.erasures.erase(desk.erase(member, 10)) for desk in (office, other)))

    assert reports[0] == reports[1]
    assert await assert_nothing_opens(office, {each.code for each in reports[0].closed}, member, *accounts) == 4
    with pytest.raises(AlreadyErased):
        await other.erasures.erase(other.erase(member))


async def test_one_key_is_answered_with_one_report_for_ever(office: Office, other: Office) -> None:
    member, _ = await office.member(10)
    erase = office.erase(member, 10)

    first = await office.erasures.erase(erase)

    assert [await desk.erasures.erase(erase) for desk in (office, other, office)] == [first] * 3


async def test_a_key_with_another_ground_is_refused(office: Office) -> None:
    member, _ = await office.member(0)
    erase = office.erase(member)
    await office.erasures.erase(erase)

    with pytest.raises(KeyReused):
        await office.erasures.erase(office.erase(member, 1, key=erase.key))


async def test_a_stranger_cannot_be_erased(office: Office) -> None:
    stranger = office.joining((await office.member())[0]).key

    with pytest.raises(UnknownMember):
        await office.erasures.erase(office.erase(stranger))


async def test_many_members_are_erased_at_once_and_only_they(office: Office, other: Office) -> None:
    past = [await office.member(10) for _ in range(6)]
    neighbour, theirs = await office.member(10)
    await office.do(office.accrual(theirs[0], 1, memo="a memo"))

    reports = await asyncio.gather(
        *((office, other)[n % 2].erasures.erase(office.erase(member, 10)) for n, (member, _) in enumerate(past))
    )

    assert [each.member_id for each in reports] == [member for member, _ in past]
    for member, accounts in past:
        await assert_nothing_opens(other, {each.code for each in reports[0].closed}, member, *accounts)
    kept = await office.boxes(neighbour, *theirs)
    assert all(isinstance(each, str) for each in office.opened([each for _, each in kept]))
