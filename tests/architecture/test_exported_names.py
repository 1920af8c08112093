"""The root of a package is its whole public surface: what is bound there is exported, sorted, and importable."""

from __future__ import annotations
import __future__

import importlib
from types import ModuleType

import pytest

from tests.architecture.checkout import PACKAGES


def bound_names(package: ModuleType) -> set[str]:
    """What a reader of the root could import from it; submodules are not meant."""
    return {
        name
        for name, value in vars(package).items()
        if not name.startswith("_") and not isinstance(value, (ModuleType, __future__._Feature))
    }


def as_sorted(names: list[str]) -> list[str]:
    """CONSTANTS, Classes, functions; each in order (what ruff's RUF022 sorts by)."""
    return sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


@pytest.mark.parametrize("name", PACKAGES)
def test_what_is_bound_at_the_root_is_exported_and_nothing_else(name: str) -> None:
    package = importlib.import_module(name)

    assert set(package.__all__) == bound_names(package)


@pytest.mark.parametrize("name", PACKAGES)
def test_exported_names_are_sorted_and_said_once(name: str) -> None:
    exported = list(importlib.import_module(name).__all__)

    assert exported == as_sorted(exported)
    assert len(exported) == len(set(exported))


@pytest.mark.parametrize("name", PACKAGES)
def test_the_root_says_in_its_first_line_what_the_package_is_for(name: str) -> None:
    assert (importlib.import_module(name).__doc__ or "").split("\n")[0].endswith(".")
