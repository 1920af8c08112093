"""The oracle: what every verb does to a bag of points, written down a second time, from docs/points.md."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from tests.ledger.points.bag import (
    NEVER,
    Clawed,
    Held,
    Name,
    Point,
    Refusal,
    Rules,
    Spent,
    Terms,
    counted,
    day,
    refuse,
)
from tests.ledger.points.told import Told

__all__ = ["NEVER", "Oracle", "Refusal", "Rules", "Terms", "day"]


@dataclass
class Oracle(Told):
    """One account and its verbs."""

    # Earning.

    def accrue(self, name: Name, terms: Terms, *, pending: bool) -> None:
        self.takes("frozen", "left")
        self.happened(terms.earned)
        refuse(terms.usable < terms.earned or terms.last < day(terms.usable), "InvalidTime")
        terms.number = self.number()
        self.latest = max(self.latest, terms.earned)
        if pending:
            self.promised[name] = terms
        else:
            self.latest = max(self.latest, self.settle(self.new_lot(name, terms), terms.earned))
        self.active(terms.earned)

    def confirm(self, name: Name, at: int) -> None:
        refuse(
            name not in self.promised,
            "NotPending" if name in self.terms or name in self.cancelled else "UnknownAccrual",
        )
        self.happened(at)
        terms = self.promised[name]
        at = self.after(terms.earned, at)
        last, usable = terms.last, max(terms.usable, at)
        if not self.rules.from_accrual and last == self.counted(terms.earned):
            last = self.counted(at)
        refuse(last < day(usable), "InvalidTime")
        del self.promised[name]
        terms.last, terms.usable = last, usable
        self.latest = max(self.latest, self.settle(self.new_lot(name, terms, at), at))

    def charge(self, names: tuple[Name, Name], points: int, money: int, bonus: int, at: int) -> None:
        self.takes("suspended", "frozen", "left")
        self.happened(at)
        refuse(money < points * self.rules.unit, "InvalidAmount")
        self.latest = max(self.latest, at)
        self.new_lot(names[0], Terms(points, True, "operator", 0, at, at, NEVER, self.number()))
        if bonus:
            lot = Terms(bonus, False, "operator", 0, at, at, self.counted(at), self.number())
            self.latest = max(self.latest, self.settle(self.new_lot(names[1], lot), at))

    def cash_out(self, points: int, at: int) -> int:
        """The money that is paid out."""
        self.happened(at)
        bought = [point for point in self.usable(at) if self.terms[point[0]].bought]
        refuse(len(bought) < points, "InsufficientPoints")
        self.take(bought[:points])
        self.latest = max(self.latest, at)
        return self.paid_out(points)

    def adjust(
        self, name: Name, points: int, at: int, *, second: bool, may_owe: bool, bought: bool, funder: str
    ) -> None:
        self.happened(at)
        refuse(not points or (may_owe and bought), "InvalidAmount")
        refuse(not second and (abs(points) > self.rules.alone or may_owe), "FourEyesNeeded")
        if points > 0:
            lot = Terms(points, bought, funder, 0, at, at, self.counted(at), self.number())
            self.latest = max(self.latest, self.settle(self.new_lot(name, lot), at))
            return
        mine = [point for point in self.usable(at)
                if (self.terms[point[0]].bought, self.terms[point[0]].funder) == (bought, funder)]  # fmt: skip
        refuse(len(mine) < -points and not may_owe, "InsufficientPoints")
        self.take(mine[:-points])
        self.latest = max(self.latest, at)
        if len(mine) < -points:
            self.clawed[name] = Clawed(funder, at, -points - len(mine))
            self.owes(name, -points - len(mine))

    def claw_back(self, name: Name, points: int | None, at: int) -> None:
        terms = self.promised.get(name) or self.terms.get(name)
        refuse(terms is None and name not in self.cancelled, "UnknownAccrual")
        self.happened(at)
        if terms is None:
            raise Refusal("AlreadyClawedBack")
        at = self.after(terms.earned, at)
        refuse(terms.bought, "PaidForPoints")
        left = terms.points - (self.clawed[name].total if name in self.clawed else 0)
        refuse(not left or (points or left) > left, "AlreadyClawedBack")
        self.cancel(name, points or left, at)

    def cancel(self, name: Name, points: int, at: int) -> None:
        """Take back so much of an accrual, promised or not."""
        if name in self.promised:
            self.promised[name].points -= points
            if not self.promised[name].points:
                del self.promised[name]
                self.cancelled.add(name)
            self.latest = max(self.latest, at)
            return
        terms = self.terms[name]
        here = self.clawed.setdefault(name, Clawed(terms.funder, at))
        while True:
            own = sorted(point for point in self.bag.elements() if point[0] == name)[:points]
            missing = points - len(own)
            lapsed = min(missing, self.gone[name] - here.lapsed)
            missing -= lapsed
            free = [point for point in sorted(self.bag.elements(), key=self.place)
                    if point[0] != name and not self.terms[point[0]].bought and point[1] >= day(at)]  # fmt: skip
            near = [point for point in free if self.terms[point[0]].funder == terms.funder]
            far = [point for point in free if self.terms[point[0]].funder != terms.funder]
            others = (near + (far if self.rules.any_funder else []))[:missing]
            places = set(own + others)
            when = max([at, *(self.terms[lot].earned for lot, _ in places)])
            when = max([when, *(since for since, point in self.came if point in places)])
            if day(when) == day(at):
                break
            at = when
        self.take(own + others)
        here.at = max(here.at, when)
        here.total += points
        here.lapsed += lapsed
        here.others += others
        missing -= len(others)
        self.went["offset" if self.rules.policy == "offset_refund" else self.rules.policy] += missing
        if self.rules.policy == "deficit":
            self.owes(name, missing)
        self.latest = max(self.latest, when)

    # Spending.

    def choose(self, points: int, at: int, redeemer: str | None, free_first: bool | None) -> list[Point]:
        self.takes("suspended", "frozen", "left")
        self.happened(at)
        refuse(points < self.rules.smallest, "InvalidAmount")
        found = self.in_order(self.usable(at, redeemer), self.rules.free_first if free_first is None else free_first)
        refuse(len(found) < points, "InsufficientPoints")
        return self.take(found[:points])

    def pay(
        self, name: Name, points: int, cash: int, at: int, *, redeemer: str | None, free_first: bool | None
    ) -> None:
        self.spent[name] = Spent(at, self.choose(points, at, redeemer, free_first), cash)
        self.latest = max(self.latest, at)
        self.active(at)

    def exchange(self, name: Name, points: int, last: int, at: int) -> None:
        self.takes("suspended", "frozen", "left")
        self.happened(at)
        refuse(points < self.rules.smallest, "InvalidAmount")
        refuse(last < day(at), "InvalidTime")
        took = self.choose(points, at, None, None)
        self.spent[name] = Spent(at, took, coupon="issued", coupon_last=last)
        self.latest = max(self.latest, at)
        self.active(at)

    def refund(
        self,
        name: Name,
        at: int,
        *,
        amount: int | None,
        stated: tuple[int, int] | None,
        split: str | None,
        fault: str | None,
    ) -> None:
        refuse(name not in self.spent, "UnknownSpending")
        self.happened(at)
        bill = self.spent[name]
        at = self.after(bill.at, at)
        points_left, cash_left = len(bill.took) - bill.back, bill.cash - bill.cash_back
        refuse(not points_left and not cash_left, "AlreadyRefunded")
        refuse(
            bill.coupon not in (None, "issued") or (bill.coupon is not None and bill.coupon_last < day(at)),
            "CouponClosed",
        )
        if stated is not None:
            points, cash = stated
            refuse(not points and not cash, "InvalidAmount")
        elif amount is not None:
            points, cash = self.shares(bill, amount, split or self.rules.split)
        else:
            points, cash = points_left, cash_left
        refuse(bill.coupon is not None and points != len(bill.took), "InvalidAmount")
        refuse(points > points_left or cash > cash_left, "RefundTooLarge")
        self.give_back(bill, points, cash, at, fault)

    def shares(self, bill: Spent, amount: int, split: str) -> tuple[int, int]:
        """Of all ways to make up the amount, the one that the split likes best."""
        unit, points_left, cash_left = self.rules.unit, len(bill.took) - bill.back, bill.cash - bill.cash_back
        refuse(amount > points_left * unit + cash_left, "RefundTooLarge")
        ways = [points for points in range(points_left + 1) if 0 <= amount - points * unit <= cash_left]
        refuse(not ways, "InvalidAmount")
        worth = len(bill.took) * unit + bill.cash
        done = bill.back * unit + bill.cash_back + amount
        ideal = floor(Fraction(done * len(bill.took), worth) + Fraction(1, 2)) - bill.back
        best = {"points_first": max(ways), "cash_first": min(ways)}.get(split)
        points = min(ways, key=lambda way: abs(way - ideal)) if best is None else best
        return points, amount - points * unit

    def give_back(self, bill: Spent, points: int, cash: int, at: int, fault: str | None) -> None:
        upto = len(bill.took) - bill.back
        came = [self.with_grace(point, at, fault) for point in reversed(bill.took[upto - points : upto])]
        bill.back += points
        bill.cash_back += cash
        if bill.coupon is not None and bill.back == len(bill.took):
            bill.coupon = "cancelled"
        self.give(came, at)
        self.latest = max(self.latest, self.settle(came, at, back=True))

    def with_grace(self, point: Point, at: int, fault: str | None) -> Point:
        rules = self.rules
        days = rules.grace
        if fault in ("merchant", "operator") and rules.fault_grace is not None:
            days = rules.fault_grace
        new = counted(at, days) if rules.end is None else rules.end
        if self.lives(point) < day(at) <= new and (days or rules.end is not None):
            self.begins_anew((point[0], new), at)
            return point[0], new
        return point

    # Holds.

    def hold(self, name: Name, points: int, cash: int, at: int, *, redeemer: str | None, ends: int | None) -> None:
        self.takes("suspended", "frozen", "left")
        self.happened(at)
        refuse(points < self.rules.smallest, "InvalidAmount")
        refuse(ends is not None and ends <= at, "InvalidTime")
        took = self.choose(points, at, redeemer, None)
        self.holds[name] = Held(at, took, cash, at + self.rules.hold if ends is None else ends, redeemer)
        self.latest = max(self.latest, at)

    def authorise(self, name: Name, at: int) -> None:
        self.takes("suspended", "frozen", "left")
        refuse(name not in self.holds, "UnknownHold")
        self.happened(at)
        hold = self.holds[name]
        at = self.after(hold.at, at)
        refuse(hold.status in ("captured", "released"), "HoldEnded")
        if hold.status == "open":
            hold.status = "authorising"
            self.latest = max(self.latest, at)

    def capture(self, name: Name, became: Name, points: int | None, cash: int | None, at: int) -> None:
        refuse(name not in self.holds, "UnknownHold")
        self.happened(at)
        hold = self.holds[name]
        at = self.after(hold.at, at)
        points = len(hold.took) if points is None else points
        cash = hold.cash if cash is None else cash
        refuse(points < 1, "InvalidAmount")
        refuse(points > len(hold.took), "CaptureTooLarge")
        if hold.status == "captured":
            refuse(len(self.spent[hold.became].took) != points, "HoldEnded")
            return
        if hold.status == "released":
            found = self.in_order(self.usable(at, hold.redeemer), self.rules.free_first)
            refuse(self.status in ("frozen", "left") or len(found) < points, "CancelAtPsp")
            self.spent[became] = Spent(at, self.take(found[:points]), cash)
        else:
            self.spent[became] = Spent(at, hold.took[:points], cash)
            rest = hold.took[points:]
            self.give(rest, at)
            self.latest = max(self.latest, self.settle(rest, at, back=True))
        hold.status, hold.became = "captured", became
        self.latest = max(self.latest, at)
        self.active(at)

    def release(self, name: Name, at: int) -> None:
        refuse(name not in self.holds, "UnknownHold")
        self.happened(at)
        hold = self.holds[name]
        at = self.after(hold.at, at)
        refuse(hold.status == "captured", "HoldEnded")
        if hold.status != "released":
            self.let_go(hold, at)

    def let_go(self, hold: Held, at: int) -> int:
        hold.status = "released"
        self.give(hold.took, at)
        at = self.settle(hold.took, at, back=True)
        self.latest = max(self.latest, at)
        return at

    def time_out(self, at: int) -> None:
        self.happened(at)
        come = min(at, self.now)
        for _, hold in sorted(self.holds.items(), key=lambda each: (each[1].at, each[0])):
            if hold.status == "open" and hold.ends <= come:
                at = self.let_go(hold, at)

    # Coupons.

    def redeem(self, name: Name, at: int) -> None:
        self.takes("frozen", "left")
        refuse(name not in self.spent, "UnknownSpending")
        bill = self.spent[name]
        refuse(bill.coupon is None, "NoCoupon")
        self.happened(at)
        at = self.after(bill.at, at)
        refuse(bill.coupon_last < day(at), "InvalidTime")
        refuse(bill.coupon != "issued", "CouponClosed")
        bill.coupon = "redeemed"
        self.latest = max(self.latest, at)

    def expire_coupons(self, as_of: int, at: int) -> None:
        self.happened(at)
        refuse(as_of > day(min(at, self.now)), "InvalidTime")
        for bill in self.spent.values():
            if bill.coupon == "issued" and bill.coupon_last < as_of:
                bill.coupon = "expired"
                self.latest = max(self.latest, at)

    # Undoing by key.

    def void(self, name: Name, at: int) -> None:
        """``name`` is what the key's first event was called, if it came."""
        self.happened(at)
        hold = self.holds.get(name)
        bill = self.spent.get(hold.became if hold is not None else name)
        if hold is not None and bill is None:
            if hold.status != "released":
                self.let_go(hold, max(at, hold.at))
        elif bill is not None:
            at = max(at, bill.at)
            past = bill.coupon == "issued" and bill.coupon_last < day(at)
            refuse(past or bill.coupon in ("redeemed", "expired"), "CouponClosed")
            points, cash = len(bill.took) - bill.back, bill.cash - bill.cash_back
            if points or cash:
                self.give_back(bill, points, cash, at, "operator")
        elif name in self.promised:
            self.cancel(name, self.promised[name].points, max(at, self.promised[name].earned))
        elif name in self.terms:
            refuse(self.terms[name].bought, "NotVoidable")
            left = self.terms[name].points - (self.clawed[name].total if name in self.clawed else 0)
            if left:
                self.cancel(name, left, max(at, self.terms[name].earned))
        elif name not in self.cancelled and name not in self.barred:
            self.barred.add(name)
            self.latest = max(self.latest, at)

    # Standing, and the end.

    def stand(self, status: str, at: int) -> None:
        self.takes("left")
        self.happened(at)
        if self.status != status:
            self.status = status
            self.latest = max(self.latest, at)

    def leave(self, at: int) -> None:
        self.takes("left")
        self.happened(at)
        at = self.after(self.latest, at)
        refuse(any(each.status in ("open", "authorising") for each in self.holds.values()), "HoldsOpen")
        self.past(day(at), at)
        for bill in self.spent.values():
            bill.coupon = "expired" if bill.coupon == "issued" else bill.coupon
        self.claim([point for point in self.bag.elements() if self.terms[point[0]].bought], at)
        self.cancelled |= set(self.promised)
        self.promised.clear()
        for point in list(self.bag.elements()):
            self.lose(point, "forfeited")
        self.status = "left"
        self.latest = at

    def settle_claim(self, number: int, at: int) -> None:
        refuse(number >= len(self.claims), "UnknownClaim")
        self.happened(at)
        claim = self.claims[number]
        at = self.after(claim.at, at)
        refuse(claim.settled, "ClaimSettledBefore")
        claim.settled = True
        self.latest = max(self.latest, at)
