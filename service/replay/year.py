"""A whole replay: the mapping, what is done already, and the run over the rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ledger import DefinePartner, SweepReport
from service.collector import long_lived_objects
from service.house import House
from service.replay.carrying import Tally
from service.replay.mapping import FILE_NAME, Mapping
from service.replay.partners import PARTNERS
from service.replay.plan import Plan
from service.replay.progress import read_done
from service.replay.rules import ACTOR, DEFINED_AT, PROGRAM
from service.replay.run import Replay, SimulatedClock
from service.replay.source import Source, read_households

ShowProgress = Callable[[int], AbstractContextManager[Callable[[int], None]]]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """``seconds`` is the sending alone, without reading the data."""

    tally: Tally
    steps: int
    seconds: float

    @property
    def sent(self) -> int:
        """Commands that were sent, with those that were refused, and the steps of sweeps that did something."""
        return self.tally.sent

    @property
    def rate(self) -> float:
        """Commands a second."""
        return self.sent / self.seconds if self.seconds else 0.0


def mapping_of(house: House, source: Source) -> Mapping:
    """The house's mapping of all households, whatever slice is replayed."""
    return Mapping.open(house.data_dir / FILE_NAME, read_households(source))


def replay(
    house: House, clock: SimulatedClock, source: Source, plan: Plan, *, show_progress: ShowProgress
) -> ReplayReport:
    """Send what is not done yet. The house must have been opened with the same clock."""
    mapping = mapping_of(house, source)
    if not plan.steps:
        return ReplayReport(Tally(skipped=plan.skipped), 0, 0.0)
    done = read_done(house.wiring.ledger_dsn)
    clock.move_to(DEFINED_AT)
    house.define_program(PROGRAM, key=mapping.program_key, at=DEFINED_AT, actor=ACTOR)
    for each in PARTNERS:
        key = mapping.partner_key(each.business_number)
        house.execute(DefinePartner(key=key, occurred_at=DEFINED_AT, actor=ACTOR, partner=each))
    ledger = house.wiring.ledger

    async def sweep(as_of: date, accounts: Sequence[UUID]) -> SweepReport:
        return await house.wiring.sweeps.run(as_of, actor=ACTOR, accounts=accounts)

    with show_progress(len(plan.steps)) as advance:
        run = Replay(
            plan,
            mapping.identities,
            execute=ledger.core.execute,
            sweep=sweep,
            clock=clock,
            done=done,
            advance=advance,
        )
        started = time.monotonic()
        with long_lived_objects():
            tally = ledger.wait_for(run.run())
        seconds = time.monotonic() - started
    return ReplayReport(tally, len(plan.steps), seconds)
