"""The table of movements says what the ledger's own says."""

from __future__ import annotations

from collections import Counter

import pytest

from ledger import encode, fields_of, topics
from ledger.points.conservation import EFFECTS, owed_by, parts
from projections import BY_WORD, COLUMNS, BadEvent
from projections import movements as books
from projections.movements import MOVEMENTS, STILL
from tests.projections.rich_log import RichLog


def test_every_kind_of_event_either_is_a_movement_or_is_known_not_to_be() -> None:
    assert MOVEMENTS.keys() | STILL == topics().keys()
    assert not MOVEMENTS.keys() & STILL


def test_every_movement_has_the_signs_that_the_ledger_gives_it() -> None:
    effects = {kind.TOPIC: effect for kind, effect in EFFECTS.items()}
    signs = {topic: (effect.lots, effect.held, effect.pending) for topic, effect in effects.items()}

    assert {topic: (each.lots, each.held, each.pending) for topic, each in MOVEMENTS.items()} == {
        topic: signs[topic] for topic in MOVEMENTS
    }
    assert [topic for topic, sign in signs.items() if topic not in MOVEMENTS and any(sign)] == []


def test_every_kind_of_event_that_carries_points_has_a_column_in_the_roll_forward() -> None:
    carries_points = {name for name, kind in topics().items() if kind.model_fields.keys() & {"lot", "lots", "draws"}}

    assert carries_points <= MOVEMENTS.keys()
    assert {MOVEMENTS[name].word for name in carries_points} == set(COLUMNS)


def test_each_movement_has_a_word_and_a_title_of_its_own() -> None:
    assert len(BY_WORD) == len(MOVEMENTS)
    assert Counter(each.title for each in MOVEMENTS.values()).most_common(1)[0][1] == 1


def test_the_read_models_find_in_each_event_what_the_ledger_finds() -> None:
    log = RichLog(seed=4)
    log.run(1_500)

    for _, event in log.events:
        topic, state = fields_of(event.TOPIC, encode(event))
        if topic in MOVEMENTS:
            movement = MOVEMENTS[topic]
            found = [(part["lot_id"], part["points"]) for part in books.parts(movement, state)]
            assert found == [(str(part.lot_id), part.points) for part in parts(event)]
            owed = sum(points for _, points in books.owed_by(movement, state)) if movement.owes else 0
            assert owed == owed_by(event)  # type: ignore[arg-type]  # an event of an account


def test_a_log_of_the_tests_has_every_kind_of_event_of_an_account() -> None:
    log = RichLog(seed=4)
    log.run(1_500)

    assert {event.TOPIC for _, event in log.events} == {name for name in topics() if name.startswith("points.")}


def draw(points: int, lot: str = "a") -> dict[str, object]:
    return {"lot_id": lot, "points": points, "kind": "free", "funder": "operator", "expires_on": None}


@pytest.mark.parametrize(
    ("topic", "state"),
    [
        ("points.received.v1", {"points": 11, "lots": [draw(10)]}),
        ("points.held.v1", {"points": 10, "draws": []}),
        ("points.clawback-returned.v1", {"points": 10, "draws": [draw(10)], "given": [draw(9, "b")]}),
        ("points.clawed-back.v1", {"points": 0, "draws": [draw(1)]}),
        ("points.extended.v1", {"points": 10, "draws": [draw(10)], "given": [draw(9)]}),
    ],
)
def test_parts_that_do_not_make_the_points_of_the_event_are_refused(topic: str, state: dict[str, object]) -> None:
    with pytest.raises(BadEvent):
        books.parts(MOVEMENTS[topic], state)


def test_debts_that_do_not_make_what_was_repaid_are_refused() -> None:
    repaid = {"points": 10, "repaid": [{"funder": "operator", "points": 9}]}

    with pytest.raises(BadEvent):
        list(books.owed_by(MOVEMENTS["points.deficit-repaid.v1"], repaid))
    with pytest.raises(BadEvent):
        list(books.owed_by(MOVEMENTS["points.clawed-back.v1"], {"owed": -1}))
