"""A process that is killed after a named step of releasing a hold: DSNs, root, instant, member, hold, step."""

from __future__ import annotations

import asyncio
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from crypto_shredding import Shredder
from ledger import Certifier, LegalHolds
from tests.ledger.dying_eraser import deadly
from tests.ledger.office import Addresses, Office

STEPS: dict[str, tuple[type[Any], str]] = {
    "release": (LegalHolds, "_append"),
    "doom": (Shredder, "doom"),
    "shred": (Shredder, "shred"),
    "verify": (Shredder, "verify_gone"),
    "certify": (Certifier, "key"),
}


async def main(addresses: Addresses, at: datetime, member: UUID, hold: UUID, step: str) -> None:
    owner, name = STEPS[step]
    setattr(owner, name, deadly(getattr(owner, name)))
    async with await Office.open(addresses, at) as office:
        await office.holds.release(office.release(member, hold))


if __name__ == "__main__":
    ledger, keys, root, at, member, hold, step = sys.argv[1:]
    addresses = Addresses(ledger, keys, Path(root))
    asyncio.run(main(addresses, datetime.fromisoformat(at), UUID(member), UUID(hold), step))
