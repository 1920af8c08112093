"""Restoring (복구): a log that was restored to an earlier time learns again which keys are destroyed.

```
begin a timeline ─► vouch for its beginning ─► record destroyed holds and periods again ─► finish erasures
      ─► find members' destroyed keys that the log knows nothing of ─► append those erasures again
      ─► certify, with the window that is lost ─► open the timeline for service
```
The newest key tree has been loaded before. Every step may be repeated, and the whole after a crash: what was done is in
the log. Nothing is served from the log in between (`refuse_restored`).
"""

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from crypto_shredding import Doom, LostWindow, Restore
from ledger.desk.ledger import Ledger
from ledger.desk.reading import decoded
from ledger.destruction import Dooms
from ledger.erasure import Erasures
from ledger.errors import ConfirmationNeeded, Refused
from ledger.legal_holds import LegalHolds
from ledger.members.commands import Erase
from ledger.members.events import ErasureRequested
from ledger.members.legal_hold import LegalHoldDestroyed, LegalHoldPlaced
from ledger.members.member import Member
from ledger.periods.events import PeriodDestroyed
from ledger.restored_log import BegunTimeline, Opening, begin, lost_window, openings
from ledger.retention_run import RetentionRun
from ledger.store.checkpoint import Checkpoint
from ledger.store.connection import connect
from ledger.store.timelines import open_timeline

ERASED_TOGETHER: Final = 64
"""Erasures that wait together, and share a rotation where anything is left to destroy."""

FORFEITS_ASKED_MAX: Final = 3
"""Nothing moves the accounts meanwhile, so the number that leaving asks for is right the second time."""

AGAIN: Final = "복구 후 재기록 · repeated after a restore"
_REQUEST: Final = re.compile(r"erasure request ([0-9a-f-]{36})")

Progress = Callable[[int, int], None]
"""Called with the position up to which the log was looked through, and how many erasures were appended again so far."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A member whose keys are destroyed and whose erasure a rule refuses to append: an officer has to look."""

    member_id: UUID
    codes: tuple[int, ...]
    refusal: str


@dataclass(frozen=True, slots=True)
class RestoreReport:
    """What a restore did to the log. ``again`` are the erasure requests that it had lost, by their first ids.

    ``destructions_again`` are requests of key destructions (periods, legal holds) that it had lost, as certificates
    name them. ``finished`` erasures were under way in the restored log. Nobody can read what ``stuck`` members sealed
    either.
    """

    begun: BegunTimeline
    finished: int
    again: tuple[UUID, ...]
    destructions_again: tuple[UUID, ...]
    stuck: tuple[Stuck, ...]
    lost: LostWindow

    def certificate_body(self, actor: str) -> Restore:
        """What is certified of it."""
        return Restore(
            request=self.begun.id,
            restored_to=self.begun.begun_after,
            timeline_before=self.begun.before,
            timeline_after=self.begun.id,
            erasures_again=self.again,
            destructions_again=self.destructions_again,
            lost=self.lost,
            at=self.begun.begun_at,
            actor=actor,
        )


