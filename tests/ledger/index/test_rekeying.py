"""The index's key changes while members join, leave and are looked for; the old key is destroyed, nobody is lost."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from typing import Any
from uuid import UUID

import psycopg
import pytest

from crypto_shredding import IndexKind, KeyDestruction, SlotId, SlotState
from ledger import IndexKeyDestroyed, IndexKeyIssued, decode
from ledger.desk.indexing import Indexing
from ledger.desk.reading import StoreReader
from ledger.members.index_key import INDEX_STREAM
from tests.ledger.index.dying_rekeyer import STEPS
from tests.ledger.index.test_finding import PHONE, by_email, joined, rows
from tests.ledger.office import Addresses, Office


async def state_of(office: Office, slot: int) -> SlotState:
    return office.rekeying._shredder.states([SlotId(slot)])[SlotId(slot)]


async def logged(office: Office) -> list[Any]:
    found, _ = await office.ledger.reader.read([(INDEX_STREAM, 0)])
    return [decode(row.topic, row.state) for row in found]


async def test_every_row_has_a_new_tag_and_the_old_key_is_destroyed(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    members = [await joined(office) for _ in range(3)]
    before = rows(ledger_dsn)

    report = await other.rekeying.rekey(actor="test")

    after = rows(ledger_dsn)
    assert report is not None
    assert report.tagged_anew == len(before) == len(after) == 6
    assert not {tag for _, tag, _ in before} & {tag for _, tag, _ in after}
    [old] = {slot for _, _, slot in before}
    assert {slot for _, _, slot in after} == {report.slot}
    assert await state_of(office, old) is SlotState.SHREDDED
    for desk in (office, other):
        assert await by_email(desk) == sorted(members)
        assert await desk.find(IndexKind.PHONE, PHONE) == sorted(members)
    assert [type(each) for each in await logged(office)] == [IndexKeyIssued, IndexKeyIssued, IndexKeyDestroyed]


async def test_a_former_member_whose_mail_lies_apart_is_tagged_anew_too(office: Office, ledger_dsn: str) -> None:
    member = await joined(office)
    account = await office.account(member, 100)
    await office.do(office.full_payment(account, 10))
    await office.erasures.erase(office.erase(member, 90))

    report = await office.rekeying.rekey(actor="test")

    assert report is not None
    assert report.tagged_anew == len(rows(ledger_dsn)) == 1
    assert (await by_email(office), await by_email(office, dispute=True)) == ([], [member])


async def test_a_process_that_does_not_know_of_the_change_joins_members_who_are_found(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    await joined(other)  # it holds the first key, and goes on with it
    report = await office.rekeying.rekey(actor="test")

    late = await joined(other)

    assert report is not None
    assert late in await by_email(office)
    assert {slot for _, _, slot in rows(ledger_dsn)} == {report.slot}


async def test_a_process_whose_key_changes_while_it_seals_tags_again(
    office: Office, other: Office, ledger_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused by the store when the old key still lives, told by the key itself when it is destroyed."""
    await joined(office)
    newest, changes = Indexing.newest, [0]

    async def and_then_it_changes(self: Indexing) -> SlotId:
        slot = await newest(self)
        if self is other.ledger.indexing and changes[0] < 2:
            changes[0] += 1
            if changes[0] == 1:
                assert office.ledger.indexing is not None
                await office.ledger.indexing.issue("test")  # begun, the old key not yet destroyed
            else:
                await office.rekeying.rekey(actor="test")
                await office.rekeying.rekey(actor="test")
        return slot

    monkeypatch.setattr(Indexing, "newest", and_then_it_changes)
    late = await joined(other)

    assert changes == [2]
    assert late in await by_email(office)
    assert len({slot for _, _, slot in rows(ledger_dsn)}) == 1


async def test_two_processes_change_the_key_at_once(office: Office, other: Office, ledger_dsn: str) -> None:
    members = [await joined(office) for _ in range(4)]

    await asyncio.gather(*(desk.rekeying.rekey(actor="test") for desk in (office, other)))

    assert await by_email(office) == await by_email(other) == sorted(members)
    [slot] = {slot for _, _, slot in rows(ledger_dsn)}
    issued = [each.slot for each in await logged(office) if isinstance(each, IndexKeyIssued)]
    assert issued[-1] == slot
    for old in issued[:-1]:
        assert await state_of(office, old) is SlotState.SHREDDED


