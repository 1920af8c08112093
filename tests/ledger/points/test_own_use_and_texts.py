"""Points that may be spent at one place alone, an order of one's own, and texts that the database cannot hold."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import InvalidAmount, InvalidText, InvalidTime
from ledger.points import commands as say
from ledger.points.movements import Money
from tests.ledger.points.given import Story, lots_of, program


@pytest.mark.parametrize("kind", [say.Pay[Sealed], say.Hold])
def test_points_of_ones_own_use_are_spent_there_and_nowhere_else(kind: type[Any]) -> None:
    story = Story()
    own = story.accrue(10, own_use="p-1", expires_on=date(2024, 5, 1))
    free = story.accrue(10)

    assert story.refusal(kind, "2024-04-01", points=11).available == 10
    assert story.refusal(kind, "2024-04-01", points=11, redeemer="p-2").available == 10
    assert lots_of(story.act(kind, "2024-04-01", points=5, redeemer="p-2")[0]) == [(free.id, 5)]
    assert lots_of(story.act(kind, "2024-04-01", points=12, redeemer="p-1")[0]) == [(own.id, 10), (free.id, 2)]


def test_points_of_ones_own_use_buy_no_coupon() -> None:
    story = Story()
    story.accrue(10, own_use="p-1")

    assert story.refusal(say.Exchange[Sealed], "2024-04-01", points=1, coupon="C", coupon_id=uuid4()).available == 0


@pytest.mark.parametrize("kind", [say.Pay[Sealed], say.Hold])
@pytest.mark.parametrize("usual", ["expiring_first", "free_first"])
def test_an_operation_may_have_an_order_of_its_own(kind: type[Any], usual: Any) -> None:
    story = Story(program(spending_order=usual))
    bought = story.accrue(10, kind="paid", expires_on=date(2024, 5, 1))
    free = story.accrue(10, expires_on=date(2024, 6, 1))
    first = {"expiring_first": bought.id, "free_first": free.id}

    for order in (None, "expiring_first", "free_first"):
        (event,) = story.act(kind, "2024-04-01", points=1, order=order)
        assert lots_of(event) == [(first[order or usual], 1)]


@pytest.mark.parametrize(
    ("kind", "content", "texts"),
    [
        (say.Accrue[Sealed], {"points": 1}, ("actor", "funder", "supplier", "own_use")),
        (say.Pay[Sealed], {"points": 1}, ("actor", "store", "redeemer")),
        (say.Hold, {"points": 1}, ("actor", "store", "redeemer")),
        (say.Exchange[Sealed], {"points": 1, "coupon": "C", "coupon_id": uuid4()}, ("actor", "coupon")),
        (say.Adjust[Sealed], {"points": 1, "reason": "test"}, ("actor", "approver", "funder")),
        (say.Charge[Sealed], {"points": 1, "money": Money(1)}, ("actor",)),
        (say.Expire, {"as_of": date(2024, 4, 1)}, ("actor",)),
    ],
)
def test_every_text_of_a_command_is_one_that_the_database_can_hold(
    kind: type[Any], content: dict[str, Any], texts: tuple[str, ...]
) -> None:
    story = Story()
    story.accrue(10)

    for text in texts:
        refused = story.refusal(kind, "2024-04-01", **{**content, text: "a\0b"})
        assert (type(refused), refused.field) == (InvalidText, text)
        assert str(refused) == f"{text}: a text has no U+0000 and no half of a surrogate pair"


@pytest.mark.parametrize("name", ["", "a" * 65, "two\nlines", "\u202e"])
def test_whoever_acts_and_where_has_a_name_of_the_business(name: str) -> None:
    story = Story()
    story.accrue(10)
    words = "is 1 to 64 printable characters"

    for field in ("actor", "store", "redeemer"):
        refused = story.refusal(say.Pay[Sealed], "2024-04-01", points=0, **{field: name})
        assert (type(refused), str(refused)) == (InvalidText, f"{field}: {words}")
    for text in ("a" * 64, "강남역 2호점"):
        story.act(say.Pay[Sealed], "2024-04-01", points=1, store=text, actor=text)


def test_a_name_that_is_none_is_refused_after_the_day_and_before_the_amount() -> None:
    story = Story()

    refused = [
        story.refusal(say.Pay[Sealed], "2024-06-02", points=0, actor=""),  # recorded the day before
        story.refusal(say.Pay[Sealed], "2024-04-01", points=0, actor=""),
        story.refusal(say.Pay[Sealed], "2024-04-01", points=0),
    ]

    assert [type(each) for each in refused] == [InvalidTime, InvalidText, InvalidAmount]


def test_what_is_clawed_back_of_a_promise_keeps_its_terms() -> None:
    story = Story()
    pended = story.accrue(10, pending=True, expires_on=date(2024, 5, 1), funder="p-1")

    (cancelled,) = story.act(say.ClawBack, "2024-04-01", accrual_id=pended.id, points=4)

    (draw,) = cancelled.draws
    assert (draw.lot_id, draw.points, draw.kind, draw.funder, draw.expires_on) == (
        pended.id, 4, "free", "p-1", date(2024, 5, 1)
    )  # fmt: skip
    (confirmed,) = story.act(say.Confirm, "2024-04-01", accrual_id=pended.id)
    assert (confirmed.lot.points, confirmed.lot.expires_on) == (6, date(2024, 5, 1))


def test_a_refund_after_two_parts_of_three_lots_gives_back_the_first_with_its_compensation() -> None:
    story = Story(program(unit_value=3))
    lots = [story.accrue(10, expires_on=date(2024, month, 1)) for month in (5, 6, 7)]
    paid = story.pay(30, redeemer="p-1")

    parts = [story.refund(paid.id, points=points)[0] for points in (12, 11, 7)]

    assert [lots_of(part) for part in parts] == [
        [(lots[2].id, 10), (lots[1].id, 2)],
        [(lots[1].id, 8), (lots[0].id, 3)],
        [(lots[0].id, 7)],
    ]
    compensated = [draw.compensated for part in parts for draw in part.draws]
    assert compensated == [30, 6, 24, 9, 21]
    assert {type(each) for each in compensated} == {int}
