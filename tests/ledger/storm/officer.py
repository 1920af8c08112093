"""A process that closes periods, places legal holds and changes the key of the index once: DSNs, root, seconds.

The first line of input names the holds, as JSON; it answers with a line when it is ready and begins at the next one.
All of it is spread over the seconds. At the end it prints, as JSON, what it was told.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

from ledger import LedgerError
from tests.ledger.office import Addresses, Office
from tests.ledger.storm.instants import DUE, now, reading_of


async def place_holds(office: Office, wanted: list[list[str]], seconds: float) -> dict[str, str]:
    """Hold by hold: "placed", or the name of the refusal."""
    told = {}
    for member, record, hold in wanted:
        await asyncio.sleep(seconds / len(wanted))
        try:
            await office.holds.place(office.hold(UUID(member), UUID(record), hold_id=UUID(hold)))
        except LedgerError as refused:
            told[hold] = type(refused).__name__
        else:
            told[hold] = "placed"
    return told


async def close_periods(office: Office, seconds: float) -> list[dict[str, Any]]:
    """Day by day: how many periods, and since which reading of the key clock nobody could read them."""
    told = []
    for day in DUE:
        await asyncio.sleep(seconds / len(DUE))
        report = await office.retention.run(day, actor="test")
        since = report.unreadable_since
        told.append(
            {
                "periods": [[each.retention.code, each.first_day.isoformat()] for each in report.periods],
                "unreadable_since": None if since is None else reading_of(since),
            }
        )
    return told


async def change_index_key(office: Office, seconds: float) -> int:
    """In the middle; how many rows were moved."""
    await asyncio.sleep(seconds / 2)
    report = await office.rekeying.rekey(actor="test")
    return 0 if report is None else report.tagged_anew


async def main(addresses: Addresses, seconds: float) -> None:
    wanted = json.loads(sys.stdin.readline())
    async with await Office.open(addresses, tells=now) as office:
        sys.stdout.write("\n")
        sys.stdout.flush()
        await asyncio.to_thread(sys.stdin.readline)
        holds, closings, tagged = await asyncio.gather(
            place_holds(office, wanted, seconds), close_periods(office, seconds), change_index_key(office, seconds)
        )
    json.dump({"holds": holds, "closings": closings, "tagged_anew": tagged}, sys.stdout)


if __name__ == "__main__":
    ledger, keys, root, seconds = sys.argv[1:]
    asyncio.run(main(Addresses(ledger, keys, Path(root)), float(seconds)))
