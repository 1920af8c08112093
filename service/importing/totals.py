"""Totals from the source to the ledger: rows by file, points by program, kind and funder, and whether they tie."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

from projections import ImportedPoints, TakenOver
from service.importing.layout import COUPONS, FILES, HOLDS, LOTS, FileLayout
from service.importing.notebook import Difference, Notebook

MOVEMENT_OF: Final = {LOTS.name: "import", HOLDS.name: "import-hold", COUPONS.name: "import-coupon"}
FILE_OF: Final = {word: name for name, word in MOVEMENT_OF.items()}

DIFFERENCES_MAX: Final = 1_000
"""Rows that are told one by one; more are a systematic fault, and the sums say how many points it is about."""

Group = tuple[str, str, str, str]  # file, program, kind, funder


@dataclass(slots=True)
class Rows:
    """What became of the rows of one file. ``accepted``: found right, whether sent now, before or not at all."""

    read: int = 0
    accepted: int = 0
    rejected: int = 0
    past_retention: int = 0
    forgotten: int = 0
    new: int = 0
    repeated: int = 0
    done_before: int = 0

    @property
    def ties(self) -> bool:
        """Whether every row has become something."""
        return self.read == self.accepted + self.rejected + self.past_retention + self.forgotten


@dataclass(slots=True)
class Points:
    """Of one file, program, kind and funder: rows (parts of rows, for holds) and points, by where they were seen."""

    rows: int = 0
    source: int = 0
    ledger_rows: int = 0
    ledger: int = 0

    @property
    def ties(self) -> bool:
        """Whether the ledger has what was accepted."""
        return (self.rows, self.source) == (self.ledger_rows, self.ledger)


@dataclass(slots=True)
class Totals:
    """Of one run. ``points`` are those of accepted rows; ``rejected_points`` of rejected ones that say how many."""

    files: dict[str, Rows] = field(default_factory=lambda: {layout.name: Rows() for layout in FILES})
    points: dict[Group, Points] = field(default_factory=lambda: defaultdict(Points))
    source_points: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    rejected_points: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    forgotten: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    strange: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    differences: list[Difference] = field(default_factory=list)
    taken_over: tuple[TakenOver, ...] = ()
    compared: bool = False

    @property
    def ties(self) -> bool:
        """Whether the source, what was taken over, the journal and the balances say the same."""
        return (
            all(rows.ties for rows in self.files.values())
            and all(self.ties_of_file(name) for name in MOVEMENT_OF)
            and (
                not self.compared
                or (
                    all(points.ties for points in self.points.values())
                    and not (self.differences or self.unexplained)
                    and all(each.ties for each in self.taken_over)
                )
            )
        )

    def ties_of_file(self, name: str) -> bool:
        """Whether the source's points are those that were accepted, those of erased members, and the rejected."""
        taken = sum(points.source for group, points in self.points.items() if group[0] == name)
        return self.source_points[name] == taken + self.rejected_points[name]

    @property
    def unexplained(self) -> dict[str, tuple[int, int]]:
        """By file: rows and points that the ledger has of the source, beyond the files and beyond erased members'."""
        rest = {
            name: (self.strange[name][0] - self.forgotten[name][0], self.strange[name][1] - self.forgotten[name][1])
            for name in MOVEMENT_OF
        }
        return {name: each for name, each in rest.items() if each != (0, 0)}

    def add(self, file: str, program: str, told: tuple[tuple[str, str, int], ...], sign: int = 1) -> None:
        """Points of an accepted row; with -1 it was rejected after all."""
        for kind, funder, points in told:
            group = self.points[file, program, kind, funder]
            group.rows += sign
            group.source += sign * points

    def forget(self, file: str, program: str, told: tuple[tuple[str, str, int], ...]) -> None:
        """Points of an erased member: the books have them, under ids that no row leads to any more."""
        self.add(file, program, told)
        self.forgotten[file][0] += len(told)
        self.forgotten[file][1] += sum(points for _, _, points in told)

    def compare(self, events: Any, notebook: Notebook, taken_over: tuple[TakenOver, ...]) -> None:
        """Against what the books have."""
        found: ImportedPoints
        for found in events:
            file = FILE_OF[found.movement]
            group = self.points[file, found.program, found.kind, found.funder]
            group.ledger_rows += 1
            group.ledger += found.points
            if not notebook.find(found.event_id, found.points):
                self.strange[file][0] += 1
                self.strange[file][1] += found.points
        self.differences = list(notebook.differences(DIFFERENCES_MAX))
        self.taken_over = taken_over
        self.compared = True


def points_told(layout: FileLayout, cells: tuple[str, ...]) -> int:
    """The points that a row says, whatever else is wrong with it; 0 where it says none that could be counted."""
    if layout.name not in MOVEMENT_OF or len(cells) != len(layout.columns):
        return 0
    names = [column.name for column in layout.columns]
    if layout is HOLDS:
        told = [each.rpartition(":")[2] for each in cells[names.index("lots")].split()]
    else:
        told = [cells[names.index("points")].strip()]
    return sum(int(each) for each in told if each.isascii() and each.isdecimal() and len(each) <= 15)
