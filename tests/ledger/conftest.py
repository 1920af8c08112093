"""Offices: processes with a desk on this test's databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from crypto_shredding import create_installation
from tests.ledger.office import Addresses, Office

CACHE_SECONDS = 0.2


@pytest.fixture
def addresses(app_dsn: str, keys_dsn: str, keys_app_dsn: str, tmp_path: Path) -> Addresses:
    """This test's databases, with an installation whose keys are unusable 0.2 s after a doom."""
    create_installation(keys_dsn, id=uuid4(), cache_seconds=CACHE_SECONDS)
    return Addresses(app_dsn, keys_app_dsn, tmp_path / "root")


@pytest.fixture
async def office(addresses: Addresses) -> AsyncIterator[Office]:
    """One process, with a program."""
    async with await Office.open(addresses) as office:
        await office.program()
        yield office


@pytest.fixture
async def other(addresses: Addresses, office: Office) -> AsyncIterator[Office]:
    """Another process on the same databases: its books and keys are its own."""
    async with await Office.open(addresses) as other:
        yield other
