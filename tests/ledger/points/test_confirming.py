"""Pending accruals (적립예정) and their confirmation (구매확정)."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from crypto_shredding import Sealed
from ledger.calendar import Span
from ledger.errors import InsufficientPoints, InvalidText, InvalidTime, UnknownAccount
from ledger.points import limits
from ledger.points.commands import Accrue, ClawBack, Confirm, Freeze, Pay
from ledger.points.errors import NotPending, UnknownAccrual
from ledger.points.events import AccrualConfirmed, AccrualPended
from ledger.points.limits import CLOCK_SKEW_MAX
from ledger.points.movements import Money
from tests.ledger.points.given import Story, program, sealed, seoul

TEN_DAYS = Span(days=10)


def test_a_pending_accrual_is_promised_and_cannot_be_spent() -> None:
    story = Story()

    pended = story.accrue(100, pending=True, purchase=Money(10_000), memo=sealed(1), detail=sealed(2))

    assert isinstance(pended, AccrualPended)
    assert (pended.purchase, pended.memo, pended.detail) == (Money(10_000), sealed(1), sealed(2))
    told = story.balance("2024-04-01")
    assert (told.available, told.pending, story.state.open_points) == (0, 100, 0)
    assert isinstance(story.refusal(Pay[Sealed], "2024-04-01", points=1), InsufficientPoints)
    assert story.state.contract_at == pended.occurred_at


def test_confirmed_it_becomes_a_lot_of_the_same_id_and_order() -> None:
    story = Story()
    pended = story.accrue(100, pending=True, funder="p-1", priority=3)
    later = story.accrue(50)

    (confirmed,) = story.act(Confirm, "2024-04-01", accrual_id=pended.id)

    assert isinstance(confirmed, AccrualConfirmed)
    lot = confirmed.lot
    assert (lot.lot_id, lot.points, lot.funder, lot.priority, lot.sequence) == (pended.id, 100, "p-1", 3, 1)
    assert (lot.earned_at, lot.usable_at) == (pended.occurred_at, confirmed.occurred_at)
    assert (story.balance("2024-04-01").pending, story.balance("2024-04-01").available) == (0, 150)
    assert later.lot.sequence == 2


@pytest.mark.parametrize(("starts", "last"), [("confirmation", date(2024, 4, 11)), ("accrual", date(2024, 4, 9))])
def test_its_days_run_from_the_confirmation_or_the_accrual_as_the_program_says(starts: str, last: date) -> None:
    story = Story(program(expires_after=TEN_DAYS, expiry_starts=starts))
    pended = story.accrue(100, "2024-03-30", pending=True)

    (confirmed,) = story.act(Confirm, "2024-04-01", accrual_id=pended.id)

    assert confirmed.lot.expires_on == last


def test_a_stated_last_day_stays_and_the_confirmation_may_state_another() -> None:
    story = Story(program(expires_after=TEN_DAYS))
    one = story.accrue(100, "2024-03-30", pending=True, expires_on=date(2024, 5, 5))
    two = story.accrue(100, "2024-03-30", pending=True)

    (kept,) = story.act(Confirm, "2024-04-01", accrual_id=one.id)
    (stated,) = story.act(Confirm, "2024-04-01", accrual_id=two.id, expires_on=date(2024, 4, 2))

    assert (kept.lot.expires_on, stated.lot.expires_on) == (date(2024, 5, 5), date(2024, 4, 2))


def test_points_that_never_expire_are_confirmed_as_such() -> None:
    story = Story(program(expires_after=None))
    pended = story.accrue(100, pending=True)

    assert story.act(Confirm, "2024-04-01", accrual_id=pended.id)[0].lot.expires_on is None


def test_confirmed_points_are_usable_from_the_latest_of_what_was_said() -> None:
    story = Story()
    promised = story.accrue(10, pending=True, usable_at=seoul("2024-05-01"))
    stated = story.accrue(10, pending=True)

    (one,) = story.act(Confirm, "2024-04-01", accrual_id=promised.id, usable_at=seoul("2024-04-20"))
    (two,) = story.act(Confirm, "2024-04-01", accrual_id=stated.id, usable_at=seoul("2024-04-20"))

    assert (one.lot.usable_at, two.lot.usable_at) == (seoul("2024-05-01"), seoul("2024-04-20"))


def test_a_payment_of_before_the_confirmation_may_not_use_what_it_gave() -> None:
    story = Story()
    pended = story.accrue(100, "2024-03-07", pending=True)
    story.act(Confirm, "2024-04-05", accrual_id=pended.id)

    assert isinstance(story.refusal(Pay[Sealed], "2024-04-01", points=1), InsufficientPoints)
    story.pay(100, "2024-04-05")


def test_what_was_cancelled_in_part_is_confirmed_in_part() -> None:
    story = Story()
    pended = story.accrue(100, pending=True)
    story.act(ClawBack, "2024-03-08", accrual_id=pended.id, points=99)

    assert story.act(Confirm, "2024-04-01", accrual_id=pended.id)[0].lot.points == 1


def test_an_accrual_is_confirmed_once_and_not_after_it_was_cancelled() -> None:
    story = Story()
    one, two = story.accrue(100, pending=True), story.accrue(100, pending=True)
    story.act(Confirm, "2024-04-01", accrual_id=one.id)
    story.act(ClawBack, "2024-04-01", accrual_id=two.id)

    assert isinstance(story.refusal(Confirm, "2024-04-02", accrual_id=one.id), NotPending)
    assert isinstance(story.refusal(Confirm, "2024-04-02", accrual_id=two.id), NotPending)


def test_a_frozen_account_still_gets_what_was_promised() -> None:
    story = Story()
    pended = story.accrue(100, pending=True)
    story.act(Freeze, "2024-03-30", reason="died")

    assert len(story.act(Confirm, "2024-04-01", accrual_id=pended.id)) == 1


def test_a_full_account_confirms_what_already_has_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "OPEN_LOTS_MAX", 2)
    story = Story()
    story.accrue(1)
    pended = story.accrue(1, pending=True)

    assert type(story.refusal(Accrue[Sealed], "2024-04-01", points=1)).__name__ == "LimitReached"
    assert len(story.act(Confirm, "2024-04-01", accrual_id=pended.id)) == 1


def test_refusals_come_in_their_documented_order() -> None:
    story = Story()
    pended = story.accrue(100, pending=True)
    done = story.accrue(100)
    future = seoul("2024-06-01") + CLOCK_SKEW_MAX + timedelta(microseconds=1)
    early = pended.occurred_at - CLOCK_SKEW_MAX - timedelta(microseconds=1)

    def refusal(at: Any = "2024-04-01", **content: Any) -> type[Any]:
        return type(story.refusal(Confirm, at, **{"accrual_id": pended.id, **content}))

    assert refusal(future, of=None, accrual_id=uuid4()) is UnknownAccount
    assert refusal(future, accrual_id=uuid4()) is UnknownAccrual
    assert refusal(future, accrual_id=done.id) is NotPending
    assert refusal(future, actor="\0") is refusal(early, actor="\0") is InvalidTime
    assert refusal(usable_at=datetime(2024, 4, 2), actor="\0") is InvalidTime  # noqa: DTZ001 - no zone is the point
    assert refusal(expires_on=date(2024, 3, 31)) is InvalidTime
    assert refusal(usable_at=seoul("2024-04-03"), expires_on=date(2024, 4, 2)) is InvalidTime
    assert refusal(actor="\0") is InvalidText
    story.act(Confirm, pended.occurred_at - CLOCK_SKEW_MAX, accrual_id=pended.id)
    assert story.events[-1].occurred_at == pended.occurred_at
