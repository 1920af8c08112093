"""Dooms and rotations killed at each of their actions: one right end, and never a state where a live one is lost."""

from __future__ import annotations

import pytest

from tests.crypto_shredding.rotation.scene import PROVIDERS, Scene

NAMED = (
    "mark_doomed",  # not committed
    "doom",
    "copy.follow.1",
    "open_rotation",  # not committed
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
BETWEEN_TRANSACTIONS = ("doom", "commit.1", "root.create_version", "commit.2", "root.destroy", "end_rotation")
"""Where something is durable that was not. At all actions of all providers it is killed in the soak."""
AROUND_THE_ROOT = ("root.create_version", "root.destroy")
"""Where a provider can make a difference."""


def test_every_step_of_a_rotation_is_an_action_that_can_be_the_last(scene: Scene) -> None:
    names = scene.killed_at("0")

    assert [name for name in names if name in NAMED] == list(NAMED)


@pytest.mark.parametrize(
    ("provider", "action"),
    [("file", action) for action in BETWEEN_TRANSACTIONS]
    + [(provider, action) for provider in PROVIDERS[1:] for action in AROUND_THE_ROOT],
)
def test_a_rotation_killed_after_a_named_action_has_the_one_right_end(scene: Scene, action: str) -> None:
    scene.killed_at(action)

    scene.is_still_whole()
    scene.has_the_right_end()


@pytest.mark.soak
@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_rotation_killed_after_any_action_has_the_one_right_end(scene: Scene) -> None:
    actions = scene.killed_at("0")
    for action, _ in enumerate(actions, start=1):
        fresh = scene.with_more_to_shred()
        fresh.killed_at(str(action))
        fresh.is_still_whole()
        fresh.has_the_right_end()
    print(f"killed at each of {len(actions)} actions")  # noqa: T201  # what a soak saw is its result


@pytest.mark.parametrize(
    ("provider", "first"),
    [("file", "root.create_version"), *((provider, "commit.2") for provider in PROVIDERS)],
)
def test_a_recovery_that_is_killed_behind_the_root_is_followed_by_another(scene: Scene, first: str) -> None:
    """It dies when it has swept what was abandoned, or has destroyed what a commit had replaced."""
    scene.killed_at(first)
    scene.killed_at("root.destroy")

    scene.is_still_whole()
    scene.has_the_right_end()


@pytest.mark.soak
@pytest.mark.parametrize("first", ["commit.1", "root.create_version", "commit.2", "root.destroy"])
def test_a_recovery_killed_after_any_action_is_followed_by_another(scene: Scene, first: str) -> None:
    ended: list[str] = []
    action = 0
    while not ended:
        action += 1
        fresh = scene.with_more_to_shred()
        fresh.killed_at(first)
        ended = fresh.killed_at(str(action))
        fresh.is_still_whole()
        fresh.has_the_right_end()
    print(f"recovery killed at each of {len(ended)} actions")  # noqa: T201  # what a soak saw is its result
