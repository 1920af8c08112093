"""A process that spends: DSNs, root, account, callers, payments a caller, points. Prints what it was told."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from uuid import UUID

from ledger import InsufficientPoints
from tests.ledger.office import Addresses, Office


async def main(addresses: Addresses, account: UUID, callers: int, each: int, points: int) -> None:
    receipts: list[str] = []
    refused: list[int] = []
    async with await Office.open(addresses) as office:

        async def caller() -> None:
            for _ in range(each):
                try:
                    receipt = await office.do(office.full_payment(account, points))
                except InsufficientPoints as error:
                    refused.append(error.available)
                else:
                    receipts.append(str(receipt.receipt_id))

        await asyncio.gather(*(caller() for _ in range(callers)))
    print(json.dumps({"paid": len(receipts), "refused": refused, "receipts": receipts}))  # noqa: T201


if __name__ == "__main__":
    ledger, keys, root, account, *numbers = sys.argv[1:]
    asyncio.run(main(Addresses(ledger, keys, Path(root)), UUID(account), *map(int, numbers)))
