"""Erasures in the middle of business; `tests/soak` has the long one, `tests/ledger/storm` the one with everything."""

from __future__ import annotations

import pytest

from tests.ledger.erasure.storm import Dsns, assert_weathered, storm
from tests.ledger.office import Addresses, Office


@pytest.mark.soak
async def test_writers_in_other_processes_bring_nothing_back(
    office: Office, addresses: Addresses, ledger_dsn: str, keys_dsn: str
) -> None:
    seen = await storm(office, addresses, Dsns(ledger_dsn, keys_dsn), erasures=15, processes=2, writers=4)

    assert_weathered(seen, 15)
