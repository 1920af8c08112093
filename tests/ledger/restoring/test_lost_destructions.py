"""Periods and legal holds whose keys are destroyed, and of which a restored log does not know, are recorded again."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from crypto_shredding import KeyDestruction, Shredded, SigningKey
from ledger import (
    PAYMENT,
    LegalHoldDestroyed,
    LegalHoldReleased,
    MemberErased,
    PeriodClosed,
    PeriodDestroyed,
    PeriodEnded,
    certificate_lines,
    decode,
    put_back_certificates,
    start_of,
)
from ledger.retention_run import RetentionRun
from tests.ledger.office import Addresses, Office
from tests.ledger.restoring.conftest import Backups

PAID = datetime(2024, 3, 7, 9, tzinfo=UTC)
FIRST_DAY, LAST_DAY, DUE = date(2024, 3, 8), date(2029, 3, 7), date(2029, 3, 8)
LATER = date(2029, 3, 20)


async def events(office: Office, *kinds: type[Any]) -> list[Any]:
    rows = await office.ledger.reader.of_topics([kind.TOPIC for kind in kinds])
    return [decode(row.topic, row.state) for row in rows]


async def paid(addresses: Addresses) -> UUID:
    """A payment whose records are kept to `LAST_DAY`; its account."""
    async with await Office.open(addresses, now=PAID) as office:
        await office.program()
        _, (account,) = await office.member(100)
        await office.do(office.full_payment(account, 10))
    return account


async def destroyed(addresses: Addresses, as_of: date = DUE) -> list[bytes]:
    """A retention run, and the certificates as somebody exported them."""
    async with await Office.open(addresses, now=start_of(as_of)) as office:
        report = await office.retention.run(as_of, actor="officer")
        assert [each.first_day for each in report.periods] == [FIRST_DAY]
    return list(certificate_lines(addresses.ledger))


async def test_a_period_that_was_destroyed_after_the_backup_is_closed_and_recorded_again(
    backups: Backups, addresses: Addresses
) -> None:
    account = await paid(addresses)
    copy = backups.take()
    await destroyed(addresses)

    async with backups.restored(copy) as restored:
        office = restored.office
        office.now = start_of(LATER)
        late = office.payment(account, 3, detail="what was bought", occurred_at=PAID)
        with pytest.raises(PeriodEnded):  # the log has it open; the keys refuse
            await office.do(late)
        assert await events(office, PeriodClosed) == []
        report = await restored.run()

        [closed], [gone] = await events(office, PeriodClosed), await events(office, PeriodDestroyed)
        assert (closed.first_day, closed.last_day, closed.as_of) == (FIRST_DAY, LAST_DAY, DUE)
        assert (gone.retention_code, gone.first_day, gone.actor) == (PAYMENT.code, FIRST_DAY, "operator")
        assert report.destructions_again == (office.certificates()[0].body.request,)
        assert report.certificate_body("operator").destructions_again == report.destructions_again
        with pytest.raises(PeriodEnded):
            await office.do(late)
        again = await office.retention.run(LATER, actor="test")
        assert (again.periods, await events(office, PeriodDestroyed)) == ((), [gone])


async def test_its_first_certificate_stands_where_it_was_put_back(backups: Backups, addresses: Addresses) -> None:
    await paid(addresses)
    copy = backups.take()
    exported = await destroyed(addresses)

    async with backups.restored(copy) as restored:
        restored.office.now = start_of(LATER)
        key = addresses.root.with_name("certificate.key")
        trusted = [SigningKey.from_file(key).public_bytes]
        assert put_back_certificates(restored.office.addresses.ledger, exported, trusted) == 1
        report = await restored.run()

        [gone] = await events(restored.office, PeriodDestroyed)
        [certificate] = restored.office.certificates()
        assert (gone.certificate, certificate.line) == (1, exported[0])
        assert report.destructions_again == (certificate.body.request,)
        assert isinstance(certificate.body, KeyDestruction)
        assert certificate.body.actor == "officer"


async def test_a_period_that_the_backup_has_closed_and_not_destroyed_is_recorded_as_destroyed(
    backups: Backups, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    await paid(addresses)
    async with await Office.open(addresses, now=start_of(DUE)) as office:
        with monkeypatch.context() as patch:
            patch.setattr(RetentionRun, "_shred", _power_cut)
            with pytest.raises(InterruptedError):
                await office.retention.run(DUE, actor="officer")
    copy = backups.take()
    await destroyed(addresses)

    async with backups.restored(copy) as restored:
        restored.office.now = start_of(LATER)
        await restored.run()

        assert len(await events(restored.office, PeriodClosed)) == 1
        assert len(await events(restored.office, PeriodDestroyed)) == 1


async def test_a_period_that_was_closed_and_whose_key_lives_waits_for_the_next_run(
    backups: Backups, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    await paid(addresses)
    async with await Office.open(addresses, now=start_of(DUE)) as office:
        with monkeypatch.context() as patch:
            patch.setattr(RetentionRun, "_shred", _power_cut)
            with pytest.raises(InterruptedError):
                await office.retention.run(DUE, actor="officer")
    copy = backups.take()

    async with backups.restored(copy) as restored:
        restored.office.now = start_of(LATER)
        report = await restored.run()

        assert (report.destructions_again, await events(restored.office, PeriodDestroyed)) == ((), [])


async def test_a_hold_that_was_released_after_the_backup_is_released_and_recorded_again(
    backups: Backups, addresses: Addresses
) -> None:
    async with await Office.open(addresses) as office:
        await office.program()
        member, (account,) = await office.member(100)
        record = (await office.do(office.full_payment(account, 10))).receipt_id
        kept, gone = office.hold(member, record), office.hold(member, record)
        placed = [(await office.holds.place(each)).receipt_id for each in (kept, gone)]
    copy = backups.take()
    async with await Office.open(addresses) as office:
        first = await office.holds.release(office.release(member, gone.hold_id))

    async with backups.restored(copy) as restored:
        office = restored.office
        report = await restored.run()

        [released] = await events(office, LegalHoldReleased)
        [done] = await events(office, LegalHoldDestroyed)
        assert (released.hold_id, done.hold_id) == (gone.hold_id, gone.hold_id)
        assert released.actor == "operator"
        assert "repeated after a restore" in released.approved_by
        assert done.boxes_tried == first.boxes_tried
        assert report.destructions_again == (placed[1],)
        assert [each.hold_id for each in await office.holds.live()] == [kept.hold_id]
        values = [each for retention, each in await office.boxes(member) if retention.name == "legal_hold"]
        states = [isinstance(each, Shredded) for each in office.opened(values)]
        assert states.count(True) == states.count(False) == first.boxes_tried


async def test_an_erasure_that_is_repeated_does_not_name_a_hold_whose_release_was_lost(
    backups: Backups, addresses: Addresses
) -> None:
    async with await Office.open(addresses) as office:
        await office.program()
        member, (account,) = await office.member(100)
        record = (await office.do(office.full_payment(account, 10))).receipt_id
        hold = office.hold(member, record)
        await office.holds.place(hold)
    copy = backups.take()
    async with await Office.open(addresses) as office:
        await office.holds.release(office.release(member, hold.hold_id))
        first = await office.erasures.erase(office.erase(member, 90))
        assert first.legal_holds == ()

    async with backups.restored(copy) as restored:
        await restored.run()

        [fence] = await events(restored.office, MemberErased)
        assert fence.legal_holds == ()


async def test_a_restore_that_was_interrupted_records_each_of_them_once(
    backups: Backups, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    await paid(addresses)
    copy = backups.take()
    await destroyed(addresses)

    async with backups.restored(copy) as restored:
        restored.office.now = start_of(LATER)
        begun = restored.begin()
        with monkeypatch.context() as patch:
            patch.setattr(RetentionRun, "_record", _power_cut)
            with pytest.raises(InterruptedError):
                await restored.repeat(begun)
        first = await restored.repeat(begun)
        again = await restored.repeat(begun)

        assert first == again
        assert len(first.destructions_again) == 1
        assert len(await events(restored.office, PeriodClosed, PeriodDestroyed)) == 2
        assert len(restored.office.certificates()) == 1


async def _power_cut(*_: Any, **__: Any) -> None:
    raise InterruptedError
