"""A business reference counts once, whoever reports it and when; what it says may not change."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger import BusinessReference, ReferenceReused
from tests.ledger.office import Office

SLIP = BusinessReference(source="pos", store="330", terminal="4", receipt="17", business_date=date(2024, 3, 7))


async def test_the_slip_in_the_next_days_file_is_the_first_receipt_again(office: Office, other: Office) -> None:
    _, (account,) = await office.member(0)
    online = await office.do(office.accrual(account, 50, reference=SLIP))

    other.now += timedelta(days=1)
    in_the_file = await other.do(other.accrual(account, 50, reference=SLIP, actor="nightly file"))

    assert in_the_file == online
    assert (online.repeated, in_the_file.repeated) == (False, True)
    assert await office.available(account) == 50


async def test_the_slip_of_a_payment_answers_also_when_its_points_are_gone(office: Office) -> None:
    _, (account,) = await office.member(50)
    first = await office.do(office.payment(account, 50, reference=SLIP))

    assert await office.do(office.payment(account, 50, reference=SLIP)) == first


async def test_a_slip_with_another_amount_or_movement_is_told(office: Office) -> None:
    _, (account,) = await office.member(100)
    first = await office.do(office.payment(account, 60, reference=SLIP))

    for other_slip in (
        office.payment(account, 30, reference=SLIP),
        office.payment(account, 90, reference=SLIP),  # not covered any more, and told all the same what is wrong
        office.accrual(account, 60, reference=SLIP),
    ):
        with pytest.raises(ReferenceReused) as refused:
            await office.do(other_slip)
        assert refused.value.receipt_id == first.receipt_id

    assert await office.available(account) == 40
