"""Reading the files row by row, in UTF-8 or CP949. A million rows are never in memory together."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

from service.importing.errors import SourceUnreadable
from service.importing.layout import FILES, FileLayout
from service.importing.reasons import Reason, RowRejected

Encoding = Literal["utf-8", "cp949"]

CHUNK_BYTES: Final = 1 << 20
# A cell that does not end is a quote that was never closed: it would swallow the rest of the file.
CELL_CHARACTERS_MAX: Final = 65_536


UNENDED: Final = (
    "its last line has no end; was it cut off? Fetch it again, and end it with a newline only if it is whole"
)


class RawRow(NamedTuple):
    """One row: the line on which it begins, and its cells as they are."""

    line: int
    cells: tuple[str, ...]


class Source:
    """The folder with the files. Each must be there, if only with its header."""

    def __init__(self, folder: Path, encoding: Encoding) -> None:
        self.folder = folder
        self.encoding = encoding

    def path(self, layout: FileLayout) -> Path:
        """Raises `SourceUnreadable`."""
        path = self.folder / layout.file_name
        if not path.is_file():
            raise SourceUnreadable(layout.file_name, f"is not in {self.folder}; a file without rows has its header")
        return path

    def lines(self, layout: FileLayout) -> int:
        """How many lines the file has, about its number of rows: for a bar of progress."""
        with self.path(layout).open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(CHUNK_BYTES), b""))

    def check(self) -> None:
        """Every file is there, has its header and ends with the end of a line. Raises `SourceUnreadable`."""
        for layout in FILES:
            next(self.rows(layout), None)
            self._check_end(layout)

    def rows(self, layout: FileLayout) -> Iterator[RawRow]:
        """Every row behind the header. Bytes that are no text stay as halves of surrogate pairs, for `cells_of`.

        Raises `SourceUnreadable`.
        """
        csv.field_size_limit(CELL_CHARACTERS_MAX)
        encoding = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
        with self.path(layout).open(encoding=encoding, errors="surrogateescape", newline="") as file:
            reader = csv.reader(file)
            begins = 1
            try:
                header = next(reader, [])
                self._check_header(layout, header)
                order = [header.index(column.name) for column in layout.columns]
                begins = reader.line_num + 1
                for cells in reader:
                    if cells:
                        width = len(header)
                        yield RawRow(begins, tuple(cells[place] for place in order) if len(cells) == width else ())
                    begins = reader.line_num + 1
            except csv.Error as error:
                why = f"is no CSV ({error}); look for a quote that is not closed"
                raise SourceUnreadable(layout.file_name, why, begins) from None

    def _check_end(self, layout: FileLayout) -> None:
        """A file that was cut off within a line would lose that line's end, and be taken for whole."""
        with self.path(layout).open("rb") as file:
            file.seek(-1, os.SEEK_END)  # there is a header
            if file.read(1) not in (b"\n", b"\r"):
                last = self.lines(layout) + 1
                raise SourceUnreadable(layout.file_name, UNENDED, last)

    def _check_header(self, layout: FileLayout, header: list[str]) -> None:
        wanted = [column.name for column in layout.columns]
        if sorted(header) != sorted(wanted):
            missing = [name for name in wanted if name not in header]
            others = len(header) - len(wanted) + len(missing)
            found = f"missing: {', '.join(missing) or 'none'}; others: {others}"
            why = f"the header has to be: {','.join(wanted)} ({found})"
            raise SourceUnreadable(layout.file_name, why, 1)


def cells_of(layout: FileLayout, row: RawRow) -> dict[str, str | None]:
    """The cells by their columns; an empty one is None. Raises `RowRejected`."""
    if len(row.cells) != len(layout.columns):
        raise RowRejected(Reason.WRONG_COLUMNS)
    found: dict[str, str | None] = {}
    for column, cell in zip(layout.columns, row.cells, strict=True):
        if not cell.isascii() and any("\udc80" <= each <= "\udcff" for each in cell):
            raise RowRejected(Reason.NOT_TEXT, column.name)
        found[column.name] = cell.strip() or None
        if column.required and found[column.name] is None:
            raise RowRejected(Reason.MISSING, column.name)
    return found
