"""The reject file: every row that was not taken over, as it is, with the reason. The one place that tells values."""

from __future__ import annotations

import csv
import os
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import orjson

from service.importing.layout import FileLayout
from service.importing.reading import RawRow
from service.importing.reasons import Reason, RowRejected

HEADER = ("file", "line", "number", "reason", "column", "rule", "row")


class Rejects:
    """A CSV in UTF-8 that only its owner may read, written anew by each run. Counts what it is given."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.counts: Counter[tuple[str, Reason, str]] = Counter()
        self._file = private_file(path)
        self._writer = csv.writer(self._file)
        self._writer.writerow(HEADER)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, layout: FileLayout, raw: RawRow, why: RowRejected) -> None:
        """One row."""
        self.counts[layout.name, why.reason, why.column or ""] += 1
        told = orjson.dumps([_text(cell) for cell in raw.cells]).decode()
        place = (layout.file_name, raw.line, int(why.reason), why.reason.name)
        self._writer.writerow((*place, why.column or "", why.rule or "", told))


def private_file(path: Path) -> TextIO:
    """A file for its owner alone, empty, whatever was there before."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")


def _text(cell: str) -> str:
    return cell.encode("utf-8", "backslashreplace").decode() if not cell.isascii() else cell
