"""A process of several writers that trade until its input ends: DSNs, root, number of writers.

They trade with personal texts today, record purchases of days whose periods are being closed, and open accounts for
members who are being erased: an account that nobody knew of has no version that could refuse it.

The first line of input names members and accounts, as JSON. It prints a line when the first command was carried out,
and at the end, as JSON, what became of all of them and which accounts it opened.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from ledger import (
    AccountNotActive,
    Command,
    ContendedAccount,
    Exchange,
    InsufficientPoints,
    MemberNotActive,
    OpenAccount,
    PeriodEnded,
)
from tests.ledger.office import PROGRAM, Addresses, Office
from tests.ledger.storm.instants import BOUGHT, now

EXPECTED = (AccountNotActive, ContendedAccount, InsufficientPoints, MemberNotActive)
"""What a writer may be told when its member is erased, beside `PeriodEnded`. Anything else is a fault."""

PAUSE = 0.01
"""Or a member would never be shown a balance that still stands when it is confirmed."""


@dataclass
class Told:
    """What became of the commands."""

    counts: Counter[str] = field(default_factory=Counter)
    days: list[datetime] = field(default_factory=lambda: list(BOUGHT))
    opened: list[tuple[str, str]] = field(default_factory=list)


async def write(
    office: Office, members: Sequence[UUID], accounts: Sequence[UUID], over: asyncio.Event, told: Told
) -> None:
    """One command after the other, each answered or refused before the next."""
    while not over.is_set():
        try:
            if random.random() < 0.05:
                await _open(office, random.choice(members), told)
            else:
                await office.do(some_command(office, random.choice(accounts), told.days[0]))
        except PeriodEnded:
            told.counts["PeriodEnded"] += 1
            told.days = told.days[1:] or told.days
        except EXPECTED as refused:
            told.counts[type(refused).__name__] += 1
        except Exception as fault:
            told.counts[f"fault: {fault!r}"] += 1
        else:
            if not told.counts["appended"]:
                sys.stdout.write("\n")
                sys.stdout.flush()
            told.counts["appended"] += 1
        await asyncio.sleep(PAUSE)


async def _open(office: Office, member: UUID, told: Told) -> None:
    account = uuid4()
    await office.do(OpenAccount(**office.stamp(), account_id=account, program=PROGRAM, holder=str(member)))
    told.opened.append((str(member), str(account)))
    await office.do(office.accrual(account, 1, memo="a memo"))


def some_command(office: Office, account: UUID, day: datetime) -> Command:
    """Purchases are recorded for the oldest day that was not refused: the one that is about to be closed."""
    number = random.random()
    if number < 0.3:
        return office.accrual(account, 3, memo="a memo")
    if number < 0.6:
        return office.accrual(account, 1, detail="what was agreed", occurred_at=day)
    if number < 0.8:
        return office.full_payment(account, 2)
    return Exchange(
        **office.stamp(), account_id=account, points=1, coupon="C", coupon_id=uuid4(), memo="a memo", detail="a coupon"
    )


async def main(addresses: Addresses, writers: int) -> None:
    cast = json.loads(sys.stdin.readline())
    members, accounts = ([UUID(each) for each in cast[kind]] for kind in ("members", "accounts"))
    over, told = asyncio.Event(), Told()

    async def listen() -> None:
        await asyncio.to_thread(sys.stdin.read)
        over.set()

    async with await Office.open(addresses, tells=now) as office:
        await asyncio.gather(listen(), *(write(office, members, accounts, over, told) for _ in range(writers)))
    json.dump({"counts": told.counts, "opened": told.opened}, sys.stdout)


if __name__ == "__main__":
    ledger, keys, root, writers = sys.argv[1:]
    asyncio.run(main(Addresses(ledger, keys, Path(root)), int(writers)))
