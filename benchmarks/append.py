"""How many full commands a second, against the stock eventsourcing application and against raw single-row inserts?

A full command is a payment: load the account, check its lots, seal three personal fields, chain the event, keep the
idempotency key and the receipt, answer with the balance. Estimate: about 60 µs of Python a command and 1.5 ms a batch
of 32 in PostgreSQL, side by side on two cores: some 15,000 a second at 64 in flight; a lone command waits for one
write to disk: 1,000.

    python -m benchmarks.append [--quick]

Every figure is the median of interleaved runs on one server; each run is a process of its own.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.synchronize import Barrier
from uuid import UUID, uuid4

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks import pgbench, stock
from benchmarks.rig import Place, bench, clock, keyring, machine, open_accounts, payment
from crypto_shredding import Sealer
from ledger import BlockingLedger, Ledger
from service.collector import long_lived_objects

ACCOUNTS = 2_000
WARM_UP = 300


@dataclass(frozen=True, slots=True)
class Scenario:
    """One row of the table. ``in_flight`` is per run, shared by its processes."""

    name: str
    in_flight: int
    count: int
    threads: bool = False
    processes: int = 1
    hot: bool = False
    cold: bool = False
    is_stock: bool = False


SCENARIOS = (
    Scenario("ledger, asyncio", 1, 2_000),
    Scenario("ledger, asyncio", 8, 8_000),
    Scenario("ledger, asyncio", 64, 40_000),
    Scenario("ledger, asyncio, 2 processes", 64, 40_000, processes=2),
    Scenario("ledger, asyncio, cold keys and accounts", 64, 8_000, cold=True),
    Scenario("ledger, asyncio, one hot account", 64, 30_000, hot=True),
    Scenario("ledger, asyncio, one hot account, 2 processes", 64, 10_000, hot=True, processes=2),
    Scenario("ledger, threads", 1, 2_000, threads=True),
    Scenario("ledger, threads", 8, 8_000, threads=True),
    Scenario("ledger, threads", 64, 20_000, threads=True),
    Scenario("ledger, threads, 2 processes", 64, 20_000, threads=True, processes=2),
    Scenario("stock application, threads", 1, 600, is_stock=True),
    Scenario("stock application, threads", 8, 1_500, is_stock=True),
    Scenario("stock application, threads", 64, 1_500, is_stock=True),
)


def main() -> None:
    """Run everything, print the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--quick", action="store_true", help="a twentieth of the commands, one run: does it work?")
    arguments.add_argument("--runs", type=int, default=3)
    asked = arguments.parse_args()
    runs = 1 if asked.quick else asked.runs
    shrink = 20 if asked.quick else 1
    accounts_count = ACCOUNTS // shrink
    rates: dict[Scenario, list[float]] = {each: [] for each in SCENARIOS}
    raw: dict[int, list[float]] = {1: [], 8: [], 64: []}
    with bench() as (server, place):
        accounts = asyncio.run(_prepare(place, accounts_count))
        stock_accounts = stock.prepare(place.socket_folder, accounts_count)
        for _ in range(runs):
            for clients, measured in raw.items():
                measured.append(pgbench.single_row_inserts(server, "raw", clients, seconds=1 if asked.quick else 5))
            for scenario in SCENARIOS:
                chosen = stock_accounts if scenario.is_stock else accounts
                small = replace(scenario, count=max(scenario.count // shrink, scenario.in_flight))
                rates[scenario].append(_run(small, place, chosen))
    _print(rates, raw)


async def _prepare(place: Place, count: int) -> list[UUID]:
    keys = keyring(place)
    async with await Ledger.open(place.ledger_dsn, sealer=Sealer(keys), clock=clock) as book:
        accounts = await open_accounts(book, count)
    keys.close()
    return accounts


def _run(scenario: Scenario, place: Place, accounts: list[UUID]) -> float:
    """Commands a second, from the first process's first to the last one's last."""
    spawn = multiprocessing.get_context("spawn")
    barrier, results = spawn.Barrier(scenario.processes), spawn.SimpleQueue()
    share = replace(
        scenario,
        count=scenario.count // scenario.processes,
        in_flight=max(1, scenario.in_flight // scenario.processes),
    )
    workers = [
        spawn.Process(target=_work, args=(share, place, accounts, number, barrier, results))
        for number in range(scenario.processes)
    ]
    for worker in workers:
        worker.start()
    spans: list[tuple[float, float]] = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    seconds = max(end for _, end in spans) - min(start for start, _ in spans)
    return share.count * scenario.processes / seconds


def _work(
    scenario: Scenario,
    place: Place,
    accounts: list[UUID],
    number: int,
    barrier: Barrier,
    results: "multiprocessing.SimpleQueue[tuple[float, float]]",
) -> None:
    accounts = accounts[:1] if scenario.hot else accounts[number :: scenario.processes]
    with long_lived_objects():  # for every rival, as a service would
        if scenario.is_stock:
            results.put(_stock(scenario, place, accounts, barrier))
        elif scenario.threads:
            results.put(_threads(scenario, place, accounts, barrier))
        else:
            results.put(uvloop.run(_asyncio(scenario, place, accounts, barrier)))


async def _asyncio(scenario: Scenario, place: Place, accounts: list[UUID], barrier: Barrier) -> tuple[float, float]:
    keys = keyring(place)
    async with await Ledger.open(place.ledger_dsn, sealer=Sealer(keys), clock=clock) as book:
        todo = iter(range(scenario.count))

        async def caller() -> None:
            for number in todo:
                await book.execute(payment(accounts[number % len(accounts)]))

        if not scenario.cold:
            for account in accounts:
                await book.shelf.book(account)
            await asyncio.gather(
                *(book.execute(payment(each)) for each in (accounts * WARM_UP)[: max(WARM_UP, len(accounts))])
            )
        await asyncio.to_thread(barrier.wait)
        start = time.perf_counter()
        await asyncio.gather(*(caller() for _ in range(scenario.in_flight)))
        end = time.perf_counter()
    keys.close()
    return start, end


def _threads(scenario: Scenario, place: Place, accounts: list[UUID], barrier: Barrier) -> tuple[float, float]:
    keys = keyring(place)
    with (
        BlockingLedger.open(place.ledger_dsn, sealer=Sealer(keys), clock=clock) as book,
        ThreadPoolExecutor(scenario.in_flight) as pool,
    ):
        list(pool.map(lambda each: book.execute(payment(each)), accounts))
        share = scenario.count // scenario.in_flight

        def caller(number: int) -> None:
            for at in range(number * share, (number + 1) * share):
                book.execute(payment(accounts[at % len(accounts)]))

        barrier.wait()
        start = time.perf_counter()
        list(pool.map(caller, range(scenario.in_flight)))
        end = time.perf_counter()
    keys.close()
    return start, end


def _stock(scenario: Scenario, place: Place, accounts: list[UUID], barrier: Barrier) -> tuple[float, float]:
    with (
        stock.StockLedger(stock.environment(place.socket_folder)) as application,
        ThreadPoolExecutor(scenario.in_flight) as pool,
    ):
        share = scenario.count // scenario.in_flight

        def pay(account: UUID) -> None:
            asked = payment(account)
            texts = (asked.memo or "", asked.detail or "", asked.instrument or "")
            application.pay(account, uuid4(), asked.points, *texts)

        def caller(number: int) -> None:
            for at in range(number * share, (number + 1) * share):
                pay(accounts[at % len(accounts)])

        for account in accounts:
            application.repository.get(account)  # into the library's cache
        barrier.wait()
        start = time.perf_counter()
        list(pool.map(caller, range(scenario.in_flight)))
        end = time.perf_counter()
    return start, end


def _print(rates: dict[Scenario, list[float]], raw: dict[int, list[float]]) -> None:
    table = Table(title=f"full commands a second — {machine()}")
    for heading in ("what", "in flight", "commands/s", "of stock", "of pgbench"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    medians = {each: statistics.median(measured) for each, measured in rates.items()}
    stock_at = {each.in_flight: rate for each, rate in medians.items() if each.is_stock}
    raw_at = {clients: statistics.median(measured) for clients, measured in raw.items()}
    for clients, rate in raw_at.items():
        table.add_row("pgbench, one raw row a transaction", str(clients), f"{rate:,.0f}", "", "1.0")
    for scenario, rate in medians.items():
        table.add_row(
            scenario.name,
            str(scenario.in_flight),
            f"{rate:,.0f}",
            f"{rate / stock_at[scenario.in_flight]:.1f} ×",
            f"{rate / raw_at[scenario.in_flight]:.2f}",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
