"""The house as one process has it for long: from many threads, over lost connections, and until it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import psycopg
import pytest

import service
from ledger import (
    CouponClosed,
    EarningRule,
    InvalidCommand,
    InvalidTime,
    Money,
    Order,
    OrderLine,
    Partner,
    Pay,
    Program,
    Tender,
    TenderRate,
    UnknownCoupon,
    UnknownMember,
)
from service.house import House
from service.settings import Settings
from service.wiring import open_house
from tests.service.conftest import Cli


@pytest.fixture
def house(cli: Cli) -> Iterator[House]:
    with open_house(Settings.read(cli.environ)) as opened:
        yield opened


def test_every_part_is_made_once_however_many_threads_come_first(house: House) -> None:
    together = Barrier(8)

    def first() -> tuple[int, ...]:
        together.wait()
        wiring = house.wiring
        return id(wiring.ledger), id(wiring.readers), id(wiring.projector), id(wiring.keyring)

    with ThreadPoolExecutor(8) as threads:
        seen = {each.result() for each in [threads.submit(first) for _ in range(8)]}

    assert len(seen) == 1


def test_reads_go_on_after_every_connection_was_lost(house: House, cli: Cli) -> None:
    house.define_program(Program("PLUS", "Plus points", version=1))
    member = house.join(name="김민준", email="m@example.com", phone="010").stream
    account = house.open_account(member, "PLUS").stream
    house.accrue(account, 100, memo="생일 선물")
    assert house.statement(account).lines[0].memo == "생일 선물"

    for _ in range(2):
        _end_all_sessions(cli.environ["LEDGER_OWNER_DSN"])
        _end_all_sessions(cli.environ["KEYS_OWNER_DSN"])

        assert house.balance(account).available == 100
        assert house.trial_balance().total == 0
        assert house.statement(account).lines[0].memo == "생일 선물"
        assert house.verify().ok


def test_partners_orders_and_refunds_have_verbs_of_their_own(house: House) -> None:
    coffee = EarningRule("coffee", (TenderRate("card", 5, 100),), funder="1208147521", priority=-1)
    plus = Program("PLUS", "Plus points", version=1, rules=(coffee,), fault_grace_days=30)
    house.define_partner(Partner("1208147521", "원두공방", version=1, contract_from=date(2020, 1, 1)))
    house.define_program(plus)
    account = house.open_account(house.join(name="김민준", email="m@example.com", phone="010").stream, "PLUS").stream
    beans, cups = (OrderLine(each, (Tender("card", 10_000),)) for each in ("beans", "cups"))

    earned = house.accrue(account, order=Order((beans, cups)))
    left = house.reprice(account, earned.receipt_id, Order((cups,)))
    later, last = datetime(2098, 1, 1, tzinfo=UTC), date(2099, 1, 1)
    given = house.accrue(account, 100, supplier="2148801234", usable_at=later, expires_on=last)
    paid = house.pay(account, 100, cash=Money(4_500), spending_order="free_first")
    part = house.refund(account, paid.receipt_id, amount=1_000, split="cash_first", fault="merchant")
    rest = house.refund(account, paid.receipt_id)

    assert [each.points for each in (earned, left, given)] == [1_000, 500, 100]
    assert given.balance is not None
    assert given.balance.available == 500
    assert [(each.points, each.money) for each in (part, rest)] == [(0, Money(1_000)), (100, Money(3_500))]
    assert house.execute(Pay(account_id=account, points=1, **house.stamp(None, None))).money is None


def test_a_house_goes_by_the_clock_that_it_is_opened_with(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cli.environ.items():
        monkeypatch.setenv(name, value)
    now = datetime(2024, 2, 29, 12, tzinfo=UTC)

    with service.open(clock=lambda: now) as house:
        receipt = house.define_program(Program("PLUS", "Plus points", version=1))
        with pytest.raises(InvalidTime):
            house.define_program(Program("PLUS", "Plus points", version=2), at=now + timedelta(days=1))

    assert (receipt.occurred_at, receipt.recorded_at) == (now, now)


def test_threads_read_at_the_same_time(house: House) -> None:
    house.define_program(Program("PLUS", "Plus points", version=1))
    member = house.join(name="김민준", email="m@example.com", phone="010").stream
    account = house.open_account(member, "PLUS").stream

    def work(number: int) -> int:
        house.accrue(account, 1)
        return house.balance(account).available

    with ThreadPoolExecutor(4) as threads:
        seen = list(threads.map(work, range(20)))

    assert max(seen) == 20


def _end_all_sessions(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_word_that_no_verb_knows_is_an_error_and_not_a_lost_reference(house: House) -> None:
    with pytest.raises(TypeError, match="refrence"):
        house.accrue(uuid4(), 10, refrence="0001")  # type: ignore[call-arg]


def test_a_coupon_is_redeemed_by_its_secret_and_once(house: House) -> None:
    house.define_program(Program("PLUS", "Plus points", version=1))
    member = house.join(name="김민준", email="m@example.com", phone="010").stream
    account = house.open_account(member, "PLUS").stream
    house.accrue(account, 500)
    house.exchange(account, 500, "COFFEE", code="K7Q2-99XA")

    assert house.redeem_code("K7Q2-99XA", store="S1").stream == account
    with pytest.raises(CouponClosed):
        house.redeem_code("K7Q2-99XA")
    with pytest.raises(UnknownCoupon):
        house.redeem_code("K7Q2-99XB")


@pytest.mark.parametrize("key", ["", 0, False])
def test_a_key_that_is_none_and_was_given_is_refused_and_nothing_is_done_twice(house: House, key: Any) -> None:
    house.define_program(Program("PLUS", "Plus points", version=1))
    account = house.open_account(house.join(name="a", email="a@example.com", phone="1").stream, "PLUS").stream

    with pytest.raises(InvalidCommand):
        house.accrue(account, 100, key=key)

    assert house.balance(account).available == 0


def test_an_account_is_no_member_that_leaves_or_is_held(house: House) -> None:
    house.define_program(Program("PLUS", "Plus points", version=1))
    account = house.open_account(house.join(name="a", email="a@example.com", phone="1").stream, "PLUS").stream

    with pytest.raises(UnknownMember):
        house.leave(account)


def test_a_receipt_of_nothing_tells_the_balance_of_now(house: House) -> None:
    start = datetime.now(UTC) - timedelta(days=30)
    house.define_program(Program("PLUS", "Plus points", version=1))
    account = house.open_account(
        house.join(name="a", email="a@example.com", phone="1", at=start).stream, "PLUS", at=start
    ).stream
    last = (start + timedelta(days=10)).date()
    house.accrue(account, 500, at=start, expires_on=last)
    held = house.hold(account, 100, at=start).receipt_id
    house.release(account, held, at=start)

    again = house.release(account, held, at=start + timedelta(days=1))

    assert again.balance is not None
    assert (again.event_ids, again.balance.available) == ((), 0)
    assert again.recorded_at > start + timedelta(days=29)


@pytest.mark.parametrize(
    ("verb", "given"),
    [
        ("trial_balance", {"recorded_until": datetime(2025, 3, 10)}),  # noqa: DTZ001
        ("trial_balance", {"occurred_until": datetime(2025, 3, 9, 20, tzinfo=UTC)}),
        ("roll_forward", {"until": "2025-03-09"}),
        ("roll_forward", {"recorded_until": date(2025, 3, 9)}),
    ],
)
def test_the_books_take_days_as_days_and_instants_with_a_zone(house: House, verb: str, given: dict[str, Any]) -> None:
    with pytest.raises(InvalidCommand):
        getattr(house, verb)(**given)
