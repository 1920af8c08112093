"""What `ledger.append` answers, in its order of precedence, alone and inside one batch."""

from __future__ import annotations

import random
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from crypto_shredding import Period
from ledger.store import Entry, NewEvent, Outcome, Status
from tests.ledger.store.making import DAY, after, append, entry, event, indexed, opening, rows, statuses

Connection = psycopg.Connection[Any]
TABLES = ("events", "box", "receipt", "closed_class", "closed_period", "account_holder", "blind_index", "index_key")


def test_an_entry_is_stored_with_all_its_parts(app: Connection) -> None:
    account, member = uuid4(), uuid4()
    happened = event(account, boxes=((7, b"sealed"), (9, b"sealed too")))

    parts: dict[str, Any] = {"closes": ((member, 1),), "ends": (DAY,), "links": ((account, member),)}
    append(app, opening(index_key=7))
    parts |= {"index_rows": (indexed(member),), "index_key": 8}
    [outcome] = append(app, entry(happened, after(happened), **parts))

    assert (outcome.status, outcome.position) == (Status.APPENDED, 3)
    assert {table: rows(app, table) for table in TABLES} == {
        "events": 3,
        "box": 2,
        "receipt": 2,
        "closed_class": 1,
        "closed_period": 1,
        "account_holder": 1,
        "blind_index": 1,
        "index_key": 2,
    }


def test_positions_follow_each_other_without_gaps(app: Connection) -> None:
    first, second = opening(), opening()

    answered = append(app, first, entry(after(first.events[0]), event(uuid4())), second)

    assert [outcome.position for outcome in answered] == [1, 3, 4]


def test_a_key_seen_before_answers_with_its_first_receipt(app: Connection) -> None:
    first = opening()
    append(app, first)
    again = entry(after(first.events[0]), key=first.key, fingerprint=b"other content", receipt=b"other")

    [outcome] = append(app, again)

    assert outcome == (Status.REPLAYED, 1, first.receipt, first.fingerprint)
    assert rows(app, "events") == 1


def test_a_reference_seen_before_answers_with_its_first_receipt(app: Connection) -> None:
    first = opening(reference="store 7, receipt 11")
    append(app, first)

    [outcome] = append(app, entry(after(first.events[0]), reference="store 7, receipt 11"))

    assert outcome == (Status.REFERENCE_SEEN, 1, first.receipt, first.fingerprint)


def test_keys_and_references_are_unique_per_stream_only(app: Connection) -> None:
    first = opening(reference="r")

    answered = append(app, first, opening(key=first.key, reference="r"))

    assert statuses(answered) == ["APPENDED", "APPENDED"]


def test_a_closed_class_refuses_what_guards_it_and_nothing_else(app: Connection) -> None:
    member = uuid4()
    append(app, opening(closes=((member, 2),)))

    answered = append(app, opening(guards=((member, 1), (member, 2))), opening(guards=((member, 1),)))

    assert statuses(answered) == ["CLASS_CLOSED", "APPENDED"]


def test_what_closes_a_class_may_guard_it_and_close_it_again(app: Connection) -> None:
    member = uuid4()
    closing = opening(guards=((member, 1),), closes=((member, 1),))

    assert statuses(append(app, closing)) == ["APPENDED"]
    assert statuses(append(app, opening(closes=((member, 1),)))) == ["APPENDED"]
    assert app.execute("SELECT position FROM ledger.closed_class").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "stale",
    [
        pytest.param(lambda head: event(head.stream, 2, event(head.stream)), id="another event has its place"),
        pytest.param(lambda head: event(head.stream, 3, head), id="a version is left out"),
        pytest.param(lambda head: event(head.stream, 1), id="the version is taken"),
        pytest.param(lambda head: event(head.stream, 2), id="it was decided on nothing"),
        pytest.param(lambda head: event(uuid4(), 1, head), id="its base is in another stream"),
        pytest.param(lambda head: event(uuid4(), 2), id="its stream is empty"),
    ],
)
def test_what_was_decided_elsewhere_conflicts(app: Connection, stale: Any) -> None:
    head = event(uuid4())
    append(app, entry(head))

    [outcome] = append(app, entry(stale(head)))

    assert outcome.status is Status.CONFLICT
    assert rows(app, "events") == 1


def test_a_decision_on_a_refused_event_is_refused_although_its_version_would_fit(app: Connection) -> None:
    """Ours was decided ahead of the answer; meanwhile another writer's event took the place of its base."""
    opened = opening()
    append(app, opened)
    ours = after(opened.events[0])
    ours_on_top = after(ours)
    append(app, entry(after(opened.events[0])))

    assert statuses(append(app, entry(ours))) == ["CONFLICT"]
    assert statuses(append(app, entry(ours_on_top))) == ["CONFLICT"]


