"""Sweeps: everything that is due in every account, once; in competition with business, with each other, and killed."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from ledger import (
    DefineProgram,
    InsufficientPoints,
    InvalidTime,
    Outbox,
    PointsExpired,
    Program,
    Refund,
    Span,
    Sweeps,
    Unnoticed,
    decode,
    sweeping,
)
from ledger.points.decide import decide as ask_what_is_due
from tests.ledger.office import MORNING, PROGRAM, Addresses, Office

LAST = date(2024, 4, 6)
"""The last day of what is earned on the first day of these tests."""
MONTH = {"expires_after": Span(days=30)}


async def shortened(office: Office, **rules: Any) -> None:
    await office.do(DefineProgram(**office.stamp(), program=Program(PROGRAM, "a program", 2, **{**MONTH, **rules})))


def at_noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 3, tzinfo=UTC)


async def events(office: Office, account: UUID, kind: Any = object) -> list[Any]:
    rows, _ = await office.ledger.reader.read([(account, 0)])
    return [event for event in (decode(row.topic, row.state) for row in rows) if isinstance(event, kind)]


async def expired(office: Office, *accounts: UUID) -> list[int]:
    return [sum(event.points for event in await events(office, each, PointsExpired)) for each in accounts]


async def test_a_sweep_takes_what_is_past_its_day_and_the_second_one_nothing(office: Office) -> None:
    await shortened(office)
    _, accounts = await office.member(10, 20, 0)
    office.now = at_noon(LAST + timedelta(days=1))

    first = await Sweeps(office.ledger).run(LAST + timedelta(days=1), actor="test")
    second = await Sweeps(office.ledger).run(LAST + timedelta(days=1), actor="test")

    assert (first.accounts, first.done, first.points) == (3, {PointsExpired.TOPIC: 2}, {PointsExpired.TOPIC: 30})
    assert (second.accounts, second.done) == (3, {})
    assert await expired(office, *accounts) == [10, 20, 0]


async def test_notices_go_out_stage_by_stage_as_messages_without_anything_personal(office: Office) -> None:
    await shortened(office, expires_after=Span(days=40))
    last = LAST + timedelta(days=10)
    member, (account,) = await office.member(10)
    outbox = Outbox(office.ledger.reader)
    for ahead in (38, 37, 36, 5, 4, 1):
        office.now = at_noon(last - timedelta(days=ahead))
        await Sweeps(office.ledger).run(last - timedelta(days=ahead), actor="test")

    messages = await outbox.after(0)
    heard = [(each.channel, each.template, each.points, each.expires_on) for each in messages]

    assert heard == [
        (channel, f"points.expiry.{stage}", 10, last)
        for stage in ("one_month", "three_days")
        for channel in ("app_push", "email")
    ]
    assert {each.account_id for each in messages} == {account}
    assert len({each.message_id for each in messages}) == len(messages)
    assert await outbox.after(messages[-1].position) == []
    assert str(member) not in repr(messages)


async def test_points_that_expired_without_their_last_notice_are_named(office: Office) -> None:
    await shortened(office)
    _, (account,) = await office.member(10)
    office.now = at_noon(LAST + timedelta(days=1))

    report = await Sweeps(office.ledger).run(LAST + timedelta(days=1), actor="test")

    assert report.unnoticed == (Unnoticed(account, LAST, 10),)


async def test_points_that_came_back_too_late_for_a_notice_are_not_named(office: Office) -> None:
    await shortened(office)
    _, (account, back) = await office.member(10, 4)
    payment = await office.do(office.payment(back, 4))
    office.now = at_noon(LAST - timedelta(days=2))  # the notice was due the day before
    await office.do(Refund(account_id=back, spending_id=payment.receipt_id, **office.stamp()))
    office.now = at_noon(LAST + timedelta(days=1))

    report = await Sweeps(office.ledger).run(LAST + timedelta(days=1), actor="test")

    assert report.points == {PointsExpired.TOPIC: 14}
    assert report.unnoticed == (Unnoticed(account, LAST, 10),)


async def test_where_the_program_says_so_they_live_on_and_are_told_anew(office: Office) -> None:
    await shortened(office, unnoticed_days=20)
    _, (account,) = await office.member(10)
    day = LAST + timedelta(days=1)
    office.now = at_noon(day)

    report = await Sweeps(office.ledger).run(day, actor="test")

    assert (report.done, report.unnoticed) == ({"points.extended.v1": 1, "points.expiry-noticed.v1": 1}, ())
    assert await office.available(account) == 10
    office.now = at_noon(day + timedelta(days=17))
    again = await Sweeps(office.ledger).run(day + timedelta(days=17), actor="test")
    assert again.done == {"points.expiry-noticed.v1": 1}


async def test_a_dry_run_says_what_is_due_and_does_nothing(office: Office) -> None:
    await shortened(office)
    _, (account,) = await office.member(10)
    office.now = at_noon(LAST + timedelta(days=1))

    report = await Sweeps(office.ledger).run(LAST + timedelta(days=1), actor="test", dry_run=True)

    assert (report.done, report.points) == ({PointsExpired.TOPIC: 1}, {PointsExpired.TOPIC: 10})
    assert await expired(office, account) == [0]


async def test_a_sweep_goes_on_after_a_position_and_keeps_to_accounts_that_are_named(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "ACCOUNTS_A_PAGE", 2)
    await shortened(office)
    _, accounts = await office.member(1, 2, 3, 4, 5)
    day = LAST + timedelta(days=1)
    office.now = at_noon(day)
    told: list[tuple[int, int]] = []
    sweeps = Sweeps(office.ledger)

    named = await sweeps.run(day, actor="test", accounts=accounts[:1])
    await sweeps.run(day, actor="test", dry_run=True, progress=lambda *so_far: told.append(so_far))
    rest = await sweeps.run(day, actor="test", after=told[0][1])

    assert named.points == {PointsExpired.TOPIC: 1}
    assert [accounts_done for accounts_done, _ in told] == [2, 4, 5]
    assert (rest.accounts, rest.position) == (3, told[-1][1])
    assert await expired(office, *accounts) == [1, 0, 3, 4, 5]


async def test_a_day_to_come_is_refused(office: Office) -> None:
    with pytest.raises(InvalidTime):
        await Sweeps(office.ledger).run(MORNING.date() + timedelta(days=1), actor="test")


async def test_a_program_west_of_seoul_is_swept_for_the_day_that_has_come_there(office: Office) -> None:
    west = Program("WEST", "west", 1, zone="America/New_York", expires_after=Span(days=30))
    await office.do(DefineProgram(**office.stamp(), program=west))
    await shortened(office)
    member, (here,) = await office.member(10)
    there = await office.account(member, 20, program="WEST")
    yesterday, today = LAST, LAST + timedelta(days=1)
    office.now = datetime(today.year, today.month, today.day, tzinfo=UTC)  # 09:00 in Seoul, the evening before there

    report = await Sweeps(office.ledger).run(today, actor="test")

    assert (report.accounts, report.blocked) == (2, ())
    assert report.unnoticed == (Unnoticed(here, yesterday, 10),)
    assert report.done == {PointsExpired.TOPIC: 1, "points.expiry-noticed.v1": 1}  # it is not too late to tell it there
    assert await expired(office, here, there) == [10, 0]
    office.now = at_noon(today) + timedelta(hours=2)  # past midnight there
    await Sweeps(office.ledger).run(today, actor="test")
    assert await expired(office, here, there) == [10, 20]


async def test_an_account_that_refuses_is_reported_and_the_others_go_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shortened(office)
    _, (first, blocked, last) = await office.member(1, 2, 3)
    office.now = at_noon(LAST + timedelta(days=1))

    def decide(state: Any, command: Any, *rest: Any) -> Any:
        # Nothing known makes a step of a sweep refuse; so a refusal is put where the sweep asks what is due.
        if state.account_id == blocked:
            raise InvalidTime(command.occurred_at, "for this test")
        return ask_what_is_due(state, command, *rest)

    monkeypatch.setattr(sweeping, "decide", decide)
    for dry_run in (True, False):
        report = await Sweeps(office.ledger).run(LAST + timedelta(days=1), actor="test", dry_run=dry_run)
        assert [(each.account_id, type(each.why)) for each in report.blocked] == [(blocked, InvalidTime)]
        assert report.points == {PointsExpired.TOPIC: 4}
    assert await expired(office, first, blocked, last) == [1, 0, 3]


async def test_two_sweeps_at_once_beside_business_expire_everything_once(office: Office, other: Office) -> None:
    await shortened(office)
    _, accounts = await office.member(*[20] * 12)
    day = LAST + timedelta(days=1)
    office.now = other.now = at_noon(day)
    yesterday = at_noon(LAST)

    async def spend(account: UUID) -> int:
        try:
            await other.do(other.payment(account, 15, occurred_at=yesterday))
        except InsufficientPoints:
            return 0
        return 15

    sweeps = [asyncio.create_task(Sweeps(desk.ledger).run(day, actor="test")) for desk in (office, other)]
    spent = await asyncio.gather(*map(spend, accounts))
    await asyncio.gather(*sweeps)

    assert [20 - one for one in spent] == await expired(office, *accounts)
    assert [await office.available(each) for each in accounts] == [0] * 12


@pytest.mark.parametrize("commands", [1, 5, 12])
async def test_a_sweep_that_was_killed_is_finished_by_the_next(
    office: Office, addresses: Addresses, commands: int
) -> None:
    await shortened(office)
    _, accounts = await office.member(*[7] * 12)
    day = LAST + timedelta(days=1)
    office.now = at_noon(day)
    arguments = [addresses.ledger, addresses.keys, addresses.root, office.now.isoformat(), day, commands]
    command = [sys.executable, "-m", "tests.ledger.sweeping.dying_sweeper", *map(str, arguments)]

    died = await asyncio.to_thread(subprocess.run, command, check=False)
    before = sum(await expired(office, *accounts))
    await Sweeps(office.ledger).run(day, actor="test")

    assert died.returncode == -signal.SIGKILL
    assert before >= 7 * commands
    assert await expired(office, *accounts) == [7] * 12
