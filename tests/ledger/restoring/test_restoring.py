"""A log that was restored to an earlier time learns again which keys are destroyed, before anybody is served."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest

from crypto_shredding import Shredded
from ledger import (
    CONTRACT,
    MEMBERSHIP,
    PAYMENT,
    PROFILE,
    AlreadyErased,
    Capture,
    Checkpoint,
    Hold,
    LedgerBehindKeys,
    RestoreUnfinished,
    make_checkpoint,
    refuse_restored,
    verify_chain,
)
from tests.ledger.office import Addresses, Office
from tests.ledger.restoring.conftest import Backups

AFTER_FIVE_YEARS = datetime(2029, 3, 13, tzinfo=UTC)


def checkpointed(backups: Backups, addresses: Addresses, at: datetime) -> Checkpoint:
    with psycopg.connect(addresses.ledger, autocommit=True) as connection:
        made = make_checkpoint(connection, backups.signer, at)
    backups.checkpoints.append(made)
    return made


async def erased_after_backup(backups: Backups, addresses: Addresses) -> tuple[str, UUID, list[UUID], UUID, Any]:
    """A backup, and then an erasure that it does not have."""
    async with await Office.open(addresses) as office:
        await office.program()
        member, accounts = await office.member(100, 0)
        await office.do(office.full_payment(accounts[0], 10))
        neighbour, _ = await office.member(30)
    copy = backups.take()
    async with await Office.open(addresses) as office:
        report = await office.erasures.erase(office.erase(member, 90))
        checkpointed(backups, addresses, office.now)
    return copy, member, accounts, neighbour, report


async def test_an_erasure_that_the_log_lost_is_appended_again(backups: Backups, addresses: Addresses) -> None:
    copy, member, accounts, neighbour, first = await erased_after_backup(backups, addresses)

    async with backups.restored(copy) as restored:
        report = await restored.run()
        office = restored.office

        assert report.again == (first.request_id,)
        assert report.stuck == ()
        states = await office.ledger.shelf.stored([member, *accounts])
        assert states[0].closed == {each.code for each in (PROFILE, MEMBERSHIP, CONTRACT)}
        assert [each.status for each in states[1:]] == ["left", "left"]
        assert [await office.available(each) for each in accounts] == [0, 0]
        values = await office.boxes(member, *accounts)
        opened = office.opened([each for _, each in values])
        for (retention, _), value in zip(values, opened, strict=True):
            assert isinstance(value, Shredded) is (retention in first.closed), retention.name
        assert all(isinstance(each, str) for each in office.opened([each for _, each in await office.boxes(neighbour)]))


async def test_a_restored_log_is_refused_until_all_is_done(backups: Backups, addresses: Addresses) -> None:
    copy, *_ = await erased_after_backup(backups, addresses)

    async with backups.restored(copy) as restored:
        with pytest.raises(LedgerBehindKeys):
            refuse_restored(restored.dsn, restored.witness)
        begun = restored.begin()
        with pytest.raises(RestoreUnfinished):
            refuse_restored(restored.dsn, restored.witness)
        await restored.repeat(begun)
        with pytest.raises(RestoreUnfinished):
            refuse_restored(restored.dsn, restored.witness)
        restored.restoring.open(begun, at=restored.office.now)

        refuse_restored(restored.dsn, restored.witness)


async def test_the_lost_window_is_told_and_the_chain_holds(backups: Backups, addresses: Addresses) -> None:
    copy, *_ = await erased_after_backup(backups, addresses)
    [beyond] = backups.checkpoints

    async with backups.restored(copy) as restored:
        report = await restored.run()
        with psycopg.connect(restored.dsn, autocommit=True) as connection:
            chain = verify_chain(connection, restored.checkpoints)

    assert report.lost.after_position == report.begun.begun_after < beyond.position
    assert report.lost.until_position == beyond.position
    assert (chain.findings, chain.lost) == ((), (beyond,))
    body = report.certificate_body("operator")
    assert (body.timeline_before, body.timeline_after) == (beyond.timeline, report.begun.id)


async def test_without_checkpoints_the_key_store_says_how_far_the_log_was(
    backups: Backups, addresses: Addresses
) -> None:
    copy, *_ = await erased_after_backup(backups, addresses)
    backups.checkpoints.clear()

    async with backups.restored(copy) as restored:
        report = await restored.run()
        assert restored.seen is not None
        assert report.lost.until_position == restored.seen.position > report.lost.after_position


async def test_what_a_law_had_kept_and_was_destroyed_after_its_last_day_is_closed_again(
    backups: Backups, addresses: Addresses
) -> None:
    async with await Office.open(addresses) as office:
        await office.program()
        member, (account,) = await office.member(100)
        await office.do(office.full_payment(account, 10))
        await office.erasures.erase(office.erase(member, 90))
    copy = backups.take()
    async with await Office.open(addresses, now=AFTER_FIVE_YEARS) as office:
        later = await office.erasures.erase(office.erase(member))

    async with backups.restored(copy) as restored:
        restored.office.now = AFTER_FIVE_YEARS
        report = await restored.run()

        assert PAYMENT in later.closed
        assert report.again == (later.request_id,)
        with pytest.raises(AlreadyErased):
            await restored.office.erasures.erase(restored.office.erase(member))
        assert await restored.office.ledger.reader.accounts_of(member) == []


async def test_an_interrupted_restore_goes_on_where_it_was(
    backups: Backups, addresses: Addresses, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with await Office.open(addresses) as office:
        await office.program()
        members = [(await office.member(10))[0] for _ in range(4)]
    copy = backups.take()
    async with await Office.open(addresses) as office:
        firsts = [(await office.erasures.erase(office.erase(each, 10))).request_id for each in members]
    monkeypatch.setattr("ledger.restored_log.PAGE_OPENINGS", 2)  # a member and an account
    pages = 0

    def interrupt(*_: int) -> None:
        nonlocal pages
        pages += 1
        if pages == 2:
            raise InterruptedError

    async with backups.restored(copy) as restored:
        begun = restored.begin()
        with pytest.raises(InterruptedError):
            await restored.repeat(begun, progress=interrupt)
    async with backups.restored(copy) as restored:
        assert restored.restoring.begin(witness=restored.witness, checkpoints=[], at=restored.office.now) == begun
        report = await restored.repeat(begun)

        assert report.begun == begun
        assert sorted(report.again) == sorted(firsts)
        again = await restored.repeat(begun)
        assert again == report


async def test_an_erasure_that_was_under_way_in_the_backup_is_finished(backups: Backups, addresses: Addresses) -> None:
    async with await Office.open(addresses) as office:
        await office.program()
        member, _ = await office.member(0)
        command = office.erase(member)
        await office.leaving.leave(command, key=UUID(int=1))
        await office.erasures._request(command)
    copy = backups.take()
    async with await Office.open(addresses) as office:
        [done] = await office.erasures.resume(actor="test")

    async with backups.restored(copy) as restored:
        report = await restored.run()

        assert (report.finished, report.again) == (1, ())
        [state] = await restored.office.ledger.shelf.stored([member])
        assert {each.code for each in done.closed} == state.closed


async def test_a_backup_of_before_a_restore_is_restored_again(backups: Backups, addresses: Addresses) -> None:
    copy, _, _, _, first = await erased_after_backup(backups, addresses)
    older = backups.take(copy)
    async with backups.restored(copy) as restored:
        await restored.run()
        second, _ = await restored.office.member(5)
        await restored.office.erasures.erase(restored.office.erase(second, 5))
        checkpointed(backups, backups.addresses(copy), restored.office.now)
    given_up = backups.checkpoints[-1].timeline

    async with backups.restored(older) as restored:
        with pytest.raises(LedgerBehindKeys):
            refuse_restored(restored.dsn, restored.witness)
        report = await restored.run()
        with psycopg.connect(restored.dsn, autocommit=True) as connection:
            chain = verify_chain(connection, restored.checkpoints)
        refuse_restored(restored.dsn, restored.witness)

    assert report.again == (first.request_id,)
    assert (report.begun.number, report.begun.before) == (3, given_up)
    assert chain.findings == ()
    assert {each.timeline for each in chain.lost} >= {given_up}


async def test_who_is_paying_again_is_left_to_an_officer(backups: Backups, addresses: Addresses) -> None:
    async with await Office.open(addresses) as office:
        await office.program()
        member, (account,) = await office.member(0)
        await office.do(office.accrual(account, 50))
        held = await office.do(Hold(account_id=account, points=50, **office.stamp()))
        other, _ = await office.member(10)
    copy = backups.take()
    async with await Office.open(addresses) as office:
        await office.do(Capture(account_id=account, hold_id=held.receipt_id, **office.stamp()))
        await office.erasures.erase(office.erase(member))
        done = await office.erasures.erase(office.erase(other, 10))

    async with backups.restored(copy) as restored:
        report = await restored.run()
        office = restored.office

        assert report.again == (done.request_id,)
        [stuck] = report.stuck
        assert (stuck.member_id, PROFILE.code in stuck.codes) == (member, True)
        assert "1 open holds" in stuck.refusal
        await office.do(Capture(account_id=account, hold_id=held.receipt_id, **office.stamp()))
        await office.erasures.erase(office.erase(member))


async def test_an_identity_that_only_the_lost_erasure_had_retained_cannot_be_retained_again(
    backups: Backups, addresses: Addresses
) -> None:
    copy, member, *_ = await erased_after_backup(backups, addresses)

    async with backups.restored(copy) as restored:
        await restored.run()
        [state] = await restored.office.ledger.shelf.stored([member])

    assert (state.status, dict(state.retained)) == ("erased", {})
    assert PAYMENT.code not in state.closed


async def test_nothing_is_appended_where_no_erasure_was_lost(backups: Backups, addresses: Addresses) -> None:
    async with await Office.open(addresses) as office:
        await office.program()
        member, _ = await office.member(10)
        gone, _ = await office.member(20)
        await office.erasures.erase(office.erase(gone, 20))
    copy = backups.take()

    async with backups.restored(copy) as restored:
        refuse_restored(restored.dsn, restored.witness)
        report = await restored.run()

        assert (report.again, report.finished, report.stuck) == ((), 0, ())
        assert report.lost.until_position is None
        [state] = await restored.office.ledger.shelf.stored([member])
        assert state.status == "active"
