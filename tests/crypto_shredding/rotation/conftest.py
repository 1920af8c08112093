"""The same scene over each provider of a root."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from crypto_shredding import Keyring, PostgresKeyStore, TreeCopy
from tests.crypto_shredding.conftest import AT, DAY, desk_over
from tests.crypto_shredding.root_providers import Spec, make_root
from tests.crypto_shredding.rotation.scene import Scene


@pytest.fixture
def provider() -> str:
    """Where the root lives; tests for another one parametrize it."""
    return "file"


@pytest.fixture
def spec(provider: str, request: pytest.FixtureRequest) -> Spec:
    found: Spec = request.getfixturevalue(f"{provider}_spec")
    return found


@pytest.fixture
def scene(named_keys_dsn: str, spec: Spec, copy: TreeCopy) -> Iterator[Scene]:
    with Keyring(PostgresKeyStore.connect(named_keys_dsn, make_root(spec), at=AT, copies=[copy])) as keyring:
        desk = desk_over(keyring)
        gone, kept = desk.sealer.issue_subjects(3), desk.sealer.issue_subjects(1)[0]
        erased = [desk.sealed("erased", slot, DAY) for slot in gone]
        yield Scene(desk, named_keys_dsn, spec, copy, gone, erased, desk.sealed("kept", kept))
