"""A process whose retention run is killed after a named step: DSNs, root, instant, day, step."""

from __future__ import annotations

import asyncio
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

from crypto_shredding import Shredder
from ledger import Certifier, RetentionRun
from tests.ledger.dying_eraser import deadly
from tests.ledger.office import Addresses, Office

STEPS: dict[str, tuple[type[Any], str]] = {
    "due": (RetentionRun, "_due_periods"),
    "close": (RetentionRun, "_close"),
    "doom": (Shredder, "doom"),
    "shred": (Shredder, "shred"),
    "states": (Shredder, "states"),
    "certify": (Certifier, "key"),
    "record": (RetentionRun, "_record"),
    "members": (RetentionRun, "_due_members"),
}


async def main(addresses: Addresses, at: datetime, as_of: date, step: str) -> None:
    owner, name = STEPS[step]
    setattr(owner, name, deadly(getattr(owner, name)))
    async with await Office.open(addresses, at) as office:
        await office.retention.run(as_of, actor="test")


if __name__ == "__main__":
    ledger, keys, root, at, as_of, step = sys.argv[1:]
    addresses = Addresses(ledger, keys, Path(root))
    asyncio.run(main(addresses, datetime.fromisoformat(at), date.fromisoformat(as_of), step))
