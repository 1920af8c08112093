"""One household's points, lot by lot, and the books that they make: the oracle of a replay.

Written from docs/points.md and docs/books.md, for the comparison alone: it shares no code with the ledger and none with
the commands of the replay.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime

from service.replay.lots import (
    COUPONS,
    DEFICITS,
    EXPENSE,
    EXPIRED,
    HELD,
    MEMBER,
    OPERATOR,
    PAYABLE,
    PENDING,
    RECEIVABLE,
    REDEEMED,
    Books,
    Draw,
    Lot,
    Spent,
    divided,
    month_of,
    taken_from,
)


class Till:
    """The lots of one household. Each method is told when it happens, never earlier than the one before."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._lots: list[Lot] = []
        self._owing: list[Lot] = []
        self._holds: list[Spent] = []
        self._coupons: list[Spent] = []
        self._made = 0

    def accrue(self, at: datetime, *given: tuple[str, int, int]) -> list[Lot]:
        """(funder, points, months that they last) of one purchase, each a lot."""
        lots = [self._lot(at, *each) for each in given]
        for lot in lots:
            insort(self._lots, lot, key=lambda each: each.place)
            self._post("accrue", lot.funder, lot.points, EXPENSE, MEMBER, at)
        self._settle(at, [(lot, lot.points) for lot in lots])
        return lots

    def pend(self, at: datetime, points: int) -> Lot:
        """Promise points."""
        self._post("pend", OPERATOR, points, EXPENSE, PENDING, at)
        return self._lot(at, OPERATOR, points, 0)

    def confirm(self, at: datetime, lot: Lot, months: int) -> None:
        """The promised points come, and last from now."""
        lot.last = month_of(at) + months
        insort(self._lots, lot, key=lambda each: each.place)
        self._post("confirm", lot.funder, lot.points, PENDING, MEMBER, at)
        self._settle(at, [(lot, lot.points)])

    def cancel(self, at: datetime, lot: Lot) -> None:
        """The promised points will not come."""
        self._post("cancel", lot.funder, lot.points, PENDING, EXPENSE, at)

    def pay(self, at: datetime, points: int) -> Spent | None:
        """Spend; None where there are too few points."""
        return self._spend(at, "pay", points, REDEEMED)

    def exchange(self, at: datetime, points: int, until: date) -> Spent | None:
        """Spend for a coupon."""
        spent = self._spend(at, "exchange", points, COUPONS)
        if spent is not None:
            spent.until = until
            self._coupons.append(spent)
        return spent

    def use_coupon(self, at: datetime, spent: Spent) -> None:
        """The coupon is used."""
        spent.is_open = False
        self._post_all("coupon-redeem", spent.draws, COUPONS, REDEEMED, at)

    def hold(self, at: datetime, points: int, times_out: datetime) -> Spent | None:
        """Set points aside."""
        spent = self._spend(at, "hold", points, HELD)
        if spent is not None:
            spent.times_out = times_out
            self._holds.append(spent)
        return spent

    def capture(self, at: datetime, held: Spent, points: int) -> None:
        """The first so many points of a hold pay, the others are free again."""
        held.is_open = False
        taken, rest = divided(held.draws, points)
        self._post_all("capture", taken, HELD, REDEEMED, at)
        self._come_back(at, "release", rest, HELD)

    def let_go(self, at: datetime, held: Spent) -> None:
        """All of a hold is free again."""
        held.is_open = False
        self._come_back(at, "release", held.draws, HELD)

    def refund(self, at: datetime, spent: Spent, points: int) -> None:
        """So many points come back, the last drawn first."""
        _, left = divided(list(reversed(spent.draws)), spent.back)
        back, _ = divided(left, points)
        spent.back += points
        spent.is_open = False
        self._come_back(at, "refund", back, REDEEMED if spent.until is None else COUPONS)

    def claw_back(self, at: datetime, lot: Lot, points: int) -> None:
        """What was earned goes: from its own lot, else from others of its funder as they are spent, else it is owed."""
        month = month_of(at)
        own = [(lot, min(lot.points, points))]
        points -= own[0][1]
        lapsed = min(points, lot.lapsed)
        lot.lapsed -= lapsed
        others, points = taken_from(
            [each for each in self._lots if each is not lot and each.funder == lot.funder and each.last >= month],
            points - lapsed,
        )
        self._take("clawback", own + others, EXPENSE, at)
        lot.stand_ins += others
        if points:
            self._post("clawback", lot.funder, points, DEFICITS, EXPENSE, at)
            lot.owed += points
            if lot not in self._owing:
                self._owing.append(lot)

    def sweep(self, at: datetime) -> int:
        """What the calendar does on the first of a month. Returns the points of which their end is told: this month."""
        month, today = month_of(at), at.date()
        for held in self._holds:
            if held.is_open and held.times_out is not None and held.times_out <= at:
                self.let_go(at, held)
        self._holds = [held for held in self._holds if held.is_open]
        for coupon in self._coupons:
            if coupon.is_open and coupon.until is not None and coupon.until < today:
                coupon.is_open = False
                self._post_all("coupon-expire", coupon.draws, COUPONS, EXPIRED, at)
        self._coupons = [coupon for coupon in self._coupons if coupon.is_open]
        told = sum(lot.points for lot in self._lots if lot.last == month)
        self._expire(at, [(lot, lot.points) for lot in self._lots if lot.last < month])
        self._lots = [lot for lot in self._lots if lot.points]
        return told

    def _lot(self, at: datetime, funder: str, points: int, months: int) -> Lot:
        self._made += 1
        return Lot(funder, at, self._made, points, month_of(at) + months)

    def _spend(self, at: datetime, word: str, points: int, where: str) -> Spent | None:
        usable = [lot for lot in self._lots if lot.last >= month_of(at)]
        if sum(lot.points for lot in usable) < points:
            return None
        draws, _ = taken_from(usable, points)
        self._take(word, draws, where, at)
        return Spent(draws)

    def _come_back(self, at: datetime, word: str, draws: list[Draw], whence: str) -> None:
        self._post_all(word, draws, whence, MEMBER, at)
        self._put(draws)
        self._settle(at, draws, came_back=True)

    def _settle(self, at: datetime, came: list[Draw], *, came_back: bool = False) -> None:
        """Points that come in pay debts, release what stood in for them, and expire where they are late."""
        if not came_back and not self._owing:
            return  # what is new is not late, and nobody waits for it
        left: list[Draw] = []
        queue = list(came)
        while queue:
            lot, points = queue.pop(0)
            paid = min(points, lot.owed)
            self._repay(at, lot, [(lot, paid)])
            given, _ = divided(list(reversed(lot.stand_ins)), points - paid)
            self._return_stand_ins(at, lot, given)
            queue += given
            points -= paid + sum(each for _, each in given)
            if points:
                left.append((lot, points))
        for debtor in list(self._owing):
            payers = [
                (lot, points)
                for lot, points in left
                if lot.last >= month_of(at) and (not came_back or lot.funder == debtor.funder)
            ]
            paying, _ = divided(payers, debtor.owed)
            self._repay(at, debtor, paying)
            paid_by = Counter({id(lot): points for lot, points in paying})
            left = [(lot, points - paid_by[id(lot)]) for lot, points in left]
        late = Counter({lot: 0 for lot, _ in left})
        for lot, points in left:
            late[lot] += points
        self._expire(at, [(lot, min(points, lot.points)) for lot, points in late.items() if lot.last < month_of(at)])

    def _repay(self, at: datetime, debtor: Lot, paying: list[Draw]) -> None:
        for lot, points in paying:
            lot.points -= points
            debtor.owed -= points
            if lot.funder == debtor.funder:
                self._post("repay", lot.funder, points, MEMBER, DEFICITS, at)
            else:
                self._post("repay", lot.funder, points, MEMBER, PAYABLE, at)
                self._post("repay", debtor.funder, points, RECEIVABLE, DEFICITS, at)
            if lot is not debtor and points:
                debtor.stand_ins.append((lot, points))
        if not debtor.owed and debtor in self._owing:
            self._owing.remove(debtor)

    def _return_stand_ins(self, at: datetime, lot: Lot, given: list[Draw]) -> None:
        """They come back, the last taken first; as many points of the lot are the clawback's."""
        count = sum(points for _, points in given)
        lot.points -= count
        lot.stand_ins = list(reversed(divided(list(reversed(lot.stand_ins)), count)[1]))
        for other, points in given:
            if other.funder == lot.funder:
                self._post("clawback-return", lot.funder, points, MEMBER, MEMBER, at)
            else:
                self._post("clawback-return", other.funder, points, PAYABLE, MEMBER, at)
                self._post("clawback-return", lot.funder, points, MEMBER, RECEIVABLE, at)
        self._put(given)

    def _expire(self, at: datetime, draws: list[Draw]) -> None:
        self._take("expire", draws, EXPIRED, at)
        for lot, points in draws:
            lot.lapsed += points

    def _take(self, word: str, draws: list[Draw], where: str, at: datetime) -> None:
        for lot, points in draws:
            lot.points -= points
        self._post_all(word, draws, MEMBER, where, at)

    def _put(self, draws: list[Draw]) -> None:
        for lot, points in draws:
            lot.points += points
            if lot not in self._lots:
                insort(self._lots, lot, key=lambda each: each.place)

    def _post_all(self, word: str, draws: Iterable[Draw], debit: str, credit: str, at: datetime) -> None:
        for lot, points in draws:
            self._post(word, lot.funder, points, debit, credit, at)

    def _post(self, word: str, funder: str, points: int, debit: str, credit: str, at: datetime) -> None:
        self._books.post(word, funder, points, debit, credit, month_of(at))
