"""The benchmark of the read models runs, and both of its sides make the same rows."""

from __future__ import annotations

import pytest

from benchmarks import project


def test_the_benchmark_of_the_read_models_runs_small(capsys: pytest.CaptureFixture[str]) -> None:
    project.main(["--events", "600", "--stock-events", "300"])

    table = capsys.readouterr().out
    assert "stock ProjectionRunner" in table
    assert "journal alone" in table
