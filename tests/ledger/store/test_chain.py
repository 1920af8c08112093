"""`verify` names the first event that is wrong, whoever made it so."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger.store import (
    ChainedEvent,
    Checkpoint,
    CheckpointSigner,
    Finding,
    Kind,
    ShardMissing,
    make_checkpoint,
    verify_chain,
)
from ledger.store.arrays import byteas, int8s, texts, uuids, uuids_or_null
from ledger.store.chain import genesis, link
from ledger.store.statements import statement
from tests.ledger.store.making import append, entry, event, opening

Connection = psycopg.Connection[Any]
NOON = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
VECTORS = Path(__file__).parents[2] / "vectors" / "chain.json"


@pytest.fixture
def log(owner: Connection) -> Connection:
    """A superuser with a log of nine events before them, and triggers out of the way."""
    append(owner, *(entry(event(uuid4(), boxes=((1, f"box {number}".encode()),))) for number in range(1, 10)))
    owner.execute("SET session_replication_role = replica")
    return owner


@pytest.fixture
def signer(tmp_path: Path) -> CheckpointSigner:
    return CheckpointSigner.from_file(tmp_path / "checkpoint.key")


def stream_at(connection: Connection, position: int) -> UUID:
    row = connection.execute("SELECT stream FROM ledger.events WHERE position = %s", [position]).fetchone()
    assert row is not None
    stream: UUID = row[0]
    return stream


def recompute(connection: Connection, upto: int | None = None) -> None:
    """What a superuser does who knows the specification: write the whole chain anew, head included."""
    row = connection.execute("SELECT timeline FROM ledger.shard").fetchone()
    assert row is not None
    previous, last = genesis(row[0]), 0
    columns = "position, stream, version, event, topic, state, hash"
    for stored in connection.execute(f"SELECT {columns} FROM ledger.events ORDER BY position").fetchall():  # noqa: S608
        last += 1
        chained = ChainedEvent(*stored)._replace(position=last)
        previous = link(previous, chained)
        connection.execute(
            "UPDATE ledger.events SET position = %s, hash = %s WHERE stream = %s AND version = %s",
            [last, previous, chained.stream, chained.version],
        )
    connection.execute("UPDATE ledger.shard SET position = %s, hash = %s", [last, previous])


def test_an_untouched_log_is_intact(log: Connection, signer: CheckpointSigner) -> None:
    report = verify_chain(log, [make_checkpoint(log, signer, NOON)])

    assert (report.findings, report.events, report.head_position, report.checkpoints) == ((), 9, 9, 1)


def test_an_empty_log_is_intact(owner: Connection, signer: CheckpointSigner) -> None:
    assert verify_chain(owner, [make_checkpoint(owner, signer, NOON)]).is_intact


def test_the_specification_has_examples_that_both_implementations_give(owner: Connection) -> None:
    vectors = json.loads(VECTORS.read_text())
    hash_ = genesis(UUID(vectors["timeline"]))
    assert hash_.hex() == vectors["genesis"]
    owner.execute("SET session_replication_role = replica")
    owner.execute("UPDATE ledger.shard SET timeline = %s, hash = %s", [UUID(vectors["timeline"]), hash_])
    owner.execute("UPDATE ledger.timeline SET timeline = %s", [UUID(vectors["timeline"])])
    for told in vectors["events"]:
        chained = ChainedEvent(
            told["position"],
            UUID(told["stream"]),
            told["version"],
            UUID(told["event"]) if told["event"] else None,
            told["topic"],
            bytes.fromhex(told["state"]),
            b"",
        )
        hash_ = link(hash_, chained)
        assert hash_.hex() == told["hash"]
        columns = uuids([chained.stream]), int8s([chained.version]), uuids_or_null([chained.event])
        contents = uuids_or_null([None]), texts([chained.topic]), byteas([chained.state])
        owner.execute(statement("insert_events"), (1, 1, *columns, *contents))
        assert owner.execute("SELECT hash FROM ledger.shard").fetchone() == (hash_,)


ALTERATIONS = {
    "state": "UPDATE ledger.events SET state = '{\"points\": 1000000}' WHERE position = 4",
    "topic": "UPDATE ledger.events SET topic = 'points.accrued.v1' WHERE position = 4",
    "stream": "UPDATE ledger.events SET stream = gen_random_uuid() WHERE position = 4",
    "version": "UPDATE ledger.events SET version = 2 WHERE position = 4",
    "event id": "UPDATE ledger.events SET event = gen_random_uuid() WHERE position = 4",
    "hash": "UPDATE ledger.events SET hash = sha256('') WHERE position = 4",
}


@pytest.mark.parametrize("what", ALTERATIONS)
def test_an_altered_event_is_named(log: Connection, what: str) -> None:
    log.execute(ALTERATIONS[what])

    [finding] = verify_chain(log).findings

    assert (finding.kind, finding.position, finding.stream) == (Kind.ALTERED, 4, stream_at(log, 4))


def test_a_deleted_event_is_named(log: Connection) -> None:
    log.execute("DELETE FROM ledger.events WHERE position IN (4, 5)")

    [finding] = verify_chain(log).findings

    assert (finding.kind, finding.position) == (Kind.DELETED, 4)
    assert "events 4 to 5 deleted" in finding.explanation


def test_a_deleted_first_event_is_named(log: Connection) -> None:
    log.execute("DELETE FROM ledger.events WHERE position = 1")

    assert [(each.kind, each.position) for each in verify_chain(log).findings] == [(Kind.DELETED, 1)]


SWAPS = {
    "positions": "UPDATE ledger.events SET position = 10 - position WHERE position IN (3, 7)",
    "contents": """
        UPDATE ledger.events AS e SET position = o.position, hash = o.hash
        FROM ledger.events AS o WHERE e.position IN (3, 7) AND o.position = 10 - e.position
    """,
}


@pytest.mark.parametrize("what", SWAPS)
def test_swapped_events_are_named(log: Connection, what: str) -> None:
    log.execute(SWAPS[what])

    [finding] = verify_chain(log).findings

    assert (finding.kind, finding.position) == (Kind.SWAPPED, 3)
    assert "the event that belongs at 3 is at 7" in finding.explanation


def test_an_inserted_event_is_named(log: Connection) -> None:
    log.execute(
        "INSERT INTO ledger.events SELECT shard, position, gen_random_uuid(), version, event, topic, state, hash"
        " FROM ledger.events WHERE position = 5"
    )

    [finding] = verify_chain(log).findings

    assert finding.position == 5
    assert finding.kind in (Kind.INSERTED, Kind.ALTERED, Kind.SWAPPED)


def test_events_cut_off_at_the_end_are_named(log: Connection) -> None:
    log.execute("DELETE FROM ledger.events WHERE position > 6")

    [finding] = verify_chain(log).findings

    assert (finding.kind, finding.position) == (Kind.TRUNCATED, 7)
    assert "the head is 9, found 6" in finding.explanation


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ("UPDATE ledger.shard SET position = 7", Kind.BEYOND_HEAD),
        ("UPDATE ledger.shard SET hash = sha256('')", Kind.HEAD_ALTERED),
    ],
)
def test_a_head_that_was_changed_is_named(log: Connection, change: str, kind: Kind) -> None:
    log.execute(change)

    assert [each.kind for each in verify_chain(log).findings] == [kind]


def rewrite_state(log: Connection) -> None:
    log.execute("UPDATE ledger.events SET state = 'forged' WHERE position = 4")
    recompute(log)


def leave_one_out(log: Connection) -> None:
    log.execute("DELETE FROM ledger.events WHERE position = 4")
    recompute(log)


def cut_off_with_the_head(log: Connection) -> None:
    log.execute("DELETE FROM ledger.events WHERE position > 4")
    recompute(log)


@pytest.mark.parametrize(
    ("forge", "kind", "position"),
    [
        (rewrite_state, Kind.RECOMPUTED, 9),
        (leave_one_out, Kind.TRUNCATED, 9),
        (cut_off_with_the_head, Kind.TRUNCATED, 5),
    ],
)
def test_a_chain_recomputed_by_a_superuser_is_caught_by_a_checkpoint_outside(
    log: Connection, signer: CheckpointSigner, forge: Callable[[Connection], None], kind: Kind, position: int
) -> None:
    outside = make_checkpoint(log, signer, NOON)

    forge(log)

    assert verify_chain(log).is_intact, "from the inside it cannot be seen"
    [finding] = verify_chain(log, [outside]).findings
    assert (finding.kind, finding.position) == (kind, position)


@pytest.mark.parametrize("column", ["state", "topic", "hash"])
def test_an_event_that_lacks_a_part_is_altered(log: Connection, column: str) -> None:
    log.execute(f"ALTER TABLE ledger.events ALTER COLUMN {column} DROP NOT NULL")
    log.execute(f"UPDATE ledger.events SET {column} = NULL WHERE position = 4")  # noqa: S608 - our own names

    [finding] = verify_chain(log).findings

    assert (finding.kind, finding.position) == (Kind.ALTERED, 4)


def test_a_head_that_was_deleted_is_a_finding(log: Connection, signer: CheckpointSigner) -> None:
    outside = make_checkpoint(log, signer, NOON)
    log.execute("DELETE FROM ledger.shard")

    [finding] = verify_chain(log, [outside]).findings

    assert finding.kind is Kind.HEAD_MISSING
    with pytest.raises(ShardMissing):
        make_checkpoint(log, signer, NOON)


def test_checkpoints_narrow_down_where_the_chain_was_written_anew(log: Connection, signer: CheckpointSigner) -> None:
    early = make_checkpoint(log, signer, NOON)
    append(log, opening(), opening())
    late = make_checkpoint(log, signer, NOON)
    log.execute("UPDATE ledger.events SET state = 'forged' WHERE position = 10")
    recompute(log)

    [finding] = verify_chain(log, [early, late]).findings

    assert (finding.kind, finding.position) == (Kind.RECOMPUTED, 11)
    assert "agrees with the checkpoint at 9, not with the one at 11" in finding.explanation


def test_a_checkpoint_of_another_timeline_is_named(log: Connection, signer: CheckpointSigner) -> None:
    foreign = signer.sign(Checkpoint(uuid4(), 1, 9, sha256(b"").digest(), NOON))

    assert [each.kind for each in verify_chain(log, [foreign]).findings] == [Kind.FOREIGN_TIMELINE]


def test_boxes_are_checked_by_whoever_knows_the_references(log: Connection) -> None:
    log.execute("UPDATE ledger.box SET box = 'moved' WHERE position = 3")
    log.execute("DELETE FROM ledger.box WHERE position = 8")  # compacted: no fault

    def check(event: ChainedEvent, digests: Any) -> str | None:
        wrong = [field for field, digest in digests if digest != sha256(f"box {event.position}".encode()).digest()]
        return f"field {wrong} is another one" if wrong else None

    report = verify_chain(log, check_boxes=check)

    assert report.findings == (Finding(Kind.BOX, 3, stream_at(log, 3), "field [1] is another one"),)


def test_verification_sees_one_state_while_appends_go_on(log: Connection, app: Connection) -> None:
    def append_meanwhile(event: ChainedEvent, boxes: Any) -> None:
        append(app, opening())

    report = verify_chain(log, check_boxes=append_meanwhile)

    assert (report.is_intact, report.head_position) == (True, 9)
