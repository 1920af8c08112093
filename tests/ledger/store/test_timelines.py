"""Timelines: cursors of before a restore are refused, and what it lost is told apart from what was cut off."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger.store import (
    Checkpoint,
    CheckpointSigner,
    CursorFromAnotherTimeline,
    LedgerBehindCheckpoint,
    LedgerBehindKeys,
    LogPlace,
    RestoreUnfinished,
    begin_timeline,
    feed_head,
    log_place,
    make_checkpoint,
    open_timeline,
    read_feed,
    read_timelines,
    refuse_restored,
    verify_chain,
)
from ledger.store.chain import Kind
from tests.ledger.store.making import append, entry, event

Connection = psycopg.Connection[Any]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def signer(tmp_path: Path) -> CheckpointSigner:
    return CheckpointSigner.from_file(tmp_path / "checkpoint.key")


def fill(owner: Connection, events: int) -> None:
    append(owner, *(entry(event(uuid4())) for _ in range(events)))


def go_back(owner: Connection, position: int) -> None:
    """What a restored backup looks like: the later events are not there."""
    owner.execute("SET session_replication_role = replica")
    owner.execute("DELETE FROM ledger.events WHERE position > %s", [position])
    owner.execute(
        "UPDATE ledger.shard SET position = %s, hash = (SELECT hash FROM ledger.events WHERE position = %s)",
        [position, position],
    )
    owner.execute("SET session_replication_role = origin")


def begin(dsn: str, number: int = 2, lost: list[tuple[int, UUID]] | None = None) -> LogPlace:
    return begin_timeline(dsn, uuid4(), at=NOON, number=number, lost=lost or [])


def test_the_chain_goes_on_and_cursors_of_before_are_refused(owner: Connection, ledger_dsn: str) -> None:
    fill(owner, 3)
    cursor = feed_head(owner)

    place = begin(ledger_dsn)
    fill(owner, 2)

    assert (place.number, place.position) == (2, 3)
    report = verify_chain(owner)
    assert (report.findings, report.events, report.timeline) == ((), 5, place.timeline)
    with pytest.raises(CursorFromAnotherTimeline):
        read_feed(owner, cursor, 10)
    assert len(read_feed(owner, feed_head(owner).at(3), 10)) == 2


def test_checkpoints_of_before_still_bind_the_log(owner: Connection, ledger_dsn: str, signer: CheckpointSigner) -> None:
    fill(owner, 3)
    earlier = make_checkpoint(owner, signer, NOON)
    begin(ledger_dsn)
    fill(owner, 1)
    assert verify_chain(owner, [earlier, make_checkpoint(owner, signer, NOON)]).is_intact

    forged = signer.sign(Checkpoint(earlier.timeline, 1, 2, b"x" * 32, NOON))

    assert [each.kind for each in verify_chain(owner, [earlier, forged]).findings] == [Kind.RECOMPUTED]


def test_what_a_restore_lost_is_told_as_lost(owner: Connection, ledger_dsn: str, signer: CheckpointSigner) -> None:
    fill(owner, 5)
    beyond = make_checkpoint(owner, signer, NOON)
    go_back(owner, 3)
    begin(ledger_dsn)
    vouching = make_checkpoint(owner, signer, NOON)
    fill(owner, 4)

    report = verify_chain(owner, [beyond, vouching])

    assert (report.findings, report.lost) == ((), (beyond,))


def test_a_log_that_was_cut_off_is_not_excused_by_a_timeline_that_nobody_signed(
    owner: Connection, ledger_dsn: str, signer: CheckpointSigner
) -> None:
    fill(owner, 5)
    beyond = make_checkpoint(owner, signer, NOON)
    go_back(owner, 3)
    begin(ledger_dsn)
    fill(owner, 1)
    elsewhere = make_checkpoint(owner, signer, NOON)  # signed, but not for where the timeline began

    report = verify_chain(owner, [beyond, elsewhere])

    assert [each.kind for each in report.findings] == [Kind.TRUNCATED]
    assert report.lost == ()


def test_a_timeline_that_a_later_restore_gave_up_is_lost_and_not_foreign(
    owner: Connection, ledger_dsn: str, signer: CheckpointSigner
) -> None:
    fill(owner, 3)
    given_up = signer.sign(Checkpoint(uuid4(), 1, 2, b"x" * 32, NOON))
    begin(ledger_dsn, number=3, lost=[(2, given_up.timeline)])
    vouching = make_checkpoint(owner, signer, NOON)
    foreign = signer.sign(Checkpoint(uuid4(), 1, 2, b"x" * 32, NOON))

    assert verify_chain(owner, [given_up, vouching]).lost == (given_up,)
    assert [each.kind for each in verify_chain(owner, [foreign]).findings] == [Kind.FOREIGN_TIMELINE]


def test_a_head_on_another_timeline_than_the_last_is_named(owner: Connection, ledger_dsn: str) -> None:
    fill(owner, 2)
    first = read_timelines(owner)[0].id
    begin(ledger_dsn)
    owner.execute("UPDATE ledger.shard SET timeline = %s", [first])

    assert [each.kind for each in verify_chain(owner).findings] == [Kind.HEAD_ALTERED]


def test_a_number_is_used_once_and_only_rises(owner: Connection, ledger_dsn: str) -> None:
    begin(ledger_dsn, number=3)

    for number in (3, 2):
        with pytest.raises(psycopg.Error):
            begin(ledger_dsn, number=number)
    assert [each.number for each in read_timelines(owner)] == [1, 3]


def test_a_log_that_lacks_what_the_keys_have_seen_is_refused(owner: Connection, ledger_dsn: str) -> None:
    refuse_restored(ledger_dsn, None)
    empty = log_place(ledger_dsn)
    fill(owner, 5)
    refuse_restored(ledger_dsn, empty)
    seen = log_place(ledger_dsn)
    fill(owner, 1)
    refuse_restored(ledger_dsn, seen)

    go_back(owner, 4)
    with pytest.raises(LedgerBehindKeys) as refused:
        refuse_restored(ledger_dsn, seen)
    assert (refused.value.position, refused.value.position_seen) == (4, 5)
    fill(owner, 3)  # as long as before, but another log
    with pytest.raises(LedgerBehindKeys):
        refuse_restored(ledger_dsn, seen)


def test_a_restored_log_is_served_once_the_restore_is_finished(owner: Connection, ledger_dsn: str) -> None:
    fill(owner, 5)
    seen = log_place(ledger_dsn)
    go_back(owner, 4)
    begin(ledger_dsn)

    with pytest.raises(RestoreUnfinished):
        refuse_restored(ledger_dsn, seen)
    open_timeline(ledger_dsn, 2, at=NOON)
    open_timeline(ledger_dsn, 2, at=NOON)

    refuse_restored(ledger_dsn, seen)
    later = log_place(ledger_dsn)
    assert seen < later
    refuse_restored(ledger_dsn, later)


def test_a_log_from_before_the_last_restore_is_refused(owner: Connection, ledger_dsn: str) -> None:
    fill(owner, 2)
    before = LogPlace.from_bytes(log_place(ledger_dsn))
    later = LogPlace(before.number + 1, before.position, uuid4(), before.hash)

    with pytest.raises(LedgerBehindKeys):
        refuse_restored(ledger_dsn, later.to_bytes())


def test_a_log_that_is_not_what_its_newest_checkpoint_vouches_for_is_refused(
    owner: Connection, ledger_dsn: str, signer: CheckpointSigner
) -> None:
    fill(owner, 5)
    signed = make_checkpoint(owner, signer, NOON)
    seen = log_place(ledger_dsn)
    refuse_restored(ledger_dsn, None, checkpoint=signed)
    fill(owner, 1)
    refuse_restored(ledger_dsn, None, checkpoint=signed)

    go_back(owner, 4)
    with pytest.raises(LedgerBehindCheckpoint) as refused:
        refuse_restored(ledger_dsn, None, checkpoint=signed)
    assert (refused.value.position, refused.value.position_signed) == (4, 5)
    with pytest.raises(LedgerBehindKeys):  # told first: then erasures are lost as well
        refuse_restored(ledger_dsn, seen, checkpoint=signed)
    fill(owner, 3)  # longer than before, but another log
    with pytest.raises(LedgerBehindCheckpoint):
        refuse_restored(ledger_dsn, None, checkpoint=signed)


def test_what_a_finished_restore_gave_up_is_no_ground_to_refuse_its_timeline(
    owner: Connection, ledger_dsn: str, signer: CheckpointSigner
) -> None:
    fill(owner, 5)
    signed = make_checkpoint(owner, signer, NOON)
    go_back(owner, 4)
    begin(ledger_dsn)

    with pytest.raises(RestoreUnfinished):
        refuse_restored(ledger_dsn, None, checkpoint=signed)
    open_timeline(ledger_dsn, 2, at=NOON)
    refuse_restored(ledger_dsn, None, checkpoint=signed)
    unknown = signer.sign(replace(signed, timeline=uuid4()))
    with pytest.raises(LedgerBehindCheckpoint):  # of a later restore, which this log is from before
        refuse_restored(ledger_dsn, None, checkpoint=unknown)


def test_places_are_ordered_alike_as_values_and_as_bytes() -> None:
    places = [LogPlace(number, position, uuid4(), b"h" * 32) for number in (1, 2, 300) for position in (0, 7, 70_000)]

    assert sorted(places) == places
    assert sorted(each.to_bytes() for each in places) == [each.to_bytes() for each in places]
