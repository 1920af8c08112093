"""The position table keeps eventsourcing's contract of a tracking recorder."""

from __future__ import annotations

import unittest

import pytest
from eventsourcing.persistence import IntegrityError, Tracking
from eventsourcing.tests import persistence

from benchmarks.history import History
from projections import ProjectionTracking
from tests.projections.conftest import Pool, Project


@pytest.fixture
def tracking(pool: Pool) -> ProjectionTracking:
    return ProjectionTracking(pool)


@pytest.mark.parametrize("case", ["test_insert_tracking", "test_wait"])
def test_the_tracking_recorder_passes_the_cases_that_ship_with_eventsourcing(
    tracking: ProjectionTracking, case: str
) -> None:
    class Conformance(persistence.TrackingRecorderTestCase):
        def create_recorder(self) -> ProjectionTracking:
            return tracking

    result = unittest.TestResult()
    Conformance(case).run(result)

    assert result.testsRun == 1
    assert not result.errors, result.errors[0][1]
    assert not result.failures, result.failures[0][1]


def test_the_runner_moves_the_position_of_its_shard_in_the_same_table(
    tracking: ProjectionTracking, project: Project, history: History
) -> None:
    history.open()
    project(history.events)

    assert tracking.max_tracking_id("ledger/1") == 2
    with pytest.raises(IntegrityError):
        tracking.insert_tracking(Tracking("ledger/1", 2))
