"""A process that places a hold on each of some records, as soon as it is told to: DSNs, root, instant.

The first line of input names members and records; it answers with a line when it is ready, and begins at the next one.
At the end it prints, as JSON, what became of each record: "placed" or the name of the refusal.
"""

from __future__ import annotations

import asyncio
import json
import sys
from datetime import datetime
from pathlib import Path
from uuid import UUID

from ledger import LedgerError
from tests.ledger.office import Addresses, Office


async def main(addresses: Addresses, at: datetime) -> None:
    wanted = [(UUID(member), UUID(record), UUID(hold)) for member, record, hold in json.loads(sys.stdin.readline())]
    told: dict[str, str] = {}
    async with await Office.open(addresses, at) as office:
        sys.stdout.write("\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        for member, record, hold in wanted:
            try:
                await office.holds.place(office.hold(member, record, hold_id=hold))
            except LedgerError as refused:
                told[str(hold)] = type(refused).__name__
            else:
                told[str(hold)] = "placed"
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    ledger, keys, root, at = sys.argv[1:]
    asyncio.run(main(Addresses(ledger, keys, Path(root)), datetime.fromisoformat(at)))
