"""Versions of rules: each decides what occurred from its day on, and nobody rewrites days gone by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from ledger.calendar import Span
from ledger.errors import InvalidProgram
from ledger.points.commands import DefineProgram
from ledger.points.decide import define_program
from ledger.points.earning_rule import EarningRule, TenderRate
from ledger.points.effective import History
from ledger.points.movements import Money
from ledger.points.program import EarningRate, NoticeStage, Program
from ledger.points.versions import evolve_program
from tests.ledger.points.given import ACTOR, program, seoul, stamp
from tests.ledger.points.given_rules import RuledStory, rule, versions


def defined(history: History[Program] | None, of: Program, at: str) -> History[Program]:
    when = seoul(at)
    command = DefineProgram(key=uuid4(), actor=ACTOR, occurred_at=when, program=of)
    earlier = None if history is None else history.newest
    [event] = define_program(earlier, command, stamp(when))
    return evolve_program(history, event)


def test_a_version_decides_from_the_first_instant_of_its_day_in_the_programs_zone() -> None:
    history = defined(None, program(version=1), "2024-01-01")
    history = defined(history, program(version=2, effective_on=date(2024, 4, 1)), "2024-03-10")

    assert history.at(seoul("2024-03-31", "23:59:59.999999")).version == 1
    assert history.at(seoul("2024-04-01", "00:00")).version == 2


def test_without_a_day_a_version_decides_from_its_definition_and_the_first_one_all_that_was_before() -> None:
    history = defined(None, program(version=1), "2024-01-01")
    history = defined(history, program(version=2), "2024-03-10")

    assert [history.at(seoul(day)).version for day in ("2020-01-01", "2024-03-09", "2024-03-10")] == [1, 1, 2]


def test_a_version_defined_ahead_is_withdrawn_by_a_newer_one_that_begins_no_later() -> None:
    history = defined(None, program(version=1), "2024-01-01")
    history = defined(history, program(version=2, effective_on=date(2024, 6, 1)), "2024-03-10")
    history = defined(history, program(version=3, effective_on=date(2024, 5, 1)), "2024-03-11")

    assert [history.at(seoul(day)).version for day in ("2024-04-30", "2024-05-01", "2024-06-02")] == [1, 3, 3]
    assert (history.newest.version, history.numbered(2).effective_on) == (3, date(2024, 6, 1))


def test_rules_do_not_change_for_days_gone_by() -> None:
    history = defined(None, program(version=1, effective_on=date(2019, 1, 1)), "2024-01-01")

    with pytest.raises(InvalidProgram, match="days gone by"):
        defined(history, program(version=2, effective_on=date(2024, 3, 9)), "2024-03-10")
    assert defined(history, program(version=2, effective_on=date(2024, 3, 10)), "2024-03-10").newest.version == 2


def test_a_backdated_accrual_earns_and_expires_by_the_rules_of_its_day() -> None:
    history = versions(
        ("2024-01-01", program(version=1, earning=EarningRate(1, 100), expires_after=Span(years=1))),
        ("2024-04-01", program(version=2, earning=EarningRate(5, 100), expires_after=Span(years=2))),
    )
    account = RuledStory(history)

    late = account.accrue(None, "2024-03-31", purchase=Money(1_000))
    today = account.accrue(None, "2024-04-01", purchase=late.purchase)

    assert (late.lot.points, late.lot.expires_on, late.rule_version) == (10, date(2025, 3, 31), 1)
    assert (today.lot.points, today.lot.expires_on, today.rule_version) == (50, date(2026, 4, 1), 2)


GOOD = rule()
STAGE = NoticeStage("soon", days=3)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": (GOOD, GOOD)},
        {"rules": (replace(GOOD, code=""),)},
        {"rules": (replace(GOOD, code="\0"),)},
        {"rules": (replace(GOOD, rates=()),)},
        {"rules": (replace(GOOD, rates=(TenderRate("*", 1, 0),)),)},
        {"rules": (replace(GOOD, rates=(TenderRate("*", -1, 1),)),)},
        {"rules": (replace(GOOD, rates=(TenderRate("*", 1, 1), TenderRate("*", 2, 1))),)},
        {"rules": (replace(GOOD, reward=-1),)},
        {"rules": (replace(GOOD, minimum=-1),)},
        {"rules": (replace(GOOD, day_max=0),)},
        {"rules": (replace(GOOD, order_max=True),)},
        {"rules": (replace(GOOD, funder="partner"),)},
        {"rules": (replace(GOOD, own_use="1234567890"),)},
        {"rules": (replace(GOOD, first_day=date(2024, 2, 2), last_day=date(2024, 2, 1)),)},
        {"rules": (replace(GOOD, expires_on=date(2024, 2, 2)),)},
        {"rules": (replace(GOOD, expires_on=date(2024, 2, 2), last_day=date(2024, 2, 3)),)},
        {"rules": (replace(GOOD, expires_after=Span(years=101)),)},
        {"rules": tuple(EarningRule(f"r{number}", GOOD.rates) for number in range(101))},
        {"fixed_expiry_on": date(2023, 12, 31), "effective_on": date(2024, 1, 1)},
        {"expiry_from": "activity", "expires_after": None},
        {"expiry_from": "activity", "fixed_expiry_on": date(2030, 1, 1)},
        {"expiry_notices": (replace(STAGE, months=1),)},
        {"expiry_notices": (replace(STAGE, days=0),)},
        {"expiry_notices": (STAGE, NoticeStage("later", days=5))},
        {"expiry_notices": (STAGE, NoticeStage("soon", days=2))},
        {"expiry_notices": (replace(STAGE, lead_days=31),)},
        {"notice_channels": ()},
        {"notice_channels": ("\n",)},
        {"unnoticed_days": -1},
    ],
    ids=str,
)
def test_a_definition_that_breaks_a_rule_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidProgram):
        defined(None, program(version=1, **wrong), "2024-01-01")


def test_a_definition_with_every_rule_in_use_is_taken() -> None:
    spring = rule("spring", last_day=date(2024, 5, 1), expires_on=date(2024, 5, 1), day_max=5, excluded=("a",))

    defined(None, program(version=1, rules=(GOOD, spring), expiry_notices=(STAGE,), unnoticed_days=30), "2024-01-01")
