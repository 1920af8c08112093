"""A root in a PKCS#11 token, on a real SoftHSM."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crypto_shredding import Pkcs11Root, RootMissing, RootUnavailable, RootVersionTaken
from tests.crypto_shredding.root_contract import KEY
from tests.crypto_shredding.root_providers import Spec, make_root

CREATOR = """
import json, sys
from tests.crypto_shredding.root_providers import make_root
from crypto_shredding import RootVersionTaken
root, won = make_root(json.loads(sys.argv[1])), []
root.versions()
print("ready", flush=True)
sys.stdin.readline()
for version in range(1, 21):
    try:
        root.create_version(version)
        won.append(version)
    except RootVersionTaken:
        pass
print(json.dumps(won))
"""

COUNTER = """
import json, pkcs11, sys
spec = json.loads(sys.argv[1])
token = pkcs11.lib(spec["library"]).get_token(token_label=spec["token_label"])
with token.open(user_pin=spec["pin"]) as session:
    label = spec["prefix"] + "-00000001"
    wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.SECRET_KEY, pkcs11.Attribute.LABEL: label}
    print(len(list(session.get_objects(wanted))))
"""


@pytest.fixture
def root(pkcs11_spec: Spec) -> Pkcs11Root:
    made = make_root(pkcs11_spec)
    assert isinstance(made, Pkcs11Root)
    return made


def in_another_process(program: str, *arguments: str, settings: Path | None = None) -> str:
    environment = os.environ | ({"SOFTHSM2_CONF": str(settings)} if settings else {})
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_a_key_can_neither_be_read_nor_leave_the_token(root: Pkcs11Root, pkcs11_spec: Spec) -> None:
    import pkcs11
    from pkcs11 import Attribute

    root.create_version(1)
    token = pkcs11.lib(pkcs11_spec["library"]).get_token(token_label="ours")
    with token.open() as session:  # logged in with the root of this process
        key = session.get_key(label=f"{pkcs11_spec['prefix']}-00000001")
        asked = (Attribute.TOKEN, Attribute.PRIVATE, Attribute.NEVER_EXTRACTABLE, Attribute.ALWAYS_SENSITIVE)

        assert [key[each] for each in asked] == [True] * 4
        other_uses = (Attribute.WRAP, Attribute.UNWRAP, Attribute.SIGN, Attribute.DERIVE)
        assert [key[each] for each in other_uses] == [False] * 4
        with pytest.raises(pkcs11.AttributeSensitive):
            key[Attribute.VALUE]


def test_a_token_that_is_restored_brings_a_destroyed_key_back(
    root: Pkcs11Root, pkcs11_spec: Spec, tokens: Path, tmp_path: Path
) -> None:
    root.create_version(1)
    blob = root.wrap(1, KEY)
    shutil.copytree(tokens, tmp_path / "backup")
    settings = tmp_path / "restored.conf"
    settings.write_text(f"directories.tokendir = {tmp_path / 'backup'}\n")

    evidence = root.destroy(1)

    assert evidence.recoverable_until is None
    assert "backup" in evidence.note
    program = (
        "import json, sys\nfrom tests.crypto_shredding.root_providers import make_root\n"
        "print(make_root(json.loads(sys.argv[1])).unwrap(1, bytes.fromhex(sys.argv[2])).hex())"
    )
    assert in_another_process(program, json.dumps(pkcs11_spec), blob.hex(), settings=settings).strip() == KEY.hex()


def test_a_refused_pin_is_not_tried_until_the_token_locks_itself(pkcs11_spec: Spec) -> None:
    program = (
        "import json, sys\nfrom crypto_shredding import RootUnavailable\n"
        "from tests.crypto_shredding.root_providers import make_root\nroot = make_root(json.loads(sys.argv[1]))\n"
        "for _ in range(3):\n    try:\n        root.versions()\n    except RootUnavailable as refused:\n"
        "        print(refused.why)"
    )

    first, *others = in_another_process(program, json.dumps(pkcs11_spec | {"pin": "wrong-pin"})).splitlines()

    assert first.startswith("PinIncorrect")
    assert others == ["the PIN was refused before and is not tried again"] * 2


def test_a_root_that_is_closed_does_not_log_another_of_its_process_out(root: Pkcs11Root, pkcs11_spec: Spec) -> None:
    first, second = make_root(pkcs11_spec), root
    first.create_version(1)
    assert second.versions() == [1]

    assert isinstance(first, Pkcs11Root)
    first.close()

    assert second.versions() == [1]
    assert second.unwrap(1, second.wrap(1, KEY)) == KEY


def test_a_session_that_the_token_ended_is_opened_anew(
    root: Pkcs11Root, pkcs11_spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pkcs11

    root.create_version(1)
    # The token forgets all sessions. A search that ends in one would be told through Python's unraisable hook.
    monkeypatch.setattr(sys, "unraisablehook", lambda _: None)
    pkcs11.lib(pkcs11_spec["library"]).reinitialize()

    with pytest.raises(RootUnavailable):
        root.wrap(1, KEY)

    assert root.unwrap(1, root.wrap(1, KEY)) == KEY


def test_a_root_that_was_closed_opens_again(root: Pkcs11Root) -> None:
    root.create_version(1)
    root.close()

    assert root.versions() == [1]


def test_of_racing_processes_one_makes_a_version(root: Pkcs11Root, pkcs11_spec: Spec) -> None:
    command = [sys.executable, "-c", CREATOR, json.dumps(pkcs11_spec)]
    racers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()

    won = [version for racer in racers for version in json.loads(racer.communicate()[0])]

    assert sorted(won) == root.versions() == list(range(1, 21))
    assert all(root.unwrap(version, root.wrap(version, KEY)) == KEY for version in won)


def test_a_blob_is_bound_to_its_version_by_the_token(root: Pkcs11Root, pkcs11_spec: Spec) -> None:
    import pkcs11

    root.create_version(1)
    blob = root.wrap(1, KEY)
    with pkcs11.lib(pkcs11_spec["library"]).get_token(token_label="ours").open() as session:
        key: Any = session.get_key(label=f"{pkcs11_spec['prefix']}-00000001")

        def opened(bound: bytes) -> bytes:
            nonce = pkcs11.GCMParams(blob[:12], bound, 128)
            return bytes(key.decrypt(blob[12:], mechanism=pkcs11.Mechanism.AES_GCM, mechanism_param=nonce))

        assert opened(b"crypto_shredding/root/1") == KEY
        for bound in (b"crypto_shredding/root/2", b""):
            with pytest.raises(pkcs11.PKCS11Error):
                opened(bound)


def test_a_refused_creation_leaves_nothing_in_the_token(root: Pkcs11Root, tokens: Path) -> None:
    root.create_version(1)
    before = sorted(tokens.rglob("*.object"))

    with pytest.raises(RootVersionTaken):
        root.create_version(1)

    assert sorted(tokens.rglob("*.object")) == before


def test_destruction_by_another_host_between_claim_and_key_wins(pkcs11_spec: Spec) -> None:
    # As on hardware without a lock file: the other's call lies right behind the look that confirms our claim.
    place = {"token_label": pkcs11_spec["token_label"], "pin": pkcs11_spec["pin"], "prefix": pkcs11_spec["prefix"]}
    other = Pkcs11Root(Path(pkcs11_spec["library"]), **place)

    class Overtaken(Pkcs11Root):
        looks = 0

        def _marks(self, session: Any, version: int, mark: str) -> int:
            found = super()._marks(session, version, mark)
            self.looks += 1
            if self.looks == 3:
                other.destroy(version)
            return found

    with pytest.raises(RootVersionTaken):
        Overtaken(Path(pkcs11_spec["library"]), **place).create_version(1)

    assert other.versions() == []
    with pytest.raises(RootMissing):
        other.wrap(1, KEY)
    token_keys = in_another_process(COUNTER, json.dumps(pkcs11_spec))
    assert token_keys.strip() == "0"


def test_a_key_that_the_token_did_not_generate_is_no_version_and_goes_with_its_number(root: Pkcs11Root) -> None:
    """Put in by somebody, who has a copy; or what a killed C_GenerateKey leaves in SoftHSM, which has no value."""
    from pkcs11 import Attribute, KeyType, ObjectClass

    version = 1
    with root._token() as session:
        session.create_object(
            {
                Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.TOKEN: True,
                Attribute.LABEL: root._label(version), Attribute.VALUE: KEY, Attribute.PRIVATE: True,
                Attribute.SENSITIVE: True, Attribute.ENCRYPT: True, Attribute.DECRYPT: True,
            }
        )  # fmt: skip

    assert root.versions() == []
    with pytest.raises(RootMissing):
        root.wrap(version, KEY)
    root.destroy(version)
    with root._token() as session:
        assert list(session.get_objects({Attribute.LABEL: root._label(version)})) == []
