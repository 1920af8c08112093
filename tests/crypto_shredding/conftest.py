"""A keys database with a name and a root, and what a process holds on it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from crypto_shredding import (
    FileRoot,
    Keyring,
    Opener,
    OpenRequest,
    Period,
    Place,
    PostgresKeyStore,
    Sealer,
    SealRequest,
    Shredder,
    SlotId,
    TreeCopy,
    create_installation,
)
from service.embedded_postgres import EmbeddedPostgres
from tests.crypto_shredding.root_providers import Spec

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = Period(class_code=4, first_day=date(2026, 3, 2))
CACHE_SECONDS = 0.2


@dataclass(frozen=True)
class Desk:
    """All capabilities over one key ring, as one process would hold them."""

    keyring: Keyring
    sealer: Sealer
    opener: Opener
    shredder: Shredder

    def sealed(self, text: str, slot: SlotId, period: Period | None = None) -> OpenRequest:
        """Seal a text at a place of its own, and return the request that opens it."""
        place = Place(uuid4(), "members.joined.v1", 2)
        box = self.sealer.seal(SealRequest(place, text, slot, period))
        return OpenRequest(place, box.sealed, box.data)

    def shred(self, *slots: SlotId) -> None:
        self.shredder.shred(self.shredder.doom(slots, reason="erasure", at=AT), at=AT)


def desk_over(keyring: Keyring) -> Desk:
    opener = Opener(keyring, purpose="statement", actor="member")
    return Desk(keyring, Sealer(keyring, slots_per_block=20), opener, Shredder(keyring))


@pytest.fixture
def pg_dump(server: EmbeddedPostgres) -> Callable[..., str]:
    """What PostgreSQL's own tool makes of a database."""

    def dump(dsn: str, *options: str) -> str:
        command = [f"{server.binaries}/pg_dump", *options, dsn]
        return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout

    return dump


@pytest.fixture
def installation_id() -> UUID:
    return uuid4()


@pytest.fixture
def root_path(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def named_keys_dsn(keys_dsn: str, installation_id: UUID) -> str:
    """A keys database of an installation whose processes keep keys for 0.2 s only."""
    create_installation(keys_dsn, id=installation_id, cache_seconds=CACHE_SECONDS)
    return keys_dsn


@pytest.fixture
def connect(named_keys_dsn: str, root_path: Path) -> Iterator[Callable[[], PostgresKeyStore]]:
    """Open one more key store on the same database and root; closed when the test ends."""
    with ExitStack() as stack:

        def another() -> PostgresKeyStore:
            store = PostgresKeyStore.connect(named_keys_dsn, FileRoot(root_path), at=AT)
            stack.callback(store.close)
            return store

        yield another


@pytest.fixture
def store(connect: Callable[[], PostgresKeyStore]) -> PostgresKeyStore:
    return connect()


@pytest.fixture
def desk(store: PostgresKeyStore) -> Iterator[Desk]:
    with Keyring(store) as keyring:
        yield desk_over(keyring)


@pytest.fixture
def other_desk(connect: Callable[[], PostgresKeyStore]) -> Iterator[Desk]:
    """What a second process holds: a store and a key ring of its own."""
    with Keyring(connect()) as keyring:
        yield desk_over(keyring)


@pytest.fixture
def file_spec(root_path: Path) -> Spec:
    return {"provider": "file", "path": str(root_path)}


@pytest.fixture
def copy(tmp_path: Path) -> TreeCopy:
    return TreeCopy(tmp_path / "elsewhere" / "tree.sqlite")


@pytest.fixture
def copied(named_keys_dsn: str, root_path: Path, copy: TreeCopy) -> Iterator[Desk]:
    """A desk whose tree has a copy beside it."""
    with Keyring(PostgresKeyStore.connect(named_keys_dsn, FileRoot(root_path), at=AT, copies=[copy])) as keyring:
        yield desk_over(keyring)
