"""Rotations killed at each of their actions: always the one right end, and never a state where a live one is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from crypto_shredding import FileRoot, OpenRequest, SlotId, TreeCopy
from tests.crypto_shredding.conftest import AT, DAY, Desk
from tests.crypto_shredding.other_process import REPOSITORY
from tests.crypto_shredding.test_rotation import ERASED, rotations


@dataclass(frozen=True)
class Scene:
    """Slots to shred and one to keep, each with a sealed text; what any process must find at the end."""

    desk: Desk
    dsn: str
    root: Path
    copy: TreeCopy
    gone: list[SlotId]
    erased: list[OpenRequest]
    kept: OpenRequest

    def killed_at(self, action: str) -> list[str]:
        """The names of the actions, of a process that was not killed."""
        arguments = [self.dsn, self.root, self.copy.path, action, *self.gone]
        command = [sys.executable, "-m", "tests.crypto_shredding.dying_rotator", *map(str, arguments)]
        died = subprocess.run(command, capture_output=True, encoding="utf-8", cwd=REPOSITORY, check=False)
        assert died.returncode == (0 if action == "0" else -signal.SIGKILL), died.stderr
        return died.stdout.split()

    def is_still_whole(self) -> None:
        """Between any two actions a live member opens, in the database and from its copy."""
        self.desk.keyring.forget([self.kept.sealed.subject_slot])
        assert self.desk.opener.open(self.kept) == "kept"

    def with_more_to_shred(self) -> Scene:
        gone = self.desk.sealer.issue_subjects(3)
        return replace(self, gone=gone, erased=[self.desk.sealed("erased", slot, DAY) for slot in gone])

    def has_the_right_end(self) -> None:
        doomed = self.desk.shredder.doom(self.gone, reason="erasure", at=AT)
        shredding = self.desk.shredder.shred(doomed, at=AT)
        self.desk.keyring.forget(self.gone)
        assert self.desk.opener.open_many(self.erased) == [ERASED] * len(self.erased)
        self.is_still_whole()
        assert len(shredding.tombstones) == len(self.gone)
        assert all(committed is not None for _, committed, _ in rotations(self.dsn))
        assert len(shredding.horizons) == 1
        assert FileRoot(self.root).versions() == [self.copy.version()] == [shredding.horizons[0].version]


@pytest.fixture
def scene(copied: Desk, named_keys_dsn: str, root_path: Path, copy: TreeCopy) -> Scene:
    gone, kept = copied.sealer.issue_subjects(3), copied.sealer.issue_subjects(1)[0]
    erased = [copied.sealed("erased", slot, DAY) for slot in gone]
    return Scene(copied, named_keys_dsn, root_path, copy, gone, erased, copied.sealed("kept", kept))


NAMED = (
    "copy.follow.1",
    "open_rotation",
    "root.create_version",
    "decide_rotation",
    "place_tombstones",
    "copy.follow.2",
    "root.destroy",
    "end_rotation",
    "copy.follow.3",
)


def test_every_step_of_a_rotation_is_an_action_that_can_be_the_last(scene: Scene) -> None:
    names = scene.killed_at("0")

    assert [name for name in names if name in NAMED] == list(NAMED)


@pytest.mark.parametrize("action", NAMED)
def test_a_rotation_killed_after_a_named_action_has_the_one_right_end(scene: Scene, action: str) -> None:
    scene.killed_at(action)

    scene.is_still_whole()
    scene.has_the_right_end()


@pytest.mark.soak
def test_a_rotation_killed_after_any_action_has_the_one_right_end(scene: Scene) -> None:
    for action, _ in enumerate(scene.killed_at("0"), start=1):
        fresh = scene.with_more_to_shred()
        fresh.killed_at(str(action))
        fresh.is_still_whole()
        fresh.has_the_right_end()
