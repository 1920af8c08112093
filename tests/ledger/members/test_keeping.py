"""What a law keeps of a member on a day."""

from datetime import date

from ledger.members.keeping import kept_by_law
from ledger.points.movements import Money
from ledger.retention import CONTRACT, PAYMENT, POINT_HISTORY, RETAINED_IDENTITY
from tests.ledger.points.given import Story

LEFT_ON = date(2024, 7, 1)


def kept_on(day: date, *stories: Story) -> dict[int, date]:
    return {each.retention_code: each.last_day for each in kept_by_law([story.state for story in stories], day)}


def test_without_a_purchase_or_payment_nothing_is_kept() -> None:
    story = Story()
    story.accrue(100)

    assert kept_on(LEFT_ON) == kept_on(LEFT_ON, story) == {}


def test_a_purchase_keeps_its_record_the_identity_and_the_link_to_the_points() -> None:
    story = Story()
    story.accrue(None, "2024-03-20", purchase=Money(10_000))
    last = date(2029, 3, 20)

    assert kept_on(LEFT_ON, story) == {CONTRACT.code: last, POINT_HISTORY.code: last, RETAINED_IDENTITY.code: last}


def test_identity_and_link_live_as_long_as_the_last_record_of_any_account() -> None:
    bought, paid = Story(), Story()
    bought.accrue(None, "2024-03-20", purchase=Money(10_000))
    paid.accrue(100, "2024-03-20")
    paid.pay(10, "2024-05-02")

    assert kept_on(LEFT_ON, bought, paid) == {
        CONTRACT.code: date(2029, 3, 20),
        PAYMENT.code: date(2029, 5, 2),
        POINT_HISTORY.code: date(2029, 5, 2),
        RETAINED_IDENTITY.code: date(2029, 5, 2),
    }


def test_a_class_is_kept_on_its_last_day_and_not_on_the_next() -> None:
    story = Story()
    story.accrue(None, "2024-03-20", purchase=Money(10_000))
    story.pay(10, "2024-05-02")

    assert CONTRACT.code in kept_on(date(2029, 3, 20), story)
    assert CONTRACT.code not in kept_on(date(2029, 3, 21), story)
    assert kept_on(date(2029, 5, 2), story).keys() == {PAYMENT.code, POINT_HISTORY.code, RETAINED_IDENTITY.code}
    assert kept_on(date(2029, 5, 3), story) == {}
