"""The contract of roots, run against each provider."""

from __future__ import annotations

from pathlib import Path

import pytest

from crypto_shredding import AwsKmsRoot
from tests.crypto_shredding.kms_fake import KmsFake
from tests.crypto_shredding.root_contract import RootContract, Roots
from tests.crypto_shredding.root_providers import PIN, Spec, make_root


def roots_of(ours: Spec, foreign: Spec, unreachable: Spec, *secrets: str) -> Roots:
    return Roots(lambda: make_root(ours), lambda: make_root(foreign), lambda: make_root(unreachable), secrets)


class TestFileRoot(RootContract):
    @pytest.fixture
    def roots(self, tmp_path: Path) -> Roots:
        (tmp_path / "not a folder").write_bytes(b"")
        ours, foreign, unreachable = (
            {"provider": "file", "path": str(tmp_path / name)} for name in ("root", "foreign", "not a folder/root")
        )
        return roots_of(ours, foreign, unreachable)


class TestPkcs11Root(RootContract):
    @pytest.fixture
    def roots(self, pkcs11_spec: Spec) -> Roots:
        return roots_of(pkcs11_spec, pkcs11_spec | {"token_label": "foreign"}, pkcs11_spec | {"token_label": "no"}, PIN)


class TestOpenBaoRoot(RootContract):
    @pytest.fixture
    def roots(self, openbao_spec: Spec) -> Roots:
        foreign, unreachable = openbao_spec | {"mount": "elsewhere"}, openbao_spec | {"address": "http://127.0.0.1:9"}
        return roots_of(openbao_spec, foreign, unreachable, openbao_spec["token"])


class TestAwsKmsRoot(RootContract):
    @pytest.fixture
    def roots(self) -> Roots:
        ours, foreign, down = KmsFake(), KmsFake(), KmsFake()
        down.down = True
        return Roots(lambda: AwsKmsRoot(ours), lambda: AwsKmsRoot(foreign), lambda: AwsKmsRoot(down))
