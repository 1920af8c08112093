"""The replay of a small slice: totals against the independent sum, crashes and resuming, erased households."""

from __future__ import annotations

import ast
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from ledger import SEOUL, BlockedAccount, Command, InsufficientPoints, Receipt, SweepReport
from projections import CARRIED, COLUMNS
from service.replay.choices import CONTRACTS, falls
from service.replay.mapping import Mapping, MappingUnreadable
from service.replay.people import person
from service.replay.plan import Plan, Slice, make_plan, personal_values
from service.replay.run import Replay, SimulatedClock
from service.replay.source import Source, read_baskets
from service.replay.totals import independent_sum
from tests.service.conftest import KEY_CACHE_SECONDS, Cli

HOUSEHOLDS = 60
UNTIL = date(2017, 9, 15)  # eight sweeps, two of which let points of purchases expire
SLICE = ("--households", HOUSEHOLDS, "--until", UNTIL)
EVERYDAY = {
    *("accrue", "pend", "confirm", "cancel", "clawback", "pay", "hold", "capture", "release", "exchange"),
    *("refund", "coupon-redeem", "coupon-expire", "expire"),
}


Books = dict[tuple[str, str, str], dict[str, int]]
"""(account of the books, funder, month) → points by movement, as a roll-forward signs them."""


@dataclass(frozen=True, slots=True)
class Expected:
    """The books of the slice, and the counts."""

    books: Books
    purchases: int
    refused: int
    noticed: int


def expected_of(part: Slice) -> Expected:
    total = independent_sum(Source.find(), part)
    books = {
        (account, funder, f"{month // 12}-{month % 12 + 1:02}"): {
            word: CARRIED[account] * points for word, points in words.items() if points
        }
        for (account, funder, month), words in total.books.moved.items()
        if account in CARRIED
    }
    return Expected(
        {owner: words for owner, words in books.items() if words}, total.purchases, total.refused, total.notices[0]
    )


@pytest.fixture(scope="module")
def expected() -> Expected:
    return expected_of(Slice(HOUSEHOLDS, UNTIL))


def books_of(cli: Cli) -> Books:
    rows = [row for account in CARRIED for row in cli.ok("roll-forward", "--of", account)["months"]]
    books = {
        (row["account"], row["funder"], row["month"]): {word: row[word] for word in COLUMNS if row[word]}
        for row in rows
    }
    return {owner: words for owner, words in books.items() if words}


def words_of(books: Books) -> set[str]:
    return {word for words in books.values() for word in words}


def test_every_figure_of_every_month_and_funder_is_that_of_the_independent_sum(cli: Cli, expected: Expected) -> None:
    done = cli.ok("replay", *SLICE)

    assert books_of(cli) == expected.books
    assert (done["accrued"], done["refused"], done["noticed"]) == (
        expected.purchases,
        expected.refused,
        expected.noticed,
    )
    assert done["refused"] > done["moot"] + done["not_taken_back"] >= 0
    # A slice in which nothing of a kind had happened would show nothing of it.
    assert words_of(expected.books) >= EVERYDAY
    assert len({funder for _, funder, _ in expected.books}) == 1 + len(CONTRACTS)


def test_a_year_of_more_households_ties_with_what_members_owe_and_funders_owe_each_other(cli: Cli) -> None:
    expected = expected_of(Slice(200))
    cli.ok("replay", "--households", 200)

    assert books_of(cli) == expected.books
    assert words_of(expected.books) == {*EVERYDAY, "repay"}
    assert cli.ok("roll-forward", "--check")["ties"]


def test_a_replay_that_is_done_sends_nothing_that_counts_twice(cli: Cli, expected: Expected) -> None:
    first = cli.ok("replay", *SLICE)
    again = cli.ok("replay", *SLICE)

    assert again["done_before"] > 0.9 * first["steps"]
    assert again["accrued"] == 0
    assert books_of(cli) == expected.books


def notices_in(environ: dict[str, str]) -> int:
    with psycopg.connect(environ["LEDGER_OWNER_DSN"]) as owner:
        row = owner.execute("SELECT count(*) FROM ledger.events WHERE topic = 'points.expiry-noticed.v1'").fetchone()
    assert row is not None
    return int(row[0])


def test_a_slice_grows_into_a_larger_one_and_no_month_is_told_twice(
    cli: Cli, environ: dict[str, str], expected: Expected
) -> None:
    cli.ok("replay", "--households", 10, "--until", "2017-06-10")
    cli.ok("replay", *SLICE)

    assert books_of(cli) == expected.books
    assert notices_in(environ) == expected.noticed


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
    assert books_of(cli) == expected.books
    assert notices_in(environ) == expected.noticed
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
    assert books_of(cli) == expected.books
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


async def test_a_sweep_that_an_account_refuses_ends_the_run_with_the_refusal() -> None:
    first = datetime(2017, 2, 1, 0, 10, tzinfo=SEOUL)
    refusal = InsufficientPoints(2, 1)

    async def sweep(as_of: date, accounts: Sequence[UUID]) -> SweepReport:
        blocked = (BlockedAccount(uuid4(), refusal),)
        return SweepReport(as_of, False, len(accounts), {}, {}, (), blocked, 0)

    async def execute(command: Command) -> Receipt:
        raise AssertionError(command)

    plan = Plan(steps=[], sweeps=[first], people={}, skipped=0)
    run = Replay(plan, {}, execute=execute, sweep=sweep, clock=SimulatedClock(first), done={})
    with pytest.raises(InsufficientPoints) as raised:
        await run.run()

    assert raised.value is refusal


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


def test_the_made_up_part_of_the_year_has_believable_shares_and_is_always_the_same() -> None:
    plan = make_plan(Source.find(), Slice())
    kinds = Counter(type(step).__name__ for step in plan.steps)
    baskets = kinds["Purchase"]

    assert [number for number in range(20) if falls("points", number, one_in=4)] == [5, 7, 15, 17]
    assert 0.01 < kinds["Payment"] / baskets < 0.03
    assert 0.02 < kinds["Holding"] / baskets < 0.03
    assert 0.05 < (kinds["Confirmation"] + kinds["Cancellation"]) / baskets < 0.07
    assert 0.01 < kinds["Return"] / baskets < 0.03
    assert 0.5 < kinds["CouponUse"] / kinds["Spending"] < 0.7
    assert (plan.sweeps[0].date(), plan.sweeps[-1].date(), len(plan.sweeps)) == (date(2017, 2, 1), date(2018, 1, 1), 12)


@pytest.mark.parametrize("module", ["till", "lots", "totals", "file_baskets"])
def test_the_independent_sum_knows_no_rule_of_the_ledger_and_no_command_of_the_replay(module: str) -> None:
    source = ast.parse((Path(independent_sum.__code__.co_filename).parent / f"{module}.py").read_text())
    named = {node.module for node in ast.walk(source) if isinstance(node, ast.ImportFrom)}
    named |= {name.name for node in ast.walk(source) if isinstance(node, ast.Import) for name in node.names}

    assert not {name for name in named if name and name.split(".")[0] in ("ledger", "projections", "crypto_shredding")}
    of_the_replay = ("rules", "baskets", "coupons", "carrying", "run", "steps")
    assert not named & {f"service.replay.{each}" for each in of_the_replay}


def test_cents_are_exact() -> None:
    baskets = {each.basket: each for each in read_baskets(Source.find())}

    assert len(baskets) == 155_848
    assert sum(each.cents for each in baskets.values()) == 459_603_958  # 4,596,039.58 dollars, summed in decimals
