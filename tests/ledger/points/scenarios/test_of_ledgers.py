"""What users of other ledgers found missing or wrong, told as facts of ours.

Each test names the issue or the page it comes from; nothing of their code is here. Where our rule is another, the test
says why.
"""

from datetime import date

import pytest

from crypto_shredding import Sealed
from ledger.errors import AlreadyRefunded, InsufficientPoints
from ledger.points.commands import Capture, Charge, ClawBack, Hold, Pay, Refund, Release, TimeOutHolds, Void
from ledger.points.conservation import movements, owed_by, points_of
from ledger.points.errors import CaptureTooLarge, HoldEnded
from ledger.points.events import PointsPaid
from ledger.points.movements import Money
from tests.ledger.points.given import Story, lots_of, program


def test_the_sixth_hold_of_a_thousand_on_five_thousand_is_refused() -> None:
    """https://github.com/blnkfinance/blnk/issues/181: balance checks did not count what is in flight."""
    story = Story()
    story.accrue(5_000)
    for _ in range(5):
        story.act(Hold, "2024-04-01", points=1_000)

    refused = story.refusal(Hold, "2024-04-01", points=1_000)
    assert (type(refused), refused.available) == (InsufficientPoints, 0)


def test_a_hold_that_was_refused_cannot_be_captured() -> None:
    """https://github.com/blnkfinance/blnk/issues/182: a rejected transaction could be applied by its queued id."""
    story = Story()
    story.accrue(10)
    refused = story.command(Hold, story.events[-1].occurred_at, points=11)
    with pytest.raises(InsufficientPoints):
        story.do(refused)

    assert type(story.refusal(Capture[Sealed], "2024-04-01", hold_id=refused.key)).__name__ == "UnknownHold"


def test_a_hold_is_released_once_however_often_that_is_asked() -> None:
    """https://github.com/blnkfinance/blnk/issues/41: an inflight transaction could be voided more than once."""
    story = Story()
    story.accrue(10)
    (held,) = story.act(Hold, "2024-04-01", points=10)
    story.act(Release, "2024-04-01", hold_id=held.id)

    assert story.act(Release, "2024-04-02", hold_id=held.id) == ()
    assert story.balance("2024-04-02").available == 10


def test_a_payment_that_comes_after_the_hold_was_let_go_is_booked_if_the_points_are_there() -> None:
    """https://github.com/blnkfinance/blnk/issues/42: a late payment of what was voided needed a roll-back."""
    story = Story()
    story.accrue(10)
    (held,) = story.act(Hold, "2024-04-01", points=10)
    story.act(TimeOutHolds, "2024-04-02")

    (paid,) = story.act(Capture[Sealed], "2024-04-03", hold_id=held.id)
    assert isinstance(paid, PointsPaid)
    assert paid.late_for == held.id


def test_no_capture_above_the_hold() -> None:
    """https://github.com/blnkfinance/blnk/issues/62 asks for it. Ours never: who needs more releases and holds anew."""
    story = Story()
    story.accrue(100)
    (held,) = story.act(Hold, "2024-04-01", points=10)

    assert isinstance(story.refusal(Capture[Sealed], "2024-04-01", hold_id=held.id, points=11), CaptureTooLarge)


def test_a_refund_sent_again_changes_nothing() -> None:
    """https://github.com/blnkfinance/blnk/issues/152: the same transaction could be refunded again and again."""
    story = Story()
    story.accrue(100)
    paid = story.pay(60)
    story.refund(paid.id)

    assert isinstance(story.refusal(Refund[Sealed], "2024-04-03", spending_id=paid.id), AlreadyRefunded)
    assert story.balance("2024-04-03").available == 100


def test_a_hold_is_confirmed_whole_in_part_never_above_and_never_once_it_is_closed() -> None:
    """Formance wallets, `pkg/api/handler_holds_confirm_test.go`: 100 held, 50 confirmed, 500 refused, closed refused.

    Theirs keeps the rest on hold unless the confirmation is final. Ours is always final: one capture a hold.
    """
    story = Story()
    story.accrue(100)
    (held,) = story.act(Hold, "2024-04-01", points=100)
    assert isinstance(story.refusal(Capture[Sealed], "2024-04-01", hold_id=held.id, points=500), CaptureTooLarge)

    paid, rest = story.act(Capture[Sealed], "2024-04-01", hold_id=held.id, points=50)

    assert (paid.points, rest.points, story.balance("2024-04-01").available) == (50, 50, 50)
    assert isinstance(story.refusal(Capture[Sealed], "2024-04-01", hold_id=held.id, points=10), HoldEnded)


def test_a_hold_decided_before_an_expiry_is_not_decided_anew_after_it() -> None:
    """https://github.com/formancehq/wallets/pull/109: a retry over an expiry drew other balances and conflicted.

    The draws of a hold are in its event. A retry gets the stored receipt before any balance is looked at; here: the
    capture after the expiry draws what the hold drew.
    """
    story = Story()
    soon = story.accrue(60, expires_on=date(2024, 4, 1))
    story.accrue(60)
    (held,) = story.act(Hold, "2024-04-01", points=60)

    (paid,) = story.act(Capture[Sealed], "2024-04-02", hold_id=held.id)
    assert lots_of(paid) == [(soon.id, 60)]


