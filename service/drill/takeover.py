"""Act four: a standby that erasures wait for falls silent, is fenced out, and takes over all the same."""

from __future__ import annotations

import time
from collections.abc import Sequence

from crypto_shredding import ShreddingError, TargetSilent
from ledger import LedgerBehindKeys, StoreError
from service import failover
from service.drill.forgetting import BASIS, forfeits_of
from service.drill.report import BY_NAME, Row, Verdict
from service.drill.stage import Person, Stage
from service.drill.standbys import StandbyServer, let_standbys_in, standby_of
from service.house import House
from service.sealed_values import SealedValue
from service.wiring import open_house, system_clock

NAME = "standby-1"
TARGETS = tuple(f"{primary}:{NAME}" for primary in failover.PRIMARIES)
REASON = "drill"


def take_over(stage: Stage) -> Row:
    """One standby of both databases. What it must say at each step is in the row's findings."""
    started = time.monotonic()
    let_standbys_in(stage.server)
    places = stage.house.wiring.places
    with standby_of(stage.server, NAME, stage.folder / NAME) as standby:
        for target in TARGETS:
            failover.register(places, target, reason=REASON, actor="drill", at=system_clock())
        stage.erased[stage.waited_for.member] = stage.house.erase(
            stage.waited_for.member, basis=BASIS, confirmed_forfeit=forfeits_of(stage, stage.waited_for)
        )
        standby.cut_off()
        silent = _held_back(stage)
        standby.promote()
        erased = _reads(stage, standby, (stage.waited_for,))
        staying = _reads(stage, standby, stage.staying)
        for target in TARGETS:
            failover.fence_out(
                places, target, reason=REASON, actor="drill", second_actor="drill-2", at=system_clock()
            )
        stage.erased |= {each.member_id: each for each in stage.house.resume_erasures()}
        late = _reads(stage, standby, (*stage.staying, stage.held_back))
    served = isinstance(staying, int) and staying > 0
    holds = silent and erased == 0 and served and late in ("StaleTree", "RootMissing", LedgerBehindKeys.__name__)
    found = (
        f"silent, it {'holds' if silent else 'DOES NOT HOLD'} an erasure back; taking over then, "
        f"{_told(erased)} of who was erased before and {_told(staying)} of who stays; "
        f"fenced out and taking over: {_told(late)}"
    )
    return Row(BY_NAME["takeover"], Verdict.HELD if holds else Verdict.NOT_HELD, found, time.monotonic() - started)


def _held_back(stage: Stage) -> bool:
    """Whether an erasure ends in saying whom it waits for."""
    person = stage.held_back
    try:
        report = stage.house.erase(person.member, basis=BASIS, confirmed_forfeit=forfeits_of(stage, person))
    except TargetSilent:
        return True
    stage.erased[person.member] = report
    return False


def _reads(stage: Stage, standby: StandbyServer, people: Sequence[Person]) -> int | str:
    """How many values the promoted standby opens with the root as it is now, or the name of its refusal.

    Of somebody erased only what the erasure destroyed is tried.
    """
    with open_house(stage.attacker_settings(standby, stage.root)) as house:
        try:
            house.wiring.keyring.store.look(since=None)
            return sum(len(stage.read(house, _tried(stage, house, each))) for each in people)
        except (ShreddingError, StoreError) as error:
            return type(error).__name__


def _tried(stage: Stage, house: House, person: Person) -> list[SealedValue]:
    return (stage.closed_of if person.member in stage.erased else stage.values)(house, person)


def _told(answer: int | str) -> str:
    return answer if isinstance(answer, str) else f"{answer} values open"
