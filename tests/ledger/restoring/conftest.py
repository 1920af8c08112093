"""Backups of a ledger database, and the log as it comes back from one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from crypto_shredding import Shredder
from ledger import BegunTimeline, Checkpoint, CheckpointSigner, RestoreReport, Restoring, make_checkpoint
from ledger.store import LogPlace
from service.embedded_postgres import EmbeddedPostgres
from tests.ledger.office import MORNING, Addresses, Office


@dataclass
class Restored:
    """A process that brings a restored log in order; `checkpoints` lie outside of the database."""

    office: Office
    restoring: Restoring
    signer: CheckpointSigner
    checkpoints: list[Checkpoint]
    witness: bytes | None
    dsn: str

    def begin(self) -> BegunTimeline:
        begun = self.restoring.begin(witness=self.witness, checkpoints=self.checkpoints, at=self.office.now)
        self.checkpoints.append(self.checkpoint())
        return begun

    def checkpoint(self) -> Checkpoint:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            return make_checkpoint(connection, self.signer, self.office.now)

    async def repeat(self, begun: BegunTimeline, **given: Any) -> RestoreReport:
        return await self.restoring.repeat(
            begun, witness=self.witness, checkpoints=self.checkpoints, actor="operator", **given
        )

    async def run(self) -> RestoreReport:
        begun = self.begin()
        report = await self.repeat(begun)
        self.restoring.open(begun, at=self.office.now)
        return report

    @property
    def seen(self) -> LogPlace | None:
        return None if self.witness is None else LogPlace.from_bytes(self.witness)


class Backups:
    """Copies of a ledger database, each restored under a name of its own."""

    def __init__(self, server: EmbeddedPostgres, name: str, addresses: Addresses, folder: Path) -> None:
        self._server, self._name, self._addresses = server, name, addresses
        self._copies: list[str] = []
        self.signer = CheckpointSigner.from_file(folder / "checkpoint.key")
        self.checkpoints: list[Checkpoint] = []

    def take(self, source: str | None = None) -> str:
        copy = f"{self._name}_copy{len(self._copies)}"
        with psycopg.connect(self._server.dsn("postgres"), autocommit=True) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
                [source or self._name],
            )
        self._server.create_database(copy, template=source or self._name)
        self._copies.append(copy)
        return copy

    def addresses(self, copy: str) -> Addresses:
        return Addresses(self._server.dsn(copy, user="ledger_app"), self._addresses.keys, self._addresses.root)

    @asynccontextmanager
    async def restored(self, copy: str) -> AsyncIterator[Restored]:
        async with await Office.open(self.addresses(copy), now=MORNING) as office:
            store: Any = office.keyring.store
            owner_dsn, dsn = self._server.dsn(copy), self._server.dsn(copy, user="ledger_app")
            dooms = Shredder(office.keyring).dooms
            restoring = Restoring(
                office.ledger, office.erasures, office.holds, office.retention, dooms, dsn=dsn, owner_dsn=owner_dsn
            )
            yield Restored(office, restoring, self.signer, self.checkpoints, store.newest_witness(), dsn)

    def drop(self) -> None:
        with psycopg.connect(self._server.dsn("postgres"), autocommit=True) as owner:
            for copy in self._copies:
                owner.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(copy)))


@pytest.fixture
def backups(
    server: EmbeddedPostgres, ledger_database: str, addresses: Addresses, tmp_path: Path
) -> Iterator[Backups]:
    backups = Backups(server, ledger_database, addresses, tmp_path)
    yield backups
    backups.drop()


