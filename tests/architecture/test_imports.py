"""Arrows between packages: the contracts of pyproject.toml, proof that they bite, and roots as the only doors."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.checkout import MADE_HERE, PACKAGES, ROOT, imports, modules, named, parsed


def linted(checkout: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on a checkout."""
    linter = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([linter, "--no-cache"], cwd=checkout, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("crypto_shredding/envelope.py", "import ledger", "never back"),
        ("ledger/event.py", "import projections", "never back"),
        ("projections/runner.py", "import service", "never back"),
        ("ledger/points/decide.py", "import psycopg", "The domain knows"),
        ("ledger/points/decide.py", "import eventsourcing.domain", "The domain knows"),
        ("ledger/points/decide.py", "import time", "The domain knows"),
        ("ledger/calendar.py", "import psycopg", "The domain knows"),  # by a detour: the domain imports the calendar
        ("ledger/members/events.py", "import ledger.store", "The domain knows"),
        ("ledger/store/appender.py", "import ledger.desk", "The store knows nothing"),
        ("projections/runner.py", "import eventsourcing.projection", "eventsourcing is met"),
    ],
)
def test_a_contract_that_is_broken_on_purpose_is_named(
    tmp_path: Path, module: str, line: str, contract: str
) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns(*MADE_HERE))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    broken = tmp_path / module
    broken.write_text(f"{broken.read_text()}\n{line}\n")

    result = linted(tmp_path)

    assert result.returncode != 0
    [verdict] = [said for said in result.stdout.splitlines() if re.search(rf"{contract}.* (KEPT|BROKEN)", said)]
    assert " BROKEN" in verdict, result.stdout


def test_every_contract_is_kept() -> None:
    result = linted(ROOT)

    assert result.returncode == 0, result.stdout


def side_doors(path: str, tree: ast.Module) -> list[str]:
    """Imports of another package's inside; only its root is public."""
    own = path.split("/", maxsplit=1)[0]
    return [
        f"{path}:{line} imports {module}"
        for module, line in imports(tree)
        if (package := module.split(".")[0]) in PACKAGES and package not in {own, module}
    ]


def test_other_packages_are_entered_by_their_root_only() -> None:
    assert [door for path in modules() for door in side_doors(named(path), parsed(path))] == []


@pytest.mark.parametrize("source", ["from crypto_shredding.cipher import seal", "import crypto_shredding.cipher"])
def test_a_side_door_is_found(source: str) -> None:
    assert side_doors("ledger/desk/ledger.py", ast.parse(source)) != []
    assert side_doors("crypto_shredding/sealer.py", ast.parse(source)) == []
