"""How definitions become histories: each version from its day, or from its definition where it names none."""

from datetime import date, datetime
from typing import Any

from ledger.calendar import SEOUL, start_of, utc, zone_of
from ledger.points.effective import History, with_version
from ledger.points.partner import Partner
from ledger.points.program import Program


def evolve_program(history: History[Program] | None, event: Any) -> History[Program]:
    """The program's history after a `ProgramDefined`. Days are days in the program's zone."""
    program: Program = event.program
    begins_at = _begins_at(program.effective_on, event.recorded_at, zone_of(program.zone))
    return with_version(history, program.version, begins_at, program)


def evolve_partner(history: History[Partner] | None, event: Any) -> History[Partner]:
    """The partner's history after a `PartnerDefined`. Days are days in Seoul, as contracts are."""
    partner: Partner = event.partner
    return with_version(history, partner.version, _begins_at(partner.effective_on, event.recorded_at, SEOUL), partner)


def _begins_at(effective_on: date | None, defined_at: datetime, zone: Any) -> datetime:
    return utc(defined_at if effective_on is None else start_of(effective_on, zone))
