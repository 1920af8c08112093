"""What docs/migration.md says is what the code does, and the recipe's session is run."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from service.importing.layout import FILES
from service.importing.reasons import Reason

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "migration.md").read_text("utf-8")
RECIPE = (DOCS / "recipes" / "migrate.md").read_text("utf-8")
SAME = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def test_the_page_tells_the_columns_of_every_file_in_the_order_of_reading() -> None:
    told = re.findall(r"^### (\S+) · (.+)\n\n\| column \| form \| \|\n\|---\|---\|---\|\n((?:\| .*\n)+)", PAGE, re.M)

    assert [(name, title) for name, title, _ in told] == [(each.file_name, each.title) for each in FILES]
    for layout, (_, _, table) in zip(FILES, told, strict=True):
        rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (required)? ?\|$", table, re.M)
        assert rows == [(each.name, each.form, "required" if each.required else "") for each in layout.columns]


def test_the_page_tells_every_reason_with_its_number() -> None:
    told = re.findall(r"^\| (\d+) \| `(\w+)` \| (.+) \|$", PAGE, re.M)

    assert told == [(str(int(each)), each.name, each.sentence) for each in Reason]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the server's user may enter, which pytest's own is not for root."""
    with TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def steps() -> Iterator[tuple[str, str]]:
    """Each command of the recipe with what it shows."""
    for block in re.findall(r"```console\n(.*?)```", RECIPE, re.S):
        for step in re.split(r"^\$ ", block, flags=re.M)[1:]:
            lines = step.splitlines(keepends=True)
            typed = 1
            while typed < len(lines) and lines[typed].startswith("> "):
                typed += 1
            command = lines[0] + "".join(line.removeprefix("> ") for line in lines[1:typed])
            yield command, "".join(lines[typed:])


def test_the_recipe_shows_what_its_commands_say(open_folder: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.endswith("_DSN")}
    environ |= {
        "POINTS_LEDGER_DATA": str(open_folder / "data"),
        "POINTS_LEDGER_KEY_CACHE_SECONDS": "0.2",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    count = 0
    for command, shown in steps():
        count += 1
        done = subprocess.run(
            ["bash", "-c", command], cwd=open_folder, env=environ, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        told = re.sub(r" +\n", "\n", done.stdout)
        assert doctest.OutputChecker().check_output(shown, told, SAME), f"{command}\n{told}"
    assert count > 15
