"""The SQL files beside this module, each one statement, read once."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import LiteralString

_FOLDER = Path(__file__).parent / "sql"


@cache
def statement(name: str) -> LiteralString:
    """The text of `sql/<name>.sql`. It ships with the code, so it is as literal as the code."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
