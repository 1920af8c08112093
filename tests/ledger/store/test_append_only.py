"""Nothing that was appended can be changed: not by the service's rights, and not by the owner either."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from crypto_shredding import Period
from tests.ledger.store.making import append, entry, event

Connection = psycopg.Connection[Any]

APPENDED = (
    *("events", "box", "box_0", "box_rest", "held_box", "held_box_0", "receipt"),
    *("closed_class", "closed_period", "index_key"),
)
CHANGES = {
    "UPDATE": "UPDATE ledger.{0} SET position = position",
    "UPDATE of no row": "UPDATE ledger.{0} SET position = position WHERE false",
    "DELETE": "DELETE FROM ledger.{0}",
    "TRUNCATE": "TRUNCATE ledger.{0}",
}


@pytest.fixture(autouse=True)
def _something_stored(owner: Connection) -> None:
    day = Period(3, date(2024, 3, 8))
    append(owner, entry(event(uuid4(), boxes=((1, b"box"),)), closes=((uuid4(), 1),), ends=(day,), index_key=7))


@pytest.mark.parametrize("table", APPENDED)
@pytest.mark.parametrize("change", CHANGES)
def test_the_service_has_no_right_to_change(app: Connection, table: str, change: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(CHANGES[change].format(table))


@pytest.mark.parametrize("table", APPENDED)
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("role", ["ledger_owner", "postgres"])
def test_a_trigger_refuses_the_owner_and_the_superuser(owner: Connection, table: str, change: str, role: str) -> None:
    owner.execute(f"SET ROLE {role}")
    with pytest.raises(psycopg.Error) as refused:
        owner.execute(CHANGES[change].format(table))
    assert refused.value.sqlstate == "LD001"


def test_a_new_partition_of_boxes_is_append_only_too(owner: Connection) -> None:
    owner.execute("SELECT ledger.extend_boxes(15)")
    with pytest.raises(psycopg.Error) as refused:
        owner.execute("TRUNCATE ledger.box_15")
    assert refused.value.sqlstate == "LD001"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO ledger.events SELECT * FROM ledger.events",
        "INSERT INTO ledger.receipt SELECT * FROM ledger.receipt",
        "UPDATE ledger.shard SET position = 0",
        "SELECT ledger.begin_timeline(1::smallint, 2, gen_random_uuid(), '2026-01-01Z', '{}', '{}')",
        "INSERT INTO ledger.timeline_opened VALUES (1, 2, '2026-01-01Z')",
        "DELETE FROM ledger.account_holder",
        "INSERT INTO ledger.closed_class VALUES (1, gen_random_uuid(), 1, 1)",
        "CREATE TABLE ledger.mine ()",
        "ALTER TABLE ledger.events DISABLE TRIGGER ALL",
    ],
)
def test_the_service_appends_by_the_function_alone(app: Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app.execute(statement)


def test_only_the_service_may_append(owner: Connection) -> None:
    owner.execute("SET ROLE ledger_compaction")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        append(owner, entry(event(uuid4())))


def test_who_compacts_cannot_even_count(owner: Connection) -> None:
    owner.execute("SET ROLE ledger_compaction")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute("SELECT FROM ledger.box")
