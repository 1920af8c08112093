"""Conservation: every kind of event has its place in the sum."""

from typing import get_args

import pytest

from ledger.event import topics
from ledger.points.conservation import EFFECTS, movements, points_of
from ledger.points.events import AccountEvent, PartnerDefined, ProgramDefined
from ledger.points.evolve import FOLDS
from tests.ledger.points.given import Story


def test_every_kind_of_event_has_its_place_in_the_sum_and_its_fold() -> None:
    of_points = {kind for topic, kind in topics().items() if topic.startswith("points.")}

    assert set(EFFECTS) == of_points
    assert set(EFFECTS) == {*get_args(AccountEvent), ProgramDefined, PartnerDefined}
    assert set(FOLDS) == set(get_args(AccountEvent))


def test_movements_per_lot_add_up_to_the_events_points() -> None:
    story = Story()
    story.accrue(100)
    story.accrue(50)
    paid = story.pay(120)
    story.exchange(10)
    story.refund(paid.id)
    story.leave("2024-04-03")

    for event in story.events:
        assert sum(points for _, points in movements(event)) == points_of(event)
    assert sum(map(points_of, story.events)) == 0
    assert [points_of(event) for event in story.events] == [0, 100, 50, -120, -10, 120, 0, -140, 0]


def test_a_kind_of_event_without_its_place_is_an_error() -> None:
    class PointsVanished:
        pass

    with pytest.raises(KeyError):
        movements(PointsVanished())  # type: ignore[arg-type]
