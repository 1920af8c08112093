"""PostgreSQL is killed under load and comes back: nothing acknowledged is lost, nothing is doubled or misreported."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger.store import Appender, Status, migrate, verify_chain
from service.embedded_postgres import EmbeddedPostgres
from tests.ledger.store.making import after, entry, event
from tests.ledger.store.proxy import Proxy

CALLERS = 24
KILLS = 3


@pytest.fixture
def own_server() -> Iterator[EmbeddedPostgres]:
    """A server that nobody else is hurt with."""
    folder = Path(tempfile.mkdtemp(prefix="points-ledger-crash-"))
    server = EmbeddedPostgres(folder)
    with server:
        server.create_database("crash")
        migrate(server.dsn("crash"))
        yield server
    shutil.rmtree(folder, ignore_errors=True)


async def test_no_acknowledged_entry_is_lost_doubled_or_wrongly_reported(own_server: EmbeddedPostgres) -> None:
    acknowledged: dict[UUID, int] = {}
    goal = asyncio.Semaphore(0)
    done = False

    async def caller(appender: Appender) -> None:
        head = event(uuid4(), boxes=((1, b"box" * 20),))
        while not done:
            outcome = await appender.submit(entry(head))
            assert outcome.status is Status.APPENDED
            acknowledged[head.event_id] = outcome.position
            if len(acknowledged) % 1_000 == 0:
                goal.release()
            head = after(head)

    async with (
        Proxy(own_server.socket_dir) as proxy,
        await Appender.open(proxy.dsn("crash", "ledger_app"), patience=60) as appender,
        asyncio.TaskGroup() as callers,
    ):
        for _ in range(CALLERS):
            callers.create_task(caller(appender))
        for _ in range(KILLS):
            await goal.acquire()
            await asyncio.to_thread(_kill_and_start_again, own_server)
            proxy.target = own_server.socket_dir
        await goal.acquire()
        done = True

    with psycopg.connect(own_server.dsn("crash"), autocommit=True) as connection:
        stored = connection.execute("SELECT event, position FROM ledger.events").fetchall()
        # Every answer was waited for, so what is stored is what was acknowledged: no more and no less.
        assert dict(stored) == acknowledged
        assert len(stored) == len(acknowledged)
        assert verify_chain(connection).is_intact


def _kill_and_start_again(server: EmbeddedPostgres) -> None:
    killed = server.pid
    os.kill(killed, signal.SIGKILL)
    server.stop()
    server.start()
    assert server.pid != killed
