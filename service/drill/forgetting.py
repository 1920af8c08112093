"""Act one: somebody is erased while a second process has the keys in memory, and somebody while others write."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg

from crypto_shredding import Shredded
from ledger import ConfirmationNeeded, LedgerError, PointsAccrued
from service.drill.report import BY_NAME, Row, Verdict
from service.drill.stage import Person, Stage
from service.house import House
from service.sealed_values import DISPUTE, SealedValue
from service.wiring import open_house

BASIS = "개인정보 보호법 제36조 제1항"
WRITERS = 2
WRITER_PAUSE_SECONDS = 0.02
ATTEMPTS_MAX = 200  # writers change the number that has to be confirmed; one of these falls between two of them
LATE_SECONDS = 0.05  # between a reading and the note of its instant


@dataclass(frozen=True, slots=True)
class Forgetting:
    """Seconds after the doom: until no process could read (T_live), and until no backup can be read (T_horizon)."""

    rows: tuple[Row, ...]
    live_seconds: float
    horizon_seconds: float


def forget(stage: Stage) -> Forgetting:
    """Erase; rows `cached-key`, `memory`, `kept-amounts` and `racing`."""
    before = stage.house.statement(stage.gone.account)
    with open_house(stage.settings) as other:
        watcher = _Watcher(stage, other, stage.gone)
        watcher.start()
        report = stage.house.erase(stage.gone.member, basis=BASIS, confirmed_forfeit=forfeits_of(stage, stage.gone))
        stage.erased[stage.gone.member] = report
        watcher.stop()
        doomed_at = _doomed_at(stage, watcher.values)
        cached = _cached(stage, other, watcher)
    horizon = report.unrecoverable_since
    assert horizon is not None
    live_seconds = (report.unreadable_since - doomed_at).total_seconds()
    return Forgetting(
        (
            cached,
            _memory(stage, watcher, doomed_at, report.unreadable_since),
            _amounts(stage, [(line.points, line.balance) for line in before.lines]),
            _racing(stage),
        ),
        live_seconds,
        (horizon - doomed_at).total_seconds(),
    )


class _Watcher(threading.Thread):
    """A second process that reads the same member's profile over and over, its keys in memory."""

    def __init__(self, stage: Stage, other: House, person: Person) -> None:
        super().__init__(daemon=True)
        self._stage, self._other = stage, other
        profile = [each for each in stage.values(other, person) if each.retention.name == "profile"]
        self.values: list[SealedValue] = profile
        self.last_read: datetime | None = None
        self._ends = threading.Event()
        self.error: BaseException | None = None
        assert len(stage.read(other, profile)) == len(profile), "before the erasure everything opens"

    def run(self) -> None:
        try:
            while not self._ends.is_set():
                if any(isinstance(each, str) for each in self._other.opened(self.values, purpose=DISPUTE)):
                    self.last_read = datetime.now(UTC)
        except BaseException as error:  # told by the thread that waits
            self.error = error

    def stop(self) -> None:
        """Returns when it has ended. Raises what stopped it."""
        self._ends.set()
        self.join()
        if self.error is not None:
            raise self.error


def _cached(stage: Stage, other: House, watcher: _Watcher) -> Row:
    started = time.monotonic()
    holds = stage.are_shredded(other, watcher.values)
    found = "the process that had the keys in memory answers with tombstones" if holds else "the process still reads"
    return Row(BY_NAME["cached-key"], _held(holds), found, time.monotonic() - started)


def _memory(stage: Stage, watcher: _Watcher, doomed_at: datetime, live_at: datetime) -> Row:
    """Exposed, and bounded: the last reading lies before T_live, and T_live within the cache's seconds."""
    assert watcher.last_read is not None
    exposed = max(0.0, (watcher.last_read - doomed_at).total_seconds())
    bounded = (watcher.last_read - live_at).total_seconds() <= LATE_SECONDS
    limit = stage.settings.key_cache_seconds
    verdict = Verdict.EXPOSED if bounded else Verdict.NOT_HELD
    found = f"last read {exposed:.2f} s after the doom by a process that had the key; promised: at most {limit:g} s"
    return Row(BY_NAME["memory"], verdict, found, exposed)


def _amounts(stage: Stage, before: list[tuple[int, int]]) -> Row:
    started = time.monotonic()
    lines = stage.house.statement(stage.gone.account).lines
    stay = [(line.points, line.balance) for line in lines][: len(before)] == before
    texts = [line.memo for line in lines if line.memo is not None]
    hidden = bool(texts) and all(isinstance(each, Shredded) for each in texts)
    found = f"{len(before)} amounts with their times stay, pseudonymous; no memo of them opens"
    verdict = Verdict.EXPOSED if stay and hidden else Verdict.NOT_HELD
    return Row(BY_NAME["kept-amounts"], verdict, found, time.monotonic() - started)


def _racing(stage: Stage) -> Row:
    """Two writers go on while the erasure closes what they write into."""
    started = time.monotonic()
    person, accepted, ends = stage.racer, [0] * WRITERS, threading.Event()

    def write(number: int) -> None:
        while not ends.is_set():
            try:
                stage.house.accrue(person.account, points=1, memo=f"racing {accepted[number]}")
            except LedgerError:
                return  # closed
            accepted[number] += 1
            time.sleep(WRITER_PAUSE_SECONDS)

    writers = [threading.Thread(target=write, args=(number,), daemon=True) for number in range(WRITERS)]
    for each in writers:
        each.start()
    try:
        stage.erased[person.member] = _erase_against(stage, person)
    finally:
        ends.set()
        for each in writers:
            each.join()
    stored, late = _accruals(stage, person)
    values = stage.closed_of(stage.house, person)
    lost = sum(accepted) + 2 - stored  # two before the race
    holds = late == 0 and lost == 0 and stage.are_shredded(stage.house, values)
    found = f"{sum(accepted)} appends accepted meanwhile: {late} behind the fence, {lost} lost, none opens"
    return Row(BY_NAME["racing"], _held(holds), found, time.monotonic() - started)


def _erase_against(stage: Stage, person: Person) -> Any:
    forfeits = forfeits_of(stage, person)
    for _ in range(ATTEMPTS_MAX):
        try:
            return stage.house.erase(person.member, basis=BASIS, confirmed_forfeit=forfeits)
        except ConfirmationNeeded as needed:
            forfeits = needed.forfeits
    raise AssertionError("the writers left no room for the erasure")


def _accruals(stage: Stage, person: Person) -> tuple[int, int]:
    """How many accruals the log has of an account, and how many of them behind the fence."""
    with psycopg.connect(stage.house.wiring.places.ledger) as connection:
        row = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE e.position > c.position) FROM ledger.events AS e "
            "CROSS JOIN (SELECT min(position) AS position FROM ledger.closed_class WHERE member = %s) AS c "
            "WHERE e.stream = %s AND e.topic = %s",
            [person.member, person.account, PointsAccrued.TOPIC],
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def _doomed_at(stage: Stage, values: list[SealedValue]) -> datetime:
    slots = [each.request.sealed.subject_slot for each in values]
    return min(each.at for each in stage.house.wiring.key_store.dooms(slots).values())


def forfeits_of(stage: Stage, person: Person) -> int:
    """What the person gives up by leaving now."""
    return stage.house.balance(person.account).available


def _held(holds: bool) -> Verdict:
    return Verdict.HELD if holds else Verdict.NOT_HELD
