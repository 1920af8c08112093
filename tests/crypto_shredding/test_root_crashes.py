"""Processes that are killed inside of a root's calls leave versions whole or absent, and nothing half done for good."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crypto_shredding import RootMissing, RootStore, RootVersionTaken
from tests.crypto_shredding.root_contract import KEY
from tests.crypto_shredding.root_providers import Spec, make_root

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(params=["file", "pkcs11", "openbao"])
def spec(request: pytest.FixtureRequest) -> Spec:
    found: Spec = request.getfixturevalue(f"{request.param}_spec")
    return found


def killed(spec: Spec, verb: str, how: str) -> dict[str, Any]:
    """Which numbers were tried by processes that were killed, and which of them had their answer."""
    command = [sys.executable, "-m", "tests.crypto_shredding.dying_root", json.dumps(spec), verb, how]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout)
    assert len(outcome["tried"]) > 8  # so many different moments at least
    return outcome


def whole_or_absent(root: RootStore, tried: list[int]) -> list[int]:
    """The versions that are there, each of which works; the others do nothing at all."""
    there = root.versions()
    for version in tried:
        if version in there:
            assert root.unwrap(version, root.wrap(version, KEY)) == KEY
        else:
            with pytest.raises(RootMissing):
                root.wrap(version, KEY)
    return there


@pytest.mark.parametrize("how", ["step", "moment"])
def test_a_process_killed_while_it_creates_leaves_a_version_whole_or_absent(spec: Spec, how: str) -> None:
    outcome = killed(spec, "create", how)
    root = make_root(spec)

    there = whole_or_absent(root, outcome["tried"])

    assert set(outcome["answered"]) <= set(there)
    for version in there:
        with pytest.raises(RootVersionTaken):
            root.create_version(version)
    for version in outcome["tried"]:
        root.destroy(version)
    assert root.versions() == []


@pytest.mark.parametrize("how", ["step", "moment"])
def test_a_process_killed_while_it_destroys_can_be_followed_by_another(spec: Spec, how: str) -> None:
    outcome = killed(spec, "destroy", how)
    root = make_root(spec)

    there = whole_or_absent(root, outcome["tried"])

    assert not set(outcome["answered"]) & set(there)
    for version in outcome["tried"]:
        root.destroy(version)
    assert whole_or_absent(root, outcome["tried"]) == []
    if spec["provider"] == "file":  # nothing that a crash left stays for ever
        assert os.listdir(spec["path"]) == ["root.floor"]
    for version in outcome["tried"]:
        with pytest.raises(RootVersionTaken):
            root.create_version(version)


def test_a_number_that_was_destroyed_stays_taken_whenever_the_process_died(file_spec: Spec) -> None:
    outcome = killed(file_spec, "replace", "step")
    root = make_root(file_spec)

    there = whole_or_absent(root, outcome["tried"])

    assert there == []  # the last one was answered
    for version in outcome["tried"]:
        with pytest.raises(RootVersionTaken):
            root.create_version(version)
    assert os.listdir(file_spec["path"]) == ["root.floor"]
