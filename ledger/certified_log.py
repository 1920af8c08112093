"""What the log says was destroyed, and under which certificate: what a register of destructions is compared with."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.event import decode
from ledger.members.events import KeysDestroyed
from ledger.members.index_key import INDEX_STREAM, IndexKeyDestroyed
from ledger.members.legal_hold import LegalHoldDestroyed
from ledger.periods.events import PeriodDestroyed
from ledger.store.connection import AsyncConnection
from ledger.store.readers import StoredRow, connect_reader, load_stream, load_topics

PAGE = 1_000
ERASURE, KEY_DESTRUCTION = "erasure", "key-destruction"
_INDEXED = ((KeysDestroyed.TOPIC,), (PeriodDestroyed.TOPIC, LegalHoldDestroyed.TOPIC))
"""By the index that serves them."""


@dataclass(frozen=True, slots=True)
class RecordedDestruction:
    """An event that says that keys are gone. ``kind`` of certificate; ``certificate`` None: recorded without one."""

    position: int
    recorded_at: datetime
    kind: str
    certificate: int | None


def recorded_destructions(dsn: str) -> list[RecordedDestruction]:
    """Every erasure, period, legal hold and index key whose destruction is recorded, in the order of the log.

    Needs no keys. Raises psycopg.OperationalError.
    """
    return asyncio.run(_read(dsn))


async def _read(dsn: str) -> list[RecordedDestruction]:
    async with await connect_reader(dsn) as connection:
        rows = [row for topics in _INDEXED for row in await _all(connection, topics)]
        rows += await load_stream(connection, INDEX_STREAM)
    found = []
    for row in sorted(rows, key=lambda row: row.position):
        event = decode(row.topic, row.state)
        if isinstance(event, KeysDestroyed | PeriodDestroyed | LegalHoldDestroyed | IndexKeyDestroyed):
            kind = ERASURE if isinstance(event, KeysDestroyed) else KEY_DESTRUCTION
            found.append(RecordedDestruction(row.position, event.recorded_at, kind, event.certificate))
    return found


async def _all(connection: AsyncConnection, topics: Sequence[str]) -> list[StoredRow]:
    found: list[StoredRow] = []
    while page := await load_topics(connection, topics, after=found[-1].position if found else 0, limit=PAGE):
        found += page
    return found
