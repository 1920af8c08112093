"""What does it cost to take keys out of every backup, compared with deleting their rows, which takes them out of none?

A rotation writes the path of each doomed slot once (3 nodes of 4 KiB at 2 M slots) and commits four times with a root
version made and destroyed in between: estimated at 5 ms and 13 KiB of log for one slot, against 0.5 ms for a DELETE.
Rotation alone is timed: the cache time that it waits out twice (2 × 5 s) is the same whatever the size. Log is measured
with full-page images off, which depend on the last checkpoint and not on the rotation.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
from rich.console import Console
from rich.table import Table

import crypto_shredding
from benchmarks.rig import machine
from crypto_shredding import FileRoot, PostgresKeyStore, Rotations, SlotId
from service.embedded_postgres import EmbeddedPostgres

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
SIZES = (10_000, 100_000, 2_000_000)
BATCHES = {1: 60, 100: 12, 1_000: 5}
"""How many slots at once, and how many rotations of each are timed."""

BARE_MAX = 20_000_000
"""Rows of the table to delete from: more of them would need more disk than the tree, and cost a DELETE no more."""

AIM_RATIO, AIM_LOG = 15, 16 * 1024


@dataclass(frozen=True, slots=True)
class Timing:
    """Medians of one size and batch, and the log that one took."""

    slots: int
    batch: int
    rotation: float
    slowest: float
    log: int
    delete: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--slots", type=int, nargs="*", default=SIZES)
    console = Console()
    timings = []
    for slots in arguments.parse_args().slots:
        with server() as (postgres, root):
            timings += list(measure(postgres, root, slots, console.print))
    console.print(table(timings))
    console.print(f"{machine()}; aims for one slot: {AIM_RATIO} × a bare DELETE, {AIM_LOG // 1024} KiB of log")


@contextmanager
def server() -> Iterator[tuple[EmbeddedPostgres, Path]]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "postgres") as postgres:
            postgres.create_database("keys")
            yield postgres, Path(folder) / "root"


def measure(
    postgres: EmbeddedPostgres, root: Path, slots: int, tell: Callable[[str], None]
) -> Iterator[Timing]:
    dsn = postgres.dsn("keys")
    crypto_shredding.migrate(dsn)
    crypto_shredding.create_installation(dsn, id=uuid4())
    store = PostgresKeyStore.connect(dsn, FileRoot(root), at=AT)
    rotations = Rotations(dsn, store.installation, FileRoot(root), sleep=lambda _: None)
    with psycopg.connect(dsn, autocommit=True) as owner:
        tell(f"{slots:,} slots: {fill(store, owner, slots):.0f} s to make them")
        victims = iter(spread(slots, sum(batch * times for batch, times in BATCHES.items())))
        for batch, times in BATCHES.items():
            taken, logs, deleted = [], [], []
            for _ in range(times):
                doomed = [next(victims) for _ in range(batch)]
                store.doom(doomed, reason="benchmark", at=AT)
                before, started = log_position(owner), time.perf_counter()
                rotations.rotate(at=AT)
                taken.append(time.perf_counter() - started)
                logs.append(log_position(owner) - before)
                started = time.perf_counter()
                owner.execute("DELETE FROM bare WHERE slot = ANY(%s)", [[1 + slot % BARE_MAX for slot in doomed]])
                deleted.append(time.perf_counter() - started)
            middle = statistics.median
            yield Timing(slots, batch, middle(taken), max(taken), int(middle(logs)), middle(deleted))
    rotations.close()
    store.close()


def fill(store: PostgresKeyStore, owner: psycopg.Connection, slots: int) -> float:
    """Slots with real keys, and a table of wrapped keys to delete from. Returns the seconds for the slots."""
    started = time.perf_counter()
    for first in range(0, slots, 10_000):
        store._issuing.subjects(min(10_000, slots - first))
    seconds = time.perf_counter() - started
    owner.execute("CREATE TABLE bare (slot bigint PRIMARY KEY, wrapped bytea NOT NULL)")
    wrapped = "INSERT INTO bare SELECT s, decode(repeat(md5(s::text), 4), 'hex') FROM generate_series(1, %s) AS s"
    owner.execute(wrapped, [min(slots, BARE_MAX)])
    owner.execute("ALTER SYSTEM SET full_page_writes = off")
    owner.execute("SELECT pg_reload_conf()")
    owner.execute("CHECKPOINT")
    return seconds


def spread(slots: int, count: int) -> list[SlotId]:
    """Slots all over the tree, each once: erased members are not neighbours."""
    step = max(1, slots // count)
    return [SlotId(1 + number * step % slots) for number in range(count)]


def log_position(owner: psycopg.Connection) -> int:
    row = owner.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint").fetchone()
    assert row is not None
    return int(row[0])


def table(timings: list[Timing]) -> Table:
    shown = Table("slots in the tree", "at once", "rotation p50", "slowest", "log", "bare DELETE p50", "ratio")
    for each in timings:
        shown.add_row(
            f"{each.slots:,}",
            f"{each.batch:,}",
            f"{each.rotation * 1e3:.1f} ms",
            f"{each.slowest * 1e3:.1f} ms",
            f"{each.log / 1024:.1f} KiB",
            f"{each.delete * 1e3:.2f} ms",
            f"{each.rotation / each.delete:.1f} ×",
        )
    return shown


if __name__ == "__main__":
    main()
