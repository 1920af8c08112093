"""Programs change while processes run, and one unreadable stream is the trouble of those who ask for it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from ledger import DefineProgram, InvalidAmount, Program, UnknownTopic
from ledger.desk import definitions
from ledger.desk.books import Shelf
from ledger.evolution import evolve
from ledger.store.readers import StoredRow
from tests.ledger.office import PROGRAM, Office


async def test_the_next_version_of_a_program_reaches_other_processes(
    office: Office, other: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, (account,) = await office.member(100)
    await other.do(other.payment(account, 1))
    await office.do(DefineProgram(**office.stamp(), program=Program(PROGRAM, "a program", 2, minimum_use=3)))

    monkeypatch.setattr(definitions, "LOOK_SECONDS", 0.0)

    for desk in (office, other):
        with pytest.raises(InvalidAmount):
            await desk.do(desk.payment(account, 1))


class OneRowUnreadable:
    """A reader that finds an event of a later version in one stream, and nothing in others."""

    def __init__(self, stream: UUID) -> None:
        self.stream = stream

    async def read(self, wanted: Sequence[tuple[UUID, int]]) -> tuple[list[StoredRow], dict[UUID, UUID]]:
        rows = [StoredRow(stream, 1, "points.accrued.v99", b"{}", 1) for stream, _ in wanted if stream == self.stream]
        return rows, {}


async def test_a_stream_that_cannot_be_read_fails_nobody_who_asks_for_another() -> None:
    unreadable, readable = uuid4(), uuid4()
    shelf = Shelf(OneRowUnreadable(unreadable), evolve)

    answers = await asyncio.gather(*(shelf.book(each) for each in (unreadable, readable)), return_exceptions=True)

    assert isinstance(answers[0], UnknownTopic)
    assert not isinstance(answers[1], BaseException)
