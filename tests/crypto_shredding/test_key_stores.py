"""The contract of key stores, run against each of them."""

from __future__ import annotations

import pytest

from crypto_shredding import KeyStore
from tests.crypto_shredding.keystore_contract import KeyStoreContract
from tests.crypto_shredding.memory_store import MemoryKeyStore


class TestPostgresKeyStore(KeyStoreContract):
    """With the fixture `store` of this folder."""


class TestMemoryKeyStore(KeyStoreContract):
    @pytest.fixture
    def store(self) -> KeyStore:
        return MemoryKeyStore()
