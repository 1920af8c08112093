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

Owner: TypeAlias = tuple[str, str, str, str]  # program, account of the books, kind, funder

# A second table of signs, on purpose: of lots, held, pending.
COMES: Final[Mapping[str, tuple[int, int, int]]] = {
    "points.accrued.v1": (1, 0, 0),
    "points.accrual-pended.v1": (0, 0, 1),
    "points.accrual-confirmed.v1": (1, 0, -1),
    "points.accrual-cancelled.v1": (0, 0, -1),
    "points.charged.v1": (1, 0, 0),
    "points.adjusted-up.v1": (1, 0, 0),
    "points.received.v1": (1, 0, 0),
    "points.converted-in.v1": (1, 0, 0),
    "points.refunded.v1": (1, 0, 0),
    "points.held.v1": (-1, 1, 0),
    "points.hold-captured.v1": (0, -1, 0),
    "points.hold-released.v1": (1, -1, 0),
    "points.claim-settled.v1": (0, 0, 0),
    "points.coupon-redeemed.v1": (0, 0, 0),
    "points.coupon-expired.v1": (0, 0, 0),
    "points.imported.v1": (1, 0, 0),
    "points.hold-imported.v1": (-1, 1, 0),
    "points.coupon-imported.v1": (0, 0, 0),
}
GOES: Final = (-1, 0, 0)
"""Every other event with draws takes them."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Points on one account of the books for one program, kind and funder, by each source; all positive."""

    program: str
    account_code: str
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
        owed: dict[Owner, tuple[int, int]] = {row[1:5]: row[5:7] for row in rows}
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
            if topic == "points.account-opened.v1":
                programs[stream] = fields["program"]
            elif fields.keys() & {"lot", "lots", "draws"}:
                _fold(programs[stream], sums, topic, fields)
        except (AttributeError, KeyError, TypeError):
            raise UnreadableEvent(topic) from None
    return dict(sums)


def _fold(program: str, sums: defaultdict[Owner, int], topic: str, fields: Mapping[str, Any]) -> None:
    moved = [fields["lot"]] if "lot" in fields else fields.get("lots") or fields.get("draws") or ()
    lots, held, pending = COMES.get(topic, GOES)
    for part in moved:
        for code, sign in (("member_points", lots), ("held_points", held), ("pending_points", pending)):
            if sign:
                sums[program, code, part["kind"], part["funder"]] += sign * part["points"]
    for part in fields.get("given", ()):
        sums[program, "member_points", part["kind"], part["funder"]] += part["points"]
    if fields.get("owed"):
        sums[program, "deficits", "free", fields["funder"]] += fields["owed"]
    for part in fields.get("repaid", ()):
        sums[program, "deficits", "free", part["funder"]] -= part["points"]
