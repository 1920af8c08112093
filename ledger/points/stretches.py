"""Stretches of activity: how long one activity after the other keeps an account's points alive.

An activity gives a whole span. One that comes no later than the last day which the one before gave goes on with the
same stretch; a later one begins a new stretch, and what lay there is past its day. So a stretch says as much as all its
activities do: what was alive when it began, or came while it went on, and was there before its last activity, lives to
its end.
"""

from dataclasses import dataclass
from datetime import date

STRETCHES_MAX = 8
"""What was alive in a stretch that has ended died with it, so that the last one alone matters to what happens today.
The others are for commands that come late: none comes so late that points have died nine times meanwhile."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The days of its first and its latest activity, and the last day that these gave."""

    first: date
    latest: date
    until: date


def with_activity(stretches: tuple[Stretch, ...], day: date, until: date) -> tuple[Stretch, ...]:
    """The stretches, the earliest first, after an activity of the day which gave a last day; it may come late."""
    new = Stretch(day, day, until)
    apart: list[Stretch] = []
    for each in stretches:
        both = None if _died_between(each, new, stretches) else _joined(each, new)
        if both is None:
            apart.append(each)
        else:
            new = both
    return tuple(sorted((*apart, new), key=_begin)[-STRETCHES_MAX:])


def lives_until(stretches: tuple[Stretch, ...], since: date, last: date) -> date:
    """The last day of points that were there from a day on and had a last day, with what activities gave since."""
    for each in stretches:
        if each.first <= last < each.until and each.latest >= since:
            last = each.until
    return last


def _died_between(one: Stretch, other: Stretch, stretches: tuple[Stretch, ...]) -> bool:
    """Whether what a shorter span dated, in the earlier of both, was past its day before the later one began."""
    early, late = sorted((one, other), key=_begin)
    return any(early.first <= each.first and each.until < late.first for each in stretches if each is not one)


def _joined(one: Stretch, other: Stretch) -> Stretch | None:
    """Both as one, where the later goes on with the earlier.

    A version with a shorter span gives an earlier last day than was given before: that is a stretch of its own, since
    only what was there before keeps the longer one.
    """
    early, late = sorted((one, other), key=_begin)
    if late.first > early.until or (late.until < early.until and late.latest > early.latest):
        return None
    if late.latest <= early.latest:
        return early if late.until <= early.until else None
    return Stretch(early.first, late.latest, late.until)


def _begin(stretch: Stretch) -> tuple[date, int]:
    return stretch.first, -stretch.latest.toordinal()
