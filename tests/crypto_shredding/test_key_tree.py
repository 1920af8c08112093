"""The tree in memory: places, growing without losing a key, and fresh paths that no old key opens."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_shredding import SlotId
from crypto_shredding.cipher import matches_check_value
from crypto_shredding.key_tree import (
    HEIGHT_MIN,
    FreshTree,
    OpenedTree,
    grow,
    leaf_of,
    path_to,
    place_in_leaf,
    plant,
    room,
    union_of_paths,
)
from crypto_shredding.node import CHILDREN, KEYS_BYTES, NODE_BYTES, NodeKeys, NodePlace, open_node

ID = UUID(int=7)


class Store:
    """Nodes and the top's key, as a database and a root would keep them."""

    def __init__(self) -> None:
        self.height = HEIGHT_MIN
        self.nodes: dict[NodePlace, bytes] = {}
        self.check_values: dict[int, bytes] = {}
        self.top_key = bytearray()
        self.take(plant(ID))

    def take(self, fresh: FreshTree) -> None:
        self.nodes |= fresh.nodes
        self.check_values |= fresh.check_values
        if fresh.top_key:
            self.top_key = fresh.top_key

    def opened(self) -> OpenedTree:
        return OpenedTree(ID, self.height, self.top_key[:], self.nodes)

    def key(self, slot: int) -> bytes | None:
        key = self.opened().slot_key(SlotId(slot))
        return None if key is None else bytes(key)

    def add_leaves(self, *leaves: int) -> None:
        self.take(self.opened().with_leaves(leaves))

    def grow(self) -> None:
        self.take(grow(ID, self.height, self.top_key))
        self.height += 1

    def rotate(self, *slots: int) -> None:
        self.take(self.opened().without([SlotId(slot) for slot in slots]))


def test_a_slot_has_one_place_and_one_path() -> None:
    assert (leaf_of(0), leaf_of(127), leaf_of(128)) == (NodePlace(1, 0), NodePlace(1, 0), NodePlace(1, 1))
    assert (place_in_leaf(127), place_in_leaf(128)) == (127, 0)
    assert path_to(NodePlace(1, 300), 3) == [NodePlace(1, 300), NodePlace(2, 2), NodePlace(3, 0)]
    assert union_of_paths([NodePlace(1, 0), NodePlace(1, 1)], 2) == [NodePlace(1, 0), NodePlace(1, 1), NodePlace(2, 0)]
    assert [room(height) for height in (1, 2, 3)] == [1, 128, 16_384]


def test_a_new_leaf_has_keys_by_chance_that_their_check_values_pin() -> None:
    store = Store()

    store.add_leaves(0, 1)

    keys = [store.key(slot) for slot in range(2 * CHILDREN)]
    assert len(set(keys)) == 2 * CHILDREN
    for slot in (0, 1, 127, 128, 255):
        kcv = store.check_values[slot >> 7][place_in_leaf(slot) * 32 :][:32]
        key = keys[slot]
        assert key is not None
        assert matches_check_value(key, slot, kcv)


def test_a_new_leaf_changes_no_node_that_is_there() -> None:
    store = Store()
    store.add_leaves(0)
    before = dict(store.nodes)

    store.add_leaves(1, 2)

    assert {place: store.nodes[place] for place in before} == before


def test_growing_keeps_every_key() -> None:
    store = Store()
    store.add_leaves(0, 127)
    before = [store.key(slot) for slot in (1, 127 * CHILDREN + 5)]

    store.grow()
    store.grow()
    store.add_leaves(128, 16_384)

    assert [store.key(slot) for slot in (1, 127 * CHILDREN + 5)] == before
    assert store.key(16_384 * CHILDREN) is not None
    assert store.height == HEIGHT_MIN + 2


def test_a_rotation_takes_the_doomed_keys_out_and_leaves_the_others() -> None:
    store = Store()
    store.add_leaves(0, 1, 2)
    before = {slot: store.key(slot) for slot in range(3 * CHILDREN)}

    store.rotate(5, 6, 130)

    after = {slot: store.key(slot) for slot in range(3 * CHILDREN)}
    assert {slot for slot in before if before[slot] != after[slot]} == {5, 6, 130}
    assert None not in after.values()


def test_a_rotation_of_nothing_gives_the_top_a_fresh_key() -> None:
    store = Store()
    store.add_leaves(0)
    before, key = bytes(store.top_key), store.key(1)

    store.rotate()

    assert bytes(store.top_key) != before
    assert store.key(1) == key


def test_no_key_of_the_old_path_opens_a_node_of_the_new_one() -> None:
    store = Store()
    store.grow()
    store.add_leaves(0, 1)
    place = leaf_of(5)
    path = path_to(place, store.height)
    old_keys = []
    tree = store.opened()
    for node in path[:-1]:
        parent = tree.node(node.parent)
        assert parent is not None
        old_keys.append(parent[node.child_number])
    old_keys.append(store.top_key[:])
    assert None not in [open_node(key, store.nodes[node], ID, node) for key, node in zip(old_keys, path, strict=True)]

    store.rotate(5)

    opened = [open_node(key, store.nodes[node], ID, node) for key in old_keys for node in path]
    assert opened == [None] * len(path) ** 2


def test_a_node_opens_at_its_place_and_in_its_installation_only() -> None:
    key = bytearray(range(32))
    place = NodePlace(2, 3)
    blob = NodeKeys.fresh().sealed(key, ID, place)

    assert len(blob) == NODE_BYTES == KEYS_BYTES + 28
    assert open_node(key, blob, ID, place) is not None
    for other in (NodePlace(2, 4), NodePlace(3, 3)):
        assert open_node(key, blob, ID, other) is None
    assert open_node(key, blob, UUID(int=8), place) is None
    assert open_node(bytearray(32), blob, ID, place) is None
    assert open_node(key, blob[:-1], ID, place) is None


@pytest.mark.parametrize("missing", [NodePlace(1, 0), NodePlace(2, 0)])
def test_nothing_is_rotated_where_a_node_is_missing(missing: NodePlace) -> None:
    store = Store()
    store.add_leaves(0)
    del store.nodes[missing]

    with pytest.raises(LookupError, match="missing or does not verify"):
        store.rotate(5)


def test_an_opened_tree_is_wiped_whole() -> None:
    store = Store()
    store.add_leaves(0)
    tree = store.opened()
    leaf = tree.node(NodePlace(1, 0))
    assert leaf is not None

    tree.wipe()

    assert set(leaf[5]) == {0}


@settings(deadline=None, max_examples=15)
@given(st.lists(st.sets(st.integers(1, 4 * CHILDREN - 1), min_size=1, max_size=6), max_size=5), st.integers(0, 2))
def test_whatever_was_rotated_every_other_slot_keeps_its_key(rounds: list[set[int]], growth: int) -> None:
    store = Store()
    store.add_leaves(0, 1, 2, 3)
    before = {slot: store.key(slot) for slot in range(4 * CHILDREN)}

    for number, slots in enumerate(rounds):
        if number < growth:
            store.grow()
        store.rotate(*slots)

    doomed = set().union(*rounds)
    for slot, key in before.items():
        assert (store.key(slot) == key) is (slot not in doomed)
