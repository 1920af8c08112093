"""The SQL of this package, one statement a file, read once."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def statement(name: str) -> LiteralString:
    """The statement in `sql/<name>.sql`. Files shipped with the code count as literals."""
    return files(__package__).joinpath("sql", f"{name}.sql").read_text("utf-8")