def test_money_that_was_won_and_money_that_was_paid_in_are_spent_in_order_and_stay_apart() -> None:
    """Company-issued and in-game currencies, as https://github.com/formancehq/ledger tells its uses: bonus coins first.

    And the invariant that its stress tests hold to: everything that moves adds up to nothing, whatever the order.
    """
    story = Story(program(spending_order="free_first"))
    (coins,) = story.act(Charge[Sealed], "2024-04-01", points=100, money=Money(100))
    won = story.accrue(30, "2024-04-01", funder="game-studio")

    paid = story.pay(50, "2024-04-02", redeemer="game-studio")

    assert lots_of(paid) == [(won.id, 30), (coins.id, 20)]
    assert [each.compensated for each in paid.draws] == [0, 20]  # the studio pays nothing to itself
    story.refund(paid.id, "2024-04-03", points=20)
    assert story.points_by_lot() == {coins.id: 100}
    left = sum(story.points_by_lot().values())
    assert sum(map(points_of, story.events)) == left
    assert sum(points for event in story.events for _, points in movements(event)) == left
    assert sum(map(owed_by, story.events)) == 0


def test_usage_goes_by_last_day_and_what_is_corrected_comes_back_in_reverse() -> None:
    """OpenMeter, `openmeter/ledger/breakage/README.md`: 10 until T10, 15 until T15; 5 and 10 used; 7 restored.

    Theirs plans breakage at issuance and releases it by use; ours counts what is left of the lot on its day. The
    numbers agree: of the 10 used, 5 came from T10 and 5 from T15; restoring 7 leaves 3 used of T10, so 2 lapse then.
    """
    story = Story(program(expires_after=None))
    t10 = story.accrue(10, "2024-04-01", expires_on=date(2024, 4, 10))
    t15 = story.accrue(15, "2024-04-05", expires_on=date(2024, 4, 15))
    story.pay(5, "2024-04-05")
    used = story.pay(10, "2024-04-06")
    assert lots_of(used) == [(t10.id, 5), (t15.id, 5)]

    (restored, *_) = story.refund(used.id, "2024-04-07", points=7)

    assert lots_of(restored) == [(t15.id, 5), (t10.id, 2)]
    assert lots_of(story.sweep("2024-04-11")[0]) == [(t10.id, 2)]
    assert lots_of(story.sweep("2024-04-16")[0]) == [(t15.id, 15)]


def test_advance_use_is_no_breakage() -> None:
    """The same page, "Advance": use of 15 where 10 are there. Theirs advances 5; ours never pays what is not there."""
    story = Story()
    story.accrue(10)

    assert story.refusal(Pay[Sealed], "2024-04-01", points=15).available == 10


def test_it_is_told_which_grant_was_consumed_and_whether_it_was_free_or_bought() -> None:
    """https://github.com/getlago/lago-api/pull/4787: nobody could tell when free and when bought credit is used."""
    story = Story(program(spending_order="free_first"))
    granted = story.accrue(50)
    (bought,) = story.act(Charge[Sealed], "2024-04-01", points=50, money=Money(50))
    paid = story.pay(70, "2024-04-01")

    assert [(each.lot_id, each.points, each.kind) for each in paid.draws] == [
        (granted.id, 50, "free"),
        (bought.id, 20, "paid"),
    ]
    (refunded,) = story.refund(paid.id, points=30)  # and the same of what comes back: theirs needed a link as well
    assert [(each.points, each.kind) for each in refunded.draws] == [(20, "paid"), (10, "free")]


def test_points_go_below_nothing_by_a_return_and_the_next_accrual_pays() -> None:
    """Talon.One, "Using negative points": 50 active, 70 rolled back: −50, then −20 in red. No rule goes below nothing.

    https://docs.talon.one/docs/product/loyalty-programs/profile-based/using-negative-points
    """
    story = Story()
    returned = story.accrue(70)
    story.pay(20)

    (clawed,) = story.act(ClawBack, "2024-04-02", accrual_id=returned.id)

    assert (clawed.points, clawed.owed) == (50, 20)
    assert isinstance(story.refusal(Pay[Sealed], "2024-04-02", points=1), InsufficientPoints)
    lot = story.accrue_and_settle(25, "2024-04-03")
    assert story.points_by_lot() == {lot: 5}


def test_credit_that_comes_back_to_an_expired_grant_expires_at_once() -> None:
    """Stripe: credit that an invoice's void gives back to a grant past its expiration expires immediately.

    https://docs.stripe.com/changelog/acacia/2024-12-18/billing-credits-invoice-voiding; and Siebel Loyalty, "Cancelling
    Loyalty Members' Transactions": else members would redeem and cancel to avoid expiry
    (https://docs.oracle.com/cd/E14004_01/books/LoyaltyAdmin/LoyaltyAdmin_HostUse28.html). Ours is so unless a program
    grants days of grace.
    """
    story = Story()
    lot = story.accrue(100, expires_on=date(2024, 4, 1))
    key = story.command(Pay[Sealed], story.events[-1].occurred_at, points=100)
    story.do(key)

    refunded, expired = story.act(Void, "2024-04-02", voided_key=key.key)

    assert (lots_of(refunded), lots_of(expired)) == ([(lot.id, 100)], [(lot.id, 100)])
    assert story.balance("2024-04-02").available == 0