async def test_members_are_found_under_both_keys_while_rows_are_moved(
    office: Office, other: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = [await joined(office) for _ in range(5)]
    seen: list[list[UUID]] = []
    retag = StoreReader.retag
    monkeypatch.setattr("ledger.rekeying.ROWS_AT_ONCE_MAX", 3)

    async def looked_up(self: StoreReader, *arguments: Any) -> int:
        seen.append(await by_email(other))
        tagged = await retag(self, *arguments)
        seen.append(await by_email(other))
        return tagged

    monkeypatch.setattr(StoreReader, "retag", looked_up)
    await office.rekeying.rekey(actor="test")

    assert seen == [sorted(members)] * 8  # ten rows, three at a time


async def test_joins_looks_and_erasures_go_on_during_changes_and_nobody_is_lost_or_comes_back(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    stays = [await joined(office) for _ in range(10)]
    goes = [await joined(office) for _ in range(10)]
    over = asyncio.Event()

    async def join(desk: Office) -> list[UUID]:
        made = []
        while not over.is_set():
            made.append(await joined(desk))
        return made

    async def look() -> int:
        looks = 0
        while not over.is_set():
            assert set(stays) <= set(await by_email(other))
            looks += 1
        return looks

    async def change() -> None:
        for _ in range(3):
            await office.rekeying.rekey(actor="test")
        over.set()

    async def erase() -> None:
        for member in goes:
            await other.erasures.erase(other.erase(member))

    first, second, looks, _, _ = await asyncio.gather(join(office), join(other), look(), change(), erase())

    assert await by_email(office) == sorted([*stays, *first, *second])
    assert not {row[0] for row in rows(ledger_dsn)} & set(goes)
    assert len({slot for _, _, slot in rows(ledger_dsn)}) == 1
    assert looks > 0


async def test_a_row_of_a_value_that_is_gone_goes_and_an_erasure_wins_over_a_new_tag(
    office: Office, other: Office, ledger_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fence comes between the reading of the rows and their new tags."""
    member, stays = await joined(office), await joined(office)
    retag = StoreReader.retag

    async def after_an_erasure(self: StoreReader, *arguments: Any) -> int:
        await other.erasures.erase(other.erase(member))
        monkeypatch.setattr(StoreReader, "retag", retag)
        return await retag(self, *arguments)

    monkeypatch.setattr(StoreReader, "retag", after_an_erasure)
    report = await office.rekeying.rekey(actor="test")

    assert report is not None
    assert report.tagged_anew == 2
    assert {row[0] for row in rows(ledger_dsn)} == {stays}


@pytest.mark.parametrize("step", STEPS)
async def test_a_change_that_was_killed_is_finished_by_the_next_call(
    office: Office, addresses: Addresses, ledger_dsn: str, step: str
) -> None:
    member = await joined(office)
    [old] = {slot for _, _, slot in rows(ledger_dsn)}
    arguments = [addresses.ledger, addresses.keys, addresses.root, office.now.isoformat(), step]
    command = [sys.executable, "-m", "tests.ledger.index.dying_rekeyer", *map(str, arguments)]

    died = await asyncio.to_thread(subprocess.run, command, check=False)
    between = await by_email(office)
    report = await office.rekeying.rekey(actor="test")

    assert died.returncode == -signal.SIGKILL
    assert report is not None
    assert between == await by_email(office) == [member]
    assert await state_of(office, old) is SlotState.SHREDDED
    assert {slot for _, _, slot in rows(ledger_dsn)} == {report.slot}
    assert [type(each) for each in await logged(office)] == [IndexKeyIssued, IndexKeyIssued, IndexKeyDestroyed]
    [certificate] = office.certificates()
    body = certificate.body
    assert isinstance(body, KeyDestruction)
    assert report.certificate == certificate.number == (await logged(office))[-1].certificate == 1
    assert (body.cause, body.subject, body.keys[0].slot, body.keys[0].code) == ("index", None, old, None)


async def test_a_young_key_is_left_alone_and_without_members_there_is_none(office: Office) -> None:
    nobody = await office.rekeying.rekey(actor="test")
    await joined(office)

    young = await office.rekeying.rekey(actor="test", issued_before=office.now)

    assert nobody is young is None
    assert len(await logged(office)) == 1


async def test_the_service_itself_cannot_change_a_row(office: Office, app_dsn: str) -> None:
    await joined(office)

    with psycopg.connect(app_dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE ledger.blind_index SET tag = tag")
