"""An import that is killed anywhere and resumed is an import that was not disturbed."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.service.conftest import Cli
from tests.service.importing.conftest import Import, settled, write
from tests.service.importing.other_system import CUT_OVER, OtherSystem

MEMBERS = 40
KILLS = 4

DYING = """
import os, signal, sys
from ledger.store.appender import Appender
calls, last = 0, int(sys.argv.pop(1))
called = Appender._call
async def call_and_die(self, parameters, entries):
    global calls
    calls += 1
    if calls == last and entries % 2:
        os.kill(os.getpid(), signal.SIGKILL)      # before the batch
    answer = await called(self, parameters, entries)
    if calls >= last:
        os.kill(os.getpid(), signal.SIGKILL)      # between the commit and the answer
    return answer
Appender._call = call_and_die
from service.cli import main
main()
"""


def events_of(dsn: str) -> Counter[str]:
    with psycopg.connect(dsn) as connection:
        return Counter(topic for (topic,) in connection.execute("SELECT topic FROM ledger.events"))


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_places_and_resumed_it_ends_as_if_nothing_had_been(
    ready: Cli, take_over: Import, environ: dict[str, str], folder: Path, seed: int
) -> None:
    system = OtherSystem(MEMBERS, seed)
    files = write(system, folder)
    command = ["import", str(files), "--source", "old", "--cut-over", CUT_OVER.isoformat(), "--resume"]
    draw, seen = random.Random(seed), [events_of(environ["LEDGER_OWNER_DSN"])]
    for _ in range(KILLS):
        arguments = [sys.executable, "-c", DYING, str(draw.randint(2, 7)), *command]
        process = subprocess.run(arguments, env=environ | _python(), capture_output=True, check=False)
        assert process.returncode == -signal.SIGKILL, process.stderr.decode()
        seen.append(events_of(environ["LEDGER_OWNER_DSN"]))

    report = take_over(files, "--resume").json

    assert seen[-1].total() > seen[0].total(), "it was killed before it had done anything"
    expected = expected_events(system, report)
    assert events_of(environ["LEDGER_OWNER_DSN"]) == expected
    assert seen[-1].total() < expected.total(), "it was killed after it had done everything"
    assert (report["ties"], report["rejected"]) == (True, [])
    assert settled(take_over(files).json) == settled(report)
    assert ready.ok("verify")["intact"]


def expected_events(system: OtherSystem, report: Any) -> Counter[str]:
    rows = system.rows
    withdrawn = sum(1 for row in rows["consents"] if row["withdrawn_at"])
    standing = Counter(str(row["status"]) for row in rows["accounts"])
    expected = Counter(
        {
            "points.program-defined.v1": 1,
            "index.key-issued.v1": 1,
            "members.joined.v1": len(rows["members"]),
            "members.consent-given.v1": len(rows["consents"]),
            "members.consent-withdrawn.v1": withdrawn,
            "points.account-opened.v1": len(rows["accounts"]),
            "points.account-suspended.v1": standing["suspended"],
            "points.account-frozen.v1": standing["frozen"],
            "points.history-imported.v1": report["files"]["history"]["accepted"],
            "points.imported.v1": len(rows["lots"]),
            "points.hold-imported.v1": len(rows["holds"]),
            "points.coupon-imported.v1": len(rows["coupons"]),
        }
    )
    return +expected


def _python() -> dict[str, str]:
    found = {"PATH": os.environ["PATH"]}
    with contextlib.suppress(KeyError):
        found["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return found
