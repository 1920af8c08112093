"""Orders: what a purchase earns by the rules of its day, and what it earns no longer once a part of it is cancelled."""

from dataclasses import replace
from datetime import date, datetime

from crypto_shredding import Sealed
from ledger.calendar import day_of, utc, zone_of
from ledger.errors import InvalidAmount, InvalidTime
from ledger.points.account import Account
from ledger.points.clawing_back import left_of, take_back_lot, terms_of
from ledger.points.commands import Accrue, Reprice
from ledger.points.draft import Draft
from ledger.points.draws import drawn
from ledger.points.earning_rule import ANY_TENDER, EarningRule, TenderRate, price
from ledger.points.effective import History
from ledger.points.errors import UnknownAccrual
from ledger.points.events import AccountEvent, AccrualPended, PointsAccrued
from ledger.points.expiry import last_usable_day
from ledger.points.limits import (
    ALWAYS,
    MONEY_MAX,
    POINTS_MAX,
    active,
    happened,
    has_room,
    invalid_money,
    is_whole,
    not_before,
    reason_code,
    storable,
    whole_points,
    word,
)
from ledger.points.movements import Lot, Money, Priced
from ledger.points.order import Order
from ledger.points.program import Program
from ledger.points.settling import settle
from ledger.points.stamp import Stamp

ORDER_LINES_MAX = 1_000
"""Ten times a full shopping cart; a wholesaler's order of more goes in parts."""

LINE_TENDERS_MAX = 10
"""Ways of paying that one line is split over."""


def accrue_order(
    account: Account, command: Accrue[Sealed], order: Order, program: Program, stamp: Stamp, usable_at: datetime
) -> tuple[AccountEvent, ...]:
    """One lot of each rule that gives anything, the first with the command's id and texts."""
    well_formed(order, program.currency)
    if command.points is not None:
        raise InvalidAmount(command.points, "give points, or an order that earns them, not both")
    earned_at = utc(command.occurred_at)
    today = day_of(earned_at, zone_of(program.zone))
    draft = Draft.of(account, command, program, stamp, earned_at)
    order_id = draft.next_id
    lots: list[Lot] = []
    for rule in rules_of(program):
        found = price(rule, order)
        points = min(found.points, _room(draft.account, rule, today))
        if not points or not rule.runs_on(today):
            continue
        whole_points(points)
        has_room(draft.account)
        lot = Lot(
            draft.next_id,
            draft.account.next_sequence,
            points,
            "free",
            rule.funder,
            command.supplier,
            earned_at,
            usable_at,
            _last_day(rule, command, program, earned_at),
            rule.priority,
            rule.own_use or command.own_use,
        )
        if lot.expires_on is not None and lot.expires_on < day_of(usable_at, zone_of(program.zone)):
            raise InvalidTime(lot.expires_on, "the last day of points lies before the first on which they are usable")
        first = not lots
        draft.add(
            AccrualPended if command.pending else PointsAccrued,
            lot=lot,
            purchase=Money(order.amount, order.currency) if first else None,
            memo=command.memo if first else None,
            detail=command.detail if first else None,
            priced=Priced(order_id, rule.code, program.version, today, found.base, found.points),
        )
        lots.append(lot)
    if not lots:
        raise _invalid(order, f"such an order earns nothing by the rules of {today.isoformat()}")
    if not command.pending:
        settle(draft, [drawn(lot) for lot in lots])
    return draft.events


def reprice(
    account: Account | None, command: Reprice, program: Program, stamp: Stamp, history: History[Program] | None = None
) -> tuple[AccountEvent, ...]:
    """Claw back what the rest of the order does not earn; where caps took a part of it, that part goes first.

    Each lot goes by the rule that earned it, of the version that was in force, and what is not found goes by the
    program of today. Nothing to take back, no event; several steps take back what one would. Raises, in this order:
    `UnknownAccount`, `UnknownAccrual` (also of one that no order earned), `InvalidTime`, `InvalidText`,
    `InvalidAmount`.
    """
    account = active(account, command.account_id, ALWAYS)
    lots = account.aside.orders.get(command.accrual_id)
    if lots is None:
        raise UnknownAccrual(command.accrual_id)
    happened(command.occurred_at, stamp.recorded_at)
    terms = terms_of(account, command.accrual_id)
    at = utc(command.occurred_at)
    at = at if terms is None else not_before(terms.earned_at, at, "the accrual")
    storable(actor=command.actor)
    reason_code(command.reason)
    well_formed(command.remains, program.currency)
    draft = Draft.of(account, command, program, stamp, at)
    for lot_id in lots:
        priced = account.aside.priced[lot_id]
        earned_by = program if history is None else history.numbered(priced.version)
        [rule] = [each for each in rules_of(earned_by) if each.code == priced.rule]
        excess = left_of(draft.account, lot_id) - price(rule, command.remains).points
        if excess > 0:
            take_back_lot(draft, lot_id, excess, command.reason)
    return draft.events


def rules_of(program: Program) -> tuple[EarningRule, ...]:
    """The program's rules; where it has none, its plain rate for everything that points did not pay."""
    if program.rules:
        return program.rules
    rate = TenderRate(ANY_TENDER, program.earning.points, program.earning.per)
    return (EarningRule("earning", (rate,)),)


def well_formed(order: Order, currency: str) -> Order:
    """The order, if rules can price it. Raises, in this order: `InvalidText`, `InvalidAmount`."""
    for line in order.lines:
        word("category", line.category)
        for each in line.tenders:
            word("tender", each.kind)
    if order.currency != currency:
        raise _invalid(order, f"the program's currency is {currency}")
    if len(order.lines) > ORDER_LINES_MAX or any(len(line.tenders) > LINE_TENDERS_MAX for line in order.lines):
        raise InvalidAmount(0, f"an order has at most {ORDER_LINES_MAX} lines of {LINE_TENDERS_MAX} tenders")
    for line in order.lines:
        for each in line.tenders:
            if not is_whole(each.amount, 0, MONEY_MAX):
                why = f"what a tender paid is a whole number, 0 to {MONEY_MAX}"
                raise invalid_money(Money(each.amount, order.currency), why)
    if order.amount > MONEY_MAX:
        raise _invalid(order, f"an order costs at most {MONEY_MAX}")
    return order


def _invalid(order: Order, rule: str) -> InvalidAmount:
    return invalid_money(Money(order.amount, order.currency), rule)


def _room(account: Account, rule: EarningRule, today: date) -> int:
    """Points that the caps of the day and of the campaign leave."""
    caps = ((rule.day_max, today), (rule.campaign_max, None))
    rooms = [most - account.aside.earned.get((rule.code, day), 0) for most, day in caps if most is not None]
    return max(0, min(rooms, default=POINTS_MAX + 1))


def _last_day(rule: EarningRule, command: Accrue[Sealed], program: Program, earned_at: datetime) -> date | None:
    """The rule's own last day, else the command's, else the program's."""
    if rule.expires_on is not None:
        return rule.expires_on
    if rule.expires_after is not None:
        return last_usable_day(replace(program, expires_after=rule.expires_after, fixed_expiry_on=None), earned_at)
    return command.expires_on or last_usable_day(program, earned_at)
