"""The replay of a small slice: totals against the independent sum, crashes and resuming, erased households."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest

from service.replay.mapping import Mapping, MappingUnreadable
from service.replay.people import person
from service.replay.plan import Slice, make_plan, personal_values
from service.replay.source import Source, read_baskets
from service.replay.totals import independent_sum
from tests.service.conftest import KEY_CACHE_SECONDS, Cli

HOUSEHOLDS = 60
UNTIL = date(2017, 9, 15)  # two sweeps, and coupons that are taken back
SLICE = ("--households", HOUSEHOLDS, "--until", UNTIL)


@dataclass(frozen=True, slots=True)
class Expected:
    """Figures of the slice by month, as the roll-forward gives them, and the counts."""

    months: dict[str, dict[str, int]]
    purchases: int
    refused: int


@pytest.fixture(scope="module")
def expected() -> Expected:
    total = independent_sum(Source.find(), Slice(HOUSEHOLDS, UNTIL))
    months = {
        f"{year}-{month:02}": {
            "accrue": moved.accrued,
            "pay": -moved.paid,
            "exchange": -moved.exchanged,
            "refund": moved.refunded,
            "expire": -moved.expired,
        }
        for (year, month), moved in sorted(total.months.items())
    }
    return Expected(months, total.purchases, total.refused)


def months_of(cli: Cli) -> dict[str, dict[str, int]]:
    words = ("accrue", "pay", "exchange", "refund", "expire")
    return {row["month"]: {word: row[word] for word in words} for row in cli.ok("roll-forward")["months"]}


def test_every_figure_of_every_month_is_that_of_the_independent_sum(cli: Cli, expected: Expected) -> None:
    done = cli.ok("replay", *SLICE)

    assert months_of(cli) == expected.months
    assert (done["accrued"], done["refused"]) == (expected.purchases, expected.refused)
    # A slice in which nothing was spent, given back or expired would show nothing.
    for word in ("pay", "exchange", "refund", "expire"):
        assert any(month[word] for month in expected.months.values())


def test_a_replay_that_is_done_sends_nothing_that_counts_twice(cli: Cli, expected: Expected) -> None:
    first = cli.ok("replay", *SLICE)
    again = cli.ok("replay", *SLICE)

    assert again["done_before"] > 0.9 * first["steps"]
    assert again["accrued"] == 0
    assert months_of(cli) == expected.months


def test_a_slice_grows_into_a_larger_one(cli: Cli, expected: Expected) -> None:
    cli.ok("replay", "--households", 10, "--until", "2017-06-10")
    cli.ok("replay", *SLICE)

    assert months_of(cli) == expected.months


@contextmanager
def replaying(environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A replay in a process of its own that has sent a part and is still at it."""
    code = "from service.cli import main; main()"
    command = [sys.executable, "-c", code, "replay", *map(str, SLICE)]
    process = subprocess.Popen(command, env=environ | {"PATH": os.environ["PATH"]}, stdout=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        for line in process.stdout:
            if b"replay: " in line:  # a tenth is done
                break
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def no_further_than(position: int, dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """No event behind the position is stored until the block ends: whoever is replaying is still at it."""
    with psycopg.connect(dsn, autocommit=True) as owner, psycopg.connect(dsn, autocommit=True) as watcher:
        owner.execute("SELECT pg_advisory_lock(42)")
        owner.execute(
            "CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NEW; END'"
        )
        owner.execute(
            "CREATE TRIGGER wait_here BEFORE INSERT ON ledger.events FOR EACH ROW "
            f"WHEN (NEW.position > {position}) EXECUTE FUNCTION wait_here()"
        )
        yield watcher
        owner.execute("SELECT pg_advisory_unlock(42)")
        owner.execute("DROP TRIGGER wait_here ON ledger.events")


def test_killed_in_the_middle_and_started_again_it_ends_as_if_nothing_had_been(
    cli: Cli, environ: dict[str, str], expected: Expected
) -> None:
    with no_further_than(1_500, environ["LEDGER_OWNER_DSN"]) as watcher, replaying(environ) as process:
        waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND NOT granted"
        while watcher.execute(waiting).fetchone() == (0,):
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL

    again = cli.ok("replay", *SLICE)

    assert again["done_before"] > 0, "it was killed before it had done anything"
    assert again["accrued"] > 0, "it was killed after it had done everything"
    assert months_of(cli) == expected.months
    assert cli.ok("verify")["intact"]


def test_postgres_killed_under_a_replay_costs_nothing(folder: Path, expected: Expected) -> None:
    environ = {"POINTS_LEDGER_DATA": str(folder / "data"), "POINTS_LEDGER_KEY_CACHE_SECONDS": KEY_CACHE_SECONDS}
    with replaying(environ) as process:
        os.kill(_postmaster(folder / "data"), signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)  # it tries for half a minute to get its server back
    cli = Cli(environ)

    again = cli.ok("replay", *SLICE)

    assert again["done_before"] > 0
    assert months_of(cli) == expected.months
    assert cli.ok("verify")["intact"]
    assert cli.ok("rebuild", "--check-only")["equal"]


def _postmaster(data: Path) -> int:
    (pid_file,) = data.glob("*/postmaster.pid")
    return int(pid_file.read_text().split()[0])


def test_an_erased_household_is_not_replayed_again(cli: Cli) -> None:
    small = ("--households", 3, "--until", "2017-02-01")
    cli.ok("replay", *small)
    file = Path(cli.environ["POINTS_LEDGER_DATA"]) / "replay.json"
    ids = Mapping.read(file).identities[1]
    points = cli.ok("balance", ids.account, "--at", "2017-02-02T09:00")["balance"]["available"]

    cli.ok("erase", ids.member, "--confirm-forfeit", points, "--at", "2017-02-02T09:00")
    again = cli.ok("replay", *small)

    assert str(ids.member) not in file.read_text()
    assert 1 not in Mapping.read(file).identities
    assert again["forgotten"] > 0
    assert again["joined"] == 0


def test_the_mapping_survives_and_says_when_it_is_damaged(tmp_path: Path) -> None:
    file = tmp_path / "replay.json"
    made = Mapping.open(file, [1, 2, 3])

    assert Mapping.open(file, [1, 2, 3, 4]) == made
    assert file.stat().st_mode & 0o777 == 0o600
    file.write_text(file.read_text()[:-20])
    with pytest.raises(MappingUnreadable):
        Mapping.open(file, [1])


def test_no_two_households_share_a_personal_value() -> None:
    people = [person(household, None) for household in range(1, 2_501)]

    for values in zip(*(each.profile() for each in people), strict=True):
        assert len(set(values)) == len(people)


def test_no_two_memos_or_receipts_are_alike() -> None:
    plan = make_plan(Source.find(), Slice(40))
    values = list(personal_values(plan))
    told = [who.demographics for who in plan.people.values() if who.demographics]

    assert len(set(values)) == len(values) - (len(told) - len(set(told)))


def test_a_plan_keeps_every_household_s_order_and_begins_with_its_arrival() -> None:
    plan = make_plan(Source.find(), Slice(40))
    seen: dict[int, Any] = {}

    for step in plan.steps:
        if step.household not in seen:
            assert type(step).__name__ == "Arrival"
        else:
            assert seen[step.household] <= step.at
        seen[step.household] = step.at


def test_cents_are_exact() -> None:
    baskets = {each.basket: each for each in read_baskets(Source.find())}

    assert len(baskets) == 155_848
    assert sum(each.cents for each in baskets.values()) == 459_603_958  # 4,596,039.58 dollars, summed in decimals
