"""The ledger for callers without an event loop: the same core on a loop of its own, from any number of threads."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, Generic, Self, TypeVar, cast
from uuid import UUID

import uvloop

from crypto_shredding import BlindIndexer, IndexKind, Sealer
from ledger.desk.ledger import Answer, Ledger
from ledger.desk.stamping import Clock
from ledger.errors import LedgerClosed
from ledger.points.balance import Balance
from ledger.points.commands import Command
from ledger.points.receipt import Receipt
from ledger.store import StoreUnavailable

R = TypeVar("R")

# What is under way when a ledger is closed: the last batch and its back-off, an erasure that waits for its keys to die.
WORK_SECONDS_MAX = 45.0
DISCONNECT_SECONDS_MAX = 5.0
# In all. A loop that does not end by then is abandoned with its daemon thread, and those who wait are told so.
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
            loop.close(_nothing)
            raise

    def close(self) -> None:
        """Answer what is in flight, disconnect, end the thread; `LedgerClosed` from then on. Twice is once."""
        self._loop.close(self.core.aclose)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def execute(self, command: Command) -> Receipt:
        """See `Ledger.execute`."""
        return self._loop.wait_for(self.core.execute(command))

    def execute_all(self, commands: Sequence[Command], *, atomic: bool) -> list[Answer]:
        """See `Ledger.execute_all`."""
        return self._loop.wait_for(self.core.execute_all(commands, atomic=atomic))

    def find_accounts(self, card: str) -> list[UUID]:
        """See `Ledger.find_accounts`."""
        return self._loop.wait_for(self.core.find_accounts(card))

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
        self._unanswered: set[_Answer[Any]] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._failure: Exception | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ledger", daemon=True)
        self._thread.start()

    def wait_for(self, work: Coroutine[Any, Any, R]) -> R:
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("a blocking call inside the ledger's own loop would wait for itself; use Ledger there")
        answer: _Answer[R] = _Answer()

        def begin() -> None:
            task = self._loop.create_task(self._deliver(work, answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        with self._lock:
            if self._closed:
                work.close()
                raise LedgerClosed
            self._unanswered.add(answer)
            self._handed.append(begin)
            if len(self._handed) == 1:
                self._loop.call_soon_threadsafe(self._take)
        return answer.wait()

    def close(self, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Refuse what comes from now on, work off what was handed over, `finish`, end. Returns within the limit."""
        with self._lock:
            first, self._closed = not self._closed, True
            if first:
                self._loop.call_soon_threadsafe(self._begin_to_end, finish)
        self._thread.join(CLOSE_SECONDS_MAX)
        for answer in list(self._unanswered):  # of a loop that does not come to an end
            self._settle(answer, error=_unknown())
        if not first:
            return
        if not self._thread.is_alive():
            self._loop.close()
        if self._failure is not None:
            raise self._failure

    def _begin_to_end(self, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._take()
        self._ending = self._loop.create_task(self._end(finish))

    async def _end(self, finish: Callable[[], Coroutine[Any, Any, None]]) -> None:
        try:
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=WORK_SECONDS_MAX)
            finishing = self._loop.create_task(finish())
            done, _ = await asyncio.wait([finishing], timeout=DISCONNECT_SECONDS_MAX)
            if done:  # else the server is away: whoever still waits is told so below, and the sessions end with us
                finishing.result()
        except Exception as error:  # raised by `close`
            self._failure = error
        finally:
            left = asyncio.all_tasks() - {self._ending}
            for task in left:
                task.cancel()
            if left:
                await asyncio.wait(left, timeout=DISCONNECT_SECONDS_MAX)
            self._loop.stop()

    def _take(self) -> None:
        with self._lock:
            handed, self._handed = self._handed, []
        for begin in handed:
            begin()

    async def _deliver(self, work: Coroutine[Any, Any, R], answer: "_Answer[R]") -> None:
        try:
            value = await work
        except asyncio.CancelledError:  # by the end of the loop
            self._settle(answer, error=_unknown())
        except BaseException as error:  # the caller's thread raises it
            self._settle(answer, error=error)
        else:
            self._settle(answer, value)

    def _settle(self, answer: "_Answer[R]", value: R | None = None, *, error: BaseException | None = None) -> None:
        """Answer once, whoever comes first."""
        try:
            self._unanswered.remove(answer)
        except KeyError:
            return
        if error is not None:
            answer.fail(error)
        else:
            answer.give(cast("R", value))


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


def _unknown() -> StoreUnavailable:
    return StoreUnavailable(1, CLOSE_SECONDS_MAX)


async def _nothing() -> None:
    return
