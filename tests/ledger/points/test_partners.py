"""Partners: their business numbers, their contracts, and who may fund or redeem points on which day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto_shredding import Sealed
from ledger.errors import InsufficientPoints, InvalidAmount, InvalidTime
from ledger.points.commands import (
    Accrue,
    Adjust,
    BusinessReference,
    Capture,
    DefinePartner,
    Hold,
    Pay,
    RedeemCoupon,
    Release,
)
from ledger.points.decide import define_partner
from ledger.points.effective import History
from ledger.points.errors import CancelAtPsp, InvalidPartner, NoContract, UnknownPartner, UnknownStore
from ledger.points.partner import Partner, Store, is_business_number
from ledger.points.partnering import refuse_strangers, with_rules_in_contract
from ledger.points.program import Program
from ledger.points.versions import evolve_partner
from tests.ledger.points.given import ACTOR, PROGRAM, Story, program, seoul, stamp
from tests.ledger.points.given_rules import RuledStory, line, order, rule, versions

NUMBER = "1111111119"
OTHER = "2222222227"
STORES = (Store("s-1", ("t-1", "t-2")), Store("s-2"))
SHOP = Partner(NUMBER, "동네서점", 1, date(2024, 1, 1), date(2024, 12, 31), fee=150, stores=STORES)


def defined(history: History[Partner] | None, of: Partner, at: str = "2024-01-01") -> History[Partner]:
    when = seoul(at)
    command = DefinePartner(key=uuid4(), actor=ACTOR, occurred_at=when, partner=of)
    [event] = define_partner(None if history is None else history.newest, command, stamp(when))
    return evolve_partner(history, event)


PARTNERS: Mapping[str, History[Partner]] = {NUMBER: defined(None, SHOP)}


def command(kind: Any, at: str = "2024-06-01", **content: Any) -> Any:
    return kind(key=uuid4(), actor=ACTOR, account_id=uuid4(), occurred_at=seoul(at), **content)


def reference(store: str, terminal: str) -> BusinessReference:
    day = date(2024, 6, 1)
    return BusinessReference(source="pos", store=store, terminal=terminal, receipt="1", business_date=day)


@pytest.mark.parametrize("number", [NUMBER, OTHER, "1234567891", "0000000000"])
def test_a_business_number_with_the_right_check_digit_is_one(number: str) -> None:
    assert is_business_number(number)


ARABIC = "".join(chr(0x660 + int(digit)) for digit in NUMBER)


@pytest.mark.parametrize("number", ["1111111118", "111111119", "11111111190", "111-11-111", ARABIC, "operator", ""])
def test_anything_else_is_none(number: str) -> None:
    assert not is_business_number(number)


@given(st.integers(0, 10**9 - 1), st.integers(0, 9), st.integers(1, 9))
def test_a_single_wrong_digit_is_found(nine: int, place: int, off: int) -> None:
    [right] = [f"{nine:09}{check}" for check in range(10) if is_business_number(f"{nine:09}{check}")]
    wrong = right[:place] + str((int(right[place]) + off) % 10) + right[place + 1 :]

    # Also in the ninth place: five times a digit would miss every even mistake, were the tens not added.
    assert not is_business_number(wrong)


def test_whoever_funds_points_is_a_partner_with_a_contract_on_the_day() -> None:
    for day in ("2024-01-01", "2024-12-31"):
        refuse_strangers(command(Accrue[Sealed], day, points=1, funder=NUMBER, own_use=NUMBER), PROGRAM, PARTNERS)
    refuse_strangers(command(Accrue[Sealed], "2030-01-01", points=1), PROGRAM, {})
    for day in ("2023-12-31", "2025-01-01"):
        with pytest.raises(NoContract):
            refuse_strangers(command(Accrue[Sealed], day, points=1, funder=NUMBER), PROGRAM, PARTNERS)
    for terms in ({"funder": OTHER}, {"own_use": OTHER}):
        with pytest.raises(UnknownPartner):
            refuse_strangers(command(Accrue[Sealed], points=1, **terms), PROGRAM, PARTNERS)


def test_the_contract_is_that_of_the_version_in_force_on_the_day() -> None:
    longer = replace(SHOP, version=2, contract_until=None, effective_on=date(2024, 7, 1))
    partners = {NUMBER: defined(PARTNERS[NUMBER], longer, "2024-06-01")}

    refuse_strangers(command(Accrue[Sealed], "2025-01-01", points=1, funder=NUMBER), PROGRAM, partners)


def test_an_adjustment_may_be_of_a_contract_that_has_ended_but_not_of_a_stranger() -> None:
    refuse_strangers(
        command(Adjust[Sealed], "2026-01-01", points=5, reason="r", funder=NUMBER), PROGRAM, PARTNERS
    )
    with pytest.raises(UnknownPartner):
        refuse_strangers(command(Adjust[Sealed], points=5, reason="r", funder=OTHER), PROGRAM, PARTNERS)


def test_a_redeemer_that_is_a_partner_redeems_under_contract_at_a_till_of_its_own() -> None:
    def takes(kind: Any, day: str = "2024-06-01", redeemer: str = NUMBER, **content: Any) -> None:
        refuse_strangers(command(kind, day, redeemer=redeemer, **content), PROGRAM, PARTNERS)

    for kind, what in ((Pay[Sealed], {"points": 1}), (Hold, {"points": 1}), (RedeemCoupon, {"spending_id": uuid4()})):
        takes(kind, **what, store="s-1", reference=reference("s-1", "t-2"))
        takes(kind, **what, store="s-2", reference=reference("s-2", "any"))
        takes(kind, **what, redeemer=OTHER, store="elsewhere")
        takes(kind, **what)
        with pytest.raises(NoContract):
            takes(kind, "2025-01-01", **what, store="nowhere")
        with pytest.raises(UnknownStore):
            takes(kind, **what, store="s-3")
        with pytest.raises(UnknownStore) as unknown:
            takes(kind, **what, store="s-1", reference=reference("s-1", "t-3"))
        assert unknown.value.terminal == "t-3"


def test_a_partner_that_lists_no_stores_redeems_anywhere() -> None:
    partners = {NUMBER: defined(None, replace(SHOP, stores=()))}

    refuse_strangers(command(Pay[Sealed], points=1, redeemer=NUMBER, store="anywhere"), PROGRAM, partners)


def test_a_rule_whose_partner_has_no_contract_on_the_day_earns_nothing() -> None:
    ours, theirs, strangers = rule(), rule("theirs", funder=NUMBER), rule("strangers", funder=OTHER)
    with_rules = program(rules=(ours, theirs, strangers))

    def running(of: Program, day: str) -> list[str]:
        rules = with_rules_in_contract(of, seoul(day), PARTNERS).rules
        return [each.code for each in rules if each.runs_on(date.fromisoformat(day))]

    assert running(with_rules, "2024-06-01") == ["base", "theirs"]
    assert running(with_rules, "2025-06-01") == ["base"]


def test_a_program_whose_every_rule_has_lost_its_partner_does_not_fall_back_to_its_plain_rate() -> None:
    without_partner = with_rules_in_contract(
        program(version=1, rules=(rule("theirs", funder=NUMBER),)), seoul("2025-06-01"), PARTNERS
    )

    with pytest.raises(InvalidAmount):
        RuledStory(versions(("2024-01-01", without_partner))).buy(order(line(card=1_000)), "2025-06-01")


def test_a_partners_own_points_are_spent_there_alone() -> None:
    story = Story()
    story.accrue(100, own_use=NUMBER)

    for elsewhere in (None, OTHER):
        with pytest.raises(InsufficientPoints):
            story.pay(1, redeemer=elsewhere)
    assert story.pay(100, redeemer=NUMBER).points == 100


def test_a_late_capture_draws_no_points_of_another_partners() -> None:
    story = Story()
    story.accrue(100)
    held = story.do(story.command(Hold, seoul("2024-04-01"), points=100, redeemer=OTHER))[0]
    story.do(story.command(Release, seoul("2024-04-02"), hold_id=held.id))
    story.pay(100, "2024-04-03")
    story.accrue(100, "2024-04-04", own_use=NUMBER)

    with pytest.raises(CancelAtPsp):
        story.do(story.command(Capture[Sealed], seoul("2024-04-05"), hold_id=held.id))


@pytest.mark.parametrize(
    "wrong",
    [
        {"business_number": "1111111118"},
        {"name": ""},
        {"name": "\0"},
        {"contract_until": date(2023, 12, 31)},
        {"fee": 10_001},
        {"fee": -1},
        {"stores": (Store("s"), Store("s"))},
        {"stores": (Store(""),)},
        {"stores": (Store("s", ("\n",)),)},
        {"version": 2},
        {"version": True},
    ],
    ids=str,
)
def test_a_definition_that_breaks_a_rule_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidPartner):
        defined(None, replace(SHOP, **wrong))


def test_terms_change_from_today_on_version_by_version() -> None:
    history = PARTNERS[NUMBER]

    with pytest.raises(InvalidPartner, match="days gone by"):
        defined(history, replace(SHOP, version=2, effective_on=date(2024, 2, 29)), "2024-03-01")
    with pytest.raises(InvalidPartner, match="next version is 2"):
        defined(history, replace(SHOP, version=3), "2024-03-01")
    ahead = DefinePartner(key=uuid4(), actor=ACTOR, occurred_at=seoul("2024-01-02"), partner=SHOP)
    with pytest.raises(InvalidTime):
        define_partner(None, ahead, stamp(seoul("2024-01-01")))
