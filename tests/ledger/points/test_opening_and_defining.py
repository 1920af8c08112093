"""Opening an account, and defining the program that it is in."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.calendar import Span
from ledger.errors import AccountExists, InvalidProgram, InvalidText, InvalidTime
from ledger.points.commands import DefineProgram, OpenAccount
from ledger.points.decide import define_program, open_account
from ledger.points.events import AccountOpened
from ledger.points.limits import CLOCK_SKEW_MAX
from ledger.points.program import EarningRate, Program
from tests.ledger.points.given import ACTOR, PROGRAM, SLOTS, Story, sealed, seoul, stamp

NOW = seoul("2024-03-07")


def test_an_account_has_slots_of_its_own_and_its_holder_sealed() -> None:
    story = Story()

    opened = story.events[0]

    assert isinstance(opened, AccountOpened)
    assert (opened.account_id, opened.program) == (story.account_id, PROGRAM.code)
    assert (opened.membership_slot, opened.contract_slot, opened.payment_slot) == (11, 12, 13)
    assert opened.holder == story.state.holder == sealed(9)
    assert (story.state.status, story.state.version) == ("active", 1)


def test_an_account_is_opened_once_and_not_in_the_future() -> None:
    story = Story()
    future = NOW + CLOCK_SKEW_MAX + timedelta(microseconds=1)
    command = story.command(OpenAccount[Sealed], future, program=PROGRAM.code, holder=sealed(1))

    with pytest.raises(AccountExists):
        open_account(story.state, command, PROGRAM, stamp(NOW), SLOTS)
    with pytest.raises(InvalidTime):
        open_account(None, command, PROGRAM, stamp(NOW), SLOTS)


def define(program: Program, earlier: Program | None = None) -> Program:
    command = DefineProgram(key=uuid4(), occurred_at=NOW, actor=ACTOR, program=program)
    (event,) = define_program(earlier, command, stamp(NOW))
    assert event.rule_version == program.version
    return event.program


def test_a_program_is_defined_version_by_version() -> None:
    first = define(replace(PROGRAM, version=1))
    second = define(replace(first, version=2, minimum_use=1_000), first)

    assert second.minimum_use == 1_000
    with pytest.raises(InvalidProgram, match="next version is 2"):
        define(replace(first, version=3), first)
    with pytest.raises(InvalidProgram, match="next version is 1"):
        define(second)


@pytest.mark.parametrize(("rule", "value"), [("zone", "UTC"), ("currency", "USD"), ("code", "OTHER")])
def test_code_currency_and_zone_stay_for_the_life_of_a_program(rule: str, value: str) -> None:
    first = replace(PROGRAM, version=1)
    changed: dict[str, Any] = {"version": 2, rule: value}

    with pytest.raises(InvalidProgram):
        define(replace(first, **changed), first)


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("code", ""),
        ("code", "X" * 65),
        ("version", 2**31),
        ("version", True),
        ("unit_value", 0),
        ("unit_value", 1_000_001),
        ("unit_value", 2**63),
        ("unit_value", 1.5),
        ("earning", EarningRate(-1, 100)),
        ("earning", EarningRate(10**9 + 1, 100)),
        ("earning", EarningRate(1, 10**15 + 1)),
        ("earning", EarningRate(1, 0)),
        ("minimum_use", 0),
        ("unit_of_use", 0),
        ("minimum_use", 2**70),
        ("unit_of_use", 2**70),
        ("expires_after", Span(years=101)),
        ("expires_after", Span(months=1_201)),
        ("expires_after", Span(days=2**70)),
        ("refund_grace_days", -1),
        ("refund_grace_days", 3_661),
        ("currency", "won"),
        ("zone", "Asia/Nowhere"),
    ],
)
def test_rules_that_contradict_themselves_are_refused(rule: str, value: object) -> None:
    wrong: dict[str, Any] = {"version": 1, rule: value}

    with pytest.raises(InvalidProgram):
        define(replace(PROGRAM, **wrong))


def test_a_definition_of_the_future_is_refused_first() -> None:
    future = NOW + CLOCK_SKEW_MAX + timedelta(microseconds=1)
    command = DefineProgram(key=uuid4(), occurred_at=future, actor=ACTOR, program=replace(PROGRAM, code=""))

    with pytest.raises(InvalidTime):
        define_program(None, command, stamp(NOW))


@pytest.mark.parametrize("text", ["a\0b", "half \ud83d", "\udfff"])
@pytest.mark.parametrize("field", ["code", "name"])
def test_a_program_has_no_text_that_the_database_cannot_hold(field: str, text: str) -> None:
    wrong: dict[str, Any] = {"version": 1, field: text, "unit_value": 0}

    with pytest.raises(InvalidText) as refused:
        define(replace(PROGRAM, **wrong))

    assert refused.value.field == field
    assert text not in str(refused.value)
