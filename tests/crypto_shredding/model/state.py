"""Everything that a state of the rotation protocol consists of: two processes, the stores they work on, what was seen.

All of it is immutable and compares by value, so a search can tell which states it has visited.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

KEPT, FIRST, SECOND = "kept", "first", "second"
"""Slots: one that nobody dooms, one that is doomed from the start, one that may be doomed at any moment."""

SLOTS = frozenset({KEPT, FIRST, SECOND})

COMMITTED, ABANDONED = "committed", "abandoned"


class Tree(NamedTuple):
    """A key tree as it was written once: the root version that wraps its top, and the slots that have a key in it."""

    version: int
    holds: frozenset[str]


class Rotation(NamedTuple):
    """The rows of one rotation: its intent, what became of it (one outcome at most), and whether its end is written."""

    number: int
    previous: int
    outcomes: tuple[str, ...] = ()
    ended: bool = False


class Database(NamedTuple):
    """The keys database, as one statement sees it. `changes` grows with every write."""

    tree: Tree
    dooms: frozenset[str]
    tombstones: frozenset[tuple[str, int]]
    rotations: tuple[Rotation, ...]
    next_number: int
    changes: int

    def waiting(self) -> frozenset[str]:
        """Doomed slots that no rotation has taken along."""
        return self.dooms - {slot for slot, _ in self.tombstones}

    def rotation(self, number: int) -> Rotation | None:
        return next((one for one in self.rotations if one.number == number), None)


class Root(NamedTuple):
    """The root store: versions that can unwrap, and numbers that it will not give a key again."""

    existing: frozenset[int]
    spent: frozenset[int]


class Process(NamedTuple):
    """One process: its next step, what it knows, and whether the database still hears it.

    A process that is not `heard` is a zombie: its statements fail, but what it sends to the root or the copy arrives.
    """

    step: str = "begin"
    heard: bool = True
    locked: bool = False
    number: int = 0
    previous: int = 0
    written: Tree | None = None
    taken: frozenset[str] = frozenset()
    pulled: Database | None = None
    versions: tuple[int, ...] = ()


class State(NamedTuple):
    """`copies` and `horizons` are what an attacker and an auditor remember: every tree ever, every end ever written."""

    processes: tuple[Process, Process]
    database: Database | None
    root: Root
    sidecar: Database
    facts_durable: bool
    reader: int
    copies: tuple[Tree, ...]
    horizons: frozenset[int]
    backup: Database | None = None
    disasters: int = 0


@dataclass(frozen=True, slots=True)
class World:
    """What may go wrong beside crashes and lost connections, and how far the search goes."""

    intents_max: int = 3
    second_doom: bool = True
    readers: bool = True
    lock_slips: bool = False
    """The lock is lost and the statements go on: the process was given another session and did not notice."""
    disasters: bool = False
    """Once, the database is lost and restored from the sidecar, or an older backup of it is put in its place."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The protocol, one switch for each thing that it insists on. A mutilation turns one off."""


    takes_the_lock: bool = True
    writes_an_intent: bool = True
    waits_for_the_sidecar: bool = True
    commit_asks_the_outcome: bool = True
    reads_back_an_unknown_commit: bool = True
    keeps_what_was_committed: bool = True
    numbers_are_used_once: bool = True
    sweeps_abandoned_versions: bool = True
    waits_for_caches: bool = True
    waits_for_facts: bool = True
    sidecar_is_locked_for_a_copy: bool = True
    sidecar_only_moves_on: bool = True
    start_asks_the_sidecar: bool = True
    sweeps_unknown_versions: bool = True
    """Also a root version that the database knows nothing of is destroyed: its rotation was lost in a restore."""
    intents_one_at_a_time: bool = False
    """An intent beside an open rotation is refused. Needed only where the lock can be lost and statements go on."""
    root_remembers: bool = False
    """The root refuses also a number that was destroyed before it was ever created. Nothing here needs it."""


def first_state() -> State:
    """A tree planted under version 1 with the first slot doomed, the sidecar up to date, nobody at work."""
    tree = Tree(1, SLOTS)
    database = Database(tree, frozenset({FIRST}), frozenset(), (), next_number=2, changes=1)
    root = Root(frozenset({1}), frozenset())
    return State((Process(), Process()), database, root, database, False, 0, (tree,), frozenset())
