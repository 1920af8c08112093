"""A process that appends: python -m tests.ledger.store.writer DSN CALLERS ENTRIES."""

from __future__ import annotations

import asyncio
import sys
from uuid import uuid4

from ledger.store import Appender, Status
from tests.ledger.store.making import after, entry, event


async def main(dsn: str, callers: int, entries: int) -> None:
    """Each caller writes a stream of its own."""
    async with await Appender.open(dsn) as appender:

        async def caller() -> None:
            head = event(uuid4())
            for _ in range(entries):
                outcome = await appender.submit(entry(head))
                assert outcome.status is Status.APPENDED
                head = after(head)

        await asyncio.gather(*(caller() for _ in range(callers)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
