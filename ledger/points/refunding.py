"""Refund (사용취소) of a payment or exchange: points back to the exact lots they came from, money beside them."""

from dataclasses import replace
from datetime import date, datetime

from crypto_shredding import Sealed
from ledger.calendar import day_of, utc, zone_of
from ledger.errors import AlreadyRefunded, InvalidAmount, UnknownSpending
from ledger.points.account import Account, Spending
from ledger.points.activity import kept_alive_until
from ledger.points.commands import Refund
from ledger.points.couponing import closed_as
from ledger.points.draft import Draft
from ledger.points.errors import CouponClosed, RefundTooLarge
from ledger.points.events import AccountEvent, PointsRefunded
from ledger.points.expiry import last_day_of_grace
from ledger.points.limits import ALWAYS, MONEY_MAX, POINTS_MAX, active, happened, is_whole, not_before, storable
from ledger.points.movements import Draw, Money
from ledger.points.program import Program, RefundSplit
from ledger.points.settling import settle
from ledger.points.stamp import Stamp


def refund(
    account: Account | None, command: Refund[Sealed], program: Program, stamp: Stamp
) -> tuple[AccountEvent, ...]:
    """What is left of the spending, or a part; the last drawn comes back first, never more than was drawn.

    Points of a lot that has expired meanwhile get the program's days of grace; where it grants none, they expire again
    in the same decision. What the account owes is paid first. Raises, in this order: `UnknownAccount`,
    `UnknownSpending`, `InvalidTime` (also before what it refunds), `InvalidText`, `AlreadyRefunded`, `CouponClosed`,
    `InvalidAmount`, `RefundTooLarge`.
    """
    account = active(account, command.account_id, ALWAYS)
    spending = account.spendings.get(command.spending_id)
    if spending is None:
        raise UnknownSpending(command.spending_id)
    happened(command.occurred_at, stamp.recorded_at)
    at = not_before(spending.occurred_at, utc(command.occurred_at), "what it refunds")
    storable(actor=command.actor)
    if not spending.points_left and not spending.cash_left:
        raise AlreadyRefunded(spending.spending_id)
    if spending.coupon is not None:
        closed = closed_as(spending.coupon, day_of(at, zone_of(program.zone)))
        if closed is not None:
            raise CouponClosed(spending.spending_id, closed)
    points, cash = _asked(command, spending, program)
    draft = Draft.of(account, command, program, stamp, at)
    give_back(draft, spending, points, cash, memo=command.memo, fault=command.fault)
    return draft.events


def give_back(
    draft: Draft,
    spending: Spending,
    points: int,
    cash: int,
    *,
    memo: Sealed | None = None,
    fault: str | None = None,
) -> None:
    """Refund so much within a decision."""
    program = draft.program
    today = draft.today
    later = _last_day_of_grace(program, draft.at, fault)
    draws = tuple(_with_grace(draft, each, today, later) for each in _last_drawn(spending, points))
    draft.add(
        PointsRefunded,
        spending_id=spending.spending_id,
        points=points,
        draws=draws,
        cash=None if spending.cash is None else Money(cash, spending.cash.currency),
        memo=memo,
        fault=fault,
    )
    settle(draft, draws, came_back=True)


def _asked(command: Refund[Sealed], spending: Spending, program: Program) -> tuple[int, int]:
    """Points and cash to give back."""
    stated = command.points is not None or command.cash is not None
    if stated and command.amount is not None:
        raise _invalid(command.amount, program, "give an amount, or points and cash, not both")
    if stated:
        points, cash = command.points or 0, command.cash or 0
        if not (is_whole(points, 0, POINTS_MAX) and is_whole(cash, 0, MONEY_MAX) and points + cash):
            raise InvalidAmount(points, "a refund has whole points or whole money, one or more")
    elif command.amount is not None:
        if not is_whole(command.amount, 1, MONEY_MAX):
            raise _invalid(command.amount, program, "the amount is a whole number, one or more")
        points, cash = split_of(spending, command.amount, program, command.split or program.refund_split)
    else:
        points, cash = spending.points_left, spending.cash_left
    if spending.coupon is not None and points != spending.points:
        raise InvalidAmount(points, "an exchange is refunded as a whole, with its coupon")
    if points > spending.points_left or cash > spending.cash_left:
        raise RefundTooLarge(spending.spending_id, spending.points_left, spending.cash_left)
    return points, cash


def _invalid(amount: int, program: Program, rule: str) -> InvalidAmount:
    """An amount of a refund is money, of which points are a part at their unit value."""
    return InvalidAmount(0, rule, minor_units=amount, currency=program.currency)


def split_of(spending: Spending, amount: int, program: Program, split: RefundSplit) -> tuple[int, int]:
    """Points and money that a part of the spending's worth is made of.

    Pro rata goes by what is refunded in all after this, with the largest remainder, so that any series of parts ends
    where one refund does. Raises `RefundTooLarge`, `InvalidAmount` where points do not divide the amount.
    """
    unit = program.unit_value
    points_left, cash_left = spending.points_left, spending.cash_left
    if amount > points_left * unit + cash_left:
        raise RefundTooLarge(spending.spending_id, points_left, cash_left)
    if split == "points_first":
        wanted = amount // unit
    elif split == "cash_first":
        wanted = -(-max(0, amount - cash_left) // unit)
    else:
        all_cash = 0 if spending.cash is None else spending.cash.amount
        worth = spending.points * unit + all_cash
        done = spending.refunded * unit + spending.refunded_cash + amount
        wanted = (2 * done * spending.points + worth) // (2 * worth) - spending.refunded
    least = -(-max(0, amount - cash_left) // unit)
    points = min(max(wanted, least), points_left, amount // unit)
    cash = amount - points * unit
    if not 0 <= cash <= cash_left:
        why = f"no whole number of points worth {unit} each and {cash_left} in money make it up"
        raise _invalid(amount, program, why)
    return points, cash


def _last_drawn(spending: Spending, points: int) -> tuple[Draw, ...]:
    """The last drawn that are not back yet, the very last first."""
    skipped, found = spending.refunded, []
    for each in reversed(spending.draws):
        here = each.points - min(each.points, skipped)
        skipped -= each.points - here
        part = min(here, points)
        points -= part
        if part:
            compensated = each.compensated // each.points * part
            found.append(replace(each, points=part, compensated=compensated))
        if not points:
            break
    return tuple(found)


def _last_day_of_grace(program: Program, at: datetime, fault: str | None) -> date | None:
    if program.refund_expires_on is not None:
        return program.refund_expires_on
    days = program.refund_grace_days
    if fault in ("merchant", "operator") and program.fault_grace_days is not None:
        days = program.fault_grace_days
    return last_day_of_grace(program.zone, at, days) if days else None


def _with_grace(draft: Draft, draw: Draw, today: date, later: date | None) -> Draw:
    if later is None or later < today or draw.expires_on is None:
        return draw
    last = kept_alive_until(draft.account, draw.lot_id, draw.expires_on, draft.program, draft.history)
    if last >= today:
        return draw
    return replace(draw, expires_on=later)
