"""The demo on a small slice: every claim holds, and one that does not makes it fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cli.failures import ExitCode
from tests.service.conftest import KEY_CACHE_SECONDS, Cli


@pytest.fixture
def demo(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    for name in ("LEDGER_DSN", "KEYS_DSN"):
        monkeypatch.delenv(name, raising=False)
    data = str(folder / "data")
    return Cli({"POINTS_LEDGER_DATA": data, "POINTS_LEDGER_KEY_CACHE_SECONDS": KEY_CACHE_SECONDS})


def test_the_story_is_told_to_its_end_and_every_claim_holds(demo: Cli) -> None:
    told = demo("demo", "--households", 20, "--no-keep")

    assert told.code == ExitCode.OK, told.out
    assert "NOT TRUE" not in told.out
    assert told.out.count("✓") > 20
    assert [line for line in told.out.splitlines() if "…" in line and "hash" not in line] == []  # no column is cut off
    for words in (
        *("적립", "적립확정", "적립취소", "사용", "사용취소", "교환", "가승인", "가승인 해제", "기간만료 소멸"),
        *("승인 확정", "쿠폰 사용", "쿠폰 기간만료", "적립예정 취소"),
        "Manufacturer 764",
        "[파기됨]",
        "[분리보관]",
        "탈퇴 소멸",
        "personal values found: 0",
        "Everything that was claim",
    ):
        assert words in told.out


def test_a_claim_that_does_not_hold_ends_with_the_code_of_failed_checks(
    demo: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.replay.totals.POINTS", 6)  # the file is read as if a dollar earned another point

    told = demo("demo", "--households", 5, "--no-keep")

    assert told.code == ExitCode.VERIFICATION_FAILED
    assert "NOT TRUE" in told.out


def test_a_second_demo_begins_anew_beside_an_installation_of_which_it_touches_nothing(demo: Cli, folder: Path) -> None:
    data = folder / "data"
    assert demo("trial-balance").code == ExitCode.OK
    assert demo("keys", "rotate").code == ExitCode.OK
    files = {path: path.read_bytes() for path in (data / "tree-copy" / "tree.sqlite", *(data / "root").iterdir())}

    for _ in range(2):
        told = demo("demo", "--households", 5)
        assert told.code == ExitCode.OK, told.out

    assert {path: path.read_bytes() for path in files} == files
    assert demo("keys", "status").code == ExitCode.OK