def test_refusals_have_one_order_of_precedence(app: Connection) -> None:
    """A stored receipt, then a stored reference, a closed class, a closed period, an index that moved, a conflict."""
    member = uuid4()
    first = opening(reference="r")
    append(app, first, opening(closes=((member, 1),), ends=(DAY,), index_key=8))
    stale = event(first.stream, 9)
    everything: dict[str, Any] = {"key": first.key, "reference": "r", "guards": ((member, 1),), "periods": (DAY,)}
    everything["index_rows"] = (indexed(member),)
    seen = []
    for missing in ("", "key", "reference", "guards", "periods", "index_rows"):
        everything.pop(missing, None)
        seen += statuses(append(app, entry(stale, **everything)))

    assert seen == ["REPLAYED", "REFERENCE_SEEN", "CLASS_CLOSED", "PERIOD_CLOSED", "INDEX_MOVED", "CONFLICT"]


def test_the_second_of_two_equal_keys_in_a_batch_is_a_replay_of_the_first(app: Connection) -> None:
    first = opening()

    answered = append(app, first, entry(after(first.events[0]), key=first.key, receipt=b"another"))

    assert statuses(answered) == ["APPENDED", "REPLAYED"]
    assert answered[1].receipt == first.receipt
    assert answered[1].position == 1


def test_the_second_of_two_equal_references_in_a_batch_is_seen(app: Connection) -> None:
    first = opening(reference="r")

    answered = append(app, first, entry(after(first.events[0]), reference="r"))

    assert statuses(answered) == ["APPENDED", "REFERENCE_SEEN"]
    assert answered[1].receipt == first.receipt


def test_a_key_of_a_refused_entry_is_free(app: Connection) -> None:
    first = opening()
    refused = entry(event(first.stream, 5))

    answered = append(app, first, refused, entry(after(first.events[0]), key=refused.key))

    assert statuses(answered) == ["APPENDED", "CONFLICT", "APPENDED"]


def test_a_class_closed_inside_a_batch_refuses_what_comes_after_it(app: Connection) -> None:
    member = uuid4()

    answered = append(
        app, opening(guards=((member, 1),)), opening(closes=((member, 1),)), opening(guards=((member, 1),))
    )

    assert statuses(answered) == ["APPENDED", "APPENDED", "CLASS_CLOSED"]


def test_a_class_that_a_refused_entry_would_have_closed_stays_open(app: Connection) -> None:
    member = uuid4()

    answered = append(app, entry(event(uuid4(), 4), closes=((member, 1),)), opening(guards=((member, 1),)))

    assert statuses(answered) == ["CONFLICT", "APPENDED"]


def test_what_rests_on_a_refused_entry_falls_with_it_and_others_stand(app: Connection) -> None:
    """Transitively, across streams: a → b (also on stream 2) → c (on stream 2 alone)."""
    one, two, other = opening(), opening(), opening()
    append(app, one, two, other)
    a = event(one.stream, 2)  # conflicts: decided on nothing
    b_one, b_two = after(a), after(two.events[0])
    c = after(b_two)

    answered = append(app, entry(a), entry(b_one, b_two), entry(c), entry(after(other.events[0])))

    assert statuses(answered) == ["CONFLICT", "CONFLICT", "CONFLICT", "APPENDED"]
    assert rows(app, "events") == 4


def test_the_place_of_a_refused_entry_can_be_taken_in_the_same_batch(app: Connection) -> None:
    member = uuid4()
    head = opening()
    append(app, head, opening(closes=((member, 1),)))
    refused = entry(after(head.events[0]), event(uuid4()), guards=((member, 1),))

    answered = append(app, refused, entry(after(head.events[0])), entry(after(head.events[0])))

    assert statuses(answered) == ["CLASS_CLOSED", "APPENDED", "CONFLICT"]


def test_an_entry_over_several_streams_is_stored_whole_or_not_at_all(app: Connection) -> None:
    there = opening()
    append(app, there)
    fits = event(uuid4(), boxes=((1, b"box"),))

    parts: dict[str, Any] = {"ends": (DAY,), "links": ((uuid4(), uuid4()),), "index_key": 7}
    [outcome] = append(app, entry(fits, event(there.stream, 7), **parts))

    assert outcome.status is Status.CONFLICT
    assert {table: rows(app, table) for table in TABLES} == {
        "events": 1,
        "box": 0,
        "receipt": 1,
        "closed_class": 0,
        "closed_period": 0,
        "account_holder": 0,
        "blind_index": 0,
        "index_key": 0,
    }


def test_an_entry_that_misfits_late_leaves_no_trace_on_the_streams_it_fitted(app: Connection) -> None:
    head = opening()
    append(app, head)
    one, two = after(head.events[0]), after(after(head.events[0]))
    misfit = event(uuid4(), 3)

    answered = append(app, entry(one, after(one), misfit), entry(two), entry(after(head.events[0])))

    assert statuses(answered) == ["CONFLICT", "CONFLICT", "APPENDED"]


