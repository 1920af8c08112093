"""A process of several writers that trade on every account until its input ends: DSNs, root, instant, writers.

The first line of input names the accounts. It prints a line when the first command was carried out, and at the end, as
JSON, what became of all of them.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from ledger import (
    AccountNotActive,
    AlreadyRefunded,
    Command,
    ContendedAccount,
    CouponClosed,
    Exchange,
    InsufficientPoints,
    KeyVoided,
    MemberNotActive,
    Pay,
    Refund,
    Void,
)
from tests.ledger.office import Addresses, Office

# What a writer may be told when its member is leaving or being erased. Anything else is a fault.
EXPECTED = (
    AccountNotActive,
    AlreadyRefunded,
    ContendedAccount,
    CouponClosed,
    InsufficientPoints,
    KeyVoided,
    MemberNotActive,
)
# Or a member would never be shown a balance that still stands when it is confirmed.
PAUSE = 0.004


async def write(office: Office, accounts: Sequence[UUID], over: asyncio.Event, told: Counter[str]) -> None:
    """Commands with personal texts in every class, each answered or refused before the next."""
    spent: list[tuple[UUID, UUID]] = []
    while not over.is_set():
        command = some_command(office, random.choice(accounts), spent)
        try:
            receipt = await office.do(command)
        except EXPECTED as refused:
            told[type(refused).__name__] += 1
        except Exception as fault:
            told[f"fault: {fault!r}"] += 1
        else:
            if not told["appended"]:
                sys.stdout.write("\n")
                sys.stdout.flush()
            told["appended"] += 1
            if isinstance(command, Pay | Exchange):
                spent.append((command.account_id, receipt.receipt_id))
        await asyncio.sleep(PAUSE)


def some_command(office: Office, account: UUID, spent: list[tuple[UUID, UUID]]) -> Command:
    """Also what undoes, which goes on after an erasure: with a note, which must not be added then, and without."""
    number = random.random()
    if number < 0.2 and spent:
        account_id, spending_id = spent.pop(random.randrange(len(spent)))
        note = random.choice(["a memo", None])
        return Refund(account_id=account_id, spending_id=spending_id, memo=note, **office.stamp())
    if number < 0.25:
        return Void(account_id=account, voided_key=uuid4(), **office.stamp())
    if number < 0.5:
        return office.accrual(account, 3, memo="a memo", detail="what was agreed")
    if number < 0.8:
        return office.full_payment(account, 2)
    return Exchange(
        **office.stamp(), account_id=account, points=1, coupon="C", coupon_id=uuid4(), memo="a memo", detail="a coupon"
    )


async def main(addresses: Addresses, at: datetime, writers: int) -> None:
    accounts = [UUID(each) for each in json.loads(sys.stdin.readline())]
    over, told = asyncio.Event(), Counter[str]()

    async def listen() -> None:
        await asyncio.to_thread(sys.stdin.read)
        over.set()

    async with await Office.open(addresses, at) as office:
        await asyncio.gather(listen(), *(write(office, accounts, over, told) for _ in range(writers)))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    ledger, keys, root, at, writers = sys.argv[1:]
    asyncio.run(main(Addresses(ledger, keys, Path(root)), datetime.fromisoformat(at), int(writers)))
