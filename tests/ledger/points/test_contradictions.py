"""A log that says what cannot have happened is told from a refusal, by the event that says so."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.errors import ContradictoryHistory
from ledger.points import commands as say
from ledger.points.evolve import evolve
from tests.ledger.points.given import Story, program


def history() -> dict[str, tuple[Any, Any]]:
    """Events of every kind that refers to another, each with the account that it happened to."""
    found: dict[str, tuple[Any, Any]] = {}

    def note(story: Story, before: Any, events: tuple[Any, ...]) -> tuple[Any, ...]:
        for event in events:
            found.setdefault(type(event).__name__, (before, event))
            before = evolve(before, event)
        return events

    story = Story(program())

    def act(kind: type[Any], at: str = "2024-04-02", **content: Any) -> tuple[Any, ...]:
        return note(story, story.account, story.act(kind, at, **content))

    pended, other = story.accrue(9, pending=True), story.accrue(9, pending=True)
    act(say.ClawBack, accrual_id=other.id, points=4)
    act(say.Confirm, accrual_id=pended.id)
    accrued = story.accrue(50, expires_on=date(2024, 5, 1))
    paid = story.pay(40)
    (held,) = act(say.Hold, points=4)
    act(say.Authorise, hold_id=held.id)
    act(say.Capture[Sealed], hold_id=held.id, points=3)
    act(say.ClawBack, accrual_id=accrued.id)
    note(story, story.account, story.refund(paid.id))
    used, ended = story.exchange(1, "2024-04-03"), None
    lot = story.accrue(9)
    used = story.exchange(1, "2024-04-03", expires_on=date(2024, 4, 4))
    ended = story.exchange(1, "2024-04-03", expires_on=date(2024, 4, 4))
    act(say.RedeemCoupon, "2024-04-03", spending_id=used.id)
    act(say.ExpireCoupons, "2024-04-05", as_of=date(2024, 4, 5))
    (let_go,) = act(say.Hold, "2024-04-05", points=2)
    act(say.Release, "2024-04-05", hold_id=let_go.id)
    before = story.account
    (late,) = story.act(say.Capture[Sealed], "2024-04-06", hold_id=let_go.id)
    found["late"] = (before, late)
    assert ended.id != lot.id
    rich = Story(program())
    rich.accrue(5, kind="paid")
    before_leaving = rich.account
    rich.leave("2024-04-02")
    claimed = rich.events[-2]
    found["RefundClaimed"] = (before_leaving, claimed)
    before = rich.account
    (settled,) = rich.act(say.SettleClaim[Sealed], "2024-04-03", claim_id=claimed.id)
    found["ClaimSettled"] = (before, settled)
    return found


def changed(event: Any, **fields: Any) -> Any:
    return event.model_copy(update=fields)


def larger(event: Any) -> Any:
    """The same with one point more than there can be."""
    first, *rest = event.draws
    return changed(event, points=event.points + 999, draws=(replace(first, points=first.points + 999), *rest))


CASES: dict[str, tuple[str, Any, str]] = {
    "confirmed twice": ("AccrualConfirmed", lambda event: changed(event, lot=replace(event.lot, lot_id=uuid4())),
                        "it confirms an accrual that is not pending"),
    "cancelled too much": ("AccrualCancelled", larger, "it cancels more than is pending"),
    "cancelled of nobody": (
        "AccrualCancelled",
        lambda event: changed(event, draws=(replace(event.draws[0], lot_id=uuid4()),)),
        "it cancels more than is pending",
    ),
    "authorised no hold": ("HoldAuthorising", lambda event: changed(event, hold_id=uuid4()), "its hold is not open"),
    "captured no hold": ("HoldCaptured", lambda event: changed(event, hold_id=uuid4()), "its hold is not open"),
    "captured too much": ("HoldCaptured", larger, "it captures more than was held"),
    "released no hold": ("HoldReleased", lambda event: changed(event, hold_id=uuid4()),
                         "it releases a hold that was never placed"),
    "clawed back of nobody": ("PointsClawedBack", lambda event: changed(event, accrual_id=uuid4()),
                              "it claws back what was never earned"),
    "repaid too much": (
        "DeficitRepaid",
        lambda event: changed(event, repaid=(replace(event.repaid[0], points=9_999),)),
        "it repays more than is owed",
    ),
    "repaid nobody": (
        "DeficitRepaid",
        lambda event: changed(event, repaid=(replace(event.repaid[0], owed_by=uuid4()),)),
        "it repays more than is owed",
    ),
    "repaid by others' draws": ("DeficitRepaid", lambda event: changed(event, draws=()),
                                "its draws are not those of what it repays"),
    "redeemed no coupon": ("CouponRedeemed", lambda event: changed(event, spending_id=uuid4()),
                           "it closes a coupon that is not open"),
    "expired no coupon": ("CouponExpired", lambda event: changed(event, spending_id=uuid4()),
                          "it closes a coupon that is not open"),
    "settled no claim": ("ClaimSettled", lambda event: changed(event, claim_id=uuid4()),
                         "it settles a claim that is not open"),
    "claimed what is not there": ("RefundClaimed", larger, "it takes more points from a lot than the lot has"),
    "captured late no hold": ("late", lambda event: changed(event, late_for=uuid4()),
                              "it captures a hold that was never placed"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_an_event_that_cannot_have_happened_is_named_with_what_contradicts_it(case: str) -> None:
    name, alter, why = CASES[case]
    account, event = history()[name]
    altered = alter(event)

    with pytest.raises(ContradictoryHistory) as found:
        evolve(account, altered)

    assert (found.value.event_id, found.value.contradiction) == (altered.id, why)
    evolve(account, event)  # as it was, it follows


@pytest.mark.parametrize("name", ["CouponRedeemed", "CouponExpired", "ClaimSettled", "HoldAuthorising", "HoldCaptured"])
def test_what_ends_something_cannot_happen_twice(name: str) -> None:
    account, event = history()[name]
    once = evolve(account, event)
    if name == "HoldAuthorising":
        return  # a hold that waits may be asked for again

    with pytest.raises(ContradictoryHistory):
        evolve(once, changed(event, id=uuid4()))


def test_stand_ins_that_never_were_are_not_given_back() -> None:
    story = Story()
    accrued = story.accrue(10, expires_on=date(2024, 5, 1))
    paid = story.pay(10)
    story.accrue(10)
    story.act(say.ClawBack, "2024-04-02", accrual_id=accrued.id)
    before = story.account
    refunded, returned = story.refund(paid.id)
    after_refund = evolve(before, refunded)

    for wrong in (changed(returned, accrual_id=uuid4()), changed(returned, points=11)):
        with pytest.raises(ContradictoryHistory) as found:
            evolve(after_refund, wrong)
        assert found.value.contradiction == "it gives back more than other lots stood in for"
        assert found.value.event_id == returned.id
