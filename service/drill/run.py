"""Runs the drill's acts one after the other, in a folder that goes away with it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from service.drill.files import search_files
from service.drill.forgetting import forget
from service.drill.old_trees import try_old_trees
from service.drill.report import THREATS, DrillReport, Row
from service.drill.restoring import restore_all
from service.drill.stage import set_up
from service.drill.takeover import take_over
from service.drill.tampering import tamper

Tell = Callable[[str], None]


def run_drill(
    *, cache_seconds: float, binaries: Path | None = None, searching: bool = True, tell: Tell = lambda _: None
) -> DrillReport:
    """Everything is tried on real copies of an installation that is made for it.

    ``cache_seconds`` is how long its processes may use a doomed key; ``searching`` off leaves out the rows of act two.
    """
    started = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="points-ledger-drill-"))
    folder.chmod(0o711)  # the server may run as another user
    try:
        tell("회원 가입, 거래, 백업 · members trade, copies are taken")
        with set_up(folder, cache_seconds=cache_seconds, binaries=binaries) as stage:
            tell("파기 · erasure")
            forgetting = forget(stage)
            rows: list[Row] = list(forgetting.rows)
            if searching:
                tell("원시 파일 검색 · raw files are searched")
                rows += search_files(stage)
            tell("예전 키 · old keys are tried")
            rows += try_old_trees(stage)
            tell("대기 서버 인계 · a standby takes over")
            rows.append(take_over(stage))
            tell("변조 · tampering")
            rows += tamper(stage)
        tell("복구 · restore")
        checks, restore_seconds = restore_all(stage)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    order = [each.name for each in THREATS]
    return DrillReport(
        tuple(sorted(rows, key=lambda each: order.index(each.threat.name))),
        checks,
        forgetting.live_seconds,
        forgetting.horizon_seconds,
        restore_seconds,
        time.monotonic() - started,
    )
