"""Every recipe that has a Python session prints what its page shows, word for word."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from tests.service.conftest import Cli

FOLDER = Path(__file__).parents[2] / "docs" / "recipes"
INDEX = FOLDER / "README.md"
EXAMPLES_MIN = 10  # a session of fewer shows no story


def session(page: Path) -> str:
    """The text of all `pycon` blocks, which share their names."""
    return "\n".join(re.findall(r"^```pycon\n(.*?)^```", page.read_text("utf-8"), re.DOTALL | re.MULTILINE))


PAGES = sorted(page for page in FOLDER.glob("*.md") if session(page))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_session_of_a_recipe_prints_what_its_page_shows(
    page: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in cli.environ.items():
        monkeypatch.setenv(name, value)
    test = doctest.DocTestParser().get_doctest(session(page), {}, page.stem, str(page), 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)  # the ids in refusals differ from run to run

    try:
        result = runner.run(test, clear_globs=False)
    finally:
        if "house" in test.globs:
            test.globs["house"].close()

    assert result.attempted >= EXAMPLES_MIN
    assert result.failed == 0, capsys.readouterr().out


def test_the_index_names_every_recipe_once() -> None:
    named = re.findall(r"\]\(([a-z-]+\.md)\)", INDEX.read_text("utf-8"))

    assert sorted(named) == sorted(page.name for page in FOLDER.glob("*.md") if page != INDEX)
