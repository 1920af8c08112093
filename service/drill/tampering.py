"""Act four: whoever may write to every table moves sealed values, and puts rows of old keys back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from crypto_shredding import EnvelopeTampered, ShreddingError
from service.drill.report import BY_NAME, Row, Verdict
from service.drill.stage import Stage
from service.wiring import KEYS, LEDGER, open_house

SUPERUSER = "SET session_replication_role = replica"  # triggers do not stop whoever may do this
PUT_NODE = "UPDATE crypto_shredding.node SET blob = %s WHERE level = %s AND number = %s"
KEY_TABLES = ("tree", "node", "doom", "tombstone")


def tamper(stage: Stage) -> tuple[Row, ...]:
    """Rows `moved-box` and `old-key-row`. Everything is put back afterwards."""
    return _moved_box(stage), _old_key_row(stage)


def _moved_box(stage: Stage) -> Row:
    """Two boxes under one key change places: between two events, and between two fields of one event."""
    started = time.monotonic()
    account = stage.staying[0].account
    with psycopg.connect(stage.server.dsn(LEDGER), autocommit=True) as attacker:
        attacker.execute(SUPERUSER)
        places = attacker.execute(
            "SELECT b.position, b.field FROM ledger.box AS b INNER JOIN ledger.events AS e USING (shard, position) "
            "WHERE e.stream = %s AND e.version > 1 ORDER BY b.position, b.field",
            [account],
        ).fetchall()
        fields = next((one, two) for one, two in pairwise(places) if one[0] == two[0])
        events = (places[0], next(each for each in places if each[0] != places[0][0]))
        refused = []
        for one, two in (events, fields):
            _swap(attacker, one, two)
            refused.append(_is_refused(stage) and not stage.house.verify().ok)
            _swap(attacker, one, two)
    holds = all(refused) and stage.house.verify().ok
    found = f"moved to another event, to another field: {sum(refused)} of 2 refused to open and named by verify"
    return Row(BY_NAME["moved-box"], _held(holds), found, time.monotonic() - started)


def _swap(attacker: psycopg.Connection[Any], one: tuple[int, int], two: tuple[int, int]) -> None:
    first, second = (
        attacker.execute("SELECT box FROM ledger.box WHERE position = %s AND field = %s", place).fetchone()
        for place in (one, two)
    )
    assert first is not None
    assert second is not None
    for place, box in ((one, second[0]), (two, first[0])):
        attacker.execute("UPDATE ledger.box SET box = %s WHERE position = %s AND field = %s", [box, *place])


def _is_refused(stage: Stage) -> bool:
    try:
        stage.read(stage.house, stage.values(stage.house, stage.staying[0]))
    except EnvelopeTampered:
        return True
    return False


def _old_key_row(stage: Stage) -> Row:
    """The rows of the backup: by the service's own role, then by a superuser who also takes the marks away."""
    started = time.monotonic()
    old = _rows_of_backup(stage)
    by_role = _refused_to_service(stage, old)
    answers = []
    for tables in (("node",), ("node", "tree")):
        with psycopg.connect(stage.server.dsn(KEYS), autocommit=True) as attacker, _put_back_afterwards(attacker):
            attacker.execute("DELETE FROM crypto_shredding.tombstone")
            attacker.execute("DELETE FROM crypto_shredding.doom")
            for table in tables:
                _replace(attacker, table, old[table])
            answers.append(_answer_of_fresh_process(stage))
    shut = stage.are_shredded(stage.house, stage.closed_of(stage.house, stage.gone))
    holds = by_role and all(answers) and shut
    said = ", ".join(each or "OPENED" for each in answers)
    found = f"the service's role: {'refused' if by_role else 'TAKEN'}; a superuser, nodes, then the top too: {said}"
    return Row(BY_NAME["old-key-row"], _held(holds), found, time.monotonic() - started)


def _rows_of_backup(stage: Stage) -> dict[str, list[tuple[Any, ...]]]:
    with stage.backup_server() as server, psycopg.connect(server.dsn(KEYS)) as backup:
        return {
            "node": backup.execute("SELECT blob, level, number FROM crypto_shredding.node").fetchall(),
            "tree": backup.execute("SELECT version, height, top FROM crypto_shredding.tree").fetchall(),
        }


def _refused_to_service(stage: Stage, old: dict[str, list[tuple[Any, ...]]]) -> bool:
    with psycopg.connect(stage.server.dsn(KEYS, user="keys_app"), autocommit=True) as service:
        try:
            service.execute(PUT_NODE, old["node"][0])
        except psycopg.Error:
            return True
    return False


def _replace(attacker: psycopg.Connection[Any], table: str, rows: list[tuple[Any, ...]]) -> None:
    """The change's number stays that of today, or the copy beside the database would notice at once."""
    if table == "tree":
        attacker.execute("UPDATE crypto_shredding.tree SET version = %s, height = %s, top = %s", rows[0])
        return
    for row in rows:
        attacker.execute(PUT_NODE, row)


def _answer_of_fresh_process(stage: Stage) -> str | None:
    """The error with which the erased values are refused; None if one opens. Its copy of the tree is an empty one."""
    settings = replace(stage.settings, tree_copy=stage.folder / "attacker" / f"{time.monotonic_ns()}.sqlite")
    values = stage.closed_of(stage.house, stage.gone)
    with open_house(settings, restoring=True) as house:
        try:
            return None if stage.read(house, values) else "nothing opens"
        except ShreddingError as error:
            return type(error).__name__


@contextmanager
def _put_back_afterwards(attacker: psycopg.Connection[Any]) -> Iterator[None]:
    def each(statement: LiteralString) -> None:
        for table in KEY_TABLES:
            names = {"live": sql.Identifier("crypto_shredding", table), "kept": sql.Identifier(f"kept_{table}")}
            attacker.execute(sql.SQL(statement).format(**names))

    attacker.execute(SUPERUSER)
    each("CREATE TABLE {kept} AS TABLE {live}")
    try:
        yield
    finally:
        each("DELETE FROM {live}")
        each("INSERT INTO {live} TABLE {kept}")
        each("DROP TABLE {kept}")


def _held(holds: bool) -> Verdict:
    return Verdict.HELD if holds else Verdict.NOT_HELD
