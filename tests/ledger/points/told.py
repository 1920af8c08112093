"""The oracle of the calendar: points that expire, that are told of before, and that live on because nobody was told."""

from dataclasses import dataclass

from tests.ledger.points.bag import NEVER, Bag, Point, day, refuse


@dataclass
class Told(Bag):
    """One account, what its calendar says before points expire, and their end."""

    def sweep(self, as_of: int, at: int) -> None:
        self.happened(at)
        refuse(as_of > day(min(at, self.now)), "InvalidTime")
        self.past(as_of, at, but=self.untold(as_of))

    def past(self, as_of: int, at: int, but: frozenset[Point] = frozenset()) -> None:
        for point in [point for point in self.bag.elements() if point[1] < as_of and point not in but]:
            self.lose(point, "expired")
            self.latest = max(self.latest, at)

    def could_be_told(self, point: Point) -> bool:
        due = point[1] - self.rules.notice
        late = sum(day(when) > due for when, each in self.came if each == point)
        return day(self.terms[point[0]].earned) <= due and self.bag[point] > late

    def untold(self, as_of: int) -> frozenset[Point]:
        """Points that live on because it is too late to tell of their end."""
        more = as_of + self.rules.unnoticed
        return frozenset(
            point
            for point in self.bag
            if self.rules.unnoticed and point[1] != NEVER and point[1] not in self.told
            and point[1] - self.rules.notice < as_of and point[1] < more and self.could_be_told(point)
        )  # fmt: skip

    def extend(self, as_of: int, at: int) -> None:
        self.happened(at)
        refuse(as_of > day(min(at, self.now)), "InvalidTime")
        more = as_of + self.rules.unnoticed
        for point in self.untold(as_of):
            self.move(point, more, self.bag[point])
            self.latest = max(self.latest, at)
            if point[1] < as_of:
                self.begins_anew((point[0], more), at)

    def notify(self, as_of: int, at: int) -> dict[int, int]:
        """How many points are told of which last day."""
        self.happened(at)
        refuse(as_of > day(min(at, self.now)), "InvalidTime")
        told: dict[int, int] = {}
        for point, count in self.bag.items():
            opens = point[1] - self.rules.notice - self.rules.ahead
            if opens <= as_of <= point[1] and point[1] not in self.told and self.could_be_told(point):
                told[point[1]] = told.get(point[1], 0) + count
        if told:
            lying = {last for _, last in self.bag}
            self.told = {last for last in self.told if last >= as_of or last in lying} | set(told)
            self.latest = max(self.latest, at)
        return told
