"""The tables of the key tree, as rows: what a transaction reads and writes of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from crypto_shredding.cipher import wipe
from crypto_shredding.errors import KeyMissing
from crypto_shredding.key_tree import FreshTree
from crypto_shredding.node import NodePlace
from crypto_shredding.root import RootStore
from crypto_shredding.statements import statement


@dataclass(frozen=True, slots=True)
class TreeRow:
    """The tree as one transaction found it. `last_leaf` -1: there is none yet; `last_slot` 0: none was issued."""

    version: int
    height: int
    top: bytes = field(repr=False)
    last_leaf: int
    last_slot: int


@contextmanager
def changing(connection: psycopg.Connection) -> Iterator[int]:
    """A transaction under the tree's lock, with its number. Changes commit in the order of their numbers."""
    with connection.transaction():
        connection.execute(statement("lock_tree"))
        yield one(connection.execute(statement("next_change")))[0]


def read_tree(connection: psycopg.Connection) -> TreeRow | None:
    """None before the tree is planted."""
    row = connection.execute(statement("read_tree")).fetchone()
    return None if row is None else TreeRow(*row)


def planted(connection: psycopg.Connection) -> TreeRow:
    """Raises KeyMissing where there is no tree: the table of one row lost it."""
    tree = read_tree(connection)
    if tree is None:
        raise KeyMissing(())
    return tree


def read_nodes(connection: psycopg.Connection, places: Iterable[NodePlace]) -> dict[NodePlace, bytes]:
    """The nodes among these that exist."""
    wanted = list(places)
    columns = {"levels": [place.level for place in wanted], "numbers": [place.number for place in wanted]}
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(statement("read_nodes"), columns)
        return {NodePlace(level, index): blob for level, index, blob in rows}


def write_nodes(connection: psycopg.Connection, nodes: Mapping[NodePlace, bytes], change: int) -> None:
    """Add or replace nodes."""
    columns = {
        "levels": [place.level for place in nodes],
        "numbers": [place.number for place in nodes],
        "blobs": list(nodes.values()),
        "change": change,
    }
    connection.execute(statement("write_nodes"), columns)


def add_leaves(connection: psycopg.Connection, check_values: Mapping[int, bytes], change: int) -> None:
    """The check values of new leaves."""
    columns = {"leaves": list(check_values), "kcvs": list(check_values.values()), "change": change}
    connection.execute(statement("add_leaves"), columns)


def write_top(
    connection: psycopg.Connection, root: RootStore, version: int, height: int, fresh: FreshTree, change: int
) -> None:
    """The key of a fresh top, wrapped by a version of the root. Overwrites that key in memory."""
    top = root.wrap(version, bytes(fresh.top_key))
    wipe(fresh.top_key)
    row = {"version": version, "height": height, "top": top, "change": change}
    connection.execute(statement("write_tree"), row)


def one(cursor: psycopg.Cursor[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The row of a statement that always has one."""
    row = cursor.fetchone()
    assert row is not None, "a table of one row lost it"
    return row
