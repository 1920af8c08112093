"""Eight writers in four processes against a hundred erasures."""

from __future__ import annotations

import pytest

from tests.ledger.erasure.storm import Dsns, assert_weathered, storm
from tests.ledger.office import Addresses, Office

ERASURES = 100


@pytest.mark.soak
async def test_a_hundred_members_are_erased_while_eight_writers_trade_on_their_accounts(
    office: Office, addresses: Addresses, ledger_dsn: str, keys_dsn: str
) -> None:
    seen = await storm(office, addresses, Dsns(ledger_dsn, keys_dsn), erasures=ERASURES, processes=4, writers=2)

    print(seen.numbers())  # noqa: T201  # what a soak saw is its result
    assert_weathered(seen, ERASURES)
