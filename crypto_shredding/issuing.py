"""Giving out slots and periods: always new ones, and only what every copy of the tree already holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, TypeVar

import psycopg

from crypto_shredding.box import Period, SlotId
from crypto_shredding.cipher import wipe
from crypto_shredding.key_tree import OpenedTree, grow, path_to, room
from crypto_shredding.keystore import Installation
from crypto_shredding.node import LEAF_LEVEL, NodePlace
from crypto_shredding.postgres_connection import Pool, run
from crypto_shredding.root import RootStore
from crypto_shredding.statements import statement
from crypto_shredding.tree_tables import (
    TreeRow,
    add_leaves,
    changing,
    one,
    planted,
    read_nodes,
    write_nodes,
    write_top,
)

LEAVES_AHEAD = 16
"""Made with every leaf that is needed: 2,048 slots, some 5 ms of work, so that most blocks need no new leaf."""

T = TypeVar("T")


class Issuing:
    """Thread-safe. `follow` brings every copy of the tree up to what was committed before it is called."""

    def __init__(self, pool: Pool, installation: Installation, root: RootStore, follow: Callable[[], None]) -> None:
        self._pool = pool
        self._installation = installation
        self._root = root
        self._follow = follow
        self._leaves_held = 0  # so many are in every copy, as far as this process knows
        self._lock = threading.Lock()

    def subjects(self, count: int) -> list[SlotId]:
        """Fresh slots, in order."""

        def claim(connection: psycopg.Connection, change: int) -> list[SlotId]:
            return _claimed(connection, count)

        return self._with_room("issue subjects", count, claim)

    def periods(self, periods: Collection[Period]) -> None:
        """A slot for each period that never had one. Racing callers agree: the tree's lock orders them."""
        ordered = sorted(set(periods), key=lambda period: (period.class_code, period.first_day))

        def claim(connection: psycopg.Connection, change: int) -> None:
            rows = connection.execute(statement("read_periods"), period_columns(ordered)).fetchall()
            known = {Period(*row) for row in rows}
            if fresh := [period for period in ordered if period not in known]:
                columns = period_columns(fresh) | {"slots": _claimed(connection, len(fresh)), "change": change}
                connection.execute(statement("issue_periods"), columns)

        self._with_room("issue periods", len(ordered), claim)

    def _with_room(self, operation: str, count: int, claim: Callable[[psycopg.Connection, int], T]) -> T:
        while True:

            def attempt(connection: psycopg.Connection) -> tuple[T] | int:
                with changing(connection) as change:
                    tree = planted(connection)
                    last_needed = (tree.last_slot + count) >> 7
                    if last_needed < self._leaves_held:
                        return (claim(connection, change),)
                    if last_needed > tree.last_leaf:
                        leaves = range(tree.last_leaf + 1, last_needed + LEAVES_AHEAD + 1)
                        self._add_leaves(connection, tree, leaves, change)
                        return leaves[-1] + 1
                    return tree.last_leaf + 1

            answer = run(self._pool, operation, attempt)
            if isinstance(answer, tuple):
                return answer[0]
            self._follow()  # outside of the transaction: a slow copy must not hold the tree's lock
            with self._lock:
                self._leaves_held = max(self._leaves_held, answer)

    def _add_leaves(self, connection: psycopg.Connection, tree: TreeRow, leaves: Sequence[int], change: int) -> None:
        height = self._grown(connection, tree, leaves[-1], change)
        if height != tree.height:
            tree = planted(connection)
        places = {place for leaf in leaves for place in path_to(NodePlace(LEAF_LEVEL, leaf), height)}
        blobs = read_nodes(connection, places)
        top_key = self._root.unwrap(tree.version, tree.top)
        opened = OpenedTree(self._installation.id, height, top_key, blobs)
        try:
            fresh = opened.with_leaves(leaves)
        finally:
            opened.wipe()
        write_nodes(connection, fresh.nodes, change)
        add_leaves(connection, fresh.check_values, change)

    def _grown(self, connection: psycopg.Connection, tree: TreeRow, last_leaf: int, change: int) -> int:
        """The height that has room for the leaf, after putting new tops on."""
        if last_leaf < room(tree.height):
            return tree.height
        height, top_key = tree.height, self._root.unwrap(tree.version, tree.top)
        while last_leaf >= room(height):
            fresh = grow(self._installation.id, height, top_key)
            wipe(top_key)
            height, top_key = height + 1, fresh.top_key[:]
            write_nodes(connection, fresh.nodes, change)
            write_top(connection, self._root, tree.version, height, fresh, change)
        wipe(top_key)
        return height


def period_columns(periods: Iterable[Period]) -> dict[str, Any]:
    """Parallel arrays for statements."""
    ordered = list(periods)
    return {
        "class_codes": [period.class_code for period in ordered],
        "first_days": [period.first_day for period in ordered],
    }


def _claimed(connection: psycopg.Connection, count: int) -> list[SlotId]:
    last: int = one(connection.execute(statement("issue_slots"), {"count": count}))[0]
    return [SlotId(slot) for slot in range(last - count + 1, last + 1)]
