"""What a refusal says: which of the caller's things it is about, by how much, and what to do instead."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from crypto_shredding import Sealed
from ledger.errors import Refused
from ledger.points import commands as say
from ledger.points.decide import transfer
from ledger.points.movements import Money
from tests.ledger.points.given import Story, program, seoul, stamp

NOBODY = UUID(int=7)
THE_DAY = "2024-04-02"


def told() -> tuple[Story, dict[str, Any]]:
    """An account in the middle of everything, and the ids by which it is asked."""
    story = Story(program(adjust_alone_max=10, unit_value=7, minimum_use=2, unit_of_use=2))
    key: Any = story.command(say.Charge[Sealed], seoul("2024-03-08"), points=10, money=Money(70))
    (charged,) = story.do(key)
    accrued = story.accrue(100)
    pended = story.accrue(4, pending=True)
    story.act(say.ClawBack, "2024-03-08", accrual_id=pended.id)
    paid = story.pay(4)
    refunded = story.pay(4)
    story.refund(refunded.id)
    coupon, used = story.exchange(4, expires_on=date(2024, 4, 2)), story.exchange(4)
    story.act(say.RedeemCoupon, "2024-04-01", spending_id=used.id)
    (held,), (done,) = (story.act(say.Hold, "2024-04-01", points=4) for _ in range(2))
    story.act(say.Capture[Sealed], "2024-04-01", hold_id=done.id)
    ids = {
        "charged": charged.id, "charge key": key.key, "accrued": accrued.id, "pended": pended.id, "payment": paid.id,
        "refunded": refunded.id, "coupon": coupon.id, "used": used.id, "held": held.id, "done": done.id,
        "account": story.account_id, "nobody": NOBODY,
    }  # fmt: skip
    return story, ids


CASES: list[tuple[type[Any], dict[str, Any], str]] = [
    (say.Pay, {"points": 1}, "1 points: at least 2 points are spent at once"),
    (say.Pay, {"points": 3}, "3 points: points are spent in units of 2"),
    (say.Pay, {"points": 900}, "900 points asked for, 90 available"),
    (say.Pay, {"points": 0}, "0 points: points are a whole number, one or more"),
    (say.Accrue, {}, "0 points: an accrual needs points, or a purchase that earns them"),
    (say.Accrue, {"purchase": Money(9)}, "9 minor units of KRW: such a purchase earns nothing at this program's rate"),
    (
        say.Accrue,
        {"points": 1, "usable_at": seoul("2024-04-01")},
        "2024-04-01T03:00:00+00:00: points are not usable before they are earned",
    ),
    (
        say.Accrue,
        {"points": 1, "expires_on": date(2024, 4, 1)},
        "2024-04-01: the last day of points lies before the first on which they are usable",
    ),
    (say.Accrue, {"points": 1, "priority": 2_000_000}, "1 points: priority is a whole number, -1000000 to 1000000"),
    (
        say.Confirm,
        {"accrual_id": "nobody"},
        "no accrual {nobody} on this account; give the receipt id of the one meant",
    ),
    (say.Confirm, {"accrual_id": "accrued"}, "accrual {accrued} is not pending"),
    (
        say.ClawBack,
        {"accrual_id": "nobody"},
        "no accrual {nobody} on this account; give the receipt id of the one meant",
    ),
    (
        say.ClawBack,
        {"accrual_id": "accrued", "points": 101},
        "100 points of accrual {accrued} are left to be clawed back",
    ),
    (say.ClawBack, {"accrual_id": "pended"}, "0 points of accrual {pended} are left to be clawed back"),
    (say.ClawBack, {"accrual_id": "charged"}, "{charged} was paid for; bought points are cashed out, not clawed back"),
    (
        say.ClawBack,
        {"accrual_id": "accrued", "reason": "A sentence."},
        "reason: is a code: 1 to 40 of a-z, 0-9, space and hyphen",
    ),
    (say.Charge, {"points": 10, "money": Money(69)}, "10 points: are worth more than the 69 paid; the rest is a bonus"),
    (say.Charge, {"points": 1, "money": Money(7), "bonus": -1}, "-1 points: a bonus is none to 1000000000 points"),
    (
        say.Charge,
        {"points": 1, "money": Money(7), "bonus_expires_on": date(2024, 4, 1)},
        "2024-04-01: the last day of the bonus lies before the charge",
    ),
    (say.CashOut, {"points": 11}, "11 points asked for, 10 available"),
    (say.Adjust, {"points": 11, "reason": "x"}, "nobody has approved what 'till-7' asks for; another person must"),
    (
        say.Adjust,
        {"points": 11, "reason": "x", "approver": " TILL-7 "},
        "'TILL-7' may not approve what 'till-7' asks for; another person must",
    ),
    (
        say.Adjust,
        {"points": 0, "reason": "x"},
        "0 points: an adjustment adds (above 0) or takes (below 0) a whole number of points",
    ),
    (
        say.Adjust,
        {"points": -1, "reason": "x", "may_owe": True, "kind": "paid"},
        "1 points: bought points are never owed",
    ),
    (say.Adjust, {"points": -9, "reason": "x", "funder": "p-1"}, "9 points asked for, 0 available"),
    (
        say.Adjust,
        {"points": 1, "reason": "x", "expires_on": date(2024, 4, 1)},
        "2024-04-01: the last day of points lies before they are added",
    ),
    (
        say.Refund,
        {"spending_id": "nobody"},
        "no payment or exchange {nobody} on this account; give the receipt id of the one meant",
    ),
    (say.Refund, {"spending_id": "refunded"}, "{refunded} has been refunded already"),
    (say.Refund, {"spending_id": "used"}, "the coupon of {used} is redeemed"),
    (
        say.Refund,
        {"spending_id": "payment", "points": 5},
        "4 points and 0 in money are left of {payment}; refund at most that",
    ),
    (
        say.Refund,
        {"spending_id": "payment", "amount": 29},
        "4 points and 0 in money are left of {payment}; refund at most that",
    ),
    (
        say.Refund,
        {"spending_id": "payment", "amount": 8},
        "8 minor units of KRW: no whole number of points worth 7 each and 0 in money make it up",
    ),
    (
        say.Refund,
        {"spending_id": "payment", "amount": 7, "points": 1},
        "7 minor units of KRW: give an amount, or points and cash, not both",
    ),
    (
        say.Refund,
        {"spending_id": "payment", "points": 0},
        "0 points: a refund has whole points or whole money, one or more",
    ),
    (
        say.Refund,
        {"spending_id": "payment", "amount": 0},
        "0 minor units of KRW: the amount is a whole number, one or more",
    ),
    (
        say.Refund,
        {"spending_id": "coupon", "points": 2},
        "2 points: an exchange is refunded as a whole, with its coupon",
    ),
    (
        say.Hold,
        {"points": 2, "times_out_at": seoul(THE_DAY)},
        "2024-04-02T03:00:00+00:00: a hold times out after it was placed",
    ),
    (say.Capture, {"hold_id": "nobody"}, "no hold {nobody} on this account; give the receipt id of the one meant"),
    (
        say.Capture,
        {"hold_id": "held", "points": 5},
        "hold {held} has 4 points, 5 are too many; capture at most what is held",
    ),
    (say.Capture, {"hold_id": "done", "points": 3}, "hold {done} was captured before"),
    (say.Authorise, {"hold_id": "done"}, "hold {done} was captured before"),
    (say.Release, {"hold_id": "done"}, "hold {done} was captured before"),
    (
        say.RedeemCoupon,
        {"spending_id": "payment"},
        "{payment} is no exchange on this account; give the receipt id of the exchange",
    ),
    (say.RedeemCoupon, {"spending_id": "used"}, "the coupon of {used} is redeemed"),
    (
        say.ExpireCoupons,
        {"as_of": date(2024, 4, 3)},
        "2024-04-03: a sweep is for today, 2024-04-02, or an earlier day",
    ),
    (
        say.Expire,
        {"as_of": date(2024, 4, 3)},
        "2024-04-03: a sweep is for today, 2024-04-02, or an earlier day",
    ),
    (
        say.Exchange,
        {"points": 2, "coupon": "C", "coupon_id": NOBODY, "expires_on": date(2024, 4, 1)},
        "2024-04-01: the coupon's last day lies before its first",
    ),
    (
        say.Void,
        {"voided_key": "charge key"},
        "key {charge key} recorded points that were paid for, which a void does not undo",
    ),
    (
        say.SettleClaim,
        {"claim_id": "nobody"},
        "no claim {nobody} on this account; give the id of the event that made it",
    ),
]


@pytest.mark.parametrize(("kind", "content", "text"), CASES, ids=range(len(CASES)))
def test_a_refusal_names_what_it_refuses_and_says_what_to_do(
    kind: type[Any], content: dict[str, Any], text: str
) -> None:
    story, ids = told()

    asked = {name: ids.get(value, value) if isinstance(value, str) else value for name, value in content.items()}
    refused = story.refusal(kind, THE_DAY, **asked)

    assert str(refused) == text.format(**ids)
    for name, value in asked.items():  # and gives it to the program as well
        if name in ("accrual_id", "spending_id", "hold_id", "claim_id") and hasattr(refused, name):
            assert getattr(refused, name) == value


VERBS = [
    kind
    for kind in vars(say).values()
    if "account_id" in getattr(kind, "__dataclass_fields__", {})
    and kind not in (say.AccountCommand, say.OpenAccount, say.Transfer, say.Convert)  # these are other tests'
]


@pytest.mark.parametrize("kind", VERBS)
def test_every_verb_names_an_account_that_does_not_exist(kind: type[Any]) -> None:
    required = {name for name, each in kind.__dataclass_fields__.items() if each.kw_only and name not in vars(Story)}
    content = dict.fromkeys(required - {"key", "occurred_at", "actor", "account_id", "reference"}, 1)
    story = Story()

    refused = story.refusal(kind, THE_DAY, of=None, **content)

    assert type(refused).__name__ == "UnknownAccount"
    assert refused.account_id == story.account_id


def test_a_transfer_names_both_ends() -> None:
    giver, taker, other = Story(), Story(), Story(program(code="OTHER"))
    giver.accrue(5)

    def refusal(to: Any, points: int = 1, *, giver_state: Any = giver.state, to_id: Any = None) -> Any:
        command: Any = giver.command(
            say.Transfer[Sealed], seoul(THE_DAY), to_account_id=to_id or to.account_id, points=points
        )
        stamps = stamp(seoul(THE_DAY), command), stamp(seoul(THE_DAY))
        with pytest.raises(Refused) as refused:
            transfer(giver_state, to and to.account, command, giver.program, stamps)
        return refused.value

    assert refusal(taker, giver_state=None).account_id == giver.account_id
    assert refusal(None, to_id=NOBODY).account_id == NOBODY
    assert str(refusal(other)) == (
        f"{giver.account_id} to {other.account_id}: they are of two programs; convert instead"
    )
    same = refusal(giver)
    assert str(same) == f"{giver.account_id} to {giver.account_id}: an account gives nothing to itself"
    assert (same.account_id, same.to_account_id) == (giver.account_id, giver.account_id)
    assert str(refusal(taker, 9)) == "9 points asked for, 5 available"
