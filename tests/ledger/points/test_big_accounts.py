"""On an account of ten thousand lots nothing looks at all of them: the steps of Python are counted, not the time."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from types import FrameType
from typing import Any
from uuid import uuid4

import pytest

from benchmarks.big_history import MIXED, PLAIN, Life, Shape, deeds, opened_at
from ledger.points.account import Account
from ledger.points.balance import balance
from ledger.points.commands import Pay
from ledger.points.holding import OPEN_HOLDS_MAX
from ledger.points.limits import OPEN_LOTS_MAX
from tests.ledger.points.given import SLOTS, sealed

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
SMALL, BIG = 10, 10_000
CHUNKS = BIG // 100
STEPS_A_CHUNK_MAX = 60
"""Bytecodes by which a question may look at a chunk; at every lot would be 128 times as much."""


def lived(shape: Shape, lots: int) -> Life:
    """An account of so many lots, and twice as many events."""
    began = opened_at(NOW)
    life = Life(Account(uuid4(), "BENCH", sealed(1), SLOTS, latest_at=began), shape, began)
    life.live(lots, 2 * lots)
    return life


@pytest.fixture(scope="module", params=[PLAIN, MIXED], ids=["plain", "mixed"])
def lives(request: pytest.FixtureRequest) -> tuple[Life, Life]:
    return lived(request.param, SMALL), lived(request.param, BIG)


def steps(work: Callable[[], object]) -> int:
    """Bytecodes that Python runs for it."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def test_ten_thousand_lots_cost_at_most_twice_what_ten_do(lives: tuple[Life, Life]) -> None:
    small, big = ({name: partial(life.decided, each) for name, each in deeds(life).items()} for life in lives)

    taken = {name: (steps(small[name]), steps(big[name])) for name in small}

    late = taken.pop("pay, reported late")
    assert {name: each for name, each in taken.items() if each[1] > 2 * each[0]} == {}
    # What was not there yet is looked for in every chunk.
    assert late[1] < 2 * late[0] + CHUNKS * STEPS_A_CHUNK_MAX


def test_a_balance_looks_at_no_more_than_a_chunk_or_two_of_each_rank(lives: tuple[Life, Life]) -> None:
    small, big = (steps(partial(balance, life.account, life.now)) for life in lives)

    assert big < small + CHUNKS * STEPS_A_CHUNK_MAX


def test_an_account_may_have_more_than_ten_thousand_lots_and_pay_with_all_of_them() -> None:
    life = lived(PLAIN, OPEN_LOTS_MAX)
    assert len(life.account.open_lots) == OPEN_LOTS_MAX > BIG

    account, [event] = life.decided(life.command(Pay, points=life.account.open_points))

    assert (len(event.draws), account.open_points, len(account.open_lots)) == (OPEN_LOTS_MAX, 0, 0)


def test_holds_that_ended_are_not_looked_at_again() -> None:
    life = lived(PLAIN, 5 * OPEN_HOLDS_MAX)

    assert len(life.account.aside.holds) > OPEN_HOLDS_MAX
    assert dict(life.account.aside.open_holds) == {}
