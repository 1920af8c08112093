"""Erasures that meet: several commands, several processes, one effect; and nothing is destroyed too early."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psycopg
import pytest

from crypto_shredding import Shredder, SlotState
from ledger import AlreadyErased, Erase, ErasureReport, KeyReused, PointsAccrued, StillHeldByLaw
from ledger.calendar import SEOUL
from ledger.desk.engine import Task
from ledger.desk.receipts import receipt_of
from ledger.desk.stamping import FreshIds, stamp
from ledger.points.decide import decide
from tests.ledger.desk.holding import SHARD_LOCK, submitted
from tests.ledger.erasure.state import assert_nothing_opens
from tests.ledger.office import PROGRAM, Office


def count(dsn: str, topic: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM ledger.events WHERE topic = %s", [topic]).fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.parametrize("one_process", [True, False])
async def test_two_commands_at_once_erase_a_member_once(
    office: Office, other: Office, ledger_dsn: str, one_process: bool
) -> None:
    """The second goes on with the first's erasure, or is told that nothing is left; it never fails for being second."""
    member, _ = await office.member(5)
    desks = (office, office if one_process else other)

    answers = await asyncio.gather(
        *(desk.erasures.erase(desk.erase(member, 5)) for desk in desks for _ in range(2)), return_exceptions=True
    )

    reports = {each for each in answers if isinstance(each, ErasureReport)}
    assert len(reports) == 1
    assert {type(each) for each in answers} <= {ErasureReport, AlreadyErased, StillHeldByLaw}
    for topic in ("members.left.v1", "members.erasure-requested.v1", "members.erased.v1", "members.keys-destroyed.v1"):
        assert count(ledger_dsn, topic) == 1, topic


@pytest.mark.parametrize("same_key", [True, False])
async def test_no_key_is_doomed_before_the_fence_is_stored(
    office: Office, ledger_dsn: str, monkeypatch: pytest.MonkeyPatch, same_key: bool
) -> None:
    """A second eraser in the process finds in the book the fence that the first has only submitted."""
    member, _ = await office.member(5)
    await office.leaving.leave(office.leave(member, 5))
    fence, doom = office.erasures._fence, Shredder.doom
    fences_stored: list[int] = []
    holder = psycopg.connect(ledger_dsn)

    async def fence_without_an_answer(*arguments: Any) -> None:
        holder.execute(SHARD_LOCK)  # again by the second eraser: harmless
        await fence(*arguments)

    def look_and_doom(self: Shredder, *arguments: Any, **named: Any) -> Any:
        fences_stored.append(count(ledger_dsn, "members.erased.v1"))
        return doom(self, *arguments, **named)

    monkeypatch.setattr(office.erasures, "_fence", fence_without_an_answer)
    monkeypatch.setattr(Shredder, "doom", look_and_doom)
    erase = office.erase(member)
    first = asyncio.create_task(office.erasures.erase(erase))
    await submitted(office, member, 1)
    while office.ledger.shelf.at_hand(member).state.request.closing is None:  # type: ignore[union-attr]  # noqa: ASYNC110
        await asyncio.sleep(0.002)
    second = asyncio.create_task(office.erasures.erase(erase if same_key else office.erase(member)))
    too_early, _ = await asyncio.wait([first, second], timeout=1)
    doomed_too_early = list(fences_stored)
    holder.close()
    answers = await asyncio.gather(first, second, return_exceptions=True)

    assert not too_early
    assert doomed_too_early == [], "a key was doomed while its fence could still be refused"
    assert isinstance(answers[0], ErasureReport)
    assert answers[1] == answers[0] if same_key else isinstance(answers[1], ErasureReport | AlreadyErased)


async def test_a_key_that_only_a_box_names_is_destroyed_like_the_accounts_own(office: Office) -> None:
    """A log may hold one: an older version could seal a text under slots of an opening that was not stored."""
    member, (account,) = await office.member(5)
    [stray] = await office.ledger.sealing.fresh_slots(1)
    accrual, ids = office.accrual(account, 10, memo="a memo"), FreshIds()
    sealed, boxes, _, _ = await office.ledger.sealing.seal(accrual, PointsAccrued, ids[0], lambda *_: stray)
    program = await office.ledger.programs.named(PROGRAM)
    task = Task(
        key=accrual.key,
        fingerprint=b"",
        streams=(account,),
        decide=lambda books: [
            (books[0], each) for each in decide(books[0].state, sealed, program, stamp(ids, lambda: office.now))
        ],
        answer=partial(receipt_of, account, accrual, SEOUL),
        boxes={ids[0]: boxes},
    )
    await office.ledger.engine.carry_out(task)

    report = await office.erasures.erase(office.erase(member, 15))

    assert await assert_nothing_opens(office, {each.code for each in report.closed}, member, account) > 0
    assert Shredder(office.keyring).states([stray]) == {stray: SlotState.SHREDDED}


class Crash(Exception):
    """The process ends here, as far as the erasure is concerned."""


async def asked_only(office: Office, erase: Erase) -> None:
    """The request is stored, and nothing after it happens."""

    async def crash(*_: object) -> None:
        raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office.erasures, "_fence", crash)
        with pytest.raises(Crash):
            await office.erasures.erase(erase)


async def test_a_key_is_answered_with_its_own_erasure_also_while_another_is_under_way(
    office: Office, ledger_dsn: str
) -> None:
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))
    first = office.erase(member, 90)
    report = await office.erasures.erase(first)
    office.now = datetime(2029, 3, 13, tzinfo=UTC)  # what the law kept has come due
    second = office.erase(member)
    await asked_only(office, second)

    again = await office.erasures.erase(first)

    assert again == report
    assert count(ledger_dsn, "members.erased.v1") == 1, "the other erasure is its own command's"
    rest = await office.erasures.erase(second)
    assert rest.request_id != report.request_id
    assert {each.code for each in rest.closed}.isdisjoint(each.code for each in report.closed)


async def test_a_key_that_found_an_erasure_under_way_stands_for_it_for_ever(office: Office, other: Office) -> None:
    member, _ = await office.member(5)
    first, second = office.erase(member, 5), office.erase(member)
    await asked_only(office, first)

    told = await office.erasures.erase(second)

    assert await other.erasures.erase(second) == told == await office.erasures.erase(first)
    with pytest.raises(KeyReused):
        await office.erasures.erase(replace(second, confirmed_forfeit=1))
    with pytest.raises(AlreadyErased):
        await office.erasures.erase(office.erase(member))


async def test_a_refused_erasure_holds_no_key(office: Office) -> None:
    """Nothing is left to destroy today; the officer's next command may use the key."""
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))
    await office.erasures.erase(office.erase(member, 90))
    too_early = office.erase(member)
    with pytest.raises(StillHeldByLaw):
        await office.erasures.erase(too_early)

    office.now = datetime(2029, 3, 13, tzinfo=UTC)
    report = await office.erasures.erase(office.erase(member, key=too_early.key))

    assert report.kept == ()
