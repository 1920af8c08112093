"""One fold for every stream, be it an account, a member, a period or a definition: by the kind of the event."""

from collections.abc import Callable
from typing import Any, get_args

from ledger.event import Event
from ledger.members.events import MemberEvent
from ledger.members.evolve import evolve as evolve_member
from ledger.members.index_key import IndexEvent
from ledger.members.index_key import evolve as evolve_index
from ledger.periods.events import PeriodEvent
from ledger.periods.period import evolve as evolve_period
from ledger.points.events import AccountEvent, PartnerDefined, ProgramDefined
from ledger.points.evolve import evolve as evolve_account
from ledger.points.versions import evolve_partner, evolve_program

State = Any


def evolve(state: State, event: Event) -> State:
    """The state after the event: `Account`, `Member`, `ClosedPeriod`, `IndexKeys`, or a `History` of definitions."""
    return _EVOLVE[type(event)](state, event)


_EVOLVE: dict[type[Event], Callable[[State, Any], State]] = {
    **dict.fromkeys(get_args(AccountEvent), evolve_account),
    **dict.fromkeys(get_args(MemberEvent), evolve_member),
    **dict.fromkeys(get_args(PeriodEvent), evolve_period),
    **dict.fromkeys(get_args(IndexEvent), evolve_index),
    ProgramDefined: evolve_program,
    PartnerDefined: evolve_partner,
}
