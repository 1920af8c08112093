"""A root in the transit engine, on a real OpenBao."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest

from crypto_shredding import OpenBaoRoot, RootMissing, RootUnavailable, RootVersionTaken
from tests.crypto_shredding.root_contract import KEY
from tests.crypto_shredding.root_providers import Bao, Spec, bao_server, unseal

OPERATORS_PAGE = Path(__file__).parent.parent.parent / "docs" / "roots.md"


@pytest.fixture
def root(bao: Bao, openbao_spec: Spec) -> OpenBaoRoot:
    return OpenBaoRoot(bao.address, token=lambda: bao.token, prefix=openbao_spec["prefix"])


@pytest.fixture
def key(openbao_spec: Spec) -> str:
    """Where the server has version 1."""
    return f"transit/keys/{openbao_spec['prefix']}-00000001"


def test_the_policy_of_the_operators_page_is_enough_and_forbids_the_rest(bao: Bao) -> None:
    (policy,) = re.findall(r"```hcl\n(.*?)```", OPERATORS_PAGE.read_text(), re.DOTALL)
    bao.call("PUT", "sys/policies/acl/points-ledger", json={"policy": policy})
    token = bao.call("POST", "auth/token/create", json={"policies": ["points-ledger"]})["auth"]["client_token"]
    root = OpenBaoRoot(bao.address, token=lambda: token, prefix="points-ledger-root")

    root.create_version(1)
    root.create_version(2)
    blob = root.wrap(2, KEY)
    root.destroy(1)

    assert root.versions() == [2]
    assert root.unwrap(2, blob) == KEY
    with pytest.raises(RootVersionTaken):
        root.create_version(1)
    with pytest.raises(RootMissing):
        root.wrap(3, KEY)
    with pytest.raises(RootMissing):
        root.unwrap(3, blob)
    for method, path in (
        ("DELETE", "transit/keys/points-ledger-root-00000002"),
        ("GET", "transit/export/encryption-key/points-ledger-root-00000002"),
        ("GET", "transit/backup/points-ledger-root-00000002"),
        ("POST", "transit/keys/another"),
        ("POST", "transit/decrypt/another"),
    ):
        with pytest.raises(OSError, match="403"):
            bao.call(method, path, token=token)


def test_a_blob_is_bound_to_its_version_by_the_server(bao: Bao, root: OpenBaoRoot, key: str) -> None:
    root.create_version(1)
    ciphertext = "vault:v2:" + base64.b64encode(root.wrap(1, KEY)).decode()

    def opened(bound: bytes) -> bytes:
        asked = {"ciphertext": ciphertext, "associated_data": base64.b64encode(bound).decode()}
        answer = bao.call("POST", key.replace("/keys/", "/decrypt/"), json=asked)
        return base64.b64decode(answer["data"]["plaintext"])

    assert opened(b"crypto_shredding/root/1") == KEY
    for bound in (b"crypto_shredding/root/2", b""):
        with pytest.raises(OSError, match="400"):
            opened(bound)


def test_a_sealed_server_says_nothing_about_versions(bao: Bao, root: OpenBaoRoot) -> None:
    root.create_version(1)
    blob = root.wrap(1, KEY)
    bao.call("PUT", "sys/seal")
    try:
        with pytest.raises(RootUnavailable):
            root.unwrap(1, blob)
        with pytest.raises(RootUnavailable):
            root.versions()
    finally:
        unseal(bao)

    assert root.unwrap(1, blob) == KEY


@pytest.mark.parametrize(("token", "mount"), [("s.not-a-token", "transit"), (None, "nothing-here")])
def test_a_token_or_mount_that_is_wrong_says_nothing_about_versions(
    bao: Bao, token: str | None, mount: str
) -> None:
    root = OpenBaoRoot(bao.address, token=lambda: token or bao.token, mount=mount)

    for call in (root.versions, lambda: root.unwrap(1, bytes(60)), lambda: root.wrap(1, KEY), lambda: root.destroy(1)):
        with pytest.raises(RootUnavailable) as refused:
            call()
        assert (token or bao.token) not in str(refused.value)


def test_the_token_is_asked_for_anew_before_every_call(bao: Bao, openbao_spec: Spec) -> None:
    tokens = iter(["s.expired", bao.token])
    root = OpenBaoRoot(bao.address, token=lambda: next(tokens), prefix=openbao_spec["prefix"])

    with pytest.raises(RootUnavailable):
        root.versions()
    assert root.versions() == []


@pytest.mark.parametrize("flaw", [{"exportable": True}, {"allow_plaintext_backup": True}, {"type": "rsa-2048"}])
def test_a_key_that_could_leave_the_server_becomes_no_version(
    bao: Bao, root: OpenBaoRoot, key: str, flaw: dict[str, object]
) -> None:
    bao.call("POST", key, json=flaw)

    with pytest.raises(RootUnavailable, match="of another type, or could leave"):
        root.create_version(1)
    assert root.versions() == []


def test_rotations_by_others_neither_harm_a_version_nor_save_it(bao: Bao, root: OpenBaoRoot, key: str) -> None:
    root.create_version(1)
    blob = root.wrap(1, KEY)
    bao.call("POST", f"{key}/rotate")

    assert root.unwrap(1, blob) == root.unwrap(1, root.wrap(1, KEY)) == KEY
    with pytest.raises(RootVersionTaken):
        root.create_version(1)
    root.destroy(1)
    assert root.versions() == []
    with pytest.raises(RootMissing):
        root.unwrap(1, blob)


def test_destroyed_material_is_trimmed_and_no_setting_brings_it_back(bao: Bao, root: OpenBaoRoot, key: str) -> None:
    root.create_version(1)
    blob = root.wrap(1, KEY)

    evidence = root.destroy(1)

    kept = bao.call("GET", key)["data"]
    assert kept["min_available_version"] == kept["latest_version"] == 3
    assert "snapshot" in evidence.note
    with pytest.raises(OSError, match="400"):
        bao.call("POST", f"{key}/config", json={"min_decryption_version": 1})
    with pytest.raises(RootMissing):
        root.unwrap(1, blob)


def test_a_snapshot_that_is_restored_brings_a_destroyed_version_back(tmp_path: Path) -> None:
    storage = f'storage "raft" {{\n  path = "{tmp_path}"\n  node_id = "one"\n  performance_multiplier = 1\n}}'
    with bao_server(tmp_path, storage) as bao:
        root = OpenBaoRoot(bao.address, token=lambda: bao.token)
        root.create_version(1)
        blob = root.wrap(1, KEY)
        snapshot = bao.call("GET", "sys/storage/raft/snapshot")
        assert root.destroy(1).recoverable_until is None

        bao.call("POST", "sys/storage/raft/snapshot", data=snapshot)

        assert root.unwrap(1, blob) == KEY
