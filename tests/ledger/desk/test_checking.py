"""What a command may not be made of is refused before anything is computed from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import uuid4

import pytest

from ledger import (
    Accrue,
    BusinessReference,
    DefineProgram,
    EarningRate,
    Erase,
    Expire,
    InvalidCommand,
    InvalidTime,
    Join,
    Money,
    OpenAccount,
    Pay,
    Program,
    checked,
)
from tests.ledger.office import Office

NOON = datetime(2024, 3, 7, 3, tzinfo=UTC)
STAMP: dict[str, Any] = {"key": uuid4(), "occurred_at": NOON, "actor": "test"}
ID = uuid4()
SLIP = BusinessReference(source="pos", store="1", terminal="2", receipt="3", business_date=date(2024, 3, 7))
ACCRUE = Accrue(**STAMP, account_id=ID, purchase=Money(100), memo="선물", reference=SLIP, expires_on=date(2029, 1, 1))
PAY = Pay(**STAMP, account_id=ID, points=5)
JOIN = Join(**STAMP, member_id=ID, name="a", email="b", phone="c")
DEFINE = DefineProgram(**STAMP, program=Program("P", "a program", 1, earning=EarningRate(1, 100)))


class Store(StrEnum):
    GANGNAM = "강남점"


def test_whole_commands_pass_and_stay_what_they_are() -> None:
    opening = OpenAccount(**STAMP, account_id=ID, program="P", holder=str(ID))
    for command in (ACCRUE, PAY, JOIN, DEFINE, opening, Expire(**STAMP, account_id=ID, as_of=date(2024, 1, 1))):
        assert checked(command) is command
    checked(replace(PAY, store=Store.GANGNAM))


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (replace(PAY, account_id=str(ID)), "account_id"),  # type: ignore[arg-type]
        (replace(PAY, key=str(ID)), "key"),  # type: ignore[arg-type]
        (replace(PAY, points=Decimal(5)), "points"),  # type: ignore[arg-type]
        (replace(PAY, points=5.5), "points"),  # type: ignore[arg-type]
        (replace(PAY, points=True), "points"),
        (replace(PAY, store=5), "store"),  # type: ignore[arg-type]
        (replace(PAY, cash=4_500), "cash"),  # type: ignore[arg-type]
        (replace(PAY, cash=Money("4500")), "cash.amount"),  # type: ignore[arg-type]
        (replace(PAY, memo=b"bytes"), "memo"),
        (replace(PAY, occurred_at="2024-03-07"), "occurred_at"),  # type: ignore[arg-type]
        (replace(PAY, occurred_at=date(2024, 3, 7)), "occurred_at"),  # type: ignore[arg-type]
        (replace(PAY, actor=None), "actor"),  # type: ignore[arg-type]
        (replace(ACCRUE, kind="bought"), "kind"),  # type: ignore[arg-type]
        (replace(ACCRUE, expires_on=NOON), "expires_on"),
        (replace(ACCRUE, reference=str(SLIP)), "reference"),  # type: ignore[arg-type]
        (replace(JOIN, name=1), "name"),
        (replace(JOIN, gender=1), "gender"),
        (replace(DEFINE, program="P"), "program"),  # type: ignore[arg-type]
        (DefineProgram(**STAMP, program=Program("P", "p", "1")), "program.version"),  # type: ignore[arg-type]
        (DefineProgram(**STAMP, program=Program("P", "p", 1, expires_after=60)), "program.expires_after"),  # type: ignore[arg-type]
        (OpenAccount(**STAMP, account_id=ID, program="P", holder="x"), "holder"),
        (Erase(**STAMP, member_id="x", basis="test"), "member_id"),  # type: ignore[arg-type]
        (Expire(**STAMP, account_id=ID, as_of=NOON), "as_of"),
    ],
)
def test_what_an_attribute_cannot_be_is_named_and_not_repeated(command: Any, field: str) -> None:
    with pytest.raises(InvalidCommand) as refused:
        checked(command)

    assert refused.value.field == field


@pytest.mark.parametrize(
    "instant",
    [
        NOON.replace(tzinfo=None),
        datetime.max.replace(tzinfo=timezone(-timedelta(hours=14))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=9))),
    ],
)
def test_what_is_no_instant_is_refused(instant: datetime) -> None:
    with pytest.raises(InvalidTime):
        checked(replace(PAY, occurred_at=instant))
    with pytest.raises(InvalidTime):
        checked(replace(ACCRUE, usable_at=instant))


async def test_the_desk_takes_nothing_of_them(office: Office) -> None:
    _, (account,) = await office.member(100)

    for points in (Decimal(5), 5.5, "5", None):
        with pytest.raises(InvalidCommand):
            await office.do(office.payment(account, points))  # type: ignore[arg-type]
    late = datetime.max.replace(tzinfo=timezone(-timedelta(hours=1)))
    with pytest.raises(InvalidTime):
        await office.do(office.payment(account, 5, occurred_at=late))

    assert await office.available(account) == 100
