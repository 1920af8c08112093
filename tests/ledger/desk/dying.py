"""A process that is killed between commit and answer: DSNs, root, account, key, instant, points."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from ledger.store.appender import Appender
from tests.ledger.office import Addresses, Office


async def main(addresses: Addresses, account: UUID, key: UUID, at: datetime, points: int) -> None:
    async with await Office.open(addresses) as office:
        called = Appender._call

        async def call_and_die(self: Appender, call: Any, entries: int) -> Any:
            await called(self, call, entries)
            os.kill(os.getpid(), signal.SIGKILL)

        Appender._call = call_and_die  # type: ignore[method-assign]
        await office.do(office.payment(account, points, key=key, occurred_at=at))


if __name__ == "__main__":
    ledger, keys, root, account, key, at, points = sys.argv[1:]
    addresses = Addresses(ledger, keys, Path(root))
    asyncio.run(main(addresses, UUID(account), UUID(key), datetime.fromisoformat(at), int(points)))
