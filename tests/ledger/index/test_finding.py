"""Members are found by what they are known by while they are members; who left, for a dispute; the erased never."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from crypto_shredding import IndexKind
from ledger import start_of
from tests.ledger.office import Office
from tests.ledger.retention.test_retention_run import DUE

EMAIL, PHONE = "MinJun.Kim@example.com", "010-2345-6789"


async def joined(office: Office, **texts: Any) -> UUID:
    member = uuid4()
    await office.do(office.joining(member, **{"email": EMAIL, "phone": PHONE, **texts}))
    return member


async def by_email(office: Office, **how: bool) -> list[UUID]:
    return await office.find(IndexKind.EMAIL, EMAIL, **how)


async def test_a_member_is_found_by_mail_and_phone_however_they_are_written(office: Office, other: Office) -> None:
    member = await joined(office)
    await joined(office, email="another@example.com", phone="010-9999-9999")

    for desk in (office, other):
        assert await desk.find(IndexKind.EMAIL, "minjun.kim@EXAMPLE.com ") == [member]
        assert await desk.find(IndexKind.PHONE, "+82 10 2345 6789") == [member]
        assert await desk.find(IndexKind.EMAIL, PHONE) == []
        assert await desk.find(IndexKind.PHONE, "nothing") == []


async def test_before_anybody_joined_nobody_is_found(office: Office) -> None:
    assert await by_email(office) == []


async def test_two_members_with_one_mail_are_both_found(office: Office) -> None:
    members = [await joined(office) for _ in range(2)]

    assert await by_email(office) == sorted(members)


async def test_the_first_members_of_all_join_in_two_processes_at_once(office: Office, other: Office) -> None:
    members = await asyncio.gather(*(joined(desk) for desk in (office, other) for _ in range(4)))

    assert await by_email(office) == await by_email(other) == sorted(members)


async def test_who_left_is_found_for_a_dispute_only_as_long_as_a_law_keeps_something(office: Office) -> None:
    member = await joined(office)
    account = await office.account(member, 100)
    await office.do(office.full_payment(account, 10))

    await office.leaving.leave(office.leave(member, 90))
    left = await by_email(office), await by_email(office, dispute=True)
    await office.erasures.erase(office.erase(member))
    erased = await by_email(office), await by_email(office, dispute=True)
    by_phone = await office.find(IndexKind.PHONE, PHONE, dispute=True)
    office.now = start_of(DUE)
    await office.retention.run(DUE, actor="test")

    assert left == erased == ([], [member])
    assert by_phone == []  # no law keeps it
    assert await by_email(office, dispute=True) == []


async def test_an_erased_member_leaves_no_row_and_joins_again_as_somebody_else(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    member = await joined(office)
    await office.erasures.erase(office.erase(member))
    gone = rows(ledger_dsn)

    again = await joined(other)

    assert gone == []
    assert again != member
    assert await by_email(office) == await by_email(other, dispute=True) == [again]
    assert {row[0] for row in rows(ledger_dsn)} == {again}


def rows(dsn: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute("SELECT member, tag, slot FROM ledger.blind_index").fetchall()


async def test_a_refused_join_leaves_no_row(office: Office, ledger_dsn: str) -> None:
    member = await joined(office)
    with pytest.raises(Exception, match="joined already"):
        await office.do(office.joining(member, email="other@example.com"))

    assert len(rows(ledger_dsn)) == 2
    assert await office.find(IndexKind.EMAIL, "other@example.com") == []
