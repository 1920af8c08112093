"""A process that is killed after a named step of re-keying the index: DSNs, root, instant, step."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from crypto_shredding import Shredder
from ledger import Certifier
from ledger.desk.indexing import Indexing
from ledger.desk.reading import StoreReader
from tests.ledger.dying_eraser import deadly
from tests.ledger.office import Addresses, Office

STEPS: dict[str, tuple[type[Any], str]] = {
    "issue": (Indexing, "issue"),
    "retag": (StoreReader, "retag"),
    "doom": (Shredder, "doom"),
    "shred": (Shredder, "shred"),
    "certify": (Certifier, "key"),
}


async def main(addresses: Addresses, at: datetime, step: str) -> None:
    owner, name = STEPS[step]
    setattr(owner, name, deadly(getattr(owner, name)))
    async with await Office.open(addresses, at) as office:
        await office.rekeying.rekey(actor="test")


if __name__ == "__main__":
    ledger, keys, root, at, step = sys.argv[1:]
    asyncio.run(main(Addresses(ledger, keys, Path(root)), datetime.fromisoformat(at), step))
