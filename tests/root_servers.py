"""Where roots live in tests: one SoftHSM and one OpenBao a process, whichever test comes first.

A PKCS#11 library reads where its tokens are when a process first uses it, so a second folder would never be seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.crypto_shredding.root_providers import PIN, SOFTHSM, Bao, Spec, bao_server, soft_hsm


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of this worker's SoftHSM, with the tokens `ours` and `foreign`."""
    with soft_hsm(tmp_path_factory.mktemp("softhsm"), "ours", "foreign") as folder:
        yield folder


@pytest.fixture(scope="session")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bao]:
    """This worker's OpenBao; it keeps everything in memory."""
    with bao_server(tmp_path_factory.mktemp("bao")) as server:
        yield server


@pytest.fixture
def pkcs11_spec(tokens: Path) -> Spec:
    """A root in SoftHSM that no other test uses."""
    place = {"library": str(SOFTHSM), "token_label": "ours", "pin": PIN, "lock_file": str(tokens.parent / "lock")}
    return {"provider": "pkcs11", "prefix": f"root-{uuid4().hex[:8]}", **place}


@pytest.fixture
def openbao_spec(bao: Bao) -> Spec:
    """A root in OpenBao that no other test uses."""
    place = {"address": bao.address, "token": bao.token, "mount": "transit"}
    return {"provider": "openbao", "prefix": f"root-{uuid4().hex[:8]}", **place}
