"""One fold for every stream: accounts, members, programs and retention periods evolve by the kind of the event."""

from collections.abc import Callable
from typing import Any, get_args

from ledger.event import Event
from ledger.members.events import MemberEvent
from ledger.members.evolve import evolve as evolve_member
from ledger.members.index_key import IndexEvent
from ledger.members.index_key import evolve as evolve_index
from ledger.periods.events import PeriodEvent
from ledger.periods.period import evolve as evolve_period
from ledger.points.events import AccountEvent, ProgramDefined
from ledger.points.evolve import evolve as evolve_account
from ledger.points.program import Program

State = Any


def evolve(state: State, event: Event) -> State:
    """The state after the event: `Account`, `Member`, `ClosedPeriod`, `IndexKeys`, or the newest `Program`."""
    return _EVOLVE[type(event)](state, event)


def _newest_program(_: State, event: ProgramDefined) -> Program:
    return event.program


_EVOLVE: dict[type[Event], Callable[[State, Any], State]] = {
    **dict.fromkeys(get_args(AccountEvent), evolve_account),
    **dict.fromkeys(get_args(MemberEvent), evolve_member),
    **dict.fromkeys(get_args(PeriodEvent), evolve_period),
    **dict.fromkeys(get_args(IndexEvent), evolve_index),
    ProgramDefined: _newest_program,
}
