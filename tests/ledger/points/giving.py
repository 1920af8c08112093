"""The oracle of two accounts: transfer and conversion, written down a second time."""

from collections.abc import Callable

from tests.ledger.points.bag import NEVER, Name, Point, Terms, refuse
from tests.ledger.points.oracle import Oracle


def transfer(giver: Oracle, taker: Oracle, points: int, at: int, name_of: Callable[[int], Name]) -> None:
    """Points to another account of the same program."""
    _ends(giver, taker, points, at)
    sent = giver.in_order(giver.usable(at), giver.rules.free_first)
    refuse(len(sent) < points, "InsufficientPoints")
    pieces: dict[Point, int] = {}
    for point in giver.take(sent[:points]):
        pieces[point] = pieces.get(point, 0) + 1
    giver.latest = max(giver.latest, at)
    came: list[Point] = []
    for number, ((lot, last), count) in enumerate(pieces.items()):
        old = giver.terms[lot]
        terms = Terms(count, old.bought, old.funder, old.rank, old.earned, at, last, taker.number(), old.own)
        came += taker.new_lot(name_of(number), terms, at)
        if giver.rules.activity and giver.dated(lot):
            taker.gifts.add(name_of(number))
            taker.begins_anew((name_of(number), last), at)
    taker.latest = max(taker.latest, taker.settle(came, at))


def convert(
    giver: Oracle, taker: Oracle, points: int, at: int, rate: tuple[int, int], name_of: Callable[[int], Name]
) -> None:
    """Points to an account of another program: so many for so many."""
    _ends(giver, taker, points, at)
    sent = giver.in_order(giver.usable(at), giver.rules.free_first)
    refuse(len(sent) < points, "InsufficientPoints")
    pieces: dict[Point, int] = {}
    for point in sent[:points]:
        pieces[point] = pieces.get(point, 0) + 1
    counts = [(lot, count * rate[1] // rate[0]) for (lot, _), count in pieces.items()]
    refuse(not any(count for _, count in counts), "InvalidAmount")
    giver.take(sent[:points])
    giver.latest = max(giver.latest, at)
    came: list[Point] = []
    for lot, count in counts:
        old = giver.terms[lot]
        last = NEVER if old.bought else taker.counted(at)
        if count:
            number = len({point[0] for point in came})
            terms = Terms(count, old.bought, old.funder, old.rank, at, at, last, taker.number(), old.own)
            came += taker.new_lot(name_of(number), terms, at)
    taker.latest = max(taker.latest, taker.settle(came, at))


def _ends(giver: Oracle, taker: Oracle, points: int, at: int) -> None:
    giver.takes("suspended", "frozen", "left")
    taker.takes("frozen", "left")
    giver.happened(at)
    refuse(points < 1, "InvalidAmount")
