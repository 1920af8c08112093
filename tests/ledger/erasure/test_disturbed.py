"""Certified erasures killed or stopped at each step, over each provider of a root: one end, one certificate."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest

from ledger import Erasures, certificate_lines
from tests.crypto_shredding.root_providers import Spec, make_root
from tests.ledger.erasure.disturbed_eraser import certified
from tests.ledger.erasure.state import EndState, assert_nothing_opens, end_state
from tests.ledger.erasure.test_resumed import FORFEIT, member_with_a_past
from tests.ledger.office import Addresses, Office

STEPS = (
    "request",
    "fence",
    "hold",
    "doom",
    "open_rotation",
    "commit.1",
    "root.create_version",
    "decide_rotation",
    "place_tombstones",
    "commit.2",
    "root.destroy",
    "end_rotation",
    "verify",
    "certificate",
    "record",
)
BEFORE_THE_ROOT = STEPS[:4]
BEHIND_THE_ROOT = ("verify", "certificate", "record")
FEW = {
    "file": ("commit.1", "commit.2", "root.destroy", "certificate"),
    "pkcs11": ("root.destroy",),
    "openbao": ("root.destroy",),
}
"""What other tests of erasure do not kill at. All steps of all providers are in the soak."""

soak = pytest.mark.soak


@pytest.fixture
def provider() -> str:
    return "file"


@pytest.fixture
def spec(provider: str, request: pytest.FixtureRequest) -> Spec:
    found: Spec = request.getfixturevalue(f"{provider}_spec")
    return found


@pytest.fixture
async def desk(addresses: Addresses, spec: Spec) -> AsyncIterator[Office]:
    async with await Office.open(addresses, root=make_root(spec)) as desk:
        await desk.program()
        yield desk


@pytest.fixture
def signing_key(tmp_path: Path) -> Path:
    return tmp_path / "certificate.key"


@pytest.fixture
def erasures(desk: Office, signing_key: Path) -> Erasures:
    return certified(desk, signing_key)


class Disturbed:
    """Another process that erases a member."""

    def __init__(self, desk: Office, spec: Spec, signing_key: Path) -> None:
        self._desk, self._spec, self._key = desk, spec, signing_key

    def command(self, member: UUID, step: str, how: str) -> list[str]:
        addresses = self._desk.addresses
        told: dict[str, object] = {"ledger": addresses.ledger, "keys": addresses.keys, "root": str(addresses.root)}
        told |= {"key": str(self._key), "member": str(member), "at": self._desk.now.isoformat(), "forfeit": FORFEIT}
        told |= {"spec": self._spec, "step": step, "how": how}
        return [sys.executable, "-m", "tests.ledger.erasure.disturbed_eraser", json.dumps(told)]

    async def killed(self, member: UUID, step: str) -> None:
        command = self.command(member, step, "kill")
        died = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=False)
        assert died.returncode == -signal.SIGKILL, died.stderr.decode()

    @contextmanager
    def stopped(self, member: UUID, step: str) -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen(
            self.command(member, step, "stop"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            try:
                _, status = os.waitpid(process.pid, os.WUNTRACED)
                assert os.WIFSTOPPED(status), process.communicate()[1].decode()
                yield process
            finally:
                process.kill()


@pytest.fixture
def disturbed(desk: Office, spec: Spec, signing_key: Path) -> Disturbed:
    return Disturbed(desk, spec, signing_key)


async def undisturbed(desk: Office, erasures: Erasures) -> EndState:
    member, accounts = await member_with_a_past(desk)
    await erasures.erase(desk.erase(member, FORFEIT))
    return await end_state(desk, member, accounts)


def certificates(desk: Office) -> int:
    return len(list(certificate_lines(desk.addresses.ledger)))


@pytest.mark.parametrize(
    ("provider", "step"),
    [(provider, step) for provider, steps in FEW.items() for step in steps]
    + [
        pytest.param(provider, step, marks=soak)
        for provider, steps in FEW.items()
        for step in STEPS
        if step not in steps
    ],
)
async def test_a_certified_erasure_killed_after_any_step_ends_like_an_undisturbed_one(
    desk: Office, erasures: Erasures, disturbed: Disturbed, step: str
) -> None:
    neighbour, theirs = await member_with_a_past(desk)
    member, accounts = await member_with_a_past(desk)
    expected = await undisturbed(desk, erasures)

    await disturbed.killed(member, step)
    still_open = desk.opened([each for _, each in await desk.boxes(neighbour, *theirs)])
    reports = await erasures.resume(actor="test")

    assert len(reports) == (0 if step == "record" else 1)
    assert await end_state(desk, member, accounts) == expected
    assert certificates(desk) == 2  # of the undisturbed one, and of this
    for report in reports:
        assert await assert_nothing_opens(desk, {each.code for each in report.closed}, member, *accounts) > 0
    assert all(isinstance(value, str) for value in still_open)
    desk.keyring.forget([each.sealed.subject_slot for _, each in await desk.boxes(neighbour, *theirs)])
    assert desk.opened([each for _, each in await desk.boxes(neighbour, *theirs)]) == still_open


@pytest.mark.parametrize(
    "step",
    ["doom"]
    + [
        pytest.param(step, marks=soak)
        for step in BEFORE_THE_ROOT + BEHIND_THE_ROOT
        if step != "doom"
    ],
)
async def test_an_erasure_that_stood_still_while_another_process_finished_it_reports_the_same(
    desk: Office, erasures: Erasures, disturbed: Disturbed, step: str
) -> None:
    member, accounts = await member_with_a_past(desk)
    expected = await undisturbed(desk, erasures)

    with disturbed.stopped(member, step) as process:
        reports = await erasures.resume(actor="test")
        between = await end_state(desk, member, accounts)
        process.send_signal(signal.SIGCONT)
        said, complaint = await asyncio.to_thread(process.communicate)

    assert process.returncode == 0, complaint.decode()
    assert [repr(report) for report in reports] == ([] if step == "record" else [said.decode()])
    assert between == await end_state(desk, member, accounts) == expected
    assert certificates(desk) == 2  # of the undisturbed one, and of this
