"""A small model of points that shares no code with the ledger: parcels of equal points, days counted as numbers.

It knows no events, no spending key and no zone. Each parcel is what one accrual left, and a refund with grace splits
one off.
"""

from dataclasses import dataclass, field

NEVER = 10**9


@dataclass
class Parcel:
    """Points of one accrual that share a last day."""

    accrual: int
    points: int
    bought: bool
    rank: int
    earned: int
    usable: int
    last: int


@dataclass
class Bill:
    """Something spent on a day, and the pieces (accrual, points, last day) that it took."""

    day: int
    pieces: list[tuple[int, int, int]]
    refunded: bool = False
    is_coupon: bool = False


class Refusal(Exception):
    """What the ledger must refuse, by the name of its error."""


@dataclass
class Oracle:
    """One account. Days are numbers; everything happens at noon."""

    free_first: bool
    grace: int
    smallest: int
    parcels: list[Parcel] = field(default_factory=list)
    terms: dict[int, Parcel] = field(default_factory=dict)
    bills: list[Bill] = field(default_factory=list)
    returns: list[tuple[int, int, int, int]] = field(default_factory=list)  # accrual, points, last day, day
    latest: int = 0
    left: bool = False
    earned: int = 0
    spent: int = 0
    returned: int = 0
    expired: int = 0
    forfeited: int = 0
    suspense: int = 0
    claimed: int = 0

    def available(self, day: int) -> int:
        """Points that may be spent on the day."""
        return sum(self.left_on(day, each) for each in self.parcels if each.usable <= day <= each.last)

    def left_on(self, day: int, parcel: Parcel) -> int:
        """Points of the parcel, without those that came back after the day."""
        later = sum(points for accrual, points, last, on in self.returns
                    if (accrual, last) == (parcel.accrual, parcel.last) and on > day)  # fmt: skip
        return max(0, parcel.points - later)

    def next_to_go(self, day: int) -> tuple[int, int] | None:
        """The soonest last day of the available points, and how many go after it."""
        alive = [each for each in self.parcels if each.usable <= day <= each.last and self.left_on(day, each)]
        lasts = [each.last for each in alive if each.last < NEVER]
        if not lasts:
            return None
        soonest = min(lasts)
        return soonest, sum(self.left_on(day, each) for each in alive if each.last == soonest)

    def accrue(self, points: int, *, bought: bool, rank: int, day: int, usable: int, last: int) -> None:
        self._must_be_open()
        number = len(self.terms)
        self.terms[number] = Parcel(number, points, bought, rank, day, usable, last)
        self.parcels.append(Parcel(number, points, bought, rank, day, usable, last))
        self.earned += points
        self.latest = max(self.latest, day)

    def spend(self, points: int, day: int, *, as_coupon: bool = False) -> list[tuple[int, int]]:
        """What is taken from which accrual, in order."""
        self._must_be_open()
        if points < self.smallest:
            raise Refusal("InvalidAmount")
        if points > self.available(day):
            raise Refusal("InsufficientPoints")
        alive = [each for each in self.parcels if each.usable <= day <= each.last]
        alive.sort(key=lambda each: (self.free_first and each.bought, each.rank, each.last, each.earned, each.accrual))
        bill = Bill(day, [], is_coupon=as_coupon)
        self.latest = max(self.latest, day)
        for parcel in alive:
            piece = min(points, self.left_on(day, parcel))
            if piece:
                parcel.points -= piece
                points -= piece
                bill.pieces.append((parcel.accrual, piece, parcel.last))
        self.bills.append(bill)
        self.spent += sum(piece for _, piece, _ in bill.pieces)
        self._tidy()
        return [(accrual, piece) for accrual, piece, _ in bill.pieces]

    def refund(self, number: int, day: int) -> int:
        """How many of the points that come back are gone at once: expired, or after leaving nobody's."""
        bill = self.bills[number]
        if day < bill.day:
            raise Refusal("InvalidTime")
        if bill.refunded:
            raise Refusal("AlreadyRefunded")
        if bill.is_coupon and self.left:
            raise Refusal("CouponClosed")
        bill.refunded = True
        self.latest = max(self.latest, day)
        gone = 0
        for accrual, piece, last in bill.pieces:
            self.returned += piece
            self.returns.append((accrual, piece, day + self.grace if last < day and self.grace else last, day))
            if last < day and not self.grace:
                gone += piece
            elif self.left and self.terms[accrual].bought:
                self.claimed += piece
            elif self.left:
                self.suspense += piece
            else:
                self._give(accrual, piece, day + self.grace if last < day else last)
        self.expired += gone
        return gone

    def sweep(self, day: int, at: int) -> int:
        """How many points are past their last day; taken on the day ``at``."""
        gone = sum(each.points for each in self.parcels if each.last < day)
        if gone:
            self.latest = max(self.latest, at)
        self.parcels = [each for each in self.parcels if each.last >= day]
        self.expired += gone
        return gone

    def leave(self, day: int) -> tuple[int, int]:
        """How many expire and how many are forfeited."""
        self._must_be_open()
        if day < self.latest:
            raise Refusal("InvalidTime")
        gone = self.sweep(day, day)
        given_up = sum(each.points for each in self.parcels if not each.bought)
        self.claimed += sum(each.points for each in self.parcels if each.bought)
        self.parcels = []
        self.forfeited += given_up
        self.left = True
        return gone, given_up

    def _give(self, accrual: int, points: int, last: int) -> None:
        terms = self.terms[accrual]
        self.parcels.append(Parcel(accrual, points, terms.bought, terms.rank, terms.earned, terms.usable, last))
        merged: dict[tuple[int, int], Parcel] = {}
        for each in self.parcels:
            key = (each.accrual, each.last)
            if key in merged:
                merged[key].points += each.points
            else:
                merged[key] = each
        self.parcels = list(merged.values())

    def _must_be_open(self) -> None:
        if self.left:
            raise Refusal("AccountNotActive")

    def _tidy(self) -> None:
        self.parcels = [each for each in self.parcels if each.points]
