"""The tree over all slot keys, in memory only: opening paths, growing, and giving doomed slots' paths fresh keys.

Works on nodes that the caller has read, and hands back nodes for the caller to write; knows no database and no root.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from os import urandom
from uuid import UUID

from crypto_shredding.box import SlotId
from crypto_shredding.cipher import KEY_BYTES, key_check_value, wipe
from crypto_shredding.node import CHILDREN, CHILDREN_BITS, LEAF_LEVEL, NodeKeys, NodePlace, open_node

HEIGHT_MIN = 2
"""16,384 slots from the start: a tree of one node would have its top as its leaf, a case for its own sake."""


def leaf_of(slot: int) -> NodePlace:
    """The node that holds the slot's key."""
    return NodePlace(LEAF_LEVEL, slot >> CHILDREN_BITS)


def place_in_leaf(slot: int) -> int:
    """Which of its leaf's keys is the slot's."""
    return slot & (CHILDREN - 1)


def room(height: int) -> int:
    """How many leaves a tree of this height can have."""
    return 1 << (CHILDREN_BITS * (height - 1))


def path_to(place: NodePlace, height: int) -> list[NodePlace]:
    """From the node up to the top, both included."""
    path = [place]
    while path[-1].level < height:
        path.append(path[-1].parent)
    return path


def union_of_paths(places: Iterable[NodePlace], height: int) -> list[NodePlace]:
    """Every node on the paths, each once, the lowest level first."""
    return sorted({node for place in places for node in path_to(place, height)})


@dataclass(frozen=True, slots=True)
class FreshTree:
    """Nodes to write. `top_key`, for the root to wrap, is empty where the top stays; `check_values` of new leaves."""

    nodes: Mapping[NodePlace, bytes]
    top_key: bytearray = field(repr=False)
    check_values: Mapping[int, bytes] = field(default_factory=dict)


class OpenedTree:
    """Some nodes of one tree, opened as they are asked for, each once. `wipe` it when done.

    A node that is not there or does not verify opens as None, and so does everything below it.
    """

    def __init__(
        self, installation_id: UUID, height: int, top_key: bytearray, blobs: Mapping[NodePlace, bytes]
    ) -> None:
        self._installation_id = installation_id
        self._height = height
        self._top_key = top_key
        self._blobs = blobs
        self._opened: dict[NodePlace, NodeKeys | None] = {}

    def wipe(self) -> None:
        """Overwrite every key that was opened."""
        for node in self._opened.values():
            if node is not None:
                node.wipe()
        self._opened.clear()
        wipe(self._top_key)

    def slot_key(self, slot: SlotId) -> bytearray | None:
        """The caller's own copy."""
        leaf = self.node(leaf_of(slot))
        return None if leaf is None else leaf[place_in_leaf(slot)]

    def node(self, place: NodePlace) -> NodeKeys | None:
        if place not in self._opened:
            self._opened[place] = self._open(place)
        return self._opened[place]

    def with_leaves(self, leaves: Iterable[int]) -> FreshTree:
        """New leaves of random keys, with what lies between them and the tree. None of the leaves may exist.

        Existing nodes stay as they are: a parent has held the key of each child since it was made.
        """
        nodes: dict[NodePlace, bytes] = {}
        check_values: dict[int, bytes] = {}
        for leaf in leaves:
            for place in reversed(path_to(NodePlace(LEAF_LEVEL, leaf), self._height)):
                if place in self._blobs or place in nodes:
                    continue
                fresh = NodeKeys.fresh()
                with self._key_of(place) as key:
                    nodes[place] = fresh.sealed(key, self._installation_id, place)
                self._opened[place] = fresh
            check_values[leaf] = self._check_values(leaf)
        return FreshTree(nodes, bytearray(), check_values)

    def without(self, slots: Iterable[SlotId]) -> FreshTree:
        """The paths of these slots under fresh keys, and the slots' own keys gone; a fresh top also for no slots.

        All nodes on the paths must have been read.
        Raises LookupError naming a node that is missing or does not verify; then nothing may be written.
        """
        doomed = list(slots)
        top = NodePlace(self._height, 0)
        union = union_of_paths({top, *(leaf_of(slot) for slot in doomed)}, self._height)
        for slot in doomed:
            self._sure(leaf_of(slot)).replace(place_in_leaf(slot), urandom(KEY_BYTES))
        nodes: dict[NodePlace, bytes] = {}
        top_key = bytearray(KEY_BYTES)
        for place in union:
            key = bytearray(urandom(KEY_BYTES))
            nodes[place] = self._sure(place).sealed(key, self._installation_id, place)
            if place.level == self._height:
                top_key[:] = key
            else:
                self._sure(place.parent).replace(place.child_number, key)
            wipe(key)
        return FreshTree(nodes, top_key)

    def _sure(self, place: NodePlace) -> NodeKeys:
        if (node := self.node(place)) is None:
            raise LookupError(f"node {place.level}/{place.number} is missing or does not verify")
        return node

    def _open(self, place: NodePlace) -> NodeKeys | None:
        blob = self._blobs.get(place)
        if blob is None or (place.level < self._height and self.node(place.parent) is None):
            return None
        with self._key_of(place) as key:
            return open_node(key, blob, self._installation_id, place)

    @contextmanager
    def _key_of(self, place: NodePlace) -> Iterator[bytearray]:
        key = self._top_key[:] if place.level == self._height else self._sure(place.parent)[place.child_number]
        try:
            yield key
        finally:
            wipe(key)

    def _check_values(self, leaf: int) -> bytes:
        keys = self._sure(NodePlace(LEAF_LEVEL, leaf))
        values = []
        for number in range(CHILDREN):
            key = keys[number]
            values.append(key_check_value(key, (leaf << CHILDREN_BITS) + number))
            wipe(key)
        return b"".join(values)


def plant(installation_id: UUID) -> FreshTree:
    """A tree of the least height with a top and nothing below it."""
    top_key = bytearray(urandom(KEY_BYTES))
    top, keys = NodePlace(HEIGHT_MIN, 0), NodeKeys.fresh()
    blob = keys.sealed(top_key, installation_id, top)
    keys.wipe()
    return FreshTree({top: blob}, top_key)


def grow(installation_id: UUID, height: int, top_key: bytearray) -> FreshTree:
    """One level more: a new top whose child 0 is the old one."""
    new_key = bytearray(urandom(KEY_BYTES))
    top, keys = NodePlace(height + 1, 0), NodeKeys.fresh()
    keys.replace(0, top_key)
    blob = keys.sealed(new_key, installation_id, top)
    keys.wipe()
    return FreshTree({top: blob}, new_key)
