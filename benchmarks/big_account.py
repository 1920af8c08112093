"""What does a command cost on an account of 10,000 open lots and 100,000 events, against one of 10 lots?

Estimate: a change copies a chunk of 128 lots and the list of 80 chunks, two microseconds of some hundred; a question
that must look at every chunk takes ten more. So all ratios should lie near 1, and the aim is 2. What cannot be small is
what touches everything: a payment of every lot, and the first load, which folds every event: there are no snapshots.

    python -m benchmarks.big_account [--lots 10000] [--runs 5]

CPU time of this process, medians of runs that alternate between the accounts. ``plain`` lots are alike; ``mixed`` ones
have three ranks, two funders, own use, bought ones, last days at the end of a year, and are spent free first.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from rich.console import Console
from rich.table import Table

from benchmarks.big_history import MIXED, PLAIN, PROGRAM, Life, Shape, deeds, opened_at
from benchmarks.history import Log
from benchmarks.rig import Place, bench, clock, keyring, machine, payment
from crypto_shredding import Sealed, Sealer, SlotId
from ledger import DefineProgram, Join, Ledger, OpenAccount, Pay, Receipt, Refund
from ledger.calendar import zone_of
from ledger.event import encode
from ledger.points.account import Account
from ledger.points.balance import balance, spendable_at
from ledger.points.commands import AccountSlots

SMALL_LOTS = 10
EVENTS_A_LOT = 10
ROUND_SECONDS = 0.02
IN_FLIGHT = 64


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lots", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--commands", type=int, default=2_000, help="of each kind and account at the desk, a run")
    asked = parser.parse_args(arguments)
    console = Console(width=110)
    for shape in (PLAIN, MIXED):
        console.print(_pure(shape, asked.lots, asked.runs))
    with bench() as (_, place):
        console.print(asyncio.run(_at_the_desk(place, asked.lots, asked.runs, asked.commands)))


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title)
    for number, heading in enumerate(headings):
        table.add_column(heading, justify="right" if number else "left")
    return table


def _pure(shape: Shape, lots: int, runs: int) -> Table:
    """Deciding and folding alone."""
    small, big = _lived(shape, SMALL_LOTS), _lived(shape, lots)
    title = f"decide and fold, {shape.name} — {machine()}"
    table = _table(title, "what", f"{SMALL_LOTS} lots", f"{lots:,} lots", "ratio")
    works = {life: _works(life) for life in (small, big)}
    for name in works[small]:
        each = {life: [_micros(works[life][name]) for _ in range(runs)] for life in (small, big)}
        at = {life: statistics.median(taken) for life, taken in each.items()}
        table.add_row(name, f"{at[small]:,.1f} µs", f"{at[big]:,.1f} µs", f"{at[big] / at[small]:.2f}")
    _, available = spendable_at(big.account, big.now, big.now.date(), None)
    everything = big.command(Pay[Sealed], points=available)
    started = time.process_time()
    _, [event] = big.decided(everything)
    seconds = time.process_time() - started
    size = len(encode(event)) / 1024
    table.add_row(f"pay with every lot: {size:,.0f} KiB", "", f"{seconds * 1e6:,.0f} µs", "")
    return table


def _lived(shape: Shape, lots: int) -> Life:
    began = opened_at(clock())
    holder = Sealed(SlotId(1), SlotId(0), bytes(32))
    slots = AccountSlots(SlotId(2), SlotId(3), SlotId(4))
    life = Life(Account(uuid4(), PROGRAM, holder, slots, latest_at=began), shape, began)
    life.live(lots, lots * EVENTS_A_LOT)
    return life


def _works(life: Life) -> dict[str, Callable[[], object]]:
    works: dict[str, Callable[[], object]] = {
        name: partial(life.decided, command) for name, command in deeds(life).items()
    }
    zone = zone_of(life.shape.program.zone)
    return {**works, "balance, as every receipt has it": lambda: balance(life.account, life.now, zone)}


def _micros(work: Callable[[], object]) -> float:
    """CPU time of one, of as many as take long enough to be timed."""
    count = 1
    while True:
        started = time.process_time()
        for _ in range(count):
            work()
        seconds = time.process_time() - started
        if seconds >= ROUND_SECONDS:
            return seconds / count * 1e6
        count *= 4


async def _at_the_desk(place: Place, lots: int, runs: int, commands: int) -> Table:
    """Whole commands on PostgreSQL: sealed, decided, appended, answered."""
    table = _table(
        f"full commands, {IN_FLIGHT} in flight — {machine()}", "what", f"{SMALL_LOTS} lots", f"{lots:,} lots", "ratio"
    )
    keys = keyring(place)
    async with await Ledger.open(place.ledger_dsn, sealer=Sealer(keys), clock=clock) as ledger:
        defining = DefineProgram(key=uuid4(), occurred_at=clock(), actor="bench", program=PLAIN.program)
        await ledger.execute(defining)
        accounts = {count: await _opened(ledger) for count in (SMALL_LOTS, lots)}
        states = {count: (await ledger.shelf.book(account)).state for count, account in accounts.items()}
        last = {account: (await ledger.shelf.book(account)).last_event for account in accounts.values()}
    log = Log(place.ledger_dsn)
    for count, account in accounts.items():
        life = Life(states[count], PLAIN, states[count].latest_at)
        life.live(count, count * EVENTS_A_LOT)
        opened = last[account]
        assert opened is not None
        log.goes_on(account, 1, opened)
        await asyncio.to_thread(log.append, [(account, event) for event in life.events])
    async with await Ledger.open(place.ledger_dsn, sealer=Sealer(keys), clock=clock) as ledger:
        cold = []
        for account in accounts.values():
            started = time.process_time()
            await ledger.shelf.book(account)
            cold.append(time.process_time() - started)
        taken: dict[tuple[str, int], list[float]] = {}
        for _ in range(runs):
            for count, account in accounts.items():
                cpu, wall, paid = await _executed(ledger, [payment(account) for _ in range(commands)])
                taken.setdefault(("pay, CPU", count), []).append(cpu)
                taken.setdefault(("pay, wall", count), []).append(wall)
                cpu, wall, _ = await _executed(ledger, [_refund(account, each.receipt_id) for each in paid])
                taken.setdefault(("refund, CPU", count), []).append(cpu)
                taken.setdefault(("refund, wall", count), []).append(wall)
        for name in dict.fromkeys(name for name, _ in taken):
            small, big = (statistics.median(taken[name, count]) for count in accounts)
            table.add_row(name, f"{small:,.0f} µs", f"{big:,.0f} µs", f"{big / small:.2f}")
        first, second = (each * 1e3 for each in cold)
        table.add_row("first load, CPU", f"{first:,.1f} ms", f"{second:,.0f} ms", f"{second / first:,.0f}")
        table.add_row("pay with every lot, wall", "", f"{await _everything(ledger, accounts[lots]):,.0f} ms", "")
    keys.close()
    return table


async def _opened(ledger: Ledger) -> UUID:
    at, member, account = opened_at(clock()), uuid4(), uuid4()
    fields: dict[str, Any] = {"occurred_at": at, "actor": "bench"}
    await ledger.execute(Join(key=uuid4(), member_id=member, email=f"{member}@a.org", phone="0", name="m", **fields))
    opening = OpenAccount(key=uuid4(), account_id=account, program=PROGRAM, holder=str(member), **fields)
    await ledger.execute(opening)
    return account


async def _executed(ledger: Ledger, commands: list[Any]) -> tuple[float, float, list[Receipt]]:
    """Microseconds a command, CPU of this process and by the clock on the wall; and the receipts."""
    todo = iter(commands)
    receipts: list[Receipt] = []

    async def caller() -> None:
        for command in todo:
            receipts.append(await ledger.execute(command))

    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return cpu / len(commands) * 1e6, wall / len(commands) * 1e6, receipts


async def _everything(ledger: Ledger, account: UUID) -> float:
    available = (await ledger.balance(account)).available
    started = time.perf_counter()
    await ledger.execute(
        Pay(key=uuid4(), occurred_at=clock(), actor="bench", account_id=account, points=available)
    )
    return (time.perf_counter() - started) * 1e3


def _refund(account: UUID, spending_id: UUID) -> Refund[str]:
    return Refund(key=uuid4(), occurred_at=clock(), actor="bench", account_id=account, spending_id=spending_id)


if __name__ == "__main__":
    main()
