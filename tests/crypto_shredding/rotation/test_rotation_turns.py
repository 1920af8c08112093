"""Who waits for another's rotation: longer than its role may wait for a lock, and no longer than it has to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from crypto_shredding import (
    Evidence,
    FileRoot,
    Keyring,
    PostgresKeyStore,
    RotationBusy,
    Shredding,
    SlotState,
    TreeCopy,
    rotation,
)
from crypto_shredding.statements import statement
from tests.crypto_shredding.conftest import AT, Desk, desk_over
from tests.crypto_shredding.root_providers import Spec, make_root
from tests.crypto_shredding.rotation.scene import Scene, outcome

IMPATIENT = "&options=-c%20lock_timeout%3D100ms"
"""As the role of the service has it, whose 10 s are two rotations."""


@pytest.fixture
def impatient(scene: Scene, spec: Spec, copy: TreeCopy) -> Iterator[Desk]:
    """Another process, whose statements wait for no lock longer than 0.1 s."""
    with Keyring(PostgresKeyStore.connect(scene.dsn + IMPATIENT, make_root(spec), at=AT, copies=[copy])) as keyring:
        yield desk_over(keyring)


def test_whoever_waits_longer_than_its_role_waits_for_locks_shreds_when_its_turn_comes(
    scene: Scene, impatient: Desk
) -> None:
    (late,) = impatient.sealer.issue_subjects(1)
    with scene.stopped_at("commit.2") as stopped, ThreadPoolExecutor(1) as pool:
        doomed = impatient.shredder.doom([late], reason="erasure", at=AT)  # too late to be taken along
        waiting = pool.submit(impatient.shredder.shred, doomed, at=AT)
        time.sleep(3 * rotation.TURN_SECONDS)
        is_waiting = not waiting.done()
        outcome(stopped)

        shredding = waiting.result(timeout=60)

    assert is_waiting
    assert len(shredding.tombstones) == 1
    scene.has_the_right_end()


class InterruptedRoot(FileRoot):
    """Something happens before each of its versions is destroyed."""

    meanwhile: Callable[[], None]

    def destroy(self, version: int) -> Evidence:
        self.meanwhile()
        return super().destroy(version)


@pytest.fixture
def interrupted_root(spec: Spec) -> InterruptedRoot:
    return InterruptedRoot(Path(spec["path"]))


@pytest.fixture
def rotating(scene: Scene, interrupted_root: InterruptedRoot, copy: TreeCopy) -> Iterator[Desk]:
    """Another process, in the middle of whose rotation something happens."""
    with Keyring(PostgresKeyStore.connect(scene.dsn, interrupted_root, at=AT, copies=[copy])) as keyring:
        yield desk_over(keyring)


def test_whose_slots_another_has_taken_along_does_not_wait_until_that_one_has_nothing_more_to_do(
    scene: Scene, impatient: Desk, rotating: Desk, interrupted_root: InterruptedRoot
) -> None:
    """It rotates again and again while dooms keep coming, and holds the lock all the time."""
    more = scene.desk.sealer.issue_subjects(1)
    answers: list[Future[Shredding]] = []

    def while_it_rotates() -> None:
        if not answers:
            scene.desk.shredder.doom(more, reason="erasure", at=AT)
            doomed = impatient.shredder.doom(scene.gone, reason="erasure", at=AT)
            answers.append(pool.submit(impatient.shredder.shred, doomed, at=AT))
            return
        assert len(answers[0].result(timeout=60).tombstones) == len(scene.gone)
        answers.append(answers[0])

    interrupted_root.meanwhile = while_it_rotates
    assert isinstance(rotating.keyring.store, PostgresKeyStore)
    with ThreadPoolExecutor(1) as pool:
        scene.desk.shredder.doom(scene.gone, reason="erasure", at=AT)
        rotated = rotating.keyring.store.rotations.rotate(at=AT)

    assert rotated == len(answers) == 2


def test_who_has_its_slots_shredded_leaves_what_was_doomed_meanwhile_to_those_who_doomed_it(
    scene: Scene, rotating: Desk, interrupted_root: InterruptedRoot
) -> None:
    """Or the first of many would rotate for all of them, and be answered last."""
    (late,) = scene.desk.sealer.issue_subjects(1)
    doomed = rotating.shredder.doom(scene.gone, reason="erasure", at=AT)

    def meanwhile() -> None:
        scene.desk.shredder.doom([late], reason="erasure", at=AT)

    interrupted_root.meanwhile = meanwhile
    shredding = rotating.shredder.shred(doomed, at=AT)
    left = scene.desk.shredder.states([late])

    assert len(shredding.horizons) == 1
    assert left == {late: SlotState.DOOMED}
    scene.has_the_right_end()


def test_who_has_waited_for_long_is_told_to_look_at_the_other_process(
    scene: Scene, impatient: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "PATIENCE_SECONDS_MAX", 0.5)
    with psycopg.connect(scene.dsn, autocommit=True) as stands_still:
        stands_still.execute(statement("lock_rotation"))
        with pytest.raises(RotationBusy):
            impatient.shredder.shred(impatient.shredder.doom(scene.gone, reason="erasure", at=AT), at=AT)

    scene.has_the_right_end()
