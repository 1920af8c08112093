"""The files of this checkout, as the tests of its architecture read them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = ("crypto_shredding", "ledger", "projections", "service")
"""Lowest first: each may import those before it."""

FOLDERS = {*PACKAGES, "tests", "benchmarks", "docs", ".ci", "changelog.d"}
"""The top-level folders there are; a new one needs a record in docs/adr."""

MADE_HERE = {"__pycache__", ".git", ".venv", "build"}
"""Folders that tools make, beside those that begin with a dot."""


def files(*suffixes: str, under: tuple[str, ...] = tuple(sorted(FOLDERS))) -> Iterator[Path]:
    """Files below the given folders, and those at the top when all folders are asked for."""
    if len(under) == len(FOLDERS):
        yield from (path for path in sorted(ROOT.iterdir()) if path.is_file() and path.suffix in suffixes)
    for folder in under:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and path.is_file() and not MADE_HERE & set(path.parts):
                yield path


def modules(*packages: str) -> Iterator[Path]:
    """Python files of the named packages, or of all."""
    return files(".py", under=packages or PACKAGES)


def named(path: Path) -> str:
    """A file's path from the top of the checkout, as messages and tables name it."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, with the line. Relative imports stay inside their package and are left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module, node.lineno
