"""The books that must come out, computed from the data file by another way than the replay's.

What was bought is grouped from the file itself; what follows is done by a till for each household. No event, command or
rule of the ledger is involved, and of the replay only what is made up: which basket goes how, what a coupon costs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import groupby

from service.replay import choices
from service.replay.choices import falls, share_of
from service.replay.file_baskets import FileBasket, read_file_baskets
from service.replay.lots import OPERATOR, Books, Lot, Spent
from service.replay.partners import FUNDERS
from service.replay.plan import Slice
from service.replay.source import Redemption, Source, read_redemptions
from service.replay.till import Till

MONTHS, POINTS, PER_CENTS = 6, 5, 100  # of the program, said once more
HOLD_LASTS = timedelta(minutes=30)
SWEEPS = [datetime.combine(date(2017 + month // 12, month % 12 + 1, 1), choices.SWEPT_AT) for month in range(1, 13)]

Happening = tuple[datetime, Callable[[datetime], None]]


@dataclass(slots=True)
class IndependentSum:
    """The expected books. ``notices`` are (number, points) of what members are told will be gone."""

    books: Books = field(default_factory=Books)
    purchases: int = 0
    refused: int = 0
    notices: tuple[int, int] = (0, 0)

    def moved(self, account: str, funder: str | None = None) -> dict[date, dict[str, int]]:
        """First day of a month → what moved on an account of the books by each kind of movement, debit positive."""
        sums: dict[date, Counter[str]] = {}
        for (code, owner, month), words in self.books.moved.items():
            if code == account and funder in (None, owner):
                first = date(month // 12, month % 12 + 1, 1)
                found = sums.setdefault(first, Counter())
                for word, points in words.items():
                    found[word] += points
        return {first: {word: points for word, points in words.items() if points} for first, words in sums.items()}

    def standing(self, account: str, funder: str | None = None) -> int:
        """What stands on an account of the books at the end, debit positive."""
        return sum(sum(words.values()) for words in self.moved(account, funder).values())

    def owners(self) -> set[tuple[str, str]]:
        """Every account of the books on which something stands or has moved, by funder."""
        return {(account, funder) for (account, funder, _), words in self.books.moved.items() if any(words.values())}


def independent_sum(source: Source, part: Slice) -> IndependentSum:
    """The expected books of a slice of the data."""
    total = IndependentSum()
    households = part.chosen(source)
    baskets = read_file_baskets(source, households, part.end, set(choices.CONTRACTS))
    in_order = sorted(read_redemptions(source), key=lambda each: each.household)
    coupons = {household: list(group) for household, group in groupby(in_order, key=lambda each: each.household)}
    for household in sorted(households):
        _Household(total, part.end).follow(baskets.get(household, ()), coupons.get(household, ()))
    return total


class _Household:
    """What happens to one household, laid out in time and then done to its till."""

    def __init__(self, total: IndependentSum, end: date) -> None:
        self._total, self._end = total, datetime.combine(end, time.min)
        self._till = Till(total.books)
        self._happenings: list[Happening] = []

    def follow(self, baskets: Iterable[FileBasket], coupons: Iterable[Redemption]) -> None:
        for basket in baskets:
            if basket.cents * POINTS // PER_CENTS:
                _Visit(self._total, self._till, basket).plan(self._happenings)
                self._total.purchases += 1
        for coupon in coupons:
            self._redeem(coupon)
        sweeps = [(at, self._sweep) for at in SWEEPS]
        # Stable: at one instant things happen in the order in which they were laid out, and a sweep comes first.
        for at, happen in sorted(sweeps + self._happenings, key=lambda each: each[0]):
            if at < self._end:
                happen(at)

    def _sweep(self, at: datetime) -> None:
        told = self._till.sweep(at)
        count, points = self._total.notices
        self._total.notices = (count + bool(told), points + told)

    def _redeem(self, coupon: Redemption) -> None:
        is_exchange = coupon.campaign_type == "Type A"
        spent: list[Spent] = []
        at = datetime.combine(coupon.on, choices.REDEEMED_AT) + timedelta(seconds=coupon.nth)

        def spend(at: datetime) -> None:
            points = choices.PRICES[coupon.campaign_type]
            found = self._till.exchange(at, points, coupon.until) if is_exchange else self._till.pay(at, points)
            if found is None:
                self._total.refused += 1
            else:
                spent.append(found)

        def take_back(at: datetime) -> None:
            for each in spent:
                self._till.refund(at, each, each.points)

        def use(at: datetime) -> None:
            for each in spent:
                self._till.use_coupon(at, each)

        self._happenings.append((at, spend))
        is_good = not is_exchange or coupon.on + choices.REFUND_AFTER <= coupon.until
        if coupon.number % choices.REFUND_EVERY == 0 and is_good:
            self._happenings.append((at + choices.REFUND_AFTER, take_back))
        elif is_exchange and not falls("unused", coupon.number, one_in=choices.UNUSED_ONE_IN):
            used_at = at + choices.COUPON_USED_AFTER
            self._happenings.append((used_at if used_at.date() <= coupon.until else at + timedelta(minutes=1), use))


class _Visit:
    """One basket: how it is paid, what it earns, what comes back."""

    def __init__(self, total: IndependentSum, till: Till, basket: FileBasket) -> None:
        self._total, self._till, self._basket = total, till, basket
        self._spent: Spent | None = None
        self._held: Spent | None = None
        self._paid = 0
        self._lots: list[Lot] = []
        self._earned: dict[Lot, int] = {}

    def plan(self, happenings: list[Happening]) -> None:
        basket, number, share = self._basket, self._basket.number, share_of(self._basket.cents)
        kind = "plain"
        if basket.coupons:
            kind = "promoted"
        elif basket.is_fuel:
            if share and falls("pump", number, one_in=choices.PUMP_ONE_IN):
                kind = "pump"
        elif share and falls("points", number, one_in=choices.POINTS_ONE_IN):
            kind = "points"
        elif falls("delivery", number, one_in=choices.DELIVERED_ONE_IN):
            kind = "delivered"
        if kind == "pump":
            happenings.append((basket.at - choices.PUMP_AHEAD, self._hold))
            if not falls("lost", number, one_in=choices.PUMP_LOST_ONE_IN):
                by_card = falls("card", number, one_in=choices.PUMP_CARD_ONE_IN)
                happenings.append((basket.at, self._let_go if by_card else self._capture))
        if kind == "points":
            happenings.append((basket.at, self._pay))
        happenings.append((basket.at, partial(self._earn, kind)))
        if kind == "delivered":
            if falls("cancel", number, one_in=choices.CANCELLED_ONE_IN):
                happenings.append((basket.at + choices.CANCELLED_AFTER, self._cancel))
            else:
                happenings.append((basket.at + choices.CONFIRMED_AFTER, self._confirm))
        one_in = choices.RETURNED_ONE_IN.get(kind)
        if one_in and not basket.is_fuel and falls("return", number, one_in=one_in):
            self._plan_return(kind, happenings)

    def _plan_return(self, kind: str, happenings: list[Happening]) -> None:
        basket = self._basket
        whole = falls("whole", basket.number, one_in=choices.WHOLE_ONE_IN)
        late = basket.at + choices.LAST_RETURN_AFTER
        if kind == "points":
            happenings.append((basket.at + choices.FIRST_RETURN_AFTER, self._return_dearest))
            if whole and basket.dearest < basket.cents:
                happenings.append((late, self._return_rest))
        elif kind == "promoted":
            kept = 0 if whole else basket.cents - sum(cents for cents, _ in basket.coupons.values())
            happenings.append((late, partial(self._keep, earns=_points(kept))))
        else:
            happenings.append((late, partial(self._keep, earns=0 if whole else _points(basket.cents - basket.dearest))))

    def _hold(self, at: datetime) -> None:
        self._held = self._till.hold(at, choices.PUMP_HOLD_POINTS, at + HOLD_LASTS)
        self._total.refused += self._held is None

    def _let_go(self, at: datetime) -> None:
        if self._held is not None:
            self._till.let_go(at, self._held)

    def _capture(self, at: datetime) -> None:
        if self._held is not None:
            self._paid = min(share_of(self._basket.cents), choices.PUMP_HOLD_POINTS)
            self._till.capture(at, self._held, self._paid)

    def _pay(self, at: datetime) -> None:
        self._spent = self._till.pay(at, share_of(self._basket.cents))
        if self._spent is None:
            self._total.refused += 1
        else:
            self._paid = self._spent.points

    def _earn(self, kind: str, at: datetime) -> None:
        points = _points(self._basket.cents - self._paid)
        if kind == "delivered":
            self._lots = [self._till.pend(at, points)]
            return
        given = [(OPERATOR, points, MONTHS)]
        for maker in choices.CONTRACTS:  # in the order in which the program names its campaigns
            since, until = choices.CONTRACTS[maker]
            _, coupon = self._basket.coupons.get(maker, (0, 0))
            bonus = coupon * choices.BONUS_POINTS // choices.BONUS_PER_CENTS
            if bonus and since <= at.date() and (until is None or at.date() <= until):
                given.append((FUNDERS[maker], bonus, choices.CAMPAIGN_MONTHS))
        self._lots = self._till.accrue(at, *given)
        self._earned = {lot: points for lot, (_, points, _) in zip(self._lots, given, strict=True)}

    def _confirm(self, at: datetime) -> None:
        self._till.confirm(at, self._lots[0], MONTHS)

    def _cancel(self, at: datetime) -> None:
        self._till.cancel(at, self._lots[0])

    def _return_dearest(self, at: datetime) -> None:
        """Points and card of the dearest line, of each the share that it has in the whole; a half is a point."""
        basket = self._basket
        if self._spent is not None:
            back = (2 * basket.dearest * self._paid + basket.cents) // (2 * basket.cents)
            self._till.refund(at, self._spent, back)
        rest = basket.cents - basket.dearest
        self._keep(at, earns=_points(rest - self._points_in(rest)))

    def _return_rest(self, at: datetime) -> None:
        if self._spent is not None:
            self._till.refund(at, self._spent, self._paid - self._spent.back)
        self._keep(at, earns=0)

    def _points_in(self, rest: int) -> int:
        """What points had paid of the other lines when the two were priced; the larger remainder gets the odd point."""
        basket = self._basket
        dearest, odd = divmod(basket.dearest * self._paid, basket.cents)
        other, other_odd = divmod(rest * self._paid, basket.cents)
        return other + (dearest + other < self._paid and other_odd > odd)

    def _keep(self, at: datetime, *, earns: int) -> None:
        """What remains earns so much of the operator's and nothing of a manufacturer's; what it earned beyond goes."""
        for lot, left in zip(self._lots, [earns, *[0] * (len(self._lots) - 1)], strict=True):
            excess = self._earned[lot] - left
            if excess > 0:
                self._earned[lot] -= excess
                self._till.claw_back(at, lot, excess)


def _points(cents: int) -> int:
    return cents * POINTS // PER_CENTS
