"""Writers, readers, an officer and erasures in processes of their own, all at once; then everything is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ledger.erasure.storm import Dsns
from tests.ledger.office import Addresses, Office
from tests.ledger.storm.cast import Cast, make_cast
from tests.ledger.storm.counting import Numbers, counted
from tests.ledger.storm.instants import now
from tests.ledger.storm.storm import Seen, Size, storm

SMALL = Size(erased=8, staying=4, writing_processes=2, writers_each=2, reading_processes=1)
LARGE = Size(erased=200, staying=30, writing_processes=4, writers_each=2, reading_processes=3)


@pytest.fixture
def dsns(ledger_dsn: str, keys_dsn: str) -> Dsns:
    return Dsns(ledger_dsn, keys_dsn)


async def weathered(addresses: Addresses, dsns: Dsns, size: Size, folder: Path) -> Numbers:
    async with await Office.open(addresses, tells=now) as office:
        cast, seen = await stormed(office, size, folder)
        return await counted(office, cast, seen, dsns)


async def stormed(office: Office, size: Size, folder: Path) -> tuple[Cast, Seen]:
    await office.program()
    cast = await make_cast(office, erased=size.erased, staying=size.staying)
    return cast, await storm(office, cast, size, folder)


def assert_there_was_a_storm(numbers: Numbers, size: Size) -> None:
    """Or nothing that was not found would say anything."""
    seen = numbers.seen
    faults = [each for told in (seen["told"], seen["readers"]) for each in told if each.startswith("fault")]
    assert faults == []
    assert seen["erasures"] == size.erased
    assert seen["erasing_processes_killed"] > 0
    assert seen["told"]["appended"] > size.erased
    assert seen["told"]["AccountNotActive"] + seen["told"].get("MemberNotActive", 0) > 0
    assert seen["told"]["PeriodEnded"] > 0
    assert seen["accounts_opened"] > 0
    assert seen["freezes"] > 0
    assert seen["holds"]["placed"] > 0
    assert numbers.closed_periods == 5
    assert seen["index_rows_moved"] > 0
    assert numbers.opened_between_doom_and_t_live > 0
    assert min(numbers.held_values, numbers.live_values, numbers.erased_values, numbers.tombstones) > 0


async def test_everything_at_once_and_nothing_comes_back_or_is_lost(
    addresses: Addresses, dsns: Dsns, tmp_path: Path
) -> None:
    numbers = await weathered(addresses, dsns, SMALL, tmp_path)

    assert numbers.wrong == {}, numbers.told()
    assert_there_was_a_storm(numbers, SMALL)


@pytest.mark.soak
async def test_two_hundred_are_erased_while_eight_write_and_three_processes_read(
    addresses: Addresses, dsns: Dsns, tmp_path: Path
) -> None:
    numbers = await weathered(addresses, dsns, LARGE, tmp_path)

    for name, value in numbers.told().items():
        print(f"{name:32} {value}")  # noqa: T201  # what a soak saw is its result
    assert numbers.wrong == {}
    assert_there_was_a_storm(numbers, LARGE)
