"""What was bought: lines with their category and what paid them. No names of goods: nothing here is personal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.errors import InvalidAmount

POINTS = "points"
"""The tender of what points paid."""


@dataclass(frozen=True, slots=True)
class Tender:
    """So much (minor units) was paid in this way: ``cash``, ``card``, `POINTS`, or another word of the business."""

    kind: str
    amount: int


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line: its category and how it was paid. What it cost is the sum of its tenders."""

    category: str
    tenders: tuple[Tender, ...]

    @property
    def amount(self) -> int:
        """Minor units."""
        return sum(each.amount for each in self.tenders)


@dataclass(frozen=True, slots=True)
class Order:
    """The lines of a purchase, or what remains of them after a partial cancel."""

    lines: tuple[OrderLine, ...]
    currency: str = "KRW"

    @property
    def amount(self) -> int:
        """Minor units in all, however they were paid."""
        return sum(line.amount for line in self.lines)


NOTHING_BOUGHT = Order(())


def spread(amounts: Sequence[tuple[str, int]], tenders: Iterable[Tender], currency: str = "KRW") -> Order:
    """An order of which only the whole's tenders are known, not each line's: every tender goes over the lines pro rata.

    ``amounts`` are category and minor units of each line. One tender after the other is spread over what is not paid
    yet, with the largest remainder, so that lines and tenders both add up. Keep the order that this gives: what
    remains after a cancel is made of its lines, not of a new spreading. Raises `InvalidAmount`.
    """
    tenders = list(tenders)
    total, paid = sum(amount for _, amount in amounts), sum(each.amount for each in tenders)
    if total != paid:
        why = f"is what the tenders pay, of an order of {total}"
        raise InvalidAmount(0, why, minor_units=paid, currency=currency)
    left = [amount for _, amount in amounts]
    parts: list[list[Tender]] = [[] for _ in amounts]
    for tender in tenders:
        for place, share in enumerate(_shares(left, tender.amount)):
            left[place] -= share
            if share:
                parts[place].append(Tender(tender.kind, share))
    lines = zip(amounts, parts, strict=True)
    return Order(tuple(OrderLine(category, tuple(part)) for (category, _), part in lines), currency)


def _shares(left: Sequence[int], paid: int) -> list[int]:
    """What of a tender pays each line: at most what is left of it, since no share of at most the whole exceeds it."""
    total = sum(left)
    if not paid:
        return [0] * len(left)
    shares = [amount * paid // total for amount in left]
    by_remainder = sorted(range(len(left)), key=lambda place: -(left[place] * paid % total))
    for place in by_remainder[: paid - sum(shares)]:
        shares[place] += 1
    return shares
