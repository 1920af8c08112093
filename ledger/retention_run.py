"""The retention run: what no law keeps any more on a day is destroyed, for everybody at once and member by member.

```
due periods ─► PeriodClosed (under the shard's lock) ─► doom ─► T_live ─► keys destroyed ─► certified ─► PeriodDestroyed
members who left, and whose classes have come to their last day ─► the same erasure that they could ask for
```
Each step may be repeated, by any number of processes; a run that was killed is finished by the next one. Holds the
`Shredder`.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid5

from crypto_shredding import IssuedPeriod, Period, PeriodRegister, Shredder, SlotState, StillReadable
from ledger.calendar import day_of, start_of
from ledger.certifying import Certifier, EndedKey, certified
from ledger.desk.ahead import Decided
from ledger.desk.books import Book
from ledger.desk.engine import Task
from ledger.desk.ledger import Ledger
from ledger.desk.reading import decoded
from ledger.desk.receipts import receipt_of
from ledger.desk.stamping import FreshIds, stamp
from ledger.destruction import Destruction, Dooms, destroy
from ledger.erasure import ErasureReport, Erasures
from ledger.errors import LedgerError, Refused
from ledger.horizon import BackupHorizon
from ledger.legal_holds import HeldRecord, LegalHolds, ReleaseReport, overdue
from ledger.members.commands import Erase
from ledger.members.events import Kept, MemberErased, MemberLeft
from ledger.periods.events import PeriodClosed, PeriodDestroyed
from ledger.periods.period import close, destroyed, has_come, last_day_of, period_stream
from ledger.points.commands import Command
from ledger.retention import BY_CODE, RetentionClass

BASIS = "개인정보 보호법 제21조 제1항"
DOOMED = "retention ended before"
KEPT_BY = "보존 기간이 끝난 근거"
# Erasures wait for T_live together; so many at once keep the desk free for business.
ERASURES_AT_ONCE_MAX = 50
# Closings share batches of the appender.
PERIODS_AT_ONCE_MAX = 200

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class EndedPeriod:
    """A period whose last day has passed: one key, and with it every box of that class and day."""

    retention: RetentionClass
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class BlockedMember:
    """A member of whom something was due and not destroyed, and the refusal that says why."""

    member_id: UUID
    why: LedgerError


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What a run did; of a dry run, what it would have done.

    ``unreadable_since`` is `T_live` of the periods, the last of ``horizons`` their `T_horizon`.
    ``releases`` are those of legal holds that a crash had interrupted; ``reviews_overdue`` wait for a person.
    ``certificates`` are the numbers of those that were issued for the periods.
    """

    as_of: date
    dry_run: bool
    periods: tuple[EndedPeriod, ...]
    unreadable_since: datetime | None
    horizons: tuple[BackupHorizon, ...]
    members: tuple[UUID, ...]
    erasures: tuple[ErasureReport, ...]
    blocked: tuple[BlockedMember, ...]
    releases: tuple[ReleaseReport, ...]
    reviews_overdue: tuple[HeldRecord, ...]
    certificates: tuple[int, ...] = ()


