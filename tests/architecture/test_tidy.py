"""Tidiness that can be counted: lengths, words that do not belong, links that lead nowhere, files that nobody uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.checkout import FOLDERS, MADE_HERE, PACKAGES, ROOT, files, modules, named, parsed

MODULE_LINES_MAX = 400  # what a reader can keep in mind as one idea
FUNCTION_LINES_MAX = 70  # what fits on a screen
DRAWER_NAMES = {"base", "common", "helper", "helpers", "manager", "misc", "models", "util", "utils"}
ENTRY_POINTS = {"service/cli/__init__.py", "service/cli/__main__.py", "service/postgres_keeper.py"}
"""Started by their path or by the script; everything else has to be imported by somebody."""

DOMAIN = ("ledger/points", "ledger/members")
IMPURE = (  # uuid5 is a hash: the same names give the same id
    r"datetime\.now\(", r"date\.today\(", r"\butcnow\(", r"uuid[12467]\(", r"\btime\.\w+\(", r"\brandom\.", r"\bopen\(",
)  # fmt: skip
SQL_CLOCKS = (r"\bnow\s*\(\)", r"\bcurrent_(date|time|timestamp)\b", r"\b(clock|statement|transaction)_timestamp\b")

# Spelled in two halves, so that this file does not find itself.
NOWHERE = (
    r"\bFIX" + "ME\\b",
    r"\bTO" + "DO\\b",
    r"\bXX" + "X\\b",
    r"(?<![\w.])/wo" + r"rk/",
    r"/tmp/" + r"(v|contract|bash_\w+)/",
    r"\bshared/" + "design\\b",
    r"\bissue " + r"\d",
)
TEXTS = (".py", ".sql", ".md", ".toml", ".yml", ".sh", ".txt", ".json")


def finds(text: str, patterns: tuple[str, ...]) -> Iterator[str]:
    """Each match with its line number."""
    for number, line in enumerate(text.splitlines(), 1):
        for pattern in patterns:
            if match := re.search(pattern, line):
                yield f"{number}: {match[0]}"


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def all_python() -> Iterator[Path]:
    return files(".py", under=(*PACKAGES, "tests", "benchmarks"))


def test_no_module_is_longer_than_a_reader_can_hold() -> None:
    lengths = {named(path): len(path.read_text().splitlines()) for path in all_python()}

    assert {path: lines for path, lines in lengths.items() if lines > MODULE_LINES_MAX} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {f"{named(path)}:{node.name}": length(node) for path in all_python() for node in functions(parsed(path))}

    assert {place: lines for place, lines in lengths.items() if lines > FUNCTION_LINES_MAX} == {}


def test_no_module_is_named_like_a_drawer() -> None:
    assert [named(path) for path in all_python() if DRAWER_NAMES & {path.stem, path.parent.name}] == []


def test_the_domain_asks_no_clock_and_draws_no_lots() -> None:
    found = [f"{named(path)}:{place}" for path in modules(*DOMAIN) for place in finds(path.read_text(), IMPURE)]

    assert found == []


def test_sql_asks_no_clock() -> None:
    found = [
        f"{named(path)}:{place}"
        for path in files(".sql", under=PACKAGES)
        for place in finds(path.read_text().lower(), SQL_CLOCKS)
    ]

    assert found == []


def test_only_the_command_line_prints() -> None:
    found = [
        f"{named(path)}:{node.lineno}"
        for path in modules()
        if not named(path).startswith("service/cli/")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert found == []


def test_nothing_is_left_for_later_and_nothing_names_a_machine() -> None:
    found = [f"{named(path)}:{place}" for path in files(*TEXTS) for place in finds(path.read_text(), NOWHERE)]

    assert found == []


@pytest.mark.parametrize("pattern", NOWHERE)
def test_every_banned_word_would_be_found(pattern: str) -> None:
    examples = [
        "# FIX" + "ME", "# TO" + "DO: x", "XX" + "X", "/wo" + "rk/x", "/tmp/" + "v/bin",
        "shared/" + "design", "issue " + "2",
    ]  # fmt: skip

    assert any(list(finds(example, (pattern,))) for example in examples)


def test_every_link_in_a_document_leads_somewhere() -> None:
    broken = []
    for path in files(".md"):
        prose = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", prose):
            file = target.split("#")[0]
            if "://" not in target and not target.startswith("mailto:") and file and not (path.parent / file).exists():
                broken.append(f"{named(path)} → {target}")

    assert broken == []


def test_every_module_is_imported_by_somebody() -> None:
    imported = {name for path in all_python() for name in imported_modules(path)}
    unused = [
        named(path)
        for path in modules()
        if named(path) not in ENTRY_POINTS and module_name(path) not in imported and path.parent != ROOT / "service"
    ]

    assert [path for path in unused if not path.endswith("__init__.py")] == []


def imported_modules(path: Path) -> Iterator[str]:
    """Modules that a file could mean by its imports: `from a.b import c` means a.b, and a.b.c if that is one."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_name(path: Path) -> str:
    return named(path).removesuffix(".py").replace("/", ".")


def test_every_statement_is_used_by_its_package() -> None:
    unused = []
    for package in PACKAGES:
        code = "\n".join(path.read_text() for path in modules(package))
        for path in files(".sql", under=(package,)):
            run_by_name = path.parent.name in {"migrations", "compose"} or path.name == "schema.sql"
            if not run_by_name and not re.search(rf"\b{re.escape(path.stem)}\b", code):
                unused.append(named(path))

    assert unused == []


def test_there_are_no_other_folders_at_the_top() -> None:
    found = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.endswith(".egg-info")}

    assert {name for name in found - FOLDERS - MADE_HERE if not name.startswith(".")} == set()


def test_every_test_has_a_sentence_for_a_name() -> None:
    short = [
        f"{named(path)}:{node.name}"
        for path in files(".py", under=("tests",))
        for node in parsed(path).body  # methods may override those of a conformance suite
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        if node.name.startswith("test_") and node.name.count("_") < 3
    ]

    assert short == []


def test_every_decision_record_has_a_number_of_its_own_and_says_it_in_its_title() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    numbers = [path.name[:4] for path in records]

    assert sorted(set(numbers)) == numbers
    assert [path.name for path in records if not path.read_text().startswith(f"# {path.name[:4]}. ")] == []
