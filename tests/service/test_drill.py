"""The drill finds every row of the threat model as promised, and notices when a promise is broken."""

from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from crypto_shredding import Evidence, FileRoot
from crypto_shredding.settling import Settling
from ledger import Restoring
from service.cli.drilling import _show
from service.cli.failures import ExitCode
from service.drill import THREATS, DrillReport, Row, Verdict
from service.drill.report import BY_NAME, Check
from tests.service.conftest import Cli

BOUND_SECONDS = 30.0  # of T_live and T_horizon, on a busy machine; the promises themselves are in the rows


@pytest.fixture(scope="module")
def drilled() -> dict[str, Any]:
    """One drill for all tests of this module that only look at its answer."""
    answer = Cli({})("keys", "drill", "--fast", "--json")
    return {"code": answer.code, **answer.json}


@pytest.mark.parametrize("threat", THREATS, ids=lambda each: each.name)
def test_a_row_of_the_threat_model_is_as_promised(drilled: dict[str, Any], threat: Any) -> None:
    [row] = [each for each in drilled["rows"] if each["threat"] == threat.name]

    assert (row["verdict"], row["as_promised"]) == (threat.promised, True), row["found"]


def test_the_restore_brings_back_everything_but_the_erased(drilled: dict[str, Any]) -> None:
    assert [each["what"] for each in drilled["restore"] if not each["holds"]] == []
    assert len(drilled["restore"]) >= 10


def test_the_times_of_the_erasure_are_told(drilled: dict[str, Any]) -> None:
    assert drilled["code"] == ExitCode.OK
    assert 1.0 <= drilled["t_live_seconds"] < drilled["t_horizon_seconds"] < BOUND_SECONDS


def test_broken_promises_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A root that destroys nothing, a restore that repeats nothing, a start that compares nothing, nobody who waits."""

    def keep(_: FileRoot, version: int) -> Evidence:
        return Evidence("file", version, None, "kept")

    async def forget(*_: object, **__: object) -> None:
        return None

    monkeypatch.setattr(FileRoot, "destroy", keep)
    monkeypatch.setattr(Restoring, "_again", forget)
    monkeypatch.setattr("ledger.refuse_restored", lambda *_, **__: None)
    monkeypatch.setattr(Settling, "wait", lambda *_: ())

    answer = Cli({})("keys", "drill", "--fast", "--json")

    assert answer.code == ExitCode.VERIFICATION_FAILED
    broken = {each["threat"] for each in answer.json["rows"] if not each["as_promised"]}
    assert {"old-keys", "old-production", "takeover"} == broken - {"old-key-row"}
    unmet = {each["what"] for each in answer.json["restore"] if not each["holds"]}
    assert {"4 lost erasures are appended again", "the erased members' classes are closed in the log"} <= unmet


def test_a_row_that_does_not_hold_is_shown_in_words() -> None:
    rows = (
        Row(BY_NAME["old-keys"], Verdict.NOT_HELD, "5 values open", 0.1),
        Row(BY_NAME["old-root"], Verdict.EXPOSED, "5 values open", 0.1),
        Row(BY_NAME["live-database"], Verdict.HELD, "nothing", 0.1),
    )
    report = DrillReport(rows, (Check("the books balance", True),), 5.0, 10.0, 3.0, 60.0)
    console = Console(width=160, record=True, force_terminal=False)

    with console.capture() as shown:
        _show(console, report)

    assert not report.is_as_promised
    assert shown.get().count("NOT HELD") == 2
    assert "고지된 노출" in shown.get()
    assert "T_live 5.00 s, T_horizon 10.00 s" in shown.get()


def test_an_exposure_that_was_not_promised_is_broken() -> None:
    assert not Row(BY_NAME["old-keys"], Verdict.EXPOSED, "", 0.0).is_as_promised
    assert not Row(BY_NAME["memory"], Verdict.HELD, "", 0.0).is_as_promised


