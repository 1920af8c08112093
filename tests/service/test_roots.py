"""A root that is made from the settings works, whichever provider they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_shredding import RootUnavailable
from service.roots import open_root
from service.settings import Settings
from tests.crypto_shredding.root_providers import Spec

KEY = bytes(range(32))


def works(environ: dict[str, str]) -> bool:
    with open_root(Settings.read(environ).root) as root:
        root.create_version(1)
        blob = root.wrap(1, KEY)
    with open_root(Settings.read(environ).root) as again:
        return again.unwrap(1, blob) == KEY


def test_files_are_a_root(tmp_path: Path) -> None:
    assert works({"POINTS_LEDGER_ROOT": str(tmp_path / "root")})


def test_a_token_is_a_root(pkcs11_spec: Spec, tmp_path: Path) -> None:
    (tmp_path / "pin").write_text(pkcs11_spec["pin"] + "\n")

    assert works(
        {
            "POINTS_LEDGER_ROOT_PROVIDER": "pkcs11",
            "POINTS_LEDGER_ROOT_PREFIX": pkcs11_spec["prefix"],
            "POINTS_LEDGER_PKCS11_LIBRARY": pkcs11_spec["library"],
            "POINTS_LEDGER_PKCS11_TOKEN": pkcs11_spec["token_label"],
            "POINTS_LEDGER_PKCS11_PIN_FILE": str(tmp_path / "pin"),
            "POINTS_LEDGER_PKCS11_LOCK": pkcs11_spec["lock_file"],
        }
    )


def test_a_transit_engine_is_a_root_whose_token_file_is_read_again(openbao_spec: Spec, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(openbao_spec["token"] + "\n")
    environ = {
        "POINTS_LEDGER_ROOT_PROVIDER": "openbao",
        "POINTS_LEDGER_ROOT_PREFIX": openbao_spec["prefix"],
        "POINTS_LEDGER_OPENBAO_ADDRESS": openbao_spec["address"],
        "POINTS_LEDGER_OPENBAO_TOKEN_FILE": str(file),
    }

    assert works(environ)
    with open_root(Settings.read(environ).root) as root:
        file.unlink()
        with pytest.raises(RootUnavailable):
            root.versions()
        file.write_text(openbao_spec["token"])
        assert root.versions() == [1]


def test_kms_without_a_region_is_no_missing_root(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    with pytest.raises(RootUnavailable), open_root(Settings.read({"POINTS_LEDGER_ROOT_PROVIDER": "aws-kms"}).root):
        pass


def test_kms_with_a_region_is_asked_only_when_it_is_used() -> None:
    environ = {"POINTS_LEDGER_ROOT_PROVIDER": "aws-kms", "POINTS_LEDGER_AWS_REGION": "eu-west-1"}

    with open_root(Settings.read(environ).root) as root:
        assert repr(root) == "AwsKmsRoot(prefix='points-ledger-root')"
