"""A process that erases with a certificate, and is killed or stopped right after one step: one JSON object says all.

A step is one of the erasure's own, below, or an action of its rotation (tests/crypto_shredding/rotation). At its end it
prints the report.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from crypto_shredding import Shredder, SigningKey
from ledger import Certificates, Certifier, Erasures
from ledger.desk.reading import StoreReader
from tests.crypto_shredding.root_providers import make_root
from tests.crypto_shredding.rotation.dying_rotator import SIGNALS, Actions
from tests.ledger.office import Addresses, Office

STEPS: dict[str, tuple[type[Any], str]] = {
    "request": (Erasures, "_request"),
    "fence": (Erasures, "_fence"),
    "hold": (StoreReader, "hold_boxes"),
    "certificate": (Erasures, "_certified"),
    "record": (Erasures, "_record"),
}


def certified(office: Office, key: Path) -> Erasures:
    """Erasures that are certified with the key in a file."""
    certificates = Certificates(
        office.addresses.ledger, issuer=office.keyring.installation.id, key=SigningKey.from_file(key)
    )
    return Erasures(office.ledger, office.leaving, Shredder(office.keyring), Certifier(certificates))


def disturb(step: str, how: str, root_type: type[Any]) -> None:
    """From here on this process has its fate."""
    if step not in STEPS:
        actions = Actions(step, SIGNALS[how])
        actions.watch_all(root_type)
        actions.watch(Shredder, "verify_gone", lambda *_: "verify")
        return
    owner, name = STEPS[step]
    original = getattr(owner, name)

    async def disturbed(*arguments: Any, **named: Any) -> Any:
        result = await original(*arguments, **named)
        os.kill(os.getpid(), SIGNALS[how])
        return result

    setattr(owner, name, disturbed)


async def main(told: dict[str, Any]) -> None:
    root = make_root(told["spec"])
    addresses = Addresses(told["ledger"], told["keys"], Path(told["root"]))
    async with await Office.open(addresses, datetime.fromisoformat(told["at"]), root=root) as office:
        erasures = certified(office, Path(told["key"]))
        disturb(told["step"], told["how"], type(root))
        report = await erasures.erase(office.erase(UUID(told["member"]), told["forfeit"]))
        sys.stdout.write(repr(report))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
