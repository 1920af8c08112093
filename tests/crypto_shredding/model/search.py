"""Breadth-first search through every state that the protocol can reach, and the shortest way to a forbidden one."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tests.crypto_shredding.model.properties import PROPERTIES, Property
from tests.crypto_shredding.model.protocol import Outcome, steps
from tests.crypto_shredding.model.state import Rules, State, World, first_state
from tests.crypto_shredding.model.surroundings import events


@dataclass(frozen=True, slots=True)
class Violation:
    """A property that a reachable state breaks, and what happened on the shortest way there."""

    broken: str
    trace: tuple[str, ...]
    state: State

    def __str__(self) -> str:
        lines = [f"{number:3}. {what}" for number, what in enumerate(self.trace, 1)]
        return "\n".join([*lines, *(f"     {line}" for line in described(self.state)), f"broken: {self.broken}"])


@dataclass(frozen=True, slots=True)
class Result:
    """How many states and steps there are, and what was violated first (nothing: every state was searched)."""

    states: int
    steps: int
    violation: Violation | None


def search(rules: Rules, world: World, properties: Mapping[str, Property] = PROPERTIES) -> Result:
    """Visit every reachable state, nearest first. Ends at the first one that breaks one of the properties."""
    start = first_state()
    came_from: dict[State, tuple[State, str] | None] = {start: None}
    seen = {without_names(start)}
    frontier = deque([start])
    taken = 0
    while frontier:
        state = frontier.popleft()
        for name, holds in properties.items():
            if not holds(state, rules):
                broken = f"{name}. {sentence(holds)}"
                return Result(len(seen), taken, Violation(broken, trace(came_from, state), state))
        for what, after in everything(state, rules, world):
            taken += 1
            key = without_names(after)
            if key not in seen:
                seen.add(key)
                came_from[after] = (state, what)
                frontier.append(after)
    return Result(len(seen), taken, None)


def everything(state: State, rules: Rules, world: World) -> Iterator[Outcome]:
    """Whatever may happen next: either process takes its step, or something happens to them."""
    for who, name in enumerate("AB"):
        for what, after in steps(state, who, rules, world):
            yield f"{name} {what}", after
    yield from events(state, rules, world)


def without_names(state: State) -> tuple[object, ...]:
    """The two processes run one program: states that differ only in which is called A are one."""
    return (frozenset(state.processes), *state[1:])


def sentence(of: Property) -> str:
    """What a property promises, in its own first line."""
    return (of.__doc__ or "").partition("\n")[0]


def trace(came_from: dict[State, tuple[State, str] | None], state: State) -> tuple[str, ...]:
    told = []
    while (before := came_from[state]) is not None:
        state, what = before
        told.append(what)
    return tuple(reversed(told))


def described(state: State) -> Iterator[str]:
    """The stores in the state that the trace ends in."""
    if state.database is None:
        yield "database: lost"
    else:
        yield f"database: tree under root version {state.database.tree.version}"
        for one in state.database.rotations:
            told = " and ".join(one.outcomes) or "open"
            yield f"rotation {one.number}, from {one.previous}: {told}{', ended' if one.ended else ''}"
    yield f"sidecar: tree under root version {state.sidecar.tree.version}"
    yield f"root: versions {', '.join(map(str, sorted(state.root.existing))) or 'none'} exist"