class Restoring:
    """Does what a restored log needs. For one process at a time, with nothing else running on the log."""

    def __init__(
        self,
        ledger: Ledger,
        erasures: Erasures,
        holds: LegalHolds,
        retention: RetentionRun,
        dooms: Dooms,
        *,
        dsn: str,
        owner_dsn: str,
    ) -> None:
        self._ledger = ledger
        self._erasures = erasures
        self._holds = holds
        self._retention = retention
        self._dooms = dooms
        self._dsn = dsn
        self._owner_dsn = owner_dsn

    def begin(self, *, witness: bytes | None, checkpoints: Iterable[Checkpoint], at: datetime) -> BegunTimeline:
        """Begin the timeline, or find the one that an interrupted restore began.

        Sign a checkpoint next: it vouches for the beginning (docs/spec/chain.md).
        """
        return begin(self._dsn, self._owner_dsn, witness=witness, checkpoints=checkpoints, at=at)

    async def repeat(
        self,
        begun: BegunTimeline,
        *,
        witness: bytes | None,
        checkpoints: Sequence[Checkpoint],
        actor: str,
        progress: Progress = lambda *_: None,
    ) -> RestoreReport:
        """Record again what the log lost: destroyed holds and periods, then erasures; finish the open ones in between.

        In this order, since an erasure names the holds that are live.

        Raises what erasures do, and `StoreUnavailable`; after any error the same call goes on.
        """
        await self._holds.repeat(self._dooms, by=AGAIN, at=begun.begun_at, actor=actor)
        await self._retention.repeat(self._dooms, actor=actor)
        finished = await self._erasures.resume(actor=actor)
        stuck: list[Stuck] = []
        done = 0
        pages = openings(self._dsn)
        while page := await asyncio.to_thread(next, pages, None):
            lost = await self._lost(page)
            for start in range(0, len(lost), ERASED_TOGETHER):
                part = lost[start : start + ERASED_TOGETHER]
                outcomes = await asyncio.gather(*(self._again(begun, *each, actor=actor) for each in part))
                stuck += [each for each in outcomes if each is not None]
                done += len(part)
            progress(page[-1].position, done)
        return RestoreReport(
            begun,
            len(finished),
            await self._repeated(begun),
            await self._destroyed_again(begun),
            tuple(stuck),
            await asyncio.to_thread(self._window, begun, witness, checkpoints),
        )

    def open(self, begun: BegunTimeline, *, at: datetime) -> None:
        """Everything was done: the log may be served. Repeatable."""
        open_timeline(self._owner_dsn, begun.number, at=at)

    async def _lost(self, page: Sequence[Opening]) -> list[tuple[UUID, frozenset[int], Doom]]:
        """Members of the page with destroyed keys in classes that the log has open, and one of the dooms."""
        dooms = await asyncio.to_thread(self._dooms, [slot for each in page for slot in each.slots])
        touched = {each.stream: each for each in page if not dooms.keys().isdisjoint(each.slots)}
        _, holders = await self._ledger.reader.read([(stream, 2**62) for stream in touched])
        destroyed: dict[UUID, dict[int, Doom]] = {}
        for stream, opening in touched.items():
            found = {code: dooms[slot] for slot, code in opening.slots.items() if slot in dooms}
            destroyed.setdefault(holders.get(stream, stream), {}).update(found)
        lost = []
        for member_id, by_code in destroyed.items():
            [member] = await self._ledger.shelf.stored([member_id])
            if not isinstance(member, Member):
                continue  # an account whose link went with its erasure
            codes = frozenset(by_code) - member.closed
            if codes:
                lost.append((member_id, codes, by_code[min(codes)]))
        return lost

    async def _again(
        self, begun: BegunTimeline, member_id: UUID, codes: frozenset[int], doom: Doom, *, actor: str
    ) -> Stuck | None:
        """Erase once more; the instant is that of the timeline's beginning, so that a repeated call is the same one."""
        command = Erase(
            key=uuid5(begun.id, f"{member_id} {sorted(codes)}"),
            occurred_at=begun.begun_at,
            actor=actor,
            member_id=member_id,
            basis=f"{AGAIN}; {doom.at:%Y-%m-%dT%H:%M:%SZ}: {doom.reason}",
        )
        refusal: Refused | None = None
        for _ in range(FORFEITS_ASKED_MAX):
            try:
                await self._erasures.erase(command)
            except ConfirmationNeeded as needed:
                refusal = needed
                command = replace(command, confirmed_forfeit=needed.forfeits)
            except Refused as error:
                refusal = error
                break
            else:
                refusal = None
                break
        [member] = await self._ledger.shelf.stored([member_id])
        left = sorted(codes - member.closed)
        if not left:
            return None
        return Stuck(member_id, tuple(left), str(refusal or "a law keeps them in the restored log"))

    async def _repeated(self, begun: BegunTimeline) -> tuple[UUID, ...]:
        """Read from the log, so that it says the same whoever did it, and after a crash."""
        rows = await self._ledger.reader.of_topics([ErasureRequested.TOPIC])
        events = [decoded(row) for row in rows if row.position > begun.begun_after]
        requests = [each for each in events if isinstance(each, ErasureRequested) and each.basis.startswith(AGAIN)]
        return tuple(_first_id(each) for each in requests)

    async def _destroyed_again(self, begun: BegunTimeline) -> tuple[UUID, ...]:
        """By the events, as `_repeated`. A hold is named by the event that placed it."""
        rows = await self._ledger.reader.of_topics(
            [PeriodDestroyed.TOPIC, LegalHoldPlaced.TOPIC, LegalHoldDestroyed.TOPIC]
        )
        placed: dict[tuple[UUID, UUID], UUID] = {}
        found = []
        for row in rows:
            match decoded(row):
                case LegalHoldPlaced() as event:
                    placed[row.stream, event.hold_id] = event.id
                case LegalHoldDestroyed() as event if row.position > begun.begun_after:
                    found.append(placed[row.stream, event.hold_id])
                case PeriodDestroyed() if row.position > begun.begun_after:
                    found.append(row.stream)
        return tuple(found)

    def _window(
        self, begun: BegunTimeline, witness: bytes | None, checkpoints: Sequence[Checkpoint]
    ) -> LostWindow:
        with connect(self._dsn, name="ledger restore") as connection:
            return lost_window(connection, begun, witness, checkpoints)


def _first_id(request: ErasureRequested) -> UUID:
    """The request that is repeated, which the tombstones name; else the new one's own id."""
    named = _REQUEST.search(request.basis)
    return UUID(named[1]) if named else request.id
