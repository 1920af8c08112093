"""A line of an entry, and an entry that is put together from several movements of points."""

from __future__ import annotations

from typing import NamedTuple


class Posting(NamedTuple):
    """One line of an entry: debit positive, credit negative. ``funder`` pays for the points and stays with them."""

    account_code: str
    kind: str
    funder: str
    points: int


class Entry:
    """Lines that cancel for each kind and funder, as they are put together; what cancels within a line is no line."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, str, str], int] = {}

    def move(self, debit: str, credit: str, kind: str, funder: str, points: int) -> None:
        """Debit one account and credit another, both of one kind and funder."""
        for code, signed in ((debit, points), (credit, -points)):
            line = (code, kind, funder)
            self._sums[line] = self._sums.get(line, 0) + signed

    def lines(self) -> tuple[Posting, ...]:
        """In the order in which accounts were first touched."""
        return tuple(Posting(*line, points) for line, points in self._sums.items() if points)
