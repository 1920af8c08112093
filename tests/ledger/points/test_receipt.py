"""Receipts: the same bytes for ever."""

from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from ledger.points.balance import Balance
from ledger.points.movements import Money
from ledger.points.receipt import Receipt, Shortfall

RECEIPT = Receipt(
    receipt_id=UUID("00000000-0000-4000-8000-000000000001"),
    stream=UUID("00000000-0000-4000-8000-000000000002"),
    key=UUID("00000000-0000-4000-8000-000000000003"),
    topic="points.accrued.v1",
    event_ids=(UUID("00000000-0000-4000-8000-000000000001"),),
    occurred_at=datetime(2024, 3, 7, 5, 0, tzinfo=UTC),
    recorded_at=datetime(2024, 3, 7, 5, 0, 0, 123456, tzinfo=UTC),
    points=100,
    balance=Balance(100, 0, 0, 0, date(2025, 3, 7), 100),
    position=17,
)
# Written once; receipts of this form are in databases and must be read for ever.
STORED = (
    b'{"format":1,"receipt_id":"00000000-0000-4000-8000-000000000001","stream":"00000000-0000-4000-8000-000000000002",'
    b'"key":"00000000-0000-4000-8000-000000000003","topic":"points.accrued.v1",'
    b'"event_ids":["00000000-0000-4000-8000-000000000001"],"occurred_at":"2024-03-07T05:00:00+00:00",'
    b'"recorded_at":"2024-03-07T05:00:00.123456+00:00","points":100,"balance":{"available":100,"held":0,"pending":0,'
    b'"deficit":0,"next_expiry_on":"2025-03-07","next_expiry_points":100}}'
)


def test_a_receipt_gives_the_bytes_that_were_always_stored() -> None:
    assert RECEIPT.to_bytes() == STORED


def test_stored_bytes_give_the_receipt_and_the_store_gives_its_position() -> None:
    assert Receipt.from_bytes(STORED, 17) == RECEIPT


@pytest.mark.parametrize("balance", [None, Balance(0, 0, 0, 0, None, 0)])
def test_a_receipt_survives_without_a_balance_or_a_next_expiry(balance: Balance | None) -> None:
    receipt = replace(RECEIPT, balance=balance, event_ids=())

    assert Receipt.from_bytes(receipt.to_bytes(), 17) == receipt


def test_the_position_is_no_part_of_the_bytes() -> None:
    assert RECEIPT.at(99).position == 99
    assert RECEIPT.at(99).to_bytes() == STORED


def test_a_receipt_of_a_newer_format_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="format 2"):
        Receipt.from_bytes(STORED.replace(b'"format":1', b'"format":2'), 0)


def test_the_money_that_is_paid_is_stored_with_the_rest() -> None:
    receipt = replace(RECEIPT, money=Money(4_500, "KRW"))

    stored = receipt.to_bytes()

    assert stored == STORED[:-1] + b',"money":{"amount":4500,"currency":"KRW"}}'
    assert Receipt.from_bytes(stored, 17) == receipt
    assert receipt.at(9).money == receipt.money


def test_what_a_clawback_did_not_find_is_stored_with_the_rest() -> None:
    receipt = replace(RECEIPT, topic="points.clawed-back.v1", points=30, shortfall=Shortfall("offset", 20, 10))

    stored = receipt.to_bytes()

    assert stored == STORED.replace(b"accrued", b"clawed-back").replace(b'"points":100,"b', b'"points":30,"b').replace(
        b"}}", b'},"shortfall":{"outcome":"offset","points":20,"lapsed":10}}'
    )
    assert Receipt.from_bytes(stored, 17) == receipt
    assert receipt.at(9).shortfall == receipt.shortfall
    assert (receipt.asked, RECEIPT.asked) == (60, 100)
