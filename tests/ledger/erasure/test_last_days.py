"""What a law keeps stays to the end of its last day in Seoul, each class to its own, and goes when asked after it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ledger import (
    CONTRACT,
    MEMBERSHIP,
    PAYMENT,
    POINT_HISTORY,
    PROFILE,
    RETAINED_IDENTITY,
    AlreadyErased,
    InvalidTime,
    StillHeldByLaw,
    start_of,
)
from tests.ledger.erasure.state import assert_nothing_opens
from tests.ledger.office import Office

BOUGHT = datetime(2024, 3, 7, 9, tzinfo=UTC)
A_MONTH_LATER = datetime(2024, 4, 7, 9, tzinfo=UTC)
LAST_PAYMENT_DAY = date(2029, 3, 7)
LAST_CONTRACT_DAY = date(2029, 4, 7)
INSTANT = timedelta(microseconds=1)
DAY = timedelta(days=1)


async def test_each_class_goes_after_its_own_last_day_and_the_identity_with_the_last(
    office: Office, other: Office
) -> None:
    office.now = other.now = BOUGHT
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))
    office.now = other.now = A_MONTH_LATER
    await office.do(office.accrual(account, 5, detail="what was agreed"))

    first = await office.erasures.erase(office.erase(member, 95))
    other.now = start_of(LAST_PAYMENT_DAY + DAY)
    second = await other.erasures.erase(other.erase(member))
    linked = await office.ledger.reader.accounts_of(member)
    office.now = start_of(LAST_CONTRACT_DAY + DAY)
    third = await office.erasures.erase(office.erase(member))

    assert set(first.closed) == {PROFILE, MEMBERSHIP}
    assert {each.retention: each.last_day for each in first.kept} == {
        PAYMENT: LAST_PAYMENT_DAY,
        CONTRACT: LAST_CONTRACT_DAY,
        POINT_HISTORY: LAST_CONTRACT_DAY,
        RETAINED_IDENTITY: LAST_CONTRACT_DAY,
    }
    assert set(second.closed) == {PAYMENT}
    assert linked == [account]
    assert set(third.closed) == {CONTRACT, POINT_HISTORY, RETAINED_IDENTITY}
    assert await office.ledger.reader.accounts_of(member) == []
    everything = {each.code for report in (first, second, third) for each in report.closed}
    assert await assert_nothing_opens(other, everything, member, account) == len(await office.boxes(member, account))
    with pytest.raises(AlreadyErased):
        await office.erasures.erase(office.erase(member))


async def test_the_last_instant_of_the_last_day_in_seoul_is_still_held(office: Office) -> None:
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))
    await office.erasures.erase(office.erase(member, 90))

    office.now = start_of(LAST_PAYMENT_DAY + DAY) - INSTANT
    with pytest.raises(StillHeldByLaw) as held:
        await office.erasures.erase(office.erase(member))
    kept = [each for retention, each in await office.boxes(member, account) if retention is PAYMENT]
    still = office.opened(kept)
    office.now = start_of(LAST_PAYMENT_DAY + DAY)
    await office.erasures.erase(office.erase(member))

    assert held.value.last_day == LAST_PAYMENT_DAY
    assert sorted(still) == ["**** 4821", "what was bought"]
    await assert_nothing_opens(office, {PAYMENT.code}, account)


async def test_a_day_that_has_not_come_destroys_nothing(office: Office) -> None:
    member, (account,) = await office.member(100)
    await office.do(office.full_payment(account, 10))
    await office.erasures.erase(office.erase(member, 90))

    with pytest.raises(InvalidTime):
        await office.erasures.erase(office.erase(member, occurred_at=start_of(LAST_PAYMENT_DAY + DAY)))

    kept = [each for retention, each in await office.boxes(member, account) if retention is PAYMENT]
    assert all(isinstance(each, str) for each in office.opened(kept))
