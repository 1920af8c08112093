"""A process that erases and is killed after a named step: DSNs, root, member, instant, forfeit, step."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from crypto_shredding import Shredder
from ledger import Erasures
from ledger.desk.reading import StoreReader
from tests.ledger.office import Addresses, Office

STEPS: dict[str, tuple[type[Any], str]] = {
    "request": (Erasures, "_request"),
    "fence": (Erasures, "_fence"),
    "hold": (StoreReader, "hold_boxes"),
    "doom": (Shredder, "doom"),
    "shred": (Shredder, "shred"),
    "verify": (Shredder, "verify_gone"),
}


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(step: Callable[..., Any]) -> Callable[..., Any]:
    """The step, and then nothing more."""
    if asyncio.iscoroutinefunction(step):

        async def and_die_later(*arguments: Any, **named: Any) -> Any:
            await step(*arguments, **named)
            die()

        return and_die_later

    def and_die(*arguments: Any, **named: Any) -> Any:
        step(*arguments, **named)
        die()

    return and_die


async def main(addresses: Addresses, member: UUID, at: datetime, forfeit: int, step: str) -> None:
    owner, name = STEPS[step]
    setattr(owner, name, deadly(getattr(owner, name)))
    async with await Office.open(addresses, at) as office:
        await office.erasures.erase(office.erase(member, forfeit))


if __name__ == "__main__":
    ledger, keys, root, member, at, forfeit, step = sys.argv[1:]
    addresses = Addresses(ledger, keys, Path(root))
    asyncio.run(main(addresses, UUID(member), datetime.fromisoformat(at), int(forfeit), step))
