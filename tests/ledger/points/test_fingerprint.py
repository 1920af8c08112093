"""Fingerprints: what makes the content of a command another, what does not, and that stored ones stay true."""

from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from ledger.calendar import SEOUL
from ledger.members.commands import Erase, Join, Leave
from ledger.points.commands import (
    Accrue,
    BusinessReference,
    Command,
    DefineProgram,
    Exchange,
    Expire,
    OpenAccount,
    Pay,
    Refund,
)
from ledger.points.fingerprint import FINGERPRINT_BYTES, fingerprint
from ledger.points.movements import Money
from ledger.points.program import Program

ID = UUID("00000000-0000-4000-8000-000000000001")
AT = datetime(2024, 3, 7, 5, 0, tzinfo=UTC)
COMMON: dict[str, Any] = {"key": ID, "occurred_at": AT, "actor": "till-7"}
ACCOUNT: dict[str, Any] = {**COMMON, "account_id": ID}
REFERENCE = BusinessReference(source="pos", store="s", terminal="t", receipt="1", business_date=date(2024, 3, 7))

# Written once. A fingerprint of this code lies beside every key that was ever used: none may change.
STORED: list[tuple[Command, str]] = [
    (DefineProgram(**COMMON, program=Program("P", "포인트", 1)), "2fbdb38b55d1cfbeb319e3dc0cb2e93c"),
    (OpenAccount(**ACCOUNT, program="P", holder="00000000"), "a30e1879d169897e3324408ef5e30ce1"),
    (Accrue[str](**ACCOUNT, points=10), "b0382958527ca67beb8bac4fafe2b1e4"),
    (
        Accrue[str](
            **ACCOUNT,
            reference=REFERENCE,
            purchase=Money(1_000),
            kind="paid",
            usable_at=AT,
            expires_on=date(2025, 1, 1),
        ),
        "1f1d9f67afe6219a537af5038148fe55",
    ),
    (Pay[str](**ACCOUNT, points=10, cash=Money(5), store="s", redeemer="r"), "a1b7d9c4164a830d00fa09f50f7e8163"),
    (Exchange[str](**ACCOUNT, points=10, coupon="C", coupon_id=ID), "2cd8c49540437304a46511df754bd841"),
    (Refund[str](**ACCOUNT, spending_id=ID), "c45e6ef5bde7e53ff9142016c24045be"),
    (Expire(**ACCOUNT, as_of=date(2024, 3, 7)), "b4723242755b93dd17f8dba2eb46dfe8"),
    (Join(**COMMON, member_id=ID, email="a@b.c", phone="010", name="가"), "324a217dd903cdd55c2a0ee70e65a9b9"),
    (Leave(**COMMON, member_id=ID, confirmed_forfeit=5), "29fd7732b573a122eb1388b2ce74e8c3"),
    (Erase(**COMMON, member_id=ID, basis="개인정보 보호법 제36조"), "45e9735e639fcd8c435eac568d00a2cb"),
]


@pytest.mark.parametrize(("command", "stored"), STORED, ids=[type(command).__name__ for command, _ in STORED])
def test_fingerprints_that_lie_beside_old_keys_stay_true(command: Command, stored: str) -> None:
    assert fingerprint(command).hex() == stored
    assert len(fingerprint(command)) == FINGERPRINT_BYTES


PAY = Pay[str](**ACCOUNT, points=10, memo="선물", detail="서점", reference=REFERENCE)


@pytest.mark.parametrize(
    "change",
    [
        {"points": 11},
        {"store": "s-2"},
        {"cash": Money(1)},
        {"account_id": uuid4()},
        {"actor": "till-8"},
        {"occurred_at": AT.replace(microsecond=1)},
        {"reference": replace(REFERENCE, receipt="2")},
        {"reference": None},
    ],
)
def test_other_content_has_another_fingerprint(change: dict[str, Any]) -> None:
    assert fingerprint(replace(PAY, **change)) != fingerprint(PAY)


def test_the_key_and_personal_texts_are_no_content() -> None:
    assert fingerprint(replace(PAY, key=uuid4(), memo=None, detail="다른 곳", instrument="1234")) == fingerprint(PAY)


def test_one_instant_in_two_zones_is_one_content() -> None:
    assert fingerprint(replace(PAY, occurred_at=AT.astimezone(SEOUL))) == fingerprint(PAY)


def test_two_kinds_of_command_with_equal_attributes_differ() -> None:
    assert fingerprint(Leave(**COMMON, member_id=ID)) != fingerprint(Erase(**COMMON, member_id=ID, basis=""))


@pytest.mark.parametrize("kind", [type(command) for command, _ in STORED])
def test_an_attribute_that_may_be_none_has_no_other_default_than_none(kind: type[Any]) -> None:
    """None says nothing in a fingerprint, so it may not differ from leaving the attribute out."""
    for each in fields(kind):
        if "None" in str(each.type):
            assert each.default is None, each.name
