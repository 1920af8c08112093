"""What must hold in every state that the protocol can reach."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from tests.crypto_shredding.model.protocol import is_open, steps
from tests.crypto_shredding.model.state import COMMITTED, SLOTS, Database, Process, Root, Rules, State, World

RECOVERY_STEPS_MAX = 80
"""More than any recovery takes that ends."""

Property = Callable[[State, Rules], bool]


def every_live_slot_opens(state: State, rules: Rules) -> bool:
    """Every slot that is not doomed opens from the live tree, and from the sidecar as well.

    The sidecar at every moment, since at every moment the database may be lost.
    """
    doomed = state.sidecar.dooms if state.database is None else state.sidecar.dooms | state.database.dooms
    live = SLOTS - doomed
    trees = [state.sidecar.tree] + ([state.database.tree] if state.database else [])
    return all(tree.version in state.root.existing and live <= tree.holds for tree in trees)


def no_copy_from_before_a_horizon_opens(state: State, rules: Rules) -> bool:
    """Once a rotation's end is written, no older tree opens with any root version that exists."""
    for number in state.horizons:
        for tree in state.copies:
            if tree.version == number:
                break
            if tree.version in state.root.existing:
                return False
    return True


def no_tombstoned_key_is_left(state: State, rules: Rules) -> bool:
    """Once its rotation is ended, a tombstoned slot's key is in no tree that opens, whoever copied it."""
    graves = {slot for slot, number in state.database.tombstones if number in state.horizons} if state.database else ()
    return not any(tree.version in state.root.existing and tree.holds & set(graves) for tree in state.copies)


def no_intent_has_two_outcomes(state: State, rules: Rules) -> bool:
    """No intent is both committed and abandoned."""
    return state.database is None or all(len(one.outcomes) < 2 for one in state.database.rotations)


def nothing_is_destroyed_before_the_ledger_is_safe(state: State, rules: Rules) -> bool:
    """While the ledger's facts could still be lost, every version that a committed rotation replaced exists."""
    if state.facts_durable or state.database is None:
        return True
    committed = (one for one in state.database.rotations if COMMITTED in one.outcomes)
    return all(one.previous in state.root.existing for one in committed)


def no_cache_outlives_a_horizon(state: State, rules: Rules) -> bool:
    """Nobody uses a key that was loaded from a tree older than a written end."""
    order = [tree.version for tree in state.copies]
    return not state.reader or all(order.index(state.reader) >= order.index(number) for number in state.horizons)


def recovery_leaves_one_root_version(state: State, rules: Rules) -> bool:
    """Whoever recovers alone from here leaves one root version, which wraps the tree, and no open rotation."""
    end = recovered_alone(durable(state), rules)
    if end is None:
        return True
    database, root = end
    return root.existing == {database.tree.version} and not any(map(is_open, database.rotations))


def recovery_ends(state: State, rules: Rules) -> bool:
    """Recovery alone comes to its end from here: there is no dead end."""
    return recovered_alone(durable(state), rules) is not None


PROPERTIES: dict[str, Property] = {
    "P1": every_live_slot_opens,
    "P2": no_copy_from_before_a_horizon_opens,
    "P3": no_tombstoned_key_is_left,
    "P4": recovery_leaves_one_root_version,
    "P5": no_intent_has_two_outcomes,
    "P6": recovery_ends,
    "P7": nothing_is_destroyed_before_the_ledger_is_safe,
    "P8": no_cache_outlives_a_horizon,
}

Durable = tuple[Database, Root, Database, tuple[object, ...]]
"""What is left when every process is dead: database, root, sidecar, trees written so far."""


def durable(state: State) -> Durable:
    return (state.database or state.sidecar, state.root, state.sidecar, state.copies)


@cache
def recovered_alone(left: Durable, rules: Rules) -> tuple[Database, Root] | None:
    """Database and root when one process has recovered with nobody else alive. None: it came to no end."""
    database, root, sidecar, copies = left
    alone = Process("recover", locked=True)
    state = State((alone, Process()), database, root, sidecar, True, 0, copies, frozenset())  # type: ignore[arg-type]
    for _ in range(RECOVERY_STEPS_MAX):
        if state.processes[0].step == "intend":
            assert state.database is not None
            return state.database, state.root
        if state.processes[0] == Process():
            state = state._replace(processes=(alone, Process()))
        after = next(iter(steps(state, 0, rules, World())), None)
        if after is None:
            return None
        state = after[1]
    return None

