"""Whatever is decided, its events say who, when, by which rules and for which receipt; and fold as they say."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from crypto_shredding import Sealed
from ledger.points import commands as say
from ledger.points.conservation import EFFECTS, movements, owed_by, points_of
from ledger.points.decide import decide, transfer
from ledger.points.movements import Money
from ledger.points.stamp import Stamp, first_event_id
from tests.ledger.points.given import ACTOR, Story, program, sealed, seoul, stamp

RECEIPT = say.BusinessReference(source="pos", store="s", terminal="t", receipt="1", business_date=date(2024, 4, 1))
NOW = seoul("2024-04-12")


def busy() -> tuple[Story, list[tuple[type[Any], dict[str, Any]]]]:
    """An account for which every verb has something to do, and the commands."""
    story = Story(program(version=9))
    accrued, pended = story.accrue(500), story.accrue(5, pending=True)
    story.accrue(100, expires_on=date(2024, 4, 1), priority=9)
    (charged,) = story.act(say.Charge[Sealed], "2024-03-08", points=100, money=Money(100))
    paid = story.pay(10, cash=Money(3))
    used, old = story.exchange(10), story.exchange(10, expires_on=date(2024, 4, 1))
    one, two, _ = (story.act(say.Hold, "2024-04-01", points=10)[0] for _ in range(3))
    assert charged.id != old.id
    return story, [
        (say.Accrue[Sealed], {"points": 1}),
        (say.Accrue[Sealed], {"points": 1, "pending": True}),
        (say.Confirm, {"accrual_id": pended.id}),
        (say.ClawBack, {"accrual_id": accrued.id, "points": 1}),
        (say.Charge[Sealed], {"points": 1, "money": Money(1), "bonus": 1}),
        (say.Adjust[Sealed], {"points": 1, "reason": "test"}),
        (say.Adjust[Sealed], {"points": -1, "reason": "test"}),
        (say.Pay[Sealed], {"points": 1}),
        (say.Exchange[Sealed], {"points": 1, "coupon": "C", "coupon_id": uuid4()}),
        (say.Refund[Sealed], {"spending_id": paid.id}),
        (say.Hold, {"points": 1}),
        (say.Authorise, {"hold_id": one.id}),
        (say.Capture[Sealed], {"hold_id": two.id, "points": 5}),
        (say.Release, {"hold_id": one.id}),
        (say.TimeOutHolds, {}),
        (say.Void, {"voided_key": uuid4()}),
        (say.CashOut[Sealed], {"points": 1}),
        (say.RedeemCoupon, {"spending_id": used.id}),
        (say.ExpireCoupons, {"as_of": date(2024, 4, 12)}),
        (say.Expire, {"as_of": date(2024, 4, 12)}),
        (say.Suspend, {"reason": "test"}),
        (say.Freeze, {"reason": "test"}),
        (say.Reinstate, {"reason": "test"}),
    ]


def test_every_event_says_who_when_by_which_rules_and_for_which_receipt() -> None:
    story, commands = busy()
    at = seoul("2024-04-12") - timedelta(seconds=30)

    for kind, content in commands:
        command: Any = story.command(kind, at, reference=RECEIPT, **content)
        given = stamp(NOW, command)
        events = decide(story.account, command, story.program, given)
        assert events, kind
        for number, event in enumerate(events):
            assert event.id == given.event_ids[number]
            assert (event.actor, event.rule_version, event.reference) == (ACTOR, 9, str(RECEIPT))
            assert (event.occurred_at, event.recorded_at) == (at, NOW)
        story.append(events)
    assert events[0].id == first_event_id(story.account_id, command.key)


def test_both_sides_of_a_transfer_say_so() -> None:
    giver, taker = Story(program(version=9)), Story(program(version=9))
    giver.accrue(10)
    command = giver.command(
        say.Transfer[Sealed], seoul("2024-04-01"), to_account_id=taker.account_id, points=4, reference=RECEIPT
    )
    stamps = Stamp((UUID(int=1),), NOW), Stamp((UUID(int=2),), NOW + timedelta(seconds=1))

    (sent,), (received,) = transfer(giver.state, taker.state, command, giver.program, stamps)

    assert (sent.id, received.id) == (UUID(int=1), UUID(int=2))
    assert (sent.recorded_at, received.recorded_at) == (NOW, NOW + timedelta(seconds=1))
    assert (sent.actor, received.actor, sent.rule_version, received.rule_version) == (ACTOR, ACTOR, 9, 9)
    assert (sent.reference, received.reference) == (str(RECEIPT), None)  # one receipt counts once an account


def test_a_late_capture_carries_all_that_a_payment_does() -> None:
    story = Story(program(spending_order="free_first", unit_value=3))
    bought = story.accrue(10, kind="paid", expires_on=date(2024, 5, 1))
    story.accrue(10, expires_on=date(2024, 6, 1))
    (held,) = story.act(say.Hold, "2024-04-01", points=8, store="s-1", redeemer="p-1", cash=Money(5))
    story.act(say.Release, "2024-04-01", hold_id=held.id)
    story.act(say.Suspend, "2024-04-01", reason="lost")  # what had begun is finished

    (paid,) = story.act(
        say.Capture[Sealed], "2024-04-02", hold_id=held.id, cash=Money(6), memo=sealed(1), detail=sealed(2),
        instrument=sealed(3),
    )  # fmt: skip

    assert (paid.store, paid.cash, paid.memo, paid.detail, paid.instrument) == (
        "s-1", Money(6), sealed(1), sealed(2), sealed(3)
    )  # fmt: skip
    assert [(each.kind, each.redeemer, each.compensated) for each in paid.draws] == [("free", "p-1", 24)]
    assert story.points_by_lot()[bought.id] == 10


def test_a_captured_hold_is_a_payment_with_its_cash() -> None:
    story = Story()
    story.accrue(10)
    (held,) = story.act(say.Hold, "2024-04-01", points=8, cash=Money(5), redeemer="p-1")
    paid, released = story.act(say.Capture[Sealed], "2024-04-01", hold_id=held.id, points=5)

    assert {each.redeemer for each in (*paid.draws, *released.draws)} == {"p-1"}
    assert all(type(each.compensated) is int for each in (*paid.draws, *released.draws))
    spending = story.state.spendings[paid.id]
    assert (spending.cash, spending.is_payment, spending.points) == (Money(5), True, 5)
    (refunded,) = story.refund(paid.id)
    assert refunded.cash == Money(5)
    assert story.state.payment_at == refunded.occurred_at


def test_movements_add_up_for_every_kind_of_event() -> None:
    story, commands = busy()
    taker = Story(program(version=9))
    brief = story.accrue(50)
    spent = story.pay(300, "2024-04-02")
    for kind, content in commands:
        story.act(kind, NOW, **content)
    story.act(say.ClawBack, NOW, accrual_id=brief.id)
    story.act(say.ClawBack, NOW, accrual_id=story.events[1].id)
    story.refund(spent.id, "2024-04-13")
    gift: Any = story.command(say.Transfer[Sealed], seoul("2024-04-13"), to_account_id=taker.account_id, points=20)
    stamps = stamp(gift.occurred_at, gift), stamp(gift.occurred_at)
    sent, received = transfer(story.state, taker.state, gift, story.program, stamps)
    story.append(sent)
    taker.append(received)

    for each in (story, taker):
        lots: dict[UUID, int] = {}
        for event in each.events:
            moved = movements(event)
            assert sum(points for _, points in moved) == points_of(event)
            assert bool(moved) == (EFFECTS[type(event)].lots != 0 or type(event).__name__ == "ClawbackReturned")
            for lot_id, points in moved:
                lots[lot_id] = lots.get(lot_id, 0) + points
        assert {lot_id: points for lot_id, points in lots.items() if points} == each.points_by_lot()
        assert sum(map(owed_by, each.events)) == each.state.deficit
    assert {"ClawbackReturned", "DeficitRepaid"} & {type(event).__name__ for event in story.events}


def test_a_clawback_returned_moves_from_its_lot_to_the_others() -> None:
    story = Story()
    accrued = story.accrue(10, expires_on=date(2024, 5, 1))
    paid = story.pay(10)
    other = story.accrue(10)
    story.act(say.ClawBack, "2024-04-02", accrual_id=accrued.id)

    _, returned = story.refund(paid.id)

    assert movements(returned) == ((accrued.id, -10), (other.id, +10))
    assert points_of(returned) == 0


@pytest.mark.parametrize("points", [1, 2, 3])
def test_free_points_are_given_away_first_where_the_program_says_so(points: int) -> None:
    giver, taker = Story(program(spending_order="free_first")), Story(program(spending_order="free_first"))
    giver.accrue(2, kind="paid", expires_on=date(2024, 5, 1))
    free = giver.accrue(2, expires_on=date(2024, 6, 1))
    command = giver.command(say.Transfer[Sealed], seoul("2024-04-01"), to_account_id=taker.account_id, points=points)
    stamps = stamp(command.occurred_at, command), stamp(command.occurred_at)

    (sent,), _ = transfer(giver.state, taker.state, command, giver.program, stamps)

    assert sent.draws[0].lot_id == free.id  # type: ignore[union-attr]
