"""The tree does what docs/spec/key-tree.md says, by the vectors of a second implementation; other bytes are refused."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crypto_shredding.cipher import key_check_value, matches_check_value
from crypto_shredding.key_tree import leaf_of, place_in_leaf
from crypto_shredding.node import CHILDREN, NODE_BYTES, NodePlace, open_node
from tests.crypto_shredding import reference_tree
from tests.crypto_shredding.test_key_tree import Store

VECTORS = Path(__file__).parent.parent / "vectors" / "key_tree.json"
DOCUMENT: dict[str, Any] = json.loads(VECTORS.read_text("utf-8"))
NODES = [pytest.param(case, id=case["name"]) for case in DOCUMENT["nodes"]]


def test_the_vectors_are_those_the_second_implementation_makes() -> None:
    assert VECTORS.read_text("utf-8") == reference_tree.vectors()
    assert {case["expect"] for case in DOCUMENT["nodes"]} == {"open", "refused"}


@pytest.mark.parametrize("case", NODES)
def test_a_node_opens_or_is_refused_as_the_vector_says(case: dict[str, Any]) -> None:
    place = NodePlace(case["level"], case["number"])

    node = open_node(bytearray.fromhex(case["key"]), b64decode(case["blob"]), UUID(case["installation"]), place)

    if case["expect"] == "refused":
        assert node is None
    else:
        assert node is not None
        assert [bytes(node[child]) for child in range(CHILDREN)] == reference_tree.child_keys("node")


@pytest.mark.parametrize("where", DOCUMENT["places"])
def test_a_slot_lies_where_the_vector_says(where: dict[str, int]) -> None:
    assert (leaf_of(where["slot"]).number, place_in_leaf(where["slot"])) == (where["leaf"], where["child"])


@pytest.mark.parametrize("value", DOCUMENT["check_values"])
def test_a_check_value_is_the_one_of_the_vector(value: dict[str, Any]) -> None:
    assert key_check_value(bytes.fromhex(value["key"]), value["slot"]).hex() == value["kcv"]


@settings(max_examples=10, deadline=None)
@given(slot=st.integers(1, 3 * CHILDREN - 1), growth=st.integers(0, 2), rotations=st.integers(0, 2))
def test_a_tree_made_here_is_read_by_the_second_implementation(slot: int, growth: int, rotations: int) -> None:
    store = Store()
    store.add_leaves(0, 1, 2)
    for _ in range(growth):
        store.grow()
    for _ in range(rotations):
        store.rotate(5)
    nodes = {(place.level, place.number): blob for place, blob in store.nodes.items()}
    kcv = store.check_values[slot >> 7][(slot & 127) * 32 :][:32]

    with_ours = store.key(slot)

    theirs = reference_tree.key_of_slot(bytes(store.top_key), store.height, nodes, slot, UUID(int=7))
    assert theirs == with_ours
    assert matches_check_value(theirs, slot, kcv) is not (slot == 5 and rotations > 0)


@given(st.binary(max_size=64) | st.binary(min_size=NODE_BYTES, max_size=NODE_BYTES), st.integers(1, 8))
def test_any_other_bytes_are_no_node(blob: bytes, level: int) -> None:
    assert open_node(bytearray(range(32)), blob, UUID(int=7), NodePlace(level, 3)) is None
