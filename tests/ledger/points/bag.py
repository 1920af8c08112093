"""A model of points that shares no code with the ledger: it counts single points, in the minutes of a calendar.

A point is a pair (lot, last day); an account is a bag of them, and lists of those that were spent, set aside or taken
in another's stead, one entry a point. It knows no events, no ids of its own and no zone. Its rules are written down
here a second time, from docs/points.md, so that a mistake has to be made twice to go unseen.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

NEVER = 10**9
DAY = 24 * 60
SKEW = 5

Name = Hashable
Point = tuple[Name, int]


class Refusal(Exception):
    """What the ledger must refuse, by the name of its error."""


@dataclass
class Rules:
    """A program. Money in won; ``end`` is the day that stands for any grace.

    ``notice`` days before the last one a notice is due, and goes out ``ahead`` days earlier.
    """

    free_first: bool = False
    grace: int = 0
    fault_grace: int | None = None
    end: int | None = None
    split: str = "pro_rata"
    policy: str = "deficit"
    any_funder: bool = False
    from_accrual: bool = False
    validity: int | None = None
    unit: int = 1
    smallest: int = 1
    hold: int = 30
    fee: int = 0
    alone: int = 50
    activity: bool = False
    unnoticed: int = 0
    notice: int = 1
    ahead: int = 1


@dataclass
class Terms:
    """What is said of a lot once and for ever. Instants are minutes, ``last`` is a day."""

    points: int
    bought: bool
    funder: str
    rank: int
    earned: int
    usable: int
    last: int
    number: int
    own: str | None = None


@dataclass
class Spent:
    """What a payment or an exchange took, in order; ``back`` of it, and of the cash, was refunded."""

    at: int
    took: list[Point]
    cash: int = 0
    back: int = 0
    cash_back: int = 0
    coupon: str | None = None
    coupon_last: int = NEVER


@dataclass
class Held:
    """A hold."""

    at: int
    took: list[Point]
    cash: int
    ends: int
    redeemer: str | None
    status: str = "open"
    became: Name = None


@dataclass
class Clawed:
    """What was clawed back of a lot: so much in all, ``lapsed`` before, ``owed``, and others' points in its stead."""

    funder: str
    at: int
    total: int = 0
    lapsed: int = 0
    owed: int = 0
    others: list[Point] = field(default_factory=list)


def day(at: int) -> int:
    return at // DAY


@dataclass
class Claimed:
    """Bought points of who has left, as money."""

    at: int
    points: int
    money: int
    settled: bool = False


def counted(at: int, days: int) -> int:
    """The last of so many days; that of the instant does not count, unless it is midnight."""
    return day(at) + days - (at % DAY == 0)


def refuse(wrong: bool, name: str) -> None:
    if wrong:
        raise Refusal(name)


