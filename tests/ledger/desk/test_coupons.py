"""A coupon's code is a secret: sealed, looked up by the blind index, redeemed once."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger import CouponClosed, Exchange, KeyReused, Receipt, RedeemByCode, RedeemCoupon, Refund, UnknownCoupon
from tests.ledger.office import Office

CALLERS = 16


async def issued(office: Office, account: UUID, code: str = "SECRET-1", **given: Any) -> Receipt:
    told = {"coupon": "COFFEE", "coupon_id": uuid4(), **office.stamp(), **given}
    return await office.do(Exchange(account_id=account, points=10, code=code, **told))


def redeem(office: Office, code: str = "SECRET-1", **given: Any) -> RedeemByCode[str]:
    return RedeemByCode(code=code, store="강남점", redeemer="1234567890", **office.stamp(**given))


async def test_a_code_finds_its_coupon_and_nobody_reads_it_in_the_database(
    office: Office, other: Office, ledger_dsn: str
) -> None:
    _, (account,) = await office.member(100)
    coupon = await issued(office, account)
    redeeming = redeem(other)

    receipt = await other.do(redeeming)

    assert (receipt.stream, receipt.topic, receipt.points) == (account, "points.coupon-redeemed.v1", 10)
    assert await office.do(redeeming) == receipt
    with pytest.raises(CouponClosed):
        await office.do(RedeemCoupon(account_id=account, spending_id=coupon.receipt_id, **office.stamp()))
    with pytest.raises(UnknownCoupon):
        await office.do(redeem(office, "secret-1"))
    with psycopg.connect(ledger_dsn) as connection:
        rows = connection.execute(
            "SELECT e.state, b.box FROM ledger.events AS e LEFT JOIN ledger.box AS b USING (position)"
        )
        assert all(b"SECRET-1" not in bytes(each or b"") for row in rows for each in row)


async def test_of_many_callers_in_two_processes_one_redeems_it(office: Office, other: Office) -> None:
    _, (account,) = await office.member(100)
    await issued(office, account)

    answers = await asyncio.gather(
        *(desk.do(redeem(desk)) for _ in range(CALLERS // 2) for desk in (office, other)), return_exceptions=True
    )

    assert sum(isinstance(each, Receipt) for each in answers) == 1
    assert {type(each) for each in answers} == {Receipt, CouponClosed}


async def test_a_code_that_is_used_again_means_the_coupon_that_is_open(office: Office, other: Office) -> None:
    _, (one, two) = await office.member(100, 100)
    first = await issued(office, one)
    await issued(office, two)
    redeeming = redeem(office)

    taken = await office.do(redeeming)

    assert taken.stream == one
    assert await other.do(redeeming) == taken  # and not the other coupon, which is open
    with pytest.raises(KeyReused):
        await other.do(redeem(other, key=redeeming.key, actor="somebody else"))
    assert (await other.do(redeem(other))).stream == two
    with pytest.raises(CouponClosed):
        await office.do(Refund(account_id=one, spending_id=first.receipt_id, **office.stamp()))


async def test_after_an_erasure_the_code_finds_nothing(office: Office) -> None:
    member, (account,) = await office.member(100)
    await issued(office, account)
    await office.erasures.erase(office.erase(member, 90))

    with pytest.raises(UnknownCoupon):
        await office.do(redeem(office))


async def test_a_change_of_the_indexs_key_in_another_process_does_not_lose_a_code(
    office: Office, other: Office
) -> None:
    _, (account,) = await office.member(100)
    await issued(office, account)
    await other.rekeying.rekey(actor="test")

    await issued(office, account, "SECRET-2")  # this process still takes the old key for the newest

    for code in ("SECRET-1", "SECRET-2"):
        assert isinstance(await office.do(redeem(office, code)), Receipt)
