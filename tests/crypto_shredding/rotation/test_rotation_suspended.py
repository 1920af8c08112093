"""A process stands still in the middle of its rotation while another recovers, and then wakes up believing in its lock.

SIGSTOP is what a debugger, a hypervisor or a full disk does to a process: its session may live, or be ended meanwhile.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.crypto_shredding.rotation.scene import PROVIDERS, Scene, outcome
from tests.crypto_shredding.test_rotation import rotations

UNDER_THE_LOCK = (
    "lock_rotation",
    "copy.follow.1",
    "open_rotation",
    "commit.1",
    "root.create_version",
    "decide_rotation",
    "place_tombstones",
    "commit.2",
    "copy.follow.2",
    "root.destroy",
    "end_rotation",
    "copy.follow.3",
)
BEHIND_THE_END = ("end_rotation", "copy.follow.3")
BETWEEN_TRANSACTIONS = ("commit.1", "root.create_version", "commit.2", "copy.follow.2", "root.destroy")
FEW = ("place_tombstones", "copy.follow.2")
"""Inside of the deciding transaction, and before the old root goes; all others are in the soak."""
THE_OTHERS = tuple(action for action in UNDER_THE_LOCK if action not in FEW + BEHIND_THE_END)


@pytest.mark.parametrize(
    ("provider", "action"),
    [("file", action) for action in FEW]
    + [pytest.param("file", action, marks=pytest.mark.soak) for action in THE_OTHERS]
    + [
        pytest.param(provider, action, marks=pytest.mark.soak)
        for provider in PROVIDERS[1:]
        for action in BETWEEN_TRANSACTIONS
    ],
)
def test_beside_a_process_that_holds_its_session_the_other_waits(scene: Scene, action: str) -> None:
    with scene.stopped_at(action) as stopped, ThreadPoolExecutor(1) as pool:
        before = scene.root_versions(), rotations(scene.dsn)
        recovering = pool.submit(scene.shredded)
        while not scene.waiting_for_a_lock():
            assert not recovering.done()
            time.sleep(0.01)
        meanwhile = scene.root_versions(), rotations(scene.dsn)
        scene.is_still_whole()

        told = outcome(stopped)

        shredding = recovering.result(timeout=60)
    assert meanwhile == before
    assert told["refused"] is None
    scene.is_ended(shredding)
    assert len(rotations(scene.dsn)) == 2  # the one that planted the tree, and this: the other had nothing to do


@pytest.mark.parametrize("action", BEHIND_THE_END)
def test_behind_the_end_nobody_waits_for_a_process_that_holds_its_session(scene: Scene, action: str) -> None:
    with scene.stopped_at(action) as stopped:
        shredding = scene.has_the_right_end()

        told = outcome(stopped)

    assert told["refused"] is None
    scene.is_ended(shredding)


@pytest.mark.parametrize(
    ("provider", "action"),
    [("file", action) for action in BETWEEN_TRANSACTIONS]
    + [(provider, "copy.follow.2") for provider in PROVIDERS[1:]]
    + [
        pytest.param(provider, action, marks=pytest.mark.soak)
        for provider in PROVIDERS
        for action in UNDER_THE_LOCK
        if action not in (BETWEEN_TRANSACTIONS if provider == "file" else ("copy.follow.2",))
    ],
)
def test_a_process_whose_session_was_ended_wakes_up_and_harms_nothing(scene: Scene, action: str) -> None:
    """The other has recovered and ended by then. What the sleeper was about to do at the root happens late."""
    with scene.stopped_at(action) as stopped:
        scene.cut_off()
        shredding = scene.has_the_right_end()

        told = outcome(stopped)

    assert told["refused"] is None  # it connects again and finds everything done
    scene.is_ended(shredding)
    assert scene.shredded() == shredding


@pytest.mark.parametrize(
    ("action", "refusal"),
    [
        ("commit.1", "RotationOvertaken"),
        ("root.create_version", "RotationOvertaken"),
        ("commit.2", None),
        pytest.param("copy.follow.2", None, marks=pytest.mark.soak),
        ("root.destroy", None),
        pytest.param("end_rotation", None, marks=pytest.mark.soak),
    ],
)
def test_a_process_that_lost_its_lock_without_noticing_is_refused_or_comes_too_late_to_matter(
    scene: Scene, action: str, refusal: str | None
) -> None:
    """Its statements still reach the database, as behind a pool that changes sessions."""
    with scene.stopped_at(action, "slip") as stopped:
        shredding = scene.has_the_right_end()

        told = outcome(stopped)

    assert told["refused"] == refusal
    scene.is_still_whole()
    scene.recovered()  # a version that it made late is swept
    scene.is_ended(shredding)


@pytest.mark.parametrize(
    ("action", "refusal"), [("root.create_version", "RotationOvertaken"), ("copy.follow.2", "NotReadBack")]
)
def test_a_process_that_lost_its_lock_and_slept_through_two_rotations_destroys_nothing(
    scene: Scene, action: str, refusal: str
) -> None:
    with scene.stopped_at(action, "slip") as stopped:
        scene.has_the_right_end()
        scene.with_more_to_shred().has_the_right_end()

        told = outcome(stopped)

    assert told["refused"] == refusal
    scene.is_still_whole()
    scene.recovered()
    assert scene.root_versions() == [scene.copy.version()]
