"""How fast do the read models follow the log, and how fast would stock parts?

Estimate before measuring: an event is about 4 rows (a statement line, 2.3 journal lines, a lot made or moved) at some
5 µs of PostgreSQL each, and some 15 µs of Python, which overlap on two cores: 20 µs, 50,000 events a second at best.
The stock runner pays a transaction with fsync and some 8 round trips an event: about a millisecond.

    python -m benchmarks.project [--events 100000] [--stock-events 3000]

One server, one invented history (benchmarks/history.py); both sides read the same events and must make the same rows.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

import ledger
import projections
from benchmarks import stock_projection
from benchmarks.history import History, append
from benchmarks.rig import machine
from projections import Generation, Projector
from projections.balances.project import Balances
from projections.batch import READ_MODELS, ReadModel
from projections.journal.project import Journal
from projections.rebuild import MAKE_NEXT, TableComparison, compare
from projections.statement.project import Statement
from service.embedded_postgres import EmbeddedPostgres

AIM = 50
"""Times the stock runner, with everything on."""


@dataclass(frozen=True, slots=True)
class Run:
    """One way to follow the log."""

    name: str
    events: int
    seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


@contextmanager
def bench() -> Iterator[EmbeddedPostgres]:
    """A fresh server in a folder of its own; gone afterwards."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            yield server


def follow(dsn: str, name: str, models: Sequence[type[ReadModel]]) -> Run:
    """Follow the whole log into empty tables, the live ones being none of our business."""
    _empty_tables(dsn)
    with Projector(dsn, generation=Generation.NEXT, models=models) as projector:
        started = time.perf_counter()
        events = projector.catch_up()
        return Run(name, events, time.perf_counter() - started)


def follow_with_stock(server: EmbeddedPostgres, history: History) -> tuple[Run, tuple[TableComparison, ...]]:
    """The stock runner on the same events, and its rows beside ours."""
    dsn = _ledger(server, "stock")
    append(dsn, history.events)
    with Projector(dsn) as projector:
        projector.catch_up()
    env = stock_projection.settings(str(server.socket_dir), "stock")
    with stock_projection.StockLog(env) as log:
        log.append(history.events)
    _empty_tables(dsn)
    started = time.perf_counter()
    stock_projection.run(env, len(history.events))
    seconds = time.perf_counter() - started
    with psycopg.connect(dsn, autocommit=True) as connection:
        tables = compare(connection)
    return Run("stock ProjectionRunner, all", len(history.events), seconds), tables


def measure(events: int, stock_events: int) -> list[Run]:
    """All runs on one server, the stock runner first."""
    with bench() as server:
        stock, tables = follow_with_stock(server, _history(stock_events))
        different = [table.table for table in tables if not table.equal and table.table != "tracking"]
        if different:
            raise SystemExit(f"the two sides did not make the same rows: {', '.join(different)}")
        dsn = _ledger(server, "ours")
        append(dsn, _history(events).events)
        ours = [follow(dsn, "all read models", READ_MODELS) for _ in range(3)]
        best = max(ours, key=lambda run: run.rate)
        kinds: dict[str, type[ReadModel]] = {"balances": Balances, "statement": Statement, "journal": Journal}
        return [stock, best, *(follow(dsn, f"{name} alone", [kind]) for name, kind in kinds.items())]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--stock-events", type=int, default=3_000)
    given: Any = parser.parse_args(arguments)
    runs = measure(given.events, min(given.stock_events, given.events))
    print(machine())
    print(f"{'':<32}{'events':>10}{'seconds':>10}{'events/s':>12}{'times stock':>14}")
    for run in runs:
        ratio = run.rate / runs[0].rate
        print(f"{run.name:<32}{run.events:>10,}{run.seconds:>10.2f}{run.rate:>12,.0f}{ratio:>14.1f}")
    print(f"aim: all read models at {AIM} times stock; best of 3; both sides made the same rows")


def _history(events: int) -> History:
    history = History(seed=1)
    history.run(events, accounts=max(5, events // 60))
    return history


def _ledger(server: EmbeddedPostgres, name: str) -> str:
    server.create_database(name)
    dsn = server.dsn(name)
    ledger.migrate(dsn)
    projections.migrate(dsn)
    return dsn


def _empty_tables(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(MAKE_NEXT)
        connection.execute("CHECKPOINT")


if __name__ == "__main__":
    main()
