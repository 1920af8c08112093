"""Rules through the desk: versions by the day of a command, partners, orders, and what other processes know of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from ledger import (
    ANY_TENDER,
    Accrue,
    DefinePartner,
    DefineProgram,
    EarningRule,
    InvalidCommand,
    KeyReused,
    NoContract,
    Order,
    OrderLine,
    Partner,
    Program,
    Reprice,
    Store,
    Tender,
    TenderRate,
    UnknownPartner,
    UnknownStore,
)
from ledger.desk import definitions
from ledger.event import decode
from tests.ledger.office import MORNING, PROGRAM, Office

NUMBER = "1111111119"
SHOP = Partner(NUMBER, "동네서점", 1, date(2024, 1, 1), date(2024, 12, 31), stores=(Store("s-1", ("t-1",)),))
RATE = (TenderRate(ANY_TENDER, 1, 100),)
RULES = (EarningRule("base", RATE), EarningRule("theirs", RATE, funder=NUMBER))


async def defined(office: Office, version: int, **rules: Any) -> None:
    await office.do(DefineProgram(**office.stamp(), program=Program(PROGRAM, "a program", version, **rules)))


async def registered(office: Office, partner: Partner = SHOP) -> None:
    await office.do(DefinePartner(**office.stamp(), partner=partner))


def bought(office: Office, account: Any, *card: int, **given: Any) -> Accrue[str]:
    lines = tuple(OrderLine("book", (Tender("card", each),)) for each in card)
    return Accrue(account_id=account, order=Order(lines), **office.stamp(**given))


async def events(office: Office, account: Any) -> list[Any]:
    rows, _ = await office.ledger.reader.read([(account, 0)])
    return [decode(row.topic, row.state) for row in rows]


async def test_a_command_is_decided_by_the_version_of_its_day_however_late_it_comes(office: Office) -> None:
    _, (account,) = await office.member(0)
    better = EarningRule("base", (TenderRate(ANY_TENDER, 5, 100),))
    await defined(office, 2, rules=(better,), effective_on=date(2024, 4, 1))
    office.now = MORNING + timedelta(days=60)

    for at in (MORNING, office.now):
        await office.do(bought(office, account, 1_000, occurred_at=at))

    accruals = (await events(office, account))[1:]
    assert [(each.lot.points, each.rule_version) for each in accruals] == [(10, 1), (50, 2)]


async def test_an_order_is_earned_and_priced_again_after_the_rules_have_changed(office: Office) -> None:
    await registered(office)
    await defined(office, 2, rules=RULES)
    _, (account,) = await office.member(0)
    receipt = await office.do(bought(office, account, 1_000, 500))
    await defined(office, 3, rules=(EarningRule("base", (TenderRate(ANY_TENDER, 9, 100),)),))
    left = Order((OrderLine("book", (Tender("card", 500),)),))
    command = Reprice(account_id=account, accrual_id=receipt.receipt_id, remains=left, **office.stamp())

    first, again = await office.do(command), await office.do(command)

    assert (receipt.balance.available if receipt.balance else None, len(receipt.event_ids)) == (30, 2)
    assert await office.available(account) == 10
    assert (again, again.repeated) == (first, True)
    with pytest.raises(KeyReused):
        await office.do(replace(command, remains=Order(())))


async def test_a_rule_of_a_partner_earns_while_its_contract_lasts(office: Office) -> None:
    await registered(office)
    await defined(office, 2, rules=RULES)
    _, (account,) = await office.member(0)
    office.now = MORNING.replace(year=2025)

    last = await office.do(bought(office, account, 1_000, occurred_at=MORNING.replace(month=12, day=31, hour=14)))
    after = await office.do(bought(office, account, 1_000, occurred_at=MORNING.replace(month=12, day=31, hour=15)))

    assert [len(each.event_ids) for each in (last, after)] == [2, 1]


async def test_strangers_and_ended_contracts_are_refused_and_leave_no_trace(office: Office) -> None:
    await registered(office)
    _, (account,) = await office.member(100)
    before = await events(office, account)

    with pytest.raises(UnknownPartner):
        await office.do(office.accrual(account, 5, funder="2222222227"))
    with pytest.raises(NoContract):
        await office.do(office.accrual(account, 5, funder=NUMBER, occurred_at=MORNING.replace(year=2023)))
    with pytest.raises(UnknownStore):
        await office.do(office.payment(account, 5, redeemer=NUMBER, store="s-2"))
    assert await events(office, account) == before
    await office.do(office.payment(account, 5, redeemer=NUMBER, store="s-1"))
    await office.do(office.accrual(account, 5, funder=NUMBER))


async def test_a_partner_and_its_next_terms_reach_other_processes(
    office: Office, other: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (account,) = await office.member(100)
    await other.do(other.payment(account, 1))

    await registered(office)
    await other.do(other.accrual(account, 5, funder=NUMBER))  # a number that is not known is looked up at once

    await registered(office, replace(SHOP, version=2, contract_until=date(2024, 3, 6)))
    monkeypatch.setattr(definitions, "LOOK_SECONDS", 0.0)
    for desk in (office, other):
        with pytest.raises(NoContract):
            await desk.do(desk.accrual(account, 5, funder=NUMBER))


async def test_definitions_are_read_once_and_then_only_what_is_new(office: Office, other: Office) -> None:
    for version in (2, 3, 4):
        await defined(office, version)
    await other.ledger.programs.reload()
    await other.ledger.programs.reload()

    history = await other.ledger.programs.history(PROGRAM)

    assert [each.number for each in history.versions] == [1, 2, 3, 4]
    assert history == await office.ledger.programs.history(PROGRAM)


async def test_what_an_order_is_made_of_is_looked_at_like_any_attribute(office: Office) -> None:
    _, (account,) = await office.member(0)

    for wrong in (
        Order(({"category": "book"},)),  # type: ignore[arg-type]
        Order((OrderLine("book", (Tender("card", 10.0),)),)),  # type: ignore[arg-type]
        Order([OrderLine("book", (Tender("card", 10),))]),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidCommand):
            await office.do(Accrue(account_id=account, order=wrong, **office.stamp()))
