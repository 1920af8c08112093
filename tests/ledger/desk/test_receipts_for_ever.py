"""A receipt is kept for ever: it answers when nothing of the member can be read any more."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4, uuid5

import pytest

from crypto_shredding import Shredded
from ledger import AccountNotActive, Command, KeyReused, MemberNotActive, OpenAccount
from tests.ledger.desk.test_refusals import contents
from tests.ledger.office import PROGRAM, Addresses, Office

AFTER_EVERY_LAST_DAY = datetime(2035, 1, 1, tzinfo=UTC)


def commands(office: Office, member: UUID, account: UUID) -> list[Command]:
    """A joining, an opening, an accrual and a payment: the same whoever makes them."""

    def key(number: int) -> UUID:
        return uuid5(account, str(number))

    return [
        office.joining(member, key=key(0)),
        OpenAccount(**office.stamp(key=key(1)), account_id=account, program=PROGRAM, holder=str(member)),
        office.accrual(account, 100, key=key(2), memo="a memo"),
        office.payment(account, 60, key=key(3), memo="a memo"),
    ]


async def test_every_receipt_answers_when_nothing_of_the_member_can_be_read_any_more(
    office: Office, other: Office, addresses: Addresses, ledger_dsn: str
) -> None:
    member, account = uuid4(), uuid4()
    sent = commands(office, member, account)
    first = [await office.do(each) for each in sent]
    await office.erasures.erase(office.erase(member, 40))
    at_once = [await desk.do(each) for desk in (office, other) for each in sent]
    office.now = other.now = AFTER_EVERY_LAST_DAY
    await office.erasures.erase(office.erase(member))

    values = office.opened([each for _, each in await office.boxes(member, account)])
    before = contents(ledger_dsn)
    async with await Office.open(addresses, AFTER_EVERY_LAST_DAY) as newcomer:
        at_last = [await desk.do(each) for desk in (office, other, newcomer) for each in sent]
        for desk in (office, other, newcomer):
            with pytest.raises((MemberNotActive, AccountNotActive)):
                await desk.do(desk.full_payment(account, 1))
            with pytest.raises(KeyReused):
                await desk.do(desk.payment(account, 61, key=sent[3].key))

    assert at_once == first * 2
    assert at_last == first * 3
    assert all(isinstance(each, Shredded) for each in values)
    assert contents(ledger_dsn) == before
