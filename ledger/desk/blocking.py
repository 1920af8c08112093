"""The ledger for callers without an event loop: the same core on a loop of its own, from any number of threads."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

import uvloop

from crypto_shredding import BlindIndexer, IndexKind, Sealer
from ledger.desk.ledger import Ledger
from ledger.desk.stamping import Clock
from ledger.points.account import Balance
from ledger.points.commands import Command
from ledger.points.receipt import Receipt

R = TypeVar("R")

# Long enough for the last batch and its back-off; a loop that does not end by then is abandoned with its daemon thread.
CLOSE_SECONDS_MAX = 60.0


class BlockingLedger:
    """A `Ledger` whose verbs wait for their answer. Thread-safe; commands of all threads share batches."""

    def __init__(self, loop: "_LoopThread", ledger: Ledger) -> None:
        self._loop = loop
        self.core = ledger

    @classmethod
    def open(cls, dsn: str, *, sealer: Sealer, clock: Clock, indexer: BlindIndexer | None = None) -> Self:
        """See `Ledger.open`."""
        loop = _LoopThread()
        try:
            return cls(loop, loop.wait_for(Ledger.open(dsn, sealer=sealer, clock=clock, indexer=indexer)))
        except BaseException:
            loop.stop()
            raise

    def close(self) -> None:
        """Answer what is in flight, disconnect, end the thread. Closing twice is harmless."""
        if self._loop.runs:
            self._loop.wait_for(self.core.aclose())
            self._loop.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def execute(self, command: Command) -> Receipt:
        """See `Ledger.execute`."""
        return self._loop.wait_for(self.core.execute(command))

    def balance(self, account_id: UUID, at: datetime | None = None) -> Balance:
        """See `Ledger.balance`."""
        return self._loop.wait_for(self.core.balance(account_id, at))

    def find(self, kind: IndexKind, text: str, *, dispute: bool = False) -> list[UUID]:
        """See `Ledger.find`."""
        return self._loop.wait_for(self.core.find(kind, text, dispute=dispute))

    def wait_for(self, work: Coroutine[Any, Any, R]) -> R:
        """Run a process that belongs to the ledger's loop (leaving, erasure) and wait for its result."""
        return self._loop.wait_for(work)


class _LoopThread:
    """An event loop in a daemon thread; work is handed over in batches, so that a busy loop wakes up once for many."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._handed: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ledger", daemon=True)
        self._thread.start()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def runs(self) -> bool:
        return self._thread.is_alive()

    def wait_for(self, work: Coroutine[Any, Any, R]) -> R:
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("a blocking call inside the ledger's own loop would wait for itself; use Ledger there")
        answer: _Answer[R] = _Answer()

        def begin() -> None:
            task = self._loop.create_task(_deliver(work, answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        with self._lock:
            self._handed.append(begin)
            first = len(self._handed) == 1
        if first:
            self._loop.call_soon_threadsafe(self._take)
        return answer.wait()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_SECONDS_MAX)
        if not self._thread.is_alive():
            self._loop.close()

    def _take(self) -> None:
        with self._lock:
            handed, self._handed = self._handed, []
        for begin in handed:
            begin()


class _Answer(Generic[R]):
    """What a thread waits for. A lock that is released once: a `concurrent.futures.Future` costs ten times as much."""

    __slots__ = ("_came", "_error", "_value")

    def __init__(self) -> None:
        self._came = threading.Lock()
        self._came.acquire()
        self._error: BaseException | None = None

    def wait(self) -> R:
        self._came.acquire()
        if self._error is not None:
            raise self._error
        return self._value

    def give(self, value: R) -> None:
        self._value = value
        self._came.release()

    def fail(self, error: BaseException) -> None:
        self._error = error
        self._came.release()


async def _deliver(work: Coroutine[Any, Any, R], answer: _Answer[R]) -> None:
    try:
        value = await work
    except BaseException as error:  # the caller's thread raises it
        answer.fail(error)
    else:
        answer.give(value)
