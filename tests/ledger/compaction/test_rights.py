"""Who compacts may call six functions, who reads for a dispute may read one table, and neither may do anything else."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from tests.ledger.store.making import append, entry, event

Connection = psycopg.Connection[Any]

COMPACTION, DISPUTE, APP = "ledger_compaction", "ledger_dispute", "ledger_app"
MAY_CALL: dict[str, set[str]] = {
    COMPACTION: {
        "box_partitions", "box_slots", "newest_destruction", "delete_boxes", "rewrite_partition", "turn_over_wal",
    },
    DISPUTE: set(),
    APP: {
        "append", "append_all", "extend_boxes", "hold_boxes", "held_digests", "held_digests_between", "retag",
        "standbys", "close_segment",
    },
}  # fmt: skip
MAY_READ = {(DISPUTE, "held_box")}
WRITES = (
    "INSERT INTO {0} SELECT * FROM {0}",
    "INSERT INTO {0} DEFAULT VALUES",
    "UPDATE {0} SET {1} = {1}",
    "DELETE FROM {0}",
    "TRUNCATE {0}",
    "MERGE INTO {0} USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    "COPY {0} FROM STDIN",
    "LOCK TABLE {0} IN ACCESS EXCLUSIVE MODE",
    "CREATE TRIGGER mine BEFORE INSERT ON {0} EXECUTE FUNCTION ledger.refuse_change()",
    "CREATE INDEX ON {0} ({1})",
    "ALTER TABLE {0} DISABLE TRIGGER ALL",
    "DROP TABLE {0}",
    "CLUSTER {0}",
    "REINDEX TABLE {0}",
)
READS = (
    "SELECT FROM {0}",
    "COPY {0} TO STDOUT",
    "SELECT FROM {0} FOR UPDATE",
    "CREATE TABLE pg_temp.mine AS TABLE {0}",
)
ELSEWHERE = (
    "SET ROLE ledger_owner",
    "SET ROLE ledger_app",
    "SET SESSION AUTHORIZATION postgres",
    "SET session_replication_role = replica",
    "CREATE TABLE ledger.mine ()",
    "CREATE TABLE public.mine ()",
    "CREATE SCHEMA mine",
    "CREATE FUNCTION ledger.mine() RETURNS integer LANGUAGE sql RETURN 1",
    "CREATE OR REPLACE FUNCTION ledger.refuse_box_change() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "CREATE ROLE mine",
    "GRANT ledger_owner TO CURRENT_USER",
    "ALTER ROLE ledger_owner LOGIN",
    "CREATE EXTENSION pageinspect",
    "CHECKPOINT",
    "SELECT pg_switch_wal()",
    "SELECT pg_read_file('PG_VERSION')",
    "SELECT pg_read_binary_file('PG_VERSION')",
    "SELECT pg_ls_waldir()",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "COPY (SELECT 1) TO '/dev/null'",
    "SELECT pg_reload_conf()",
    "SELECT lo_import('/dev/null')",
)


@pytest.fixture
def as_role(ledger_dsn: str, owner: Connection, request: pytest.FixtureRequest) -> Iterator[Connection]:
    """The database as the role of the parameter sees it, with something in every table of boxes."""
    append(owner, entry(event(uuid4(), boxes=((1, b"box"), (2, b"held box"))), closes=((uuid4(), 1),)))
    owner.execute("SELECT ledger.hold_boxes(1::smallint, '{1}', '{2}')")
    with psycopg.connect(ledger_dsn.replace("postgres@", f"{request.param}@"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(ledger_dsn: str) -> Iterator[Connection]:
    with psycopg.connect(ledger_dsn, autocommit=True) as connection:
        yield connection


def relations(owner: Connection) -> list[tuple[str, str]]:
    """Every table of the ledger and of its read models, with one of its columns."""
    return owner.execute(
        "SELECT c.oid::regclass::text, quote_ident(a.attname) FROM pg_class AS c INNER JOIN pg_attribute AS a "
        "ON c.oid = a.attrelid AND a.attnum = 1 WHERE c.relkind IN ('r', 'p', 'v') "
        "AND c.relnamespace IN ('ledger'::regnamespace, 'projections'::regnamespace) ORDER BY 1"
    ).fetchall()


def outcome(connection: Connection, statement: str) -> str:
    """`refused`, `done`, or what else came of it. Rolled back."""
    try:
        with connection.transaction(force_rollback=True):
            if statement.startswith("COPY"):
                with connection.cursor().copy(statement.encode()):
                    pass
            else:
                connection.execute(statement.encode())
    except psycopg.errors.InsufficientPrivilege:
        return "refused"
    except psycopg.Error as error:
        return f"{error.sqlstate} {error}"
    return "done"


@pytest.mark.parametrize("as_role", [COMPACTION, DISPUTE], indirect=True)
def test_every_statement_on_every_table_is_refused(as_role: Connection, owner: Connection) -> None:
    role = as_role.info.user
    tables = relations(owner)
    told: dict[str, str] = {}
    for table, column in tables:
        for statement in (*READS, *WRITES):
            text = statement.format(table, column)
            told[text] = outcome(as_role, text)

    done = {text for text, result in told.items() if result != "refused"}
    allowed = {f"ledger.{name}" for who, name in MAY_READ if who == role}
    expected = {text.format(table) for table in allowed for text in READS if "FOR UPDATE" not in text}
    assert {text: told[text] for text in done ^ expected} == {}
    assert len(tables) > 20


@pytest.mark.parametrize("as_role", [COMPACTION, DISPUTE], indirect=True)
def test_nothing_else_can_be_done_either(as_role: Connection) -> None:
    told = {statement: outcome(as_role, statement) for statement in ELSEWHERE}

    assert told == dict.fromkeys(ELSEWHERE, "refused")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_role.execute("ALTER SYSTEM SET wal_recycle = on")  # not in a transaction


@pytest.mark.parametrize("as_role", MAY_CALL, indirect=True)
def test_only_the_functions_of_the_table_can_be_called(as_role: Connection, owner: Connection) -> None:
    functions = owner.execute(
        "SELECT p.proname, array(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) AS t) "
        "FROM pg_proc AS p WHERE p.pronamespace = 'ledger'::regnamespace AND p.prorettype <> 'trigger'::regtype"
    ).fetchall()
    callable_ = set()
    for name, types in functions:
        nulls = sql.SQL(", ").join(sql.SQL("NULL::") + sql.SQL(each) for each in types)
        call = sql.SQL("SELECT ledger.{}({})").format(sql.Identifier(name), nulls)
        if outcome(as_role, call.as_string(as_role)) != "refused":
            callable_.add(name)

    assert callable_ == MAY_CALL[as_role.info.user]
    assert len(functions) > 10


@pytest.mark.parametrize("as_role", [APP], indirect=True)
def test_the_running_service_cannot_touch_what_is_held(as_role: Connection) -> None:
    columns = {"held_box": "shard", "held_box_0": "shard", "held_box_rest": "shard"} | {
        "stale_partition": "name", "horizon": "one",
    }  # fmt: skip
    statements = [
        statement.format(f"ledger.{table}", column) for table, column in columns.items()
        for statement in (*READS, *WRITES)
    ]  # fmt: skip

    told = {statement: outcome(as_role, statement) for statement in statements}

    assert told == dict.fromkeys(statements, "refused")


@pytest.mark.parametrize("as_role", [COMPACTION], indirect=True)
def test_a_box_goes_only_under_a_slot_that_its_event_names_and_before_a_destruction(as_role: Connection) -> None:
    with pytest.raises(psycopg.Error) as refused:
        as_role.execute("SELECT ledger.delete_boxes(1::smallint, '{1}', '{1}', '{7}')")
    assert refused.value.sqlstate == "LD004"


@pytest.mark.parametrize("as_role", [COMPACTION], indirect=True)
def test_no_other_table_can_be_rewritten_or_read_through_the_functions(as_role: Connection) -> None:
    names = ("events", "box", "receipt", "horizon", "box_0; DROP TABLE ledger.box")
    calls = ("rewrite_partition(%s)", "box_slots(%s, 0::smallint, 0, 0::smallint, 9)")
    for name, call in itertools.product(names, calls):
        with pytest.raises(psycopg.Error) as refused:
            as_role.execute(f"SELECT ledger.{call}", [name])
        assert refused.value.sqlstate == "LD003"


@pytest.mark.parametrize("as_role", [COMPACTION], indirect=True)
def test_a_page_of_slots_shows_no_byte_of_a_box(as_role: Connection) -> None:
    cursor = as_role.execute("SELECT * FROM ledger.box_slots('box_0', 0::smallint, 0, 0::smallint, 9)")

    assert [each.name for each in cursor.description or ()] == [
        "shard", "position", "field", "subject_slot", "period_slot",
    ]  # fmt: skip
