"""A retention run destroys what had to exist to a day before it, for everybody, and nothing that is to be kept."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from crypto_shredding import KeyDestruction, Period, Shredded
from ledger import (
    CONTRACT,
    MEMBERSHIP,
    PAYMENT,
    POINT_HISTORY,
    PROFILE,
    RETAINED_IDENTITY,
    Certifier,
    InvalidTime,
    PeriodClosed,
    PeriodDestroyed,
    PeriodEnded,
    StoreUnavailable,
    decode,
    start_of,
)
from ledger.periods.period import period_stream
from tests.ledger.office import Addresses, Office
from tests.ledger.retention.dying_runner import STEPS

PAID = datetime(2024, 3, 7, 9, tzinfo=UTC)
LAST_DAY = date(2029, 3, 7)
DUE = LAST_DAY + timedelta(days=1)


@dataclass(frozen=True)
class Past:
    """Two members who stay and one who left, each with a payment of one day; one paid again on the next day."""

    first: UUID
    second: UUID
    gone: UUID
    accounts: tuple[UUID, UUID, UUID]


async def a_past(office: Office) -> Past:
    office.now = PAID
    found = [await office.member(100) for _ in range(3)]
    for _, (account,) in found:
        await office.do(office.full_payment(account, 10))
    office.now = PAID + timedelta(days=1)
    await office.do(office.full_payment(found[1][1][0], 10))
    await office.erasures.erase(office.erase(found[2][0], 90))
    first, second, gone = (member for member, _ in found)
    return Past(first, second, gone, (found[0][1][0], found[1][1][0], found[2][1][0]))


async def readable(office: Office, *streams: UUID) -> dict[str, int]:
    """How many values of each class open."""
    values = await office.boxes(*streams)
    opened = office.opened([each for _, each in values])
    found: dict[str, int] = {}
    for (retention, _), value in zip(values, opened, strict=True):
        found[retention.name] = found.get(retention.name, 0) + isinstance(value, str)
    return found


async def events(office: Office, *kinds: type[Any]) -> list[Any]:
    rows = await office.ledger.reader.of_topics([kind.TOPIC for kind in kinds])
    return [decode(row.topic, row.state) for row in rows]


async def test_on_the_day_after_its_last_day_a_days_records_go_for_everybody(office: Office) -> None:
    past = await a_past(office)
    office.now = start_of(DUE)

    report = await office.retention.run(DUE, actor="test")

    assert {(each.retention, each.first_day, each.last_day) for each in report.periods} == {
        (PAYMENT, date(2024, 3, 8), LAST_DAY),
        (RETAINED_IDENTITY, LAST_DAY, LAST_DAY),
    }
    assert (await readable(office, past.accounts[0]))["payment"] == 0
    assert (await readable(office, past.accounts[1]))["payment"] == 2  # of the next day's payment
    assert (await readable(office, past.accounts[0]))["membership"] == 1
    assert report.unreadable_since == office.now


async def test_on_the_last_day_itself_everything_is_there(office: Office) -> None:
    past = await a_past(office)
    office.now = start_of(DUE) - timedelta(microseconds=1)

    report = await office.retention.run(LAST_DAY, actor="test")

    assert (report.periods, report.members) == ((), ())
    assert (await readable(office, past.accounts[0]))["payment"] == 2


async def test_a_day_to_come_is_refused(office: Office) -> None:
    await a_past(office)
    office.now = start_of(DUE) - timedelta(microseconds=1)

    with pytest.raises(InvalidTime):
        await office.retention.run(DUE, actor="test")

    assert await events(office, PeriodClosed) == []


async def test_what_it_did_is_in_the_log_and_the_same_run_again_does_nothing(office: Office, other: Office) -> None:
    await a_past(office)
    office.now = other.now = start_of(DUE)

    first = await office.retention.run(DUE, actor="officer")
    logged = await events(office, PeriodClosed, PeriodDestroyed)
    again = await other.retention.run(DUE, actor="another")

    assert len(first.periods) == 2
    assert [each.TOPIC for each in logged] == [PeriodClosed.TOPIC] * 2 + [PeriodDestroyed.TOPIC] * 2
    assert {each.actor for each in logged} == {"officer"}
    assert {each.unreadable_since for each in logged[2:]} == {office.now.astimezone(UTC)}
    assert {each.horizons for each in logged[2:]} == {first.horizons}
    assert len(first.horizons) == 1
    assert (again.periods, again.members, again.erasures, again.blocked) == ((), (), (), ())
    assert await events(office, PeriodClosed, PeriodDestroyed) == logged


async def test_a_dry_run_says_what_a_run_would_do_and_changes_nothing(office: Office) -> None:
    past = await a_past(office)
    office.now = start_of(DUE)

    would = await office.retention.run(DUE, actor="test", dry_run=True)
    before = await readable(office, past.gone, *past.accounts)
    logged = await events(office, PeriodClosed, PeriodDestroyed)
    did = await office.retention.run(DUE, actor="test")

    assert (logged, before["payment"], before["retained_identity"]) == ([], 8, 2)
    assert (would.periods, would.members) == (did.periods, did.members)


async def test_those_who_left_are_erased_as_soon_as_a_class_of_theirs_is_due(office: Office) -> None:
    past = await a_past(office)
    office.now = start_of(DUE)

    report = await office.retention.run(DUE, actor="test")

    [erasure] = report.erasures
    assert (report.members, erasure.member_id) == ((past.gone,), past.gone)
    assert {each.code for each in erasure.closed} == {PAYMENT.code, POINT_HISTORY.code, RETAINED_IDENTITY.code}
    assert sum((await readable(office, past.gone, past.accounts[2])).values()) == 0
    assert await office.ledger.reader.accounts_of(past.gone) == []
    assert await office.ledger.reader.accounts_of(past.first) == [past.accounts[0]]


async def test_who_only_left_is_erased_by_the_run_of_the_next_day(office: Office) -> None:
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))
    await office.leaving.leave(office.leave(member, 90))
    today = office.now.date()

    same_day = await office.retention.run(today, actor="test")
    office.now += timedelta(days=1)
    next_day = await office.retention.run(today + timedelta(days=1), actor="test")

    assert same_day.members == ()
    assert {each.code for each in next_day.erasures[0].closed} == {PROFILE.code, MEMBERSHIP.code, CONTRACT.code}
    assert [each.retention for each in next_day.erasures[0].kept] == [PAYMENT, POINT_HISTORY, RETAINED_IDENTITY]


async def test_progress_is_told_and_ends_with_all_of_it(office: Office) -> None:
    await a_past(office)
    office.now = start_of(DUE)
    told: list[tuple[str, int, int]] = []

    await office.retention.run(DUE, actor="test", progress=lambda *step: told.append(step))

    assert told == [("closing periods", 0, 2), ("closing periods", 2, 2), ("keys destroyed", 2, 2),
                    ("erasing members", 1, 1)]  # fmt: skip


async def test_into_a_closed_period_nothing_is_recorded_and_a_stored_receipt_still_answers(
    office: Office, other: Office
) -> None:
    past = await a_past(office)
    stored = office.accrual(past.accounts[0], 3, detail="what was agreed", occurred_at=PAID)
    receipt = await office.do(stored)
    office.now = other.now = start_of(DUE)
    await office.retention.run(DUE, actor="test")

    for desk in (office, other):
        late = desk.accrual(past.accounts[0], 3, detail="what was agreed", occurred_at=PAID)
        with pytest.raises(PeriodEnded) as ended:
            await desk.do(late)
        assert await desk.do(stored) == receipt
        assert [each.first_day for each in ended.value.periods] == [date(2024, 3, 8)]
        without_texts = await desk.do(desk.accrual(past.accounts[0], 3, occurred_at=PAID))
        assert without_texts.points == 3


async def test_each_destroyed_period_is_certified_before_it_is_recorded(office: Office) -> None:
    await a_past(office)
    office.now = start_of(DUE)

    report = await office.retention.run(DUE, actor="officer")

    gone = {each.first_day: each for each in await events(office, PeriodDestroyed)}
    bodies = {each.number: each.body for each in office.certificates()}
    assert sorted(each.certificate for each in gone.values()) == sorted(bodies) == [1, 2]
    body = bodies[gone[date(2024, 3, 8)].certificate]
    assert isinstance(body, KeyDestruction)
    [key] = body.keys
    slot = gone[date(2024, 3, 8)].slot
    [stone] = office.keyring.store.load([slot], [], since=0).tombstones
    assert (key.slot, key.check) == (slot, stone.kcv)
    assert (key.code, key.name, key.first_day, key.last_day) == (PAYMENT.code, "payment", date(2024, 3, 8), LAST_DAY)
    assert (body.cause, body.subject, body.actor) == ("retention", None, "officer")
    assert "제21조" in body.basis
    assert PAYMENT.basis in body.basis
    assert body.unreadable_since == report.unreadable_since
    assert [each.destroyed_version for each in body.rotations] == [each.root_version for each in report.horizons]
    assert [each.name for each in body.holders] == ["tree"]


async def test_nothing_is_recorded_as_destroyed_that_could_not_be_certified(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await a_past(office)
    office.now = start_of(DUE)

    def refuse(*_: Any, **__: Any) -> None:
        raise StoreUnavailable(1, 1.0)

    with monkeypatch.context() as patch:
        patch.setattr(Certifier, "key", refuse)
        with pytest.raises(StoreUnavailable):
            await office.retention.run(DUE, actor="test")
    assert await events(office, PeriodDestroyed) == []

    await office.retention.run(DUE, actor="test")

    assert [each.certificate for each in await events(office, PeriodDestroyed)] == [1, 2]


@pytest.mark.parametrize("step", STEPS)
async def test_a_run_that_was_killed_is_finished_by_the_next(office: Office, addresses: Addresses, step: str) -> None:
    past = await a_past(office)
    office.now = start_of(DUE)
    arguments = [addresses.ledger, addresses.keys, addresses.root, office.now.isoformat(), DUE, step]
    command = [sys.executable, "-m", "tests.ledger.retention.dying_runner", *map(str, arguments)]

    died = await asyncio.to_thread(subprocess.run, command, check=False)
    await office.retention.run(DUE, actor="test")

    assert died.returncode == -signal.SIGKILL
    assert (await readable(office, past.accounts[0]))["payment"] == 0
    assert sum((await readable(office, past.gone, past.accounts[2])).values()) == 0
    closed, gone = await events(office, PeriodClosed), await events(office, PeriodDestroyed)
    assert len(closed) == len(gone) == 2
    # Once for each period, whoever issued it; and each event names its own.
    numbers = {each.body.request: each.number for each in office.certificates()}
    assert {period_stream(Period(each.retention_code, each.first_day)): each.certificate for each in gone} == numbers
    again = await office.retention.run(DUE, actor="test")
    assert (again.periods, again.members) == ((), ())


async def test_two_runs_at_once_do_the_work_once(office: Office, other: Office) -> None:
    past = await a_past(office)
    office.now = other.now = start_of(DUE)

    await asyncio.gather(*(desk.retention.run(DUE, actor="test") for desk in (office, other)))

    assert len(await events(office, PeriodClosed)) == len(await events(office, PeriodDestroyed)) == 2
    values = [each for _, each in await office.boxes(past.gone, past.accounts[2])]
    assert all(isinstance(each, Shredded) for each in office.opened(values))
