"""The house as one process has it for long: from many threads, over lost connections, and until it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

import psycopg
import pytest

from ledger import CouponClosed, Program, UnknownCoupon
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
