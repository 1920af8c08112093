"""What does it cost to take the boxes of erased members out of the ledger's files, by the box?

Against what a user would do instead: DELETE of the very same rows from a plain table of the same boxes, and VACUUM
FULL. Compaction also asks for the state of every key that a box names, twice, and turns the log over. Estimate before
measuring: 2 µs a box to read and ask, twice, and the rewrite as long as the VACUUM: 3 times.

    python -m benchmarks.compact [--events 30000] [--share 10] [--runs 3]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.rig import machine, payment
from ledger import CompactionReport, Program
from service.house import House
from service.root_settings import FilePlace
from service.settings import Settings
from service.wiring import LEDGER, open_house

BASIS = "개인정보 보호법 제36조 제1항"
MEMBERS, CACHE_SECONDS = 100, 0.05
"""The cache time is what an erasure waits for; compaction does not know it."""

AT_ONCE, POINTS = 500, 900_000_000

PLAIN = "CREATE TABLE public.plain AS SELECT * FROM ledger.box"
DEAD = """CREATE TABLE public.dead AS SELECT shard, position, field FROM public.plain
EXCEPT SELECT shard, position, field FROM ledger.box"""
DELETE = """DELETE FROM public.plain AS p USING public.dead AS d
WHERE (p.shard, p.position, p.field) = (d.shard, d.position, d.field)"""


@dataclass(frozen=True, slots=True)
class Timing:
    """One run: boxes looked at, boxes that went, and seconds. ``locked``: so long waited the readers of a partition."""

    boxes: int
    deleted: int
    seconds: float
    locked: float
    plain: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=30_000, help="payments, of three texts each")
    arguments.add_argument("--share", type=int, default=10, help="how many of the 100 members go a run")
    arguments.add_argument("--runs", type=int, default=3)
    wanted = arguments.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        with open_house(settings_in(Path(name))) as house:
            people = fill(house, wanted.events)
            server = house.wiring.places.server
            assert server is not None
            with psycopg.connect(server.dsn(LEDGER), autocommit=True) as owner:
                timings = [run(house, owner, people, wanted.share) for _ in range(wanted.runs)]
    Console().print(table(timings))
    Console().print(machine())


def settings_in(folder: Path) -> Settings:
    """An installation of its own."""
    return Settings(
        data_dir=folder / "data",
        root=FilePlace(folder=folder / "root"),
        checkpoints=folder / "checkpoints.jsonl",
        tree_copy=folder / "tree.sqlite",
        databases=None,
        postgres_binaries=None,
        key_cache_seconds=CACHE_SECONDS,
    )


def fill(house: House, events: int) -> list[tuple[UUID, UUID]]:
    """Members and their accounts, who pay in turn."""
    house.define_program(Program("BENCH", "bench", version=1))
    people = []
    for number in range(MEMBERS):
        member = house.join(name="김민준", email=f"m{number}@example.com", phone=f"010-0000-{number:04d}").stream
        account = house.open_account(member, "BENCH").stream
        house.accrue(account, points=POINTS)
        people.append((member, account))
    for first in range(0, events, AT_ONCE):
        turns = range(first, min(first + AT_ONCE, events))
        house.wiring.ledger.execute_all([payment(people[turn % MEMBERS][1]) for turn in turns], atomic=False)
    return people


def run(house: House, owner: psycopg.Connection, people: list[tuple[UUID, UUID]], share: int) -> Timing:
    """Erase some, compact, and delete the same rows from a plain table."""
    for _ in range(share):
        member, account = people.pop()
        house.erase(member, basis=BASIS, confirmed_forfeit=house.balance(account).available)
    owner.execute("DROP TABLE IF EXISTS public.plain, public.dead")
    owner.execute(PLAIN)
    owner.execute("ALTER TABLE public.plain ADD PRIMARY KEY (shard, position, field)")
    owner.execute("CHECKPOINT")
    started = time.perf_counter()
    with house.compaction() as compaction:
        report: CompactionReport = compaction.run()
    seconds = time.perf_counter() - started
    assert report.is_complete, report
    owner.execute(DEAD)
    owner.execute("ANALYZE public.dead, public.plain")
    owner.execute("CHECKPOINT")
    started = time.perf_counter()
    owner.execute(DELETE)
    owner.execute("VACUUM FULL public.plain")
    plain = time.perf_counter() - started
    locked = max(each.locked_seconds for each in report.partitions)
    return Timing(report.boxes, report.deleted, seconds, locked, plain)


def table(timings: list[Timing]) -> Table:
    shown = Table("boxes", "of them deleted", "compaction", "a box", "readers wait", "DELETE, VACUUM FULL", "ratio")
    for each in timings:
        shown.add_row(
            f"{each.boxes:,}",
            f"{each.deleted:,}",
            f"{each.seconds:.2f} s",
            f"{each.seconds / each.boxes * 1e6:.1f} µs",
            f"{each.locked * 1e3:.0f} ms",
            f"{each.plain:.2f} s",
            f"{each.seconds / each.plain:.1f} ×",
        )
    shown.caption = f"median ratio {statistics.median(each.seconds / each.plain for each in timings):.1f} ×"
    return shown


if __name__ == "__main__":
    main()
