"""What Setono's loyalty plugin for Sylius holds true of lots and clawbacks, told as facts of ours.

Sources (read for their cases; no code of theirs is here): `tests/Unit/Ledger/LotReplayerTest.php` and
`tests/Functional/LoyaltyLedgerClawbackTest.php` of https://github.com/Setono/sylius-loyalty-plugin. Their dates and
numbers are kept. Where our rule is another, the test says why.
"""

from datetime import date

import pytest

from crypto_shredding import Sealed
from ledger.errors import ContradictoryHistory, InsufficientPoints
from ledger.points.commands import Adjust, ClawBack, Pay
from ledger.points.errors import AlreadyClawedBack
from ledger.points.events import PointsExpired
from ledger.points.evolve import evolve
from tests.ledger.points.given import Story, lots_of, program


def story() -> Story:
    return Story(program(expires_after=None))


def test_a_lot_is_opened_per_credit() -> None:
    told = story()
    first, second = told.accrue(100, "2024-01-01"), told.accrue(50, "2024-01-02")

    assert told.points_by_lot() == {first.id: 100, second.id: 50}
    assert told.balance("2024-01-03").available == 150


def test_the_earliest_expiring_lot_is_consumed_first_though_it_is_newer() -> None:
    told = story()
    never, soon = told.accrue(100, "2024-01-01"), told.accrue(100, "2024-01-02", expires_on=date(2024, 6, 1))
    told.pay(60, "2024-01-03")

    assert told.points_by_lot() == {never.id: 100, soon.id: 40}


def test_a_debit_spans_lots_and_names_what_it_took_from_each() -> None:
    told = story()
    first = told.accrue(100, "2024-01-01", expires_on=date(2024, 3, 1))
    second = told.accrue(100, "2024-01-02", expires_on=date(2024, 4, 1))

    assert lots_of(told.pay(150, "2024-01-03")) == [(first.id, 100), (second.id, 50)]


def test_expiry_zeroes_exactly_the_lot_of_what_was_left_of_it() -> None:
    told = story()
    lot = told.accrue(100, "2024-01-01", expires_on=date(2024, 2, 1))
    other = told.accrue(100, "2024-01-02")
    told.pay(30, "2024-01-03")

    (expired,) = told.sweep("2024-02-02")

    assert lots_of(expired) == [(lot.id, 70)]
    assert told.points_by_lot() == {other.id: 100}


def test_a_deficit_is_carried_into_the_lots_that_come_after() -> None:
    """Theirs: any debit may go below nothing. Ours: only a clawback or an approved adjustment may (no payment does)."""
    told = story()
    told.accrue(50, "2024-01-01", expires_on=date(2024, 2, 1))
    assert isinstance(told.refusal(Pay[Sealed], "2024-01-02", points=80), InsufficientPoints)
    told.act(Adjust[Sealed], "2024-01-02", points=-80, reason="fraud", may_owe=True, approver="boss")
    assert told.state.deficit == 30

    lot = told.accrue_and_settle(100, "2024-01-03")

    assert told.points_by_lot() == {lot: 70}
    assert told.state.deficit == 0


def test_a_deficit_that_nothing_served_is_reported() -> None:
    """Theirs is a balance of −30; ours are two numbers, so that nobody adds up what is there and what is owed."""
    told = story()
    told.accrue(50, "2024-01-01")
    told.act(Adjust[Sealed], "2024-01-02", points=-80, reason="fraud", may_owe=True, approver="boss")

    assert (told.balance("2024-01-02").available, told.balance("2024-01-02").deficit) == (0, 30)


def test_a_lot_past_its_day_is_not_consumed_though_no_sweep_has_closed_it() -> None:
    """Theirs goes into deficit; ours refuses the payment."""
    told = story()
    lot = told.accrue(100, "2024-01-01", expires_on=date(2024, 2, 1))

    assert told.refusal(Pay[Sealed], "2024-03-01", points=60).available == 0
    assert told.points_by_lot() == {lot.id: 100}


def test_an_expiry_of_an_unknown_lot_is_no_history() -> None:
    """Theirs reports an anomaly and goes on; ours stops, since such a log was altered."""
    told, other = story(), story()
    told.accrue(100, "2024-01-01")
    other.accrue(10, "2024-01-01", expires_on=date(2024, 1, 1))
    (stranger,) = other.sweep("2024-01-02")
    assert isinstance(stranger, PointsExpired)

    with pytest.raises(ContradictoryHistory):
        evolve(told.state, stranger)


def test_of_one_last_day_the_earlier_earned_goes_first_then_the_earlier_recorded() -> None:
    told = story()
    last = date(2024, 6, 1)
    first, second = (told.accrue(10, "2024-01-01", expires_on=last) for _ in range(2))
    third = told.accrue(10, "2024-01-02", expires_on=last)
    told.pay(15, "2024-01-03")

    assert told.points_by_lot() == {second.id: 5, third.id: 10}
    assert first.id not in told.points_by_lot()


@pytest.mark.parametrize(("policy", "taken", "owed"), [("clamp", 50, 0), ("deficit", 50, 100)])
def test_a_clawback_is_clamped_or_goes_negative_as_the_program_says(policy: str, taken: int, owed: int) -> None:
    """150 earned, 100 spent, the order is cancelled: theirs are `clamp to zero` and `allow negative`."""
    told = Story(program(clawback_policy=policy))
    accrued = told.accrue(150, "2024-01-01")
    told.pay(100, "2024-01-02")

    (clawed,) = told.act(ClawBack, "2024-01-03", accrual_id=accrued.id)

    assert (clawed.points, clawed.owed, told.state.deficit) == (taken, owed, owed)
    assert told.balance("2024-01-03").available == 0


def test_one_clawback_an_earning_and_never_more_than_was_earned() -> None:
    """Theirs answers a second one with nothing; ours refuses it, so that a caller with a new key learns of it."""
    told = story()
    accrued = told.accrue(150, "2024-01-01")
    assert isinstance(told.refusal(ClawBack, "2024-01-02", accrual_id=accrued.id, points=9_999), AlreadyClawedBack)
    told.act(ClawBack, "2024-01-02", accrual_id=accrued.id)

    assert isinstance(told.refusal(ClawBack, "2024-01-02", accrual_id=accrued.id), AlreadyClawedBack)
    assert told.state.open_points == 0
