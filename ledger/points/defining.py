"""Defining a program: a new one, or the next version of one."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.calendar import Span
from ledger.errors import InvalidProgram
from ledger.points.commands import DefineProgram
from ledger.points.events import ProgramDefined
from ledger.points.facts import facts
from ledger.points.limits import MONEY_MAX, POINTS_MAX, happened, is_whole, storable
from ledger.points.program import Program
from ledger.points.stamp import Stamp

REFUND_GRACE_DAYS_MAX = 3_660
"""Ten years: more than any claim for points lives."""

CODE_CHARACTERS_MAX = 64
"""A code is an index's entry, and PostgreSQL's hold less than 2,704 bytes."""

UNIT_VALUE_MAX = MONEY_MAX // POINTS_MAX
"""A million minor units: what one movement is worth stays within the money that a movement may have."""

EXPIRES_AFTER_YEARS_MAX = 100
"""Longer than any membership; for longer there is never. So every last day lies within the calendar."""


def define_program(earlier: Program | None, command: DefineProgram, stamp: Stamp) -> tuple[ProgramDefined]:
    """The definition, which decides from now on; what was earned before keeps the terms that it was earned on.

    Raises, in this order: `InvalidTime`, `InvalidText`, `InvalidProgram`.
    """
    happened(command.occurred_at, stamp.recorded_at)
    program = command.program
    storable(actor=command.actor, code=program.code, name=program.name)
    for wrong, rule in _rules(program):
        if wrong:
            raise InvalidProgram(program.code, rule)
    _continues(program, earlier)
    event = ProgramDefined(
        **facts(stamp, occurred_at=command.occurred_at, actor=command.actor, rule_version=program.version),
        program=program,
    )
    return (event,)


def _rules(program: Program) -> tuple[tuple[bool, str], ...]:
    """What would be wrong, each with the rule that says so."""
    earning = program.earning
    return (
        (
            not 0 < len(program.code) <= CODE_CHARACTERS_MAX,
            f"a program needs a code of at most {CODE_CHARACTERS_MAX} characters",
        ),
        (
            not is_whole(program.unit_value, 1, UNIT_VALUE_MAX),
            f"a point is worth 1 to {UNIT_VALUE_MAX} minor units",
        ),
        (
            not (is_whole(earning.points, 0, POINTS_MAX) and is_whole(earning.per, 1, MONEY_MAX)),
            f"an earning rate is points, none to {POINTS_MAX}, per money, 1 to {MONEY_MAX}",
        ),
        (
            not (is_whole(program.minimum_use, 1, POINTS_MAX) and is_whole(program.unit_of_use, 1, POINTS_MAX)),
            f"minimum and unit of use are 1 to {POINTS_MAX} points",
        ),
        (
            program.expires_after is not None and not _is_span(program.expires_after),
            f"points expire after at most {EXPIRES_AFTER_YEARS_MAX} years, or never",
        ),
        (
            not is_whole(program.refund_grace_days, 0, REFUND_GRACE_DAYS_MAX),
            f"grace is 0 to {REFUND_GRACE_DAYS_MAX} days",
        ),
        (not (len(program.currency) == 3 and program.currency.isupper()), "the currency is an ISO 4217 code"),
        (not _is_zone(program.zone), "the zone is a name of the time zone database, such as Asia/Seoul"),
    )


def _continues(program: Program, earlier: Program | None) -> None:
    version = 1 if earlier is None else earlier.version + 1
    if type(program.version) is not int or program.version != version:
        raise InvalidProgram(program.code, f"the next version is {version}, not {program.version}")
    if earlier is None:
        return
    if program.code != earlier.code:
        raise InvalidProgram(program.code, f"these are the definitions of {earlier.code!r}")
    if (program.currency, program.zone) != (earlier.currency, earlier.zone):
        # Points already in the books are counted in the one and end by the other.
        raise InvalidProgram(program.code, "currency and zone stay for the life of a program")


def _is_span(span: Span) -> bool:
    years = EXPIRES_AFTER_YEARS_MAX
    return (
        is_whole(span.years, 0, years) and is_whole(span.months, 0, 12 * years) and is_whole(span.days, 0, 366 * years)
    )


def _is_zone(key: str) -> bool:
    try:
        ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