def test_an_entry_without_events_keeps_its_receipt(app: Connection) -> None:
    stream = uuid4()
    silent = entry(stream=stream)

    answered = append(app, opening(), silent, opening())

    assert [outcome.position for outcome in answered] == [1, 1, 2]
    assert statuses(append(app, silent)) == ["REPLAYED"]


def test_links_are_deleted_with_the_entry_that_says_so(app: Connection) -> None:
    account, kept, member = uuid4(), uuid4(), uuid4()
    append(app, opening(links=((account, member), (kept, member))))

    append(app, entry(event(uuid4(), 3), unlinks=(kept,)), opening(unlinks=(account,)))

    assert app.execute("SELECT account FROM ledger.account_holder").fetchall() == [(kept,)]


def test_who_counted_the_accounts_of_a_member_conflicts_with_one_that_was_linked_meanwhile(app: Connection) -> None:
    member, known, late = uuid4(), uuid4(), uuid4()
    append(app, opening(links=((known, member),)))

    def leaving(accounts: int) -> Entry:
        return opening(guards=((member, 2),), closes=((member, 2),), rosters=((member, accounts),))

    behind_the_plan = append(app, opening(links=((late, member),)), leaving(1))
    too_many = append(app, leaving(3))
    right = append(app, leaving(2), opening(guards=((member, 2),), links=((uuid4(), member),)))

    assert statuses(behind_the_plan) == ["APPENDED", "CONFLICT"]
    assert statuses(too_many) == ["CONFLICT"]
    assert statuses(right) == ["APPENDED", "CLASS_CLOSED"]


def test_a_link_of_a_refused_entry_is_not_counted(app: Connection) -> None:
    member = uuid4()
    refused = entry(event(uuid4(), 5), links=((uuid4(), member),))

    answered = append(app, refused, opening(guards=((member, 2),), rosters=((member, 0),)))

    assert statuses(answered) == ["CONFLICT", "APPENDED"]


def test_the_judge_agrees_with_one_entry_a_call(app: Connection, server: Any, ledger_template: str) -> None:
    """The same entries one by one and in one batch have the same outcomes and leave the same log."""
    server.create_database("tangle", template=ledger_template)
    with psycopg.connect(server.dsn("tangle"), autocommit=True) as alone:
        entries, one_by_one = _tangle(alone)
        log_of_one_by_one = alone.execute(LOG).fetchall()

    together = append(app, *entries)

    assert statuses(together) == statuses(one_by_one)
    assert set(statuses(together)) == {status.name for status in Status}
    assert app.execute(LOG).fetchall() == log_of_one_by_one
    # A refusal's position is the head after its batch, and the batches differ.
    refused = (Status.CONFLICT, Status.CLASS_CLOSED, Status.PERIOD_CLOSED, Status.INDEX_MOVED)
    assert [i for i in together if i.status not in refused] == [i for i in one_by_one if i.status not in refused]


LOG = "SELECT position, stream, version, event FROM ledger.events ORDER BY position"


def _tangle(connection: Connection) -> tuple[list[Entry], list[Outcome]]:
    """200 entries over few streams, keys, references and classes, a good part of them not decided on the head."""
    dice = random.Random(20250101)
    made: dict[UUID, list[NewEvent]] = {uuid4(): [] for _ in range(6)}
    heads: dict[UUID, NewEvent] = {}
    keys = [uuid4() for _ in range(150)]
    members = [uuid4() for _ in range(10)]
    days = [Period(code, date(2024, 3, day)) for code in (3, 4) for day in range(1, 6)]
    entries, answered, newest = [], [], 0
    for _ in range(200):
        events = []
        for stream in dice.sample(list(made), dice.choice((1, 1, 2))):
            base = heads.get(stream) if dice.random() < 0.8 else dice.choice([None, *made[stream]])
            events.append(after(base) if base else event(stream))
            if dice.random() < 0.2:
                events.append(after(events[-1]))
        for new in events:
            made[new.stream].append(new)
        tangled = entry(
            *events,
            key=dice.choice(keys),
            reference=dice.choice((None, None, str(dice.randrange(60)))),
            guards=tuple((member, 1) for member in dice.sample(members, dice.choice((0, 1, 2)))),
            closes=((dice.choice(members), 1),) if dice.random() < 0.05 else (),
            periods=tuple(dice.sample(days, dice.choice((0, 1, 2)))),
            ends=(dice.choice(days),) if dice.random() < 0.05 else (),
            index_rows=(indexed(dice.choice(members), slot=newest - (dice.random() < 0.3)),)
            if dice.random() < 0.3
            else (),
            index_key=newest + 1 if dice.random() < 0.05 else None,
        )
        [outcome] = append(connection, tangled)
        if outcome.status is Status.APPENDED:
            heads.update({new.stream: new for new in events})
            newest = tangled.index_key or newest
        entries.append(tangled)
        answered.append(outcome)
    return entries, answered