class RetentionRun:
    """Carries retention runs out. Made for one ledger; any number of processes may run at once."""

    def __init__(
        self,
        ledger: Ledger,
        erasures: Erasures,
        holds: LegalHolds,
        shredder: Shredder,
        register: PeriodRegister,
        certifier: Certifier | None = None,
    ) -> None:
        self._ledger = ledger
        self._erasures = erasures
        self._holds = holds
        self._shredder = shredder
        self._register = register
        self._certifier = certifier

    async def run(
        self, as_of: date, *, actor: str, dry_run: bool = False, progress: Progress = lambda *_: None
    ) -> RetentionReport:
        """Destroy what had to exist to a day before ``as_of`` at the latest. The same again finds nothing to do.

        Raises, in this order: `InvalidTime` (a day to come), `StoreUnavailable`, and what crypto_shredding raises.
        After any error the same run goes on where it stopped.
        """
        has_come(as_of, self._ledger.clock())
        due = await self._due_periods(as_of)
        ended = tuple(_ended(each.period) for each in due)
        if dry_run:
            members, reviews = await self._due_members(as_of), await self._overdue(as_of)
            return RetentionReport(as_of, True, ended, None, (), tuple(members), (), (), (), reviews)
        done, numbers = await self._destroy(dict.fromkeys(due, as_of), actor, progress) if due else (None, ())
        releases = await self._holds.resume(actor=actor)
        finished = await self._erasures.resume(actor=actor)
        members = await self._due_members(as_of)
        answers = await self._erase(members, as_of, actor, progress)
        return RetentionReport(
            as_of,
            False,
            ended,
            None if done is None else done.unreadable_since,
            () if done is None else done.horizons,
            tuple(members),
            (*finished, *(each for each in answers if isinstance(each, ErasureReport))),
            tuple(each for each in answers if isinstance(each, BlockedMember)),
            tuple(releases),
            await self._overdue(as_of),
            numbers,
        )

    async def repeat(self, dooms: Dooms, *, actor: str) -> None:
        """Close and record again every period whose key is doomed: a restored log has lost that.

        Each is closed as of the day that its doom names. Raises as `run`.
        """
        unrecorded = await self._unrecorded()
        known = await asyncio.to_thread(dooms, [each.slot for each in unrecorded])
        lost = {each: _as_of(each.period, known[each.slot].reason) for each in unrecorded if each.slot in known}
        if lost:
            await self._destroy(lost, actor, lambda *_: None)

    async def _due_periods(self, as_of: date) -> list[IssuedPeriod]:
        """By the key store, which knows of every key; without those whose destruction is recorded."""
        return [each for each in await self._unrecorded() if last_day_of(each.period) < as_of]

    async def _unrecorded(self) -> list[IssuedPeriod]:
        recorded = {
            Period(event.retention_code, event.first_day)
            for event in await self._events(PeriodDestroyed.TOPIC)
            if isinstance(event, PeriodDestroyed)
        }
        issued = await asyncio.to_thread(self._register.issued)
        return [each for each in issued if each.period not in recorded]

    async def _destroy(
        self, days: Mapping[IssuedPeriod, date], actor: str, progress: Progress
    ) -> tuple[Destruction, tuple[int, ...]]:
        """Periods, each as of a day; also the numbers of their certificates."""
        due = list(days)
        progress("closing periods", 0, len(due))
        for first in range(0, len(due), PERIODS_AT_ONCE_MAX):
            some = due[first : first + PERIODS_AT_ONCE_MAX]
            await asyncio.gather(*(self._close(each.period, days[each], actor) for each in some))
            progress("closing periods", first + len(some), len(due))
        done = await self._shred(due, max(days.values()))
        progress("keys destroyed", len(due), len(due))
        numbers: list[int | None] = []
        for first in range(0, len(due), PERIODS_AT_ONCE_MAX):
            some = due[first : first + PERIODS_AT_ONCE_MAX]
            numbers += await asyncio.gather(*(self._record(each, done, actor) for each in some))
        return done, tuple(sorted(each for each in numbers if each is not None))

    async def _close(self, period: Period, as_of: date, actor: str) -> None:
        def decide_on(books: Sequence[Book]) -> Decided:
            ids = stamp(FreshIds(), self._ledger.clock)
            return [(books[0], event) for event in close(books[0].state, period, ids, as_of=as_of, actor=actor)]

        await self._append(period, PeriodClosed.TOPIC, actor, decide_on, ends=(period,))

    async def _shred(self, due: Sequence[IssuedPeriod], as_of: date) -> Destruction:
        slots, reason = [each.slot for each in due], f"{DOOMED} {as_of}"
        done = await destroy(self._shredder, slots, reason=reason, clock=self._ledger.clock)
        states = await asyncio.to_thread(self._shredder.states, slots)
        if left := [slot for slot, state in states.items() if state is not SlotState.SHREDDED]:
            raise StillReadable(left)
        return done

    async def _record(self, each: IssuedPeriod, done: Destruction, actor: str) -> int | None:
        retention = BY_CODE[each.period.class_code]
        ended = EndedKey(
            period_stream(each.period),  # the same for every run
            each.slot,
            f"{BASIS}; {KEPT_BY}: {retention.basis}",
            retention,
            each.period,
            last_day_of(each.period),
        )
        number = await certified(self._certifier, ended, done, actor=actor, at=self._ledger.clock())

        def decide_on(books: Sequence[Book]) -> Decided:
            ids = stamp(FreshIds(), self._ledger.clock)
            events = destroyed(
                books[0].state,
                ids,
                slot=each.slot,
                unreadable_since=done.unreadable_since,
                horizons=done.horizons,
                certificate=number,
                actor=actor,
            )
            return [(books[0], event) for event in events]

        await self._append(each.period, PeriodDestroyed.TOPIC, actor, decide_on)
        return number

    async def _append(self, period: Period, topic: str, actor: str, decide_on: Any, **parts: Any) -> None:
        """One event on the period's stream. The key follows from what it says, so that it is stored once."""
        stream = period_stream(period)
        now = self._ledger.clock()
        command = Command(key=uuid5(stream, topic), occurred_at=now, actor=actor)
        answer = partial(receipt_of, stream, command, None)
        task = Task(
            key=command.key, fingerprint=stream.bytes, streams=(stream,), decide=decide_on, answer=answer, **parts
        )
        await self._ledger.engine.carry_out(task)

    async def _due_members(self, as_of: date) -> list[UUID]:
        """Members who left before the day, and of whom something may go that has not gone."""
        left = {each.stream: decoded(each) for each in await self._rows(MemberLeft.TOPIC)}
        erased = {each.stream: decoded(each) for each in await self._rows(MemberErased.TOPIC)}
        return [
            member_id
            for member_id, event in left.items()
            if day_of(event.occurred_at) < as_of
            and (member_id not in erased or _has_ended(erased[member_id], as_of))
        ]

    async def _erase(
        self, members: Sequence[UUID], as_of: date, actor: str, progress: Progress
    ) -> list[ErasureReport | BlockedMember]:
        at_once = asyncio.Semaphore(ERASURES_AT_ONCE_MAX)
        done = 0

        async def erase(member_id: UUID) -> ErasureReport | BlockedMember:
            nonlocal done
            key = FreshIds()[0]
            command = Erase(key=key, occurred_at=start_of(as_of), actor=actor, member_id=member_id, basis=BASIS)
            async with at_once:
                try:
                    return await self._erasures.erase(command)
                except Refused as why:
                    return BlockedMember(member_id, why)
                finally:
                    done += 1
                    progress("erasing members", done, len(members))

        return await asyncio.gather(*(erase(each) for each in members))

    async def _overdue(self, as_of: date) -> tuple[HeldRecord, ...]:
        return tuple(overdue(await self._holds.live(), as_of))

    async def _events(self, topic: str) -> list[Any]:
        return [decoded(row) for row in await self._rows(topic)]

    async def _rows(self, topic: str) -> Iterable[Any]:
        return await self._ledger.reader.of_topics([topic])


def _has_ended(event: Any, as_of: date) -> bool:
    kept: tuple[Kept, ...] = event.kept
    return any(each.last_day < as_of for each in kept)


def _as_of(period: Period, reason: str) -> date:
    """The day of the run that doomed a period; of a reason that names none, the first on which one could have."""
    _, _, named = reason.partition(f"{DOOMED} ")
    return date.fromisoformat(named) if named else last_day_of(period) + timedelta(days=1)


def _ended(period: Period) -> EndedPeriod:
    return EndedPeriod(BY_CODE[period.class_code], period.first_day, last_day_of(period))
