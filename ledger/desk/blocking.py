"""The ledger for callers without an event loop: the same core on a loop of its own, from any number of threads."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from datetime import datetime
from typing import Any, Self, TypeVar
from uuid import UUID

from crypto_shredding import Sealer
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
    def open(cls, dsn: str, *, sealer: Sealer, clock: Clock) -> Self:
        """See `Ledger.open`."""
        loop = _LoopThread()
        try:
            return cls(loop, loop.wait_for(Ledger.open(dsn, sealer=sealer, clock=clock)))
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

    def wait_for(self, work: Coroutine[Any, Any, R]) -> R:
        """Run a process that belongs to the ledger's loop (leaving, erasure) and wait for its result."""
        return self._loop.wait_for(work)


class _LoopThread:
    """An event loop in a daemon thread; work is handed over in batches, so that a busy loop wakes up once for many."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
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
        answer: Future[R] = Future()

        def begin() -> None:
            task = self._loop.create_task(_deliver(work, answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        with self._lock:
            self._handed.append(begin)
            first = len(self._handed) == 1
        if first:
            self._loop.call_soon_threadsafe(self._take)
        return answer.result()

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


async def _deliver(work: Coroutine[Any, Any, R], answer: "Future[R]") -> None:
    try:
        answer.set_result(await work)
    except BaseException as error:  # the caller's thread raises it
        answer.set_exception(error)
