"""One step carried out: the commands that it becomes, and what a refused one means for those that follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields
from typing import assert_never
from uuid import UUID

from ledger import (
    Command,
    CouponExpired,
    ExpiryNoticed,
    HoldReleased,
    InsufficientPoints,
    Order,
    PointsExpired,
    Receipt,
    SweepReport,
)
from service.replay import baskets, coupons, joining, rules
from service.replay.mapping import Identity
from service.replay.people import Person
from service.replay.source import Basket
from service.replay.steps import (
    Arrival,
    Cancellation,
    Capturing,
    Confirmation,
    CouponUse,
    Holding,
    LettingGo,
    Payment,
    Purchase,
    Return,
    Spending,
    Step,
    TakingBack,
)

Execute = Callable[[Command], Awaitable[Receipt]]

SWEPT = {
    HoldReleased.TOPIC: "timed_out",
    CouponExpired.TOPIC: "coupons_expired",
    ExpiryNoticed.TOPIC: "noticed",
    PointsExpired.TOPIC: "swept",
}
"""What a sweep reports, and where it is counted."""


@dataclass(slots=True)
class Tally:
    """What became of the steps of one run. ``refused`` had too few points.

    What followed a refused one is ``moot``, or ``not_taken_back`` where it was a coupon to be taken back.
    What sweeps did is counted by account and sweep: ``timed_out`` holds, ``coupons_expired``, ``noticed`` expiry, and
    ``swept`` points; ``expired_unnoticed`` are points that had come back after the notice for their day.
    """

    joined: int = 0
    accrued: int = 0
    paid: int = 0
    held: int = 0
    captured: int = 0
    let_go: int = 0
    confirmed: int = 0
    cancelled: int = 0
    returned: int = 0
    spent: int = 0
    used: int = 0
    taken_back: int = 0
    not_taken_back: int = 0
    refused: int = 0
    moot: int = 0
    timed_out: int = 0
    coupons_expired: int = 0
    noticed: int = 0
    swept: int = 0
    expired_unnoticed: int = 0
    done_before: int = 0
    forgotten: int = 0
    skipped: int = 0
    sent: int = 0

    def add_sweep(self, report: SweepReport) -> None:
        """What a sweep did. Its steps were sent as commands."""
        for topic, name in SWEPT.items():
            setattr(self, name, getattr(self, name) + report.done.get(topic, 0))
        self.sent += sum(report.done.values())
        self.expired_unnoticed += sum(each.points for each in report.unnoticed)

    def counts(self) -> dict[str, int]:
        """Every count by its name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


class Carrier:
    """Carries steps out. A household's come one after the other; what it remembers of them is which had the points."""

    def __init__(
        self, people: Mapping[int, Person], identities: Mapping[int, Identity], execute: Execute, tally: Tally
    ) -> None:
        self._people, self._identities = people, identities
        self._execute, self._tally = execute, tally
        self._covered: set[UUID] = set()

    def learn(self, step: Step, ids: Identity) -> None:
        """A step of an earlier run has its receipt."""
        key = _key_of_spending(step, ids)
        if key is not None:
            self._covered.add(key)

    async def carry_out(self, step: Step) -> None:
        """Send what the step becomes. Every refusal but that of too few points is raised."""
        who, ids = self._people[step.household], self._identities[step.household]
        tally = self._tally
        match step:
            case Arrival():
                await self._send(joining.join(who, ids, step.at))
                await self._send(joining.open_account(ids, step.at))
                tally.joined += 1
            case Purchase():
                await self._send(baskets.purchase(step.basket, self._paid(step.basket, ids), who, ids))
                tally.accrued += 1
            case Payment():
                if await self._spend(baskets.pay_part(step.basket, who, ids)):
                    tally.paid += 1
            case Holding():
                if await self._spend(baskets.hold(step.basket, ids)):
                    tally.held += 1
            case Capturing() | LettingGo():
                await self._end_hold(step, who, ids)
            case Confirmation():
                await self._send(baskets.confirm(step.basket, step.at, ids))
                tally.confirmed += 1
            case Cancellation():
                await self._send(baskets.claw_back(step.basket, None, step.at, ids))
                tally.cancelled += 1
            case Return():
                await self._bring_back(step, who, ids)
                tally.returned += 1
            case Spending():
                if await self._spend(coupons.redeem(step.redemption, who, ids)):
                    tally.spent += 1
            case CouponUse() | TakingBack():
                await self._end_coupon(step, who, ids)
            case _:
                assert_never(step)

    async def _send(self, command: Command) -> None:
        await self._execute(command)
        self._tally.sent += 1

    async def _spend(self, command: Command) -> bool:
        try:
            await self._send(command)
        except InsufficientPoints:
            self._tally.sent += 1
            self._tally.refused += 1
            return False
        self._covered.add(command.key)
        return True

    def _paid(self, basket: Basket, ids: Identity) -> int:
        """Points that have paid a part of the basket."""
        return rules.points_paid(basket) if baskets.payment_key(basket, ids) in self._covered else 0

    async def _end_hold(self, step: Capturing | LettingGo, who: Person, ids: Identity) -> None:
        if baskets.payment_key(step.basket, ids) not in self._covered:
            self._tally.moot += 1
        elif isinstance(step, Capturing):
            await self._send(baskets.capture(step.basket, who, ids))
            self._tally.captured += 1
        else:
            await self._send(baskets.let_go(step.basket, ids))
            self._tally.let_go += 1

    async def _bring_back(self, step: Return, who: Person, ids: Identity) -> None:
        basket, way = step.basket, rules.way_of(step.basket)
        is_whole = rules.comes_back(basket) == "everything"
        if way == "plain":
            earned, left = rules.points_for(basket.cents), rules.points_for(basket.cents - basket.dearest)
            points = None if is_whole else earned - left
            if points != 0:
                await self._send(baskets.claw_back(basket, points, step.at, ids))
            return
        paid = self._paid(basket, ids)
        if paid:
            await self._send(baskets.refund_part(basket, step.part, step.at, who, ids))
        nothing_left = is_whole if way == "promoted" else step.part == 2
        lines = () if nothing_left else baskets.order_of(basket, paid).lines
        remains = Order(tuple(line for line in lines if line.category == baskets.GOODS), rules.PROGRAM.currency)
        await self._send(baskets.reprice(basket, step.part, remains, step.at, ids))

    async def _end_coupon(self, step: CouponUse | TakingBack, who: Person, ids: Identity) -> None:
        if coupons.redemption_key(step.redemption, ids) not in self._covered:
            if isinstance(step, TakingBack):
                self._tally.not_taken_back += 1
            else:
                self._tally.moot += 1
        elif isinstance(step, CouponUse):
            await self._send(coupons.use_coupon(step.redemption, step.at, ids))
            self._tally.used += 1
        else:
            await self._send(coupons.take_back(step.redemption, step.at, who, ids))
            self._tally.taken_back += 1


def reference_of(step: Step) -> str | None:
    """What the business calls it, of the steps by which a replay finds where it was."""
    match step:
        case Purchase():
            return str(baskets.receipt_reference(step.basket))
        case Payment():
            return str(baskets.receipt_reference(step.basket, "journey-pay"))
        case Holding():
            return str(baskets.receipt_reference(step.basket, "journey-pump"))
        case Spending():
            return str(coupons.redemption_reference(step.redemption))
        case _:
            return None


def _key_of_spending(step: Step, ids: Identity) -> UUID | None:
    match step:
        case Payment() | Holding():
            return baskets.payment_key(step.basket, ids)
        case Spending():
            return coupons.redemption_key(step.redemption, ids)
        case _:
            return None
