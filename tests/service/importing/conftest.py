"""A ledger with the programme that the other system's accounts are of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ledger import Program
from service.settings import Settings
from service.wiring import open_house
from tests.service.conftest import Answer, Cli
from tests.service.importing.other_system import CUT_OVER, PROGRAM, OtherSystem

Import = Callable[..., Answer]


def define_program(environ: dict[str, str]) -> None:
    """Define it, in the ledger that the environment names."""
    with open_house(Settings.read(environ)) as house:
        house.define_program(Program(code=PROGRAM, name="플러스", version=1))


@pytest.fixture
def ready(cli: Cli, environ: dict[str, str]) -> Cli:
    """The command line on a ledger with the programme."""
    define_program(environ)
    return cli


@pytest.fixture
def take_over(ready: Cli) -> Import:
    """Run the import of a folder, as `old`."""

    def run(folder: Path, *options: object) -> Answer:
        return ready("import", folder, "--source", "old", "--cut-over", CUT_OVER.isoformat(), *options, "--json")

    return run


def write(system: OtherSystem, folder: Path, encoding: str = "utf-8") -> Path:
    """Its files, in a folder of their own."""
    return system.write(folder / "files", encoding)


def settled(report: Any) -> Any:
    """A report without what differs from run to run: times, and which rows were new."""
    kept = {name: value for name, value in report.items() if name not in ("seconds", "rejects", "dry_run")}
    for rows in kept["files"].values():
        for name in ("new", "repeated", "done_before"):
            rows.pop(name)
    return kept
