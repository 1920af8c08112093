"""The same read models by the stock eventsourcing library: one projection, one transaction an event.

Written as its documentation shows: a `Projection` whose view is a `PostgresTrackingRecorder`. It keeps what a careful
author would keep in memory (the program of an account), prepares its statements, and shares our posting rules. Its rows
go to the schema ``projections_next``, so that they can be compared with ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from eventsourcing.application import Application
from eventsourcing.domain import DomainEvent
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner

from benchmarks.history import Happened
from ledger import encode
from projections import post
from projections.fact import day_of
from projections.journal import post as posting
from projections.movements import MOVEMENTS, points_of
from projections.statement.project import TEXTS
from service.embedded_postgres import OWNER

LOT = "INSERT INTO projections_next.lot VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
DRAW = (
    "UPDATE projections_next.lot SET points = points + %s"
    " WHERE account = %s AND lot_id = %s AND expires_on IS NOT DISTINCT FROM %s"
)
SPLIT = (
    "INSERT INTO projections_next.lot SELECT account, lot_id, %s, program, kind, funder, earned_at, usable_at, %s"
    " FROM projections_next.lot WHERE account = %s AND lot_id = %s LIMIT 1"
)
LINE = "INSERT INTO projections_next.statement_line VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
ENTRY = "INSERT INTO projections_next.journal VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
SPENT = "INSERT INTO projections_next.spending VALUES (%s, %s)"
WENT_TO = "SELECT account_code FROM projections_next.spending WHERE event_id = %s"
PROGRAM = "INSERT INTO projections_next.program VALUES (%s, %s, %s, %s, %s, %s)"
OPENED = "INSERT INTO projections_next.account VALUES (%s, %s, 'active', %s)"
LEFT = "UPDATE projections_next.account SET status = 'left' WHERE account = %s"


@dataclass(frozen=True)
class Stored(DomainEvent):
    """One of our events, as an event of the stock library."""

    kind: str
    fields: dict[str, Any]


class StockLog(Application[UUID]):
    """Events on stock parts."""

    def append(self, events: Sequence[Happened]) -> None:
        """How fast they come is not what is measured."""
        versions: dict[UUID, int] = {}
        stored = []
        for stream, event in events:
            version = versions[stream] = versions.get(stream, 0) + 1
            fields = orjson.loads(encode(event))
            stored.append(self.mapper.to_stored_event(Stored(stream, version, event.occurred_at, event.TOPIC, fields)))
        # The library sends a call's rows as one pipeline and reads answers only at its end: with thousands, both sides
        # fill their socket and wait for each other for ever.
        for start in range(0, len(stored), 100):
            self.recorder.insert_events(stored[start : start + 100])


class StockView(PostgresTrackingRecorder):
    """Writes the rows of one event with its tracking."""

    def write(self, tracking: Tracking, statements: Sequence[tuple[str, Sequence[Any]]]) -> None:
        """Any number of statements, one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            for statement, values in statements:
                cursor.execute(statement, values, prepare=True)
            self._insert_tracking(cursor, tracking)

    def draw(
        self, tracking: Tracking, draws: Sequence[Sequence[Any]], rest: Sequence[tuple[str, Sequence[Any]]]
    ) -> None:
        """The same with draws, of which some may give a lot's points another last day."""
        with self.datastore.transaction(commit=True) as cursor:
            for points, account, lot, expires_on in draws:
                cursor.execute(DRAW, (points, account, lot, expires_on), prepare=True)
                if cursor.rowcount == 0:
                    cursor.execute(SPLIT, (expires_on, points, account, lot), prepare=True)
            for statement, values in rest:
                cursor.execute(statement, values, prepare=True)
            self._insert_tracking(cursor, tracking)

    def went_to(self, spending: str) -> str:
        """Where a spending was posted."""
        with self.datastore.transaction(commit=False) as cursor:
            row = cursor.execute(WENT_TO, (spending,), prepare=True).fetchone()
            assert row is not None
            return str(row["account_code"])


class StockReadModels(Projection[StockView]):
    """Balances, statement and journal."""

    name = "stockreadmodels"

    def __init__(self, view: StockView) -> None:
        super().__init__(view)
        self._programs: dict[UUID, str] = {}
        self._zones: dict[str, ZoneInfo] = {}

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """One event, one transaction."""
        stream, kind, fields = domain_event.originator_id, domain_event.kind, domain_event.fields
        if kind in MOVEMENTS:
            self._move(tracking, stream, kind, fields)
        elif kind == "points.program-defined.v1":
            program = fields["program"]
            self._zones[program["code"]] = ZoneInfo(program["zone"])
            columns = ("code", "name", "version", "currency", "unit_value", "zone")
            self.view.write(tracking, [(PROGRAM, [program[column] for column in columns])])
        elif kind == "points.account-opened.v1":
            self._programs[stream] = fields["program"]
            self.view.write(tracking, [(OPENED, (stream, fields["program"], fields["occurred_at"]))])
        else:
            self.view.write(tracking, [(LEFT, (stream,))])

    def _move(self, tracking: Tracking, stream: UUID, kind: str, fields: Mapping[str, Any]) -> None:
        movement, program, position = MOVEMENTS[kind], self._programs[stream], tracking.notification_id
        day, when = day_of(fields["occurred_at"], self._zones[program]), (fields["occurred_at"], fields["recorded_at"])
        went_to = self.view.went_to(fields["spending_id"]) if "spending_id" in fields else None
        points = points_of(movement, fields)
        sealed = [
            [name, number, *(fields[name][key] for key in ("subject_slot", "period_slot", "digest"))]
            for name, number in TEXTS[kind]
            if fields.get(name)
        ]
        line = (
            *(stream, position, fields["id"], kind, movement.word, day, *when, movement.lots * points),
            *(fields["reference"], fields.get("store") or fields.get("coupon")),
            orjson.dumps(sealed).decode() if sealed else None,
        )
        entry = post(kind, fields, went_to)
        rows: list[tuple[str, Sequence[Any]]] = [(LINE, line)]
        for number, (code, owned, funder, part) in enumerate(entry):
            values = (position, number, day, *when, program, code, owned, funder, stream, movement.word, part)
            rows.append((ENTRY, values))
        if movement.word in posting.WENT_TO:
            rows.append((SPENT, (fields["id"], entry[1].account_code)))
        if movement.is_made:
            lot = fields["lot"]
            terms = (lot["kind"], lot["funder"], lot["earned_at"], lot["usable_at"], lot["points"])
            rows.append((LOT, (stream, lot["lot_id"], lot["expires_on"], program, *terms)))
            self.view.write(tracking, rows)
        else:
            draws = [
                (movement.lots * draw["points"], stream, draw["lot_id"], draw["expires_on"]) for draw in fields["draws"]
            ]
            self.view.draw(tracking, draws, rows)


def settings(socket_folder: str, dbname: str) -> dict[str, str]:
    """The library's own settings; its two subscriptions and the view share a pool."""
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": dbname,
        "POSTGRES_HOST": socket_folder,
        "POSTGRES_PORT": "5432",
        "POSTGRES_USER": OWNER,
        "POSTGRES_PASSWORD": "",
        "POSTGRES_POOL_SIZE": "4",
        "POSTGRES_PRE_PING": "no",
    }


def run(env: Mapping[str, str], position: int) -> None:
    """Bring the stock read models up to a position."""
    with ProjectionRunner(
        application_class=StockLog, projection_class=StockReadModels, view_class=StockView, env=dict(env)
    ) as runner:
        runner.wait(position, timeout=600)
