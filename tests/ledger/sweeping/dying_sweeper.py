"""A process whose sweep is killed after so many of its commands: DSNs, root, instant, day, how many."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ledger import Ledger, Sweeps
from tests.ledger.office import Addresses, Office


async def main(addresses: Addresses, at: datetime, as_of: date, commands: int) -> None:
    execute, done = Ledger.execute, 0

    async def dying(self: Ledger, command: Any) -> Any:
        nonlocal done
        receipt = await execute(self, command)
        done += 1
        if done == commands:
            os.kill(os.getpid(), signal.SIGKILL)
        return receipt

    Ledger.execute = dying  # type: ignore[method-assign]
    async with await Office.open(addresses, at) as office:
        await Sweeps(office.ledger).run(as_of, actor="test")


if __name__ == "__main__":
    ledger, keys, root, at, as_of, commands = sys.argv[1:]
    addresses = Addresses(ledger, keys, Path(root))
    asyncio.run(main(addresses, datetime.fromisoformat(at), date.fromisoformat(as_of), int(commands)))
