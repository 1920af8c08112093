"""The protocol of docs/spec/rotation.md keeps its promises in every state it can reach, and needs all that it has."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from tests.crypto_shredding.model.mutilations import (
    DISASTROUS,
    DOCUMENT,
    GUARDED,
    MUTILATIONS,
    ORDINARY,
    PROTOCOL,
    SLIPPING,
    WHOLE,
    Mutilation,
    document,
    searched,
)
from tests.crypto_shredding.model.properties import PROPERTIES
from tests.crypto_shredding.model.protocol import OUTSIDE, STEPS
from tests.crypto_shredding.model.search import search
from tests.crypto_shredding.model.state import KEPT, Rules, State, World


@pytest.mark.parametrize(("rules", "world"), [(rules, world) for _, rules, world in WHOLE], ids=[w[0] for w in WHOLE])
def test_every_promise_holds_in_every_state_that_two_processes_can_reach(rules: Rules, world: World) -> None:
    result = searched(rules, world)

    assert result.violation is None, f"\n{result.violation}"
    assert result.states > 20_000


@pytest.mark.parametrize("mutilation", MUTILATIONS, ids=lambda mutilation: mutilation.title)
def test_the_protocol_without_one_of_its_parts_breaks_a_promise(mutilation: Mutilation) -> None:
    result = searched(mutilation.rules, mutilation.world, mutilation.breaks)

    assert result.violation is not None
    assert result.violation.broken.startswith(f"{mutilation.breaks}. ")
    sys.stdout.write(f"{mutilation.title}\n{result.violation}\n")  # shown by `pytest -rP`


def test_every_promise_is_broken_by_leaving_something_out() -> None:
    """P3 follows from P2 wherever an erasure is: the same mutilations break it, some states later."""
    broken = {mutilation.breaks for mutilation in MUTILATIONS}

    assert broken | {"P3"} == set(PROPERTIES)
    assert searched(replace(PROTOCOL, takes_the_lock=False), ORDINARY, "P3").violation is not None


def test_an_older_backup_beside_a_live_rotation_could_lose_every_key() -> None:
    """Not only one of the two copies: recovery abandons what the sidecar holds, a zombie destroys the other version."""

    def some_tree_opens(state: State, rules: Rules) -> bool:
        """Some tree with the key of the slot that nobody doomed opens."""
        return any(tree.version in state.root.existing and KEPT in tree.holds for tree in state.copies)

    unasked = search(replace(PROTOCOL, start_asks_the_sidecar=False), DISASTROUS, {"loss": some_tree_opens})

    assert unasked.violation is not None
    assert searched(PROTOCOL, DISASTROUS).violation is None  # P1 is more than that
    sys.stdout.write(f"{unasked.violation}\n")


def test_the_search_sees_whole_rotations_and_every_step_interrupted() -> None:
    """A model in which nothing happens keeps every promise, too."""
    killed: set[str] = set()
    cut_off: set[str] = set()
    horizons: set[frozenset[int]] = set()

    def noted(state: State, rules: Rules) -> bool:
        for process in state.processes:
            (killed if process.heard else cut_off).add(process.step)
        horizons.add(state.horizons)
        return True

    search(PROTOCOL, ORDINARY, {"noted": noted})

    assert killed == set(STEPS)
    assert cut_off == OUTSIDE
    assert {frozenset({2, 3}), frozenset({2, 4}), frozenset({3, 4})} <= horizons


def test_a_root_need_not_remember_numbers_that_never_had_a_key() -> None:
    """Whatever comes to be late, the next recovery finds: the promises above hold without the root's memory."""
    assert not PROTOCOL.root_remembers
    assert searched(replace(PROTOCOL, root_remembers=True), ORDINARY).violation is None


def test_intents_one_at_a_time_protect_even_without_the_lock() -> None:
    """Two locks of different make: with either one alone the promises hold."""
    assert searched(replace(GUARDED, takes_the_lock=False), replace(SLIPPING, lock_slips=False)).violation is None


def test_the_document_shows_what_the_search_finds() -> None:
    """`python -m tests.crypto_shredding.model.mutilations` writes it."""
    assert DOCUMENT.read_text() == document()


@pytest.mark.soak
@pytest.mark.parametrize(
    ("rules", "world"),
    [
        (PROTOCOL, replace(ORDINARY, intents_max=5)),
        (GUARDED, replace(SLIPPING, intents_max=3, readers=True)),
        (PROTOCOL, replace(DISASTROUS, second_doom=True)),
        (PROTOCOL, replace(DISASTROUS, intents_max=3)),
    ],
    ids=["five intents", "the lock slips, three intents", "disasters, two dooms", "disasters, three intents"],
)
def test_every_promise_holds_further_out(rules: Rules, world: World) -> None:
    result = search(rules, world)

    assert result.violation is None, f"\n{result.violation}"
