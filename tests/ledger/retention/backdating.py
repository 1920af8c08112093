"""A process that records purchases of one day again and again until its input ends: DSNs, root, instant, account, day.

It prints a line after the first one, and at the end, as JSON, what became of all of them.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path
from uuid import UUID

from ledger import PeriodEnded
from tests.ledger.office import Addresses, Office


async def main(addresses: Addresses, at: datetime, account: UUID, day: datetime) -> None:
    over, told = asyncio.Event(), Counter[str]()

    async def listen() -> None:
        await asyncio.to_thread(sys.stdin.read)
        over.set()

    async def record(office: Office) -> None:
        while not over.is_set():
            try:
                await office.do(office.accrual(account, 1, detail="what was agreed", occurred_at=day))
            except PeriodEnded:
                told["ended"] += 1
                await asyncio.sleep(0.005)
            except Exception as fault:
                told[f"fault: {fault!r}"] += 1
            else:
                if not told["appended"]:
                    sys.stdout.write("\n")
                    sys.stdout.flush()
                told["appended"] += 1

    async with await Office.open(addresses, at) as office:
        await asyncio.gather(listen(), *(record(office) for _ in range(4)))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    ledger, keys, root, at, account, day = sys.argv[1:]
    addresses = Addresses(ledger, keys, Path(root))
    asyncio.run(main(addresses, datetime.fromisoformat(at), UUID(account), datetime.fromisoformat(day)))
