"""A hold keeps one record's values for a dispute, whatever ends beside it, and lets them go when it is released."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from crypto_shredding import KeyDestruction, Shredded, subject_reference
from ledger import (
    FourEyesNeeded,
    InvalidTime,
    KeyReused,
    LegalHoldDestroyed,
    LegalHoldExists,
    LegalHoldPlaced,
    LegalHoldReleased,
    NothingToHold,
    UnknownLegalHold,
    UnknownMember,
    UnknownRecord,
    decode,
    start_of,
)
from ledger.desk.reading import StoreReader
from tests.ledger.holds.dying_releaser import STEPS
from tests.ledger.holds.held import held_values
from tests.ledger.office import Addresses, Office

DUE = date(2029, 3, 8)


async def paid(office: Office) -> tuple[UUID, UUID, UUID]:
    """A member, an account, and a payment with every personal text."""
    member, (account,) = await office.member(100)
    receipt = await office.do(office.full_payment(account, 10))
    return member, account, receipt.receipt_id


async def logged(office: Office, member: UUID) -> list[str]:
    rows, _ = await office.ledger.reader.read([(member, 0)])
    return [row.topic for row in rows]


async def test_a_held_record_outlives_the_erasure_and_the_end_of_its_period(office: Office, other: Office) -> None:
    member, account, record = await paid(office)
    hold = office.hold(member, record)
    await office.holds.place(hold)

    erased = await office.erasures.erase(office.erase(member, 90))
    office.now = other.now = start_of(DUE)
    report = await other.retention.run(DUE, actor="test")

    assert erased.legal_holds == (hold.hold_id,)
    assert len(report.periods) == 2
    assert report.erasures[0].legal_holds == (hold.hold_id,)
    originals = [each for retention, each in await office.boxes(member, account) if retention.name != "legal_hold"]
    assert all(isinstance(each, Shredded) for each in office.opened(originals))
    held = await held_values(other, member, hold.hold_id)
    assert held.pop("record") == f"{account} 3 {record}"
    assert held == {
        "reason": "a dispute over this receipt",
        "value_1": "a memo",
        "value_2": "what was bought",
        "value_3": "**** 4821",
    }


async def test_releasing_destroys_what_was_held_and_leaves_the_record_as_it_is(office: Office, other: Office) -> None:
    member, account, record = await paid(office)
    hold = office.hold(member, record)
    await office.holds.place(hold)
    release = office.release(member, hold.hold_id)

    report = await office.holds.release(release)

    held = await held_values(other, member, hold.hold_id)
    assert len(held) == report.boxes_tried == 5
    assert all(isinstance(each, Shredded) for each in held.values())
    originals = [each for retention, each in await office.boxes(account) if retention.name != "legal_hold"]
    assert all(isinstance(each, str) for each in office.opened(originals))
    assert report.unreadable_since == office.now
    assert await other.holds.release(release) == report
    [certificate] = office.certificates()
    body = certificate.body
    assert isinstance(body, KeyDestruction)
    assert report.certificate == certificate.number == 1
    assert (body.cause, body.boxes.tried, body.keys[0].name) == ("legal-hold", 5, "legal_hold")
    assert body.subject == subject_reference(body.request, member)
    assert str(member).encode() not in certificate.line
    assert (await logged(office, member))[1:] == [LegalHoldPlaced.TOPIC, LegalHoldReleased.TOPIC,
                                                  LegalHoldDestroyed.TOPIC]  # fmt: skip
    with pytest.raises(UnknownLegalHold):
        await office.holds.release(office.release(member, hold.hold_id))


async def test_two_holds_of_one_id_have_a_certificate_each(office: Office) -> None:
    hold_id = uuid4()
    for _ in range(2):  # the id is the officer's choice, so it may come twice: here of two members
        member, _, record = await paid(office)
        await office.holds.place(office.hold(member, record, hold_id=hold_id))
        await office.holds.release(office.release(member, hold_id))

    one, two = (each.body for each in office.certificates())
    assert isinstance(one, KeyDestruction)
    assert isinstance(two, KeyDestruction)
    assert one.keys != two.keys


async def test_a_hold_takes_two_persons_and_so_does_its_release(office: Office) -> None:
    member, _, record = await paid(office)
    hold = office.hold(member, record)
    for nobody in ("test", ""):
        with pytest.raises(FourEyesNeeded):
            await office.holds.place(office.hold(member, record, approved_by=nobody))
    await office.holds.place(hold)

    with pytest.raises(FourEyesNeeded):
        await office.holds.release(office.release(member, hold.hold_id, actor="officer"))

    assert (await logged(office, member))[1:] == [LegalHoldPlaced.TOPIC]


@pytest.mark.parametrize(("days", "is_taken"), [(0, False), (1, True), (90, True), (91, False)])
async def test_a_hold_is_reviewed_within_ninety_days(office: Office, days: int, is_taken: bool) -> None:
    member, _, record = await paid(office)
    hold = office.hold(member, record, review_on=office.now.date() + timedelta(days=days))

    if is_taken:
        await office.holds.place(hold)
    else:
        with pytest.raises(InvalidTime):
            await office.holds.place(hold)

    assert len(await office.holds.live()) == is_taken


async def test_a_review_that_is_overdue_is_listed_by_the_retention_run_until_the_hold_is_released(
    office: Office,
) -> None:
    member, _, record = await paid(office)
    hold = office.hold(member, record)
    await office.holds.place(hold)
    office.now += timedelta(days=90)
    in_time = await office.retention.run(hold.review_on, actor="test")
    office.now += timedelta(days=1)

    late = await office.retention.run(hold.review_on + timedelta(days=1), actor="test", dry_run=True)
    await office.holds.release(office.release(member, hold.hold_id))
    released = await office.retention.run(hold.review_on + timedelta(days=1), actor="test")

    assert in_time.reviews_overdue == released.reviews_overdue == ()
    [found] = late.reviews_overdue
    assert (found.member_id, found.hold_id, found.review_on) == (member, hold.hold_id, hold.review_on)
    assert (found.requested_by, found.approved_by, found.record_topic) == ("test", "officer", "points.paid.v1")


async def test_only_the_members_own_records_can_be_held(office: Office) -> None:
    member, _, _ = await paid(office)
    _, _, anothers = await paid(office)

    for record in (anothers, uuid4()):
        with pytest.raises(UnknownRecord):
            await office.holds.place(office.hold(member, record))
    with pytest.raises(UnknownMember):
        await office.holds.place(office.hold(uuid4(), anothers))


async def test_the_profile_of_a_member_can_be_held_and_the_identity_of_one_who_left(office: Office) -> None:
    member, _, _ = await paid(office)
    joined = decode(*(await stored(office, member))[0]).id
    profile, identity = office.hold(member, joined), uuid4()
    await office.holds.place(profile)
    await office.leaving.leave(office.leave(member, 90))
    left = decode(*(await stored(office, member))[-1]).id
    await office.holds.place(office.hold(member, left, hold_id=identity))

    await office.erasures.erase(office.erase(member))
    office.now = start_of(DUE)
    await office.retention.run(DUE, actor="test")

    held = await held_values(office, member, profile.hold_id)
    profile_values = [held[f"value_{number}"] for number in (1, 2, 3)]
    assert profile_values == [f"{member}@example.org", f"phone of {member}", f"name of {member}"]
    held = await held_values(office, member, identity)
    assert (held["value_1"], held["value_2"]) == (f"name of {member}", f"{member}@example.org")


async def stored(office: Office, stream: UUID) -> list[tuple[str, bytes]]:
    rows, _ = await office.ledger.reader.read([(stream, 0)])
    return [(row.topic, row.state) for row in rows]


async def test_what_is_closed_is_not_held_any_more_and_what_is_still_open_is(office: Office) -> None:
    member, _, record = await paid(office)
    await office.leaving.leave(office.leave(member, 90))
    hold = office.hold(member, record)

    await office.holds.place(hold)

    values = await held_values(office, member, hold.hold_id)
    assert {name for name in values if name.startswith("value")} == {"value_2", "value_3"}  # not the memo


async def test_it_is_too_late_for_a_hold_when_everything_has_gone(office: Office) -> None:
    member, account, record = await paid(office)
    accrued = (await office.do(office.accrual(account, 1))).receipt_id
    with pytest.raises(NothingToHold):
        await office.holds.place(office.hold(member, accrued))  # it has no personal value
    await office.erasures.erase(office.erase(member, 91))
    joined = decode(*(await stored(office, member))[0]).id

    with pytest.raises(NothingToHold):
        await office.holds.place(office.hold(member, joined))
    hold = office.hold(member, record)
    await office.holds.place(hold)  # a payment is kept by law, apart, so it can be held

    held = await held_values(office, member, hold.hold_id)
    assert (held["value_2"], held["value_3"]) == ("what was bought", "**** 4821")


async def test_what_is_held_lies_apart_from_what_the_service_reads_also_after_a_crash(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    member, _, record = await paid(office)
    with monkeypatch.context() as crash:
        crash.setattr(StoreReader, "hold_boxes", None)
        with pytest.raises(TypeError):
            await office.holds.place(office.hold(member, record))
    before = await readable_by_the_service(office, member)

    await office.retention.run(office.now.date(), actor="test")

    assert len(before) == 5
    assert await readable_by_the_service(office, member) == {}


async def readable_by_the_service(office: Office, member: UUID) -> dict[tuple[int, int], bytes]:
    rows, _ = await office.ledger.reader.read([(member, 1)])
    return await office.ledger.reader.boxes([(row.position, field) for row in rows for field in range(20)])


async def test_a_hold_is_placed_once_by_its_key_and_once_by_its_id(office: Office, other: Office) -> None:
    member, _, record = await paid(office)
    hold = office.hold(member, record)

    receipts = await asyncio.gather(*(desk.holds.place(hold) for desk in (office, other) for _ in range(3)))

    assert len(set(receipts)) == 1
    assert len(await office.holds.live()) == 1
    with pytest.raises(LegalHoldExists):
        await office.holds.place(office.hold(member, record, hold_id=hold.hold_id))
    with pytest.raises(KeyReused):
        await office.holds.place(office.hold(member, record, key=hold.key))


async def test_the_log_does_not_tell_whose_account_a_held_record_is_of(office: Office) -> None:
    member, account, record = await paid(office)
    await office.holds.place(office.hold(member, record))

    for _, state in await stored(office, member):
        assert str(account).encode() not in state
        assert str(record).encode() not in state
        assert b"dispute" not in state


@pytest.mark.parametrize("step", STEPS)
async def test_a_release_that_was_killed_is_finished_by_the_retention_run(
    office: Office, addresses: Addresses, step: str
) -> None:
    member, _, record = await paid(office)
    hold = office.hold(member, record)
    await office.holds.place(hold)
    arguments = [addresses.ledger, addresses.keys, addresses.root, office.now.isoformat(), member, hold.hold_id, step]
    command = [sys.executable, "-m", "tests.ledger.holds.dying_releaser", *map(str, arguments)]

    died = await asyncio.to_thread(subprocess.run, command, check=False)
    report = await office.retention.run(office.now.date(), actor="test")

    assert died.returncode == -signal.SIGKILL
    assert [each.hold_id for each in report.releases] == [hold.hold_id]
    held = await held_values(office, member, hold.hold_id)
    assert all(isinstance(each, Shredded) for each in held.values())
    assert (await office.retention.run(office.now.date(), actor="test")).releases == ()
    assert (await logged(office, member)).count(LegalHoldDestroyed.TOPIC) == 1
    assert [each.number for each in office.certificates()] == [report.releases[0].certificate]
