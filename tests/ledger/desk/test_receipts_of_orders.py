"""A command that makes several lots, or takes several back, has one receipt that tells all of them."""

from __future__ import annotations

from ledger import Accrue, ClawBack, DefineProgram, Program
from ledger.points.earning_rule import EarningRule, TenderRate
from ledger.points.order import Order, OrderLine, Tender
from ledger.points.receipt import Shortfall
from tests.ledger.office import PROGRAM, Office

RULES = tuple(EarningRule(code, (TenderRate("card", points, 100),)) for code, points in (("base", 1), ("spring", 5)))
ORDER = Order((OrderLine("coffee", (Tender("card", 10_000),)),))


async def test_an_order_s_receipt_tells_the_points_of_all_its_lots_and_what_a_clawback_of_it_did_not_find(
    office: Office,
) -> None:
    program = Program(PROGRAM, "a program", 2, clawback_policy="offset_refund", rules=RULES)
    await office.do(DefineProgram(**office.stamp(), program=program))
    _, (account,) = await office.member(0)

    earned = await office.do(Accrue(account_id=account, order=ORDER, **office.stamp()))
    await office.do(office.payment(account, 550))
    taken = await office.do(ClawBack(account_id=account, accrual_id=earned.receipt_id, **office.stamp()))

    assert (earned.points, len(earned.event_ids)) == (600, 2)
    assert (taken.points, taken.shortfall) == (50, Shortfall("offset", 550))
