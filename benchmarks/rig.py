"""The bench: one embedded server, both databases, accounts that can pay, and what the machine is."""

import asyncio
import os
import platform
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import crypto_shredding
import ledger
from crypto_shredding import FileRoot, Keyring, PostgresKeyStore
from ledger import Accrue, DefineProgram, Join, Ledger, OpenAccount, Pay, Program
from service.embedded_postgres import EmbeddedPostgres

# Enough for every payment of every run, so that no run is about running dry.
POINTS = 900_000_000
PROGRAM = "BENCH"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a worker process finds the databases and the root."""

    ledger_dsn: str
    keys_dsn: str
    root: Path
    socket_folder: str


def clock() -> datetime:
    """The business clock of every run."""
    return datetime.now(UTC)


@contextmanager
def bench() -> Iterator[tuple[EmbeddedPostgres, Place]]:
    """A fresh server in a folder of its own, migrated; gone afterwards."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            for name in ("ledger", "keys", "stock", "raw"):
                server.create_database(name)
            place = Place(server.dsn("ledger"), server.dsn("keys"), Path(folder) / "root", str(server.socket_dir))
            ledger.migrate(place.ledger_dsn)
            crypto_shredding.migrate(place.keys_dsn)
            crypto_shredding.create_installation(place.keys_dsn, id=uuid4())
            yield server, place


def keyring(place: Place) -> Keyring:
    """A key ring with nothing in it."""
    return Keyring(PostgresKeyStore.connect(place.keys_dsn, FileRoot(place.root), at=clock()))


async def open_accounts(book: Ledger, count: int) -> list[UUID]:
    """Accounts with one large lot each; one member holds them all, since only the accounts matter here."""
    member = uuid4()
    await book.execute(DefineProgram(key=uuid4(), occurred_at=clock(), actor="bench", program=Program(PROGRAM, "b", 1)))
    joining = Join(
        key=uuid4(), occurred_at=clock(), actor="bench", member_id=member, email="m@example.org", phone="0", name="m"
    )
    await book.execute(joining)
    accounts = [uuid4() for _ in range(count)]

    async def fund(account: UUID) -> None:
        at = clock()
        opening = OpenAccount(
            key=uuid4(), occurred_at=at, actor="bench", account_id=account, program=PROGRAM, holder=str(member)
        )
        await book.execute(opening)
        await book.execute(Accrue(key=uuid4(), occurred_at=at, actor="bench", account_id=account, points=POINTS))

    for start in range(0, count, 500):
        await asyncio.gather(*map(fund, accounts[start : start + 500]))
    return accounts


def payment(account: UUID) -> Pay[str]:
    """A full payment: three personal texts of the usual length."""
    return Pay(
        key=uuid4(),
        occurred_at=clock(),
        actor="pos-17",
        account_id=account,
        points=10,
        store="store-330",
        memo="생일 선물, 문 앞에 두어 주세요",
        detail="store 330: GROCERY, PRODUCE, MEAT",
        instrument="**** **** **** 4821",
    )


def machine() -> str:
    """What the numbers were taken on, and of which commit."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    system = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    return f"{system}, Python {platform.python_version()}, {commit}"
