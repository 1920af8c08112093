"""The fold: what it keeps beside points, and histories that cannot have happened."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from ledger.errors import ContradictoryHistory
from ledger.points.evolve import evolve
from ledger.points.lots import Lots
from ledger.points.movements import Money
from ledger.retention import CONTRACT, MEMBERSHIP, PAYMENT, POINT_HISTORY
from tests.ledger.points.given import Story, lot, sealed, seoul


def test_the_version_counts_the_events() -> None:
    story = Story()
    story.accrue(10)
    story.pay(5)

    assert story.state.version == len(story.events) == 3


def test_the_terms_of_every_lot_are_kept_also_when_nothing_is_left_of_it() -> None:
    story = Story()
    accrued = story.accrue(10)
    story.pay(10)

    assert story.state.open_lots == ()
    assert story.state.lots[accrued.id] == accrued.lot


def test_stored_bytes_fold_to_the_same_account() -> None:
    story = Story()
    story.accrue(10, memo=sealed(1), expires_on=date(2024, 4, 1))
    story.accrue(90, purchase=Money(9_000), detail=sealed(2))
    paid = story.pay(50, cash=Money(5))
    story.exchange(5)
    story.refund(paid.id, "2024-05-01")
    story.sweep("2024-06-01")
    story.leave("2024-06-02")

    assert story.refolded() == story.state


@pytest.mark.parametrize(
    ("what", "contract", "payment"),
    [
        ("a gift", None, None),
        ("an accrual for a purchase", date(2029, 3, 7), None),
        ("an accrual with a sealed detail", date(2029, 3, 7), None),
        ("a payment", None, date(2029, 4, 1)),
        ("an exchange", date(2029, 4, 1), None),
        ("a refunded payment", None, date(2029, 4, 2)),
        ("a refunded exchange", date(2029, 4, 2), None),
    ],
)
def test_the_law_keeps_contract_and_payment_records_from_when_they_occurred(
    what: str, contract: date | None, payment: date | None
) -> None:
    story = Story()
    match what:
        case "an accrual for a purchase":
            story.accrue(None, "2024-03-07", purchase=Money(1_000))
        case "an accrual with a sealed detail":
            story.accrue(10, "2024-03-07", detail=sealed(1))
        case _:
            story.accrue(10, "2024-03-07")
    if "payment" in what or "exchange" in what:
        spent = story.pay(5, "2024-04-01") if "payment" in what else story.exchange(5, "2024-04-01")
        if "refunded" in what:
            story.refund(spent.id, "2024-04-02")

    assert (story.state.contract_until, story.state.payment_until) == (contract, payment)


def test_a_record_that_comes_late_shortens_nothing() -> None:
    story = Story()
    story.accrue(10, "2024-03-07", purchase=Money(1))
    story.accrue(10, "2020-03-07", purchase=Money(1))

    assert story.state.contract_until == date(2029, 3, 7)


def test_an_accounts_slots_are_found_by_retention_class() -> None:
    story = Story()

    assert story.state.slots_by_class == {
        MEMBERSHIP.code: story.state.slots.membership,
        CONTRACT.code: story.state.slots.contract,
        PAYMENT.code: story.state.slots.payment,
        POINT_HISTORY.code: story.state.holder.subject_slot if story.state.holder else None,
    }


def test_lots_stand_in_spending_order_however_they_come() -> None:
    lots = [
        lot(sequence=1, expires_on=date(2025, 1, 1), priority=1),
        lot(sequence=2, expires_on=None),
        lot(sequence=3, expires_on=date(2025, 1, 1)),
        lot(sequence=4, expires_on=date(2025, 1, 1), earned_at=seoul("2024-03-06")),
        lot(sequence=5, expires_on=date(2024, 1, 1)),
    ]

    assert [each.sequence for each in Lots.of(lots)] == [5, 4, 3, 2, 1]


def test_histories_that_cannot_have_happened_are_told_from_refusals() -> None:
    story = Story()
    opened = story.events[0]
    accrued = story.accrue(10)
    paid = story.pay(4)
    (refunded,) = story.refund(paid.id)
    stranger = replace(paid.draws[0], lot_id=uuid4())
    too_much = replace(paid.draws[0], points=11)

    impossible = [
        (None, accrued, "before it is opened"),
        (story.state, opened, "opened once"),
        (story.state, paid.model_copy(update={"draws": (stranger,)}), "has none"),
        (story.state, paid.model_copy(update={"draws": (too_much,)}), "than the lot has"),
        (story.state, refunded.model_copy(update={"spending_id": uuid4()}), "never spent"),
        (story.state, refunded.model_copy(update={"draws": (stranger,)}), "never earned"),
    ]
    for state, event, why in impossible:
        with pytest.raises(ContradictoryHistory, match=why) as found:
            evolve(state, event)
        assert found.value.event_id == event.id
