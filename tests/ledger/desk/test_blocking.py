"""The ledger for threads: whoever comes to a closed one is refused, whoever was under way gets an answer."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

import ledger.desk.blocking as desk
from crypto_shredding import FileRoot, Keyring, Period, PostgresKeyStore, Sealer, SlotId
from ledger import BlockingLedger, Join, LedgerClosed, StoreUnavailable
from ledger.desk.books import Shelf
from ledger.desk.sealing import Sealing
from ledger.evolution import evolve
from ledger.store.readers import StoredRow
from tests.ledger.office import Addresses, Office

NOON = datetime(2024, 3, 7, 3, tzinfo=UTC)


@pytest.fixture
def blocking(addresses: Addresses) -> Iterator[BlockingLedger]:
    with (
        Keyring(PostgresKeyStore.connect(addresses.keys, FileRoot(addresses.root), at=NOON)) as keyring,
        BlockingLedger.open(addresses.ledger, sealer=Sealer(keyring), clock=lambda: NOON) as opened,
    ):
        yield opened


class Gate:
    """Where a part is held until the test lets it go on."""

    def __init__(self) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()

    def shut(self) -> None:
        self.reached.clear()
        self.opened.clear()

    def pass_through(self) -> None:
        self.reached.set()
        self.opened.wait(30)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.opened.set()


class GatedSealer(Sealer):
    """The real one, whose keys are long on their way."""

    def __init__(self, keyring: Keyring, gate: Gate) -> None:
        super().__init__(keyring)
        self._gate = gate

    def warm(self, slots: Iterable[SlotId], periods: Iterable[Period]) -> None:
        self._gate.pass_through()
        super().warm(slots, periods)

    def issue_subjects(self, count: int) -> list[SlotId]:
        self._gate.pass_through()
        return super().issue_subjects(count)


class GatedReader:
    """A store that answers late, and with an error."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def read(self, wanted: Sequence[tuple[UUID, int]]) -> tuple[Iterable[StoredRow], dict[UUID, UUID]]:
        await asyncio.to_thread(self._gate.pass_through)
        raise StoreUnavailable(0, 30)


def joining() -> Join[str]:
    return Join(key=uuid4(), occurred_at=NOON, actor="test", member_id=uuid4(), name="a", email="b", phone="c")


def test_a_closed_ledger_refuses_every_thread(blocking: BlockingLedger) -> None:
    blocking.close()

    with ThreadPoolExecutor(4) as threads:
        errors = [each.exception(5) for each in [threads.submit(blocking.execute, joining()) for _ in range(12)]]

    assert [type(error) for error in errors] == [LedgerClosed] * 12
    blocking.close()


def test_closing_answers_a_command_that_is_still_being_sealed(addresses: Addresses, gate: Gate) -> None:
    store = PostgresKeyStore.connect(addresses.keys, FileRoot(addresses.root), at=NOON)
    with ThreadPoolExecutor(2) as threads, Keyring(store) as keyring:
        blocking = BlockingLedger.open(addresses.ledger, sealer=GatedSealer(keyring, gate), clock=lambda: NOON)
        joined = threads.submit(blocking.execute, joining())
        gate.reached.wait(10)
        closed = threads.submit(blocking.close)
        time.sleep(0.1)
        assert not closed.done()
        gate.opened.set()

        assert joined.result(30).position > 0
        closed.result(30)


def test_what_was_handed_over_before_the_end_is_carried_out(blocking: BlockingLedger) -> None:
    started = threading.Event()

    async def slow() -> Any:
        started.set()
        await asyncio.sleep(0.3)
        return await blocking.core.execute(joining())

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(blocking.wait_for, slow())
        started.wait()
        blocking.close()

        assert waiting.result(10).position > 0


def test_closing_is_bounded_and_whoever_still_waits_is_told(
    blocking: BlockingLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "WORK_SECONDS_MAX", 0.2)
    started = threading.Event()

    async def endless() -> None:
        started.set()
        await asyncio.sleep(3_600)

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(blocking.wait_for, endless())
        started.wait()
        blocking.close()

        assert isinstance(waiting.exception(10), StoreUnavailable)


def test_a_loop_that_hangs_leaves_nobody_waiting(blocking: BlockingLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "CLOSE_SECONDS_MAX", 0.3)
    started, go_on = threading.Event(), threading.Event()

    async def hanging() -> None:
        started.set()
        go_on.wait()

    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(blocking.wait_for, hanging())
        started.wait()
        blocking.close()

        assert isinstance(waiting.exception(10), StoreUnavailable)
    monkeypatch.undo()
    go_on.set()
    blocking.close()  # the loop comes to its end after all


async def test_a_failure_that_nobody_waits_for_any_more_is_not_complained_of(office: Office, gate: Gate) -> None:
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    sealing, shelf = Sealing(GatedSealer(office.keyring, gate)), Shelf(GatedReader(gate), evolve)
    office.keyring.store.close()
    for work in (sealing.warm([SlotId(10**9)], ()), shelf.book(uuid4())):
        gate.shut()
        task = asyncio.create_task(work)
        await asyncio.to_thread(gate.reached.wait, 10)
        task.cancel()
        await asyncio.wait([task])
        background = asyncio.all_tasks() - {asyncio.current_task(), office.ledger._appender._runner}
        gate.opened.set()
        await asyncio.wait(background)
        del background, task
    gc.collect()

    assert complaints == []