@dataclass
class Bag:
    """The points of one account, and what follows when points come in."""

    rules: Rules
    opened: int
    status: str = "active"
    now: int = 0
    bag: Counter[Point] = field(default_factory=Counter)
    terms: dict[Name, Terms] = field(default_factory=dict)
    promised: dict[Name, Terms] = field(default_factory=dict)
    cancelled: set[Name] = field(default_factory=set)
    spent: dict[Name, Spent] = field(default_factory=dict)
    holds: dict[Name, Held] = field(default_factory=dict)
    clawed: dict[Name, Clawed] = field(default_factory=dict)
    owing: list[Name] = field(default_factory=list)
    gone: Counter[Name] = field(default_factory=Counter)
    came: list[tuple[int, Point]] = field(default_factory=list)
    claims: list[Claimed] = field(default_factory=list)
    barred: set[Name] = field(default_factory=set)
    acts: list[tuple[int, int]] = field(default_factory=list)
    fresh: dict[Point, tuple[int, int]] = field(default_factory=dict)
    gifts: set[Name] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    went: Counter[str] = field(default_factory=Counter)
    latest: int = 0
    numbers: int = 0

    # What everything begins with.

    def takes(self, *but: str) -> None:
        refuse(self.status in but, "AccountNotActive")

    def happened(self, at: int) -> None:
        refuse(at > self.now + SKEW, "InvalidTime")

    def after(self, earliest: int, at: int) -> int:
        refuse(earliest - at > SKEW, "InvalidTime")
        return max(earliest, at)

    # What is there.

    def place(self, point: Point) -> tuple[int, int, int, int]:
        terms = self.terms[point[0]]
        return terms.rank, point[1], terms.earned, terms.number

    def usable(self, at: int, at_shop: str | None = "anywhere") -> list[Point]:
        """The points that may be spent, in order; what came later than the instant is not there."""
        later = Counter(point for when, point in self.came if when > at)
        found: list[Point] = []
        for point in sorted(self.bag, key=self.place):
            terms = self.terms[point[0]]
            if terms.usable <= at and point[1] >= day(at) and (at_shop == "anywhere" or terms.own in (None, at_shop)):
                found += [point] * max(0, self.bag[point] - later[point])
        return found

    def in_order(self, points: list[Point], free_first: bool) -> list[Point]:
        return sorted(points, key=lambda point: self.terms[point[0]].bought) if free_first else points

    def take(self, points: Iterable[Point]) -> list[Point]:
        taken = list(points)
        self.bag.subtract(taken)
        assert min(self.bag.values(), default=0) >= 0
        self.bag = +self.bag
        return taken

    def give(self, points: Iterable[Point], at: int) -> None:
        for point in points:
            self.bag[point] += 1
            self.came.append((at, point))

    def balance(self, at: int) -> dict[str, Any]:
        points = self.usable(at)
        lasts = Counter(last for _, last in points if last < NEVER)
        later = sum(count for point, count in self.bag.items() if self.terms[point[0]].usable > at)
        return {
            "available": len(points),
            "held": sum(len(each.took) for each in self.holds.values() if each.status in ("open", "authorising")),
            "pending": sum(each.points for each in self.promised.values()) + later,
            "deficit": sum(each.owed for each in self.clawed.values()),
            "next": min(lasts.items(), default=None),
        }

    # What follows when points come in.

    def settle(self, came: list[Point], at: int, *, back: bool = False) -> int:
        """Returns when the last of it occurred."""
        rest: list[Point] = []
        queue = [self.revive(point, at) for point in came]
        for point in queue:  # grows while it is read
            mine = None if self.terms[point[0]].bought else self.clawed.get(point[0])
            if mine is not None and (mine.owed or mine.others):
                at = max(at, mine.at)
                self.take([point])
                if mine.owed:
                    mine.at = at
                    self.owes(point[0], -1)
                else:
                    other = mine.others.pop()
                    self.give([other], at)
                    queue.append(self.revive(other, at))
            else:
                rest.append(point)
        rest, at = self.repay(rest, at, same_funder=back and not self.rules.any_funder)
        for point in rest:
            if point[1] < day(at):
                self.lose(point, "expired")
        if self.status == "left":
            living = [point for point in rest if point[1] >= day(at)]
            self.claim([point for point in living if self.terms[point[0]].bought], at)
            for point in living:
                if not self.terms[point[0]].bought:
                    self.lose(point, "suspense")
        return at

    def claim(self, points: list[Point], at: int) -> None:
        if points:
            self.take(points)
            self.went["claimed"] += len(points)
            self.claims.append(Claimed(at, len(points), self.paid_out(len(points))))

    def paid_out(self, points: int) -> int:
        worth = points * self.rules.unit
        return worth - worth * self.rules.fee // 10_000

    def repay(self, points: list[Point], at: int, *, same_funder: bool) -> tuple[list[Point], int]:
        paid: list[Name] = []
        when = at
        for debt in list(self.owing):
            theirs = self.clawed[debt]
            seen = max(when, theirs.at)
            for point in list(points):
                terms = self.terms[point[0]]
                fits = (
                    not terms.bought and point[1] >= day(seen) and not (same_funder and terms.funder != theirs.funder)
                )
                if theirs.owed and fits:
                    points.remove(point)
                    self.take([point])
                    if point[0] != debt:
                        theirs.others.append(point)
                    self.owes(debt, -1)
                    when = seen
                    paid.append(debt)
        for debt in paid:
            self.clawed[debt].at = max(self.clawed[debt].at, when)
        return points, when

    def owes(self, debt: Name, more: int) -> None:
        self.clawed[debt].owed += more
        if self.clawed[debt].owed and debt not in self.owing:
            self.owing.append(debt)
        if not self.clawed[debt].owed and debt in self.owing:
            self.owing.remove(debt)

    def lose(self, point: Point, how: str) -> None:
        self.take([point])
        self.gone[point[0]] += 1
        self.went[how] += 1

    # Validity from the last activity: every activity ever, and each point by itself.

    def active(self, at: int) -> None:
        """Something that counts as an activity was done."""
        if self.rules.activity and self.rules.validity is not None:
            self.acts.append((at, len(self.acts)))
            for point in list(self.bag):
                if self.lives(point) > point[1]:
                    self.move(point, self.lives(point), self.bag[point])

    def begins_anew(self, point: Point, at: int) -> None:
        """Activities count for such points from now on alone; those told before, from the next day on."""
        self.fresh[point] = at, len(self.acts)

    def dated(self, name: Name) -> bool:
        """Whether the program gave the lot its last day."""
        terms = self.terms[name]
        return name in self.gifts or terms.last in (self.counted(terms.earned), self.counted(terms.usable))

    def lives(self, point: Point) -> int:
        """The last day of a point, had it lain here all the time: each activity gives a span, to what lives."""
        name, last = point
        terms = self.terms[name]
        since, told = self.fresh.get(point, (terms.earned, 0))
        for at, number in sorted(self.acts) if self.dated(name) else ():
            counts = at >= since if number >= told else day(at) > day(since)
            if counts and day(at) <= last:
                last = max(last, self.counted(at))
        return last

    def revive(self, point: Point, at: int) -> Point:
        """A point that came, with the day of those that stayed, if it lives on that day."""
        last = self.lives(point)
        if last == point[1] or last < day(at):
            return point
        self.move(point, last, 1)
        return point[0], last

    def move(self, point: Point, last: int, count: int) -> None:
        """So many such points get another last day; when they came stays, of the latest that came."""
        new = point[0], last
        self.bag.subtract([point] * count)
        self.bag = +self.bag
        self.bag[new] += count
        came = sorted((when for when, each in self.came if each == point), reverse=True)[:count]
        for when in came:
            self.came.remove((when, point))
            self.came.append((when, new))

    # New lots.

    def new_lot(self, name: Name, terms: Terms, came_at: int | None = None) -> list[Point]:
        self.terms[name] = terms
        points = [(name, terms.last)] * terms.points
        self.bag.update(points)
        if came_at is not None and came_at > terms.earned:
            self.came += [(came_at, point) for point in points]
        return points

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def counted(self, at: int) -> int:
        return NEVER if self.rules.validity is None else counted(at, self.rules.validity)
