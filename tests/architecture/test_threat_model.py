"""The threat model names tests and rows of the drill that exist."""

from __future__ import annotations

import ast
import re

import pytest

from service.drill import THREATS, Threat, Verdict
from tests.architecture.checkout import ROOT

TEXT = (ROOT / "docs" / "threat-model.md").read_text()
SECTIONS = dict(re.findall(r"^## ([\w-]+)\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL))
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_it_has_the_rows_of_the_drill_in_their_order() -> None:
    names = [each.name for each in THREATS]

    assert list(SECTIONS) == names
    assert re.findall(r"^\| \[([\w-]+)\]\(#\1\) \|", TEXT, re.MULTILINE) == names


@pytest.mark.parametrize("name", SECTIONS)
def test_a_row_says_what_holds_how_long_what_is_exposed_and_what_shows_it(name: str) -> None:
    for part in ("**Holds**", "ow long**", "**Exposed", "**Drill**", "**Tests**"):
        assert part in SECTIONS[name], part


@pytest.mark.parametrize("name", SECTIONS)
def test_the_tests_that_a_row_names_exist(name: str) -> None:
    named = NAMED.findall(SECTIONS[name])

    assert named != []
    for path, test in named:
        tree = ast.parse((ROOT / path).read_text())
        functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert test in functions, f"{path}::{test}"


@pytest.mark.parametrize("threat", THREATS, ids=lambda each: each.name)
def test_what_it_promises_is_what_the_drill_expects(threat: Threat) -> None:
    name = re.escape(threat.name)
    [cell] = re.findall(rf"^\| \[{name}\]\(#{name}\) \| [^|]+ \| ([^|]+) \|", TEXT, re.MULTILINE)

    assert cell.startswith("held" if threat.promised is Verdict.HELD else "exposed")
