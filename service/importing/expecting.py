"""What the other system says that its files have: rows and points, counted before anything is sent.

The files alone cannot tell that lines are missing from them; whoever wrote them can.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.importing.errors import ImportStopped
from service.importing.layout import FILES, FileLayout
from service.importing.reading import Source
from service.importing.totals import MOVEMENT_OF, points_told


@dataclass(frozen=True, slots=True)
class Count:
    """Rows of a file and their points; None where nobody says, or where its rows bring none."""

    rows: int
    points: int | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """One file as the other system counts it, and as it was read."""

    file: str
    expected: Count
    read: Count

    @property
    def ties(self) -> bool:
        """Whether both are the same, as far as it was said."""
        points = self.expected.points
        return self.expected.rows == self.read.rows and (points is None or points == self.read.points)


class SourceDiffers(ImportStopped):
    """The files are not what the other system counts: fetch them again, or correct what is expected. Nothing was sent.

    ``differing`` are the files that differ.
    """

    def __init__(self, differing: tuple[Expectation, ...]) -> None:
        told = "; ".join(f"{each.file}.csv has {_told(each.read)}, not {_told(each.expected)}" for each in differing)
        super().__init__(f"{told}; fetch the files again, or correct --expect; nothing was sent")
        self.differing = differing


def has_points(file: str) -> bool:
    """Whether rows of the file bring points, which can be expected."""
    return file in MOVEMENT_OF


def compared(source: Source, expected: Mapping[str, Count]) -> tuple[Expectation, ...]:
    """Each expected file against what it has. Raises `SourceDiffers`, `SourceUnreadable`."""
    layouts = [each for each in FILES if each.name in expected]
    found = tuple(Expectation(each.name, expected[each.name], _count(source, each)) for each in layouts)
    if differing := tuple(each for each in found if not each.ties):
        raise SourceDiffers(differing)
    return found


def _count(source: Source, layout: FileLayout) -> Count:
    rows = points = 0
    for row in source.rows(layout):
        rows += 1
        points += points_told(layout, row.cells)
    return Count(rows, points if has_points(layout.name) else None)


def _told(count: Count) -> str:
    rows = f"{count.rows:,} rows"
    return rows if count.points is None else f"{rows} with {count.points:,} points"
