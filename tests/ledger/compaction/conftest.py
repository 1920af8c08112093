"""Compactions with the rights of their role, beside offices."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from crypto_shredding import Shredder
from ledger import Compaction
from tests.ledger.office import Office

Compacting = Callable[..., Compaction]


@pytest.fixture
def compacting(office: Office, compaction_dsn: str) -> Compacting:
    """Makes a compaction of this test's ledger."""
    shredder = Shredder(office.keyring)

    def make(patience: float = 30.0) -> Compaction:
        return Compaction(compaction_dsn, lambda slots: shredder.states(list(slots)), patience=patience)

    return make
