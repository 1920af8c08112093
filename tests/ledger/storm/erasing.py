"""A process that carries out one erasure, and is likely to be killed: DSNs, root, member, key, instant, confirmed.

Before each attempt it answers with a line: the points that it confirms.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from uuid import UUID

from ledger import ConfirmationNeeded, ContendedAccount
from tests.ledger.office import Addresses, Office
from tests.ledger.storm.instants import now


async def main(addresses: Addresses, member: UUID, key: UUID, at: datetime, confirmed: int) -> None:
    async with await Office.open(addresses, tells=now) as office:
        while True:
            sys.stdout.write(f"{confirmed}\n")
            sys.stdout.flush()
            try:
                await office.erasures.erase(office.erase(member, confirmed, key=key, occurred_at=at))
            except ConfirmationNeeded as refused:
                confirmed = refused.forfeits
            except ContendedAccount:
                continue
            else:
                return


if __name__ == "__main__":
    ledger, keys, root, member, key, at, confirmed = sys.argv[1:]
    addresses = Addresses(ledger, keys, Path(root))
    asyncio.run(main(addresses, UUID(member), UUID(key), datetime.fromisoformat(at), int(confirmed)))
