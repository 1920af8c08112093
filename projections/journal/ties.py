"""Whether the books tie: the same figure by three ways that share no code, at one position of the log."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import psycopg

from ledger import UnreadableEvent
from projections.log import fold_events
from projections.sql_file import sql

READ_OWED: Final = sql(__file__, "read_owed")

Owner: TypeAlias = tuple[str, str, str]  # program, kind, funder


@dataclass(frozen=True, slots=True)
class Comparison:
    """Points owed to members for one program, kind and funder, by each source."""

    program: str
    kind: str
    funder: str
    journal: int
    balances: int
    events: int

    @property
    def agrees(self) -> bool:
        """Whether all three say the same."""
        return self.journal == self.balances == self.events


def compare_sources(connection: psycopg.Connection[Any], shard: int = 1) -> tuple[Comparison, ...]:
    """One snapshot for the tables; the log is read up to the position that they hold."""
    with connection.transaction():
        connection.execute(b"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        rows = connection.execute(READ_OWED, {"log": f"ledger/{shard}"}).fetchall()
        position: int = rows[0][0] if rows else 0
        owed: dict[Owner, tuple[int, int]] = {row[1:4]: row[4:6] for row in rows}
        events = sum_events(connection, position, shard)
    return tuple(
        Comparison(*owner, *owed.get(owner, (0, 0)), events.get(owner, 0)) for owner in sorted(owed.keys() | events)
    )


def sum_events(connection: psycopg.Connection[Any], until: int, shard: int = 1) -> dict[Owner, int]:
    """Fold the events themselves: lots are earned or given back, draws are taken. Written a second time on purpose."""
    programs: dict[UUID, str] = {}
    sums: defaultdict[Owner, int] = defaultdict(int)
    for stream, topic, fields in fold_events(connection, until, shard):
        try:
            _fold(programs, sums, stream, topic, fields)
        except (KeyError, TypeError):
            raise UnreadableEvent(topic) from None
    return dict(sums)


def _fold(
    programs: dict[UUID, str], sums: defaultdict[Owner, int], stream: UUID, topic: str, fields: Mapping[str, Any]
) -> None:
    if topic == "points.account-opened.v1":
        programs[stream] = fields["program"]
    elif "lot" in fields:
        lot = fields["lot"]
        sums[programs[stream], lot["kind"], lot["funder"]] += lot["points"]
    elif "draws" in fields:
        sign = 1 if "spending_id" in fields else -1
        for draw in fields["draws"]:
            sums[programs[stream], draw["kind"], draw["funder"]] += sign * draw["points"]
