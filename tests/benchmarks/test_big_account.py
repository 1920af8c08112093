"""The benchmark of the big account runs, at the desk as well."""

from __future__ import annotations

import pytest

from benchmarks import big_account


def test_the_benchmark_of_the_big_account_runs_small(capsys: pytest.CaptureFixture[str]) -> None:
    big_account.main(["--lots", "200", "--runs", "1", "--commands", "70"])

    table = capsys.readouterr().out
    assert "decide and fold, mixed" in table
    assert "refund, CPU" in table
    assert "pay with every lot, wall" in table
