"""Defining a program: a new one, or the next version of one."""

from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.errors import InvalidProgram
from ledger.points.commands import DefineProgram
from ledger.points.defining_rules import of_earning, of_validity
from ledger.points.events import ProgramDefined
from ledger.points.facts import facts
from ledger.points.limits import (
    EXPIRES_AFTER_YEARS_MAX,
    MONEY_MAX,
    POINTS_MAX,
    happened,
    is_retroactive,
    is_span,
    is_whole,
    storable,
)
from ledger.points.program import (
    HUNDREDTHS_OF_A_PERCENT,
    ClawbackPolicy,
    ClawbackReach,
    ExpiryFrom,
    ExpiryRounding,
    ExpiryStart,
    Program,
    RefundSplit,
    SpendingOrder,
)
from ledger.points.stamp import Stamp

REFUND_GRACE_DAYS_MAX = 3_660
"""Ten years: more than any claim for points lives."""

CODE_CHARACTERS_MAX = 64
"""A code is an index's entry, and PostgreSQL's hold less than 2,704 bytes."""

UNIT_VALUE_MAX = MONEY_MAX // POINTS_MAX
"""A million minor units: what one movement is worth stays within the money that a movement may have."""

HOLD_MINUTES_MAX = 366 * 24 * 60
"""A year: no approval of a card lasts so long. A hold that says nothing itself times out some day."""

CONVERSIONS_MAX = 100
"""Programs into which points of one may be converted: more than any house has."""


def define_program(earlier: Program | None, command: DefineProgram, stamp: Stamp) -> tuple[ProgramDefined]:
    """The definition, which decides from its day on; what was earned before keeps the terms that it was earned on.

    Raises, in this order: `InvalidTime`, `InvalidText`, `InvalidProgram`.
    """
    happened(command.occurred_at, stamp.recorded_at)
    program = command.program
    into = {f"conversions.{number}": each.program for number, each in enumerate(program.conversions)}
    storable(actor=command.actor, code=program.code, name=program.name, **into)
    for wrong, rule in _rules(program):
        if wrong:
            raise InvalidProgram(program.code, rule)
    for each in program.rules:
        for wrong, why in of_earning(each):
            if wrong:
                raise InvalidProgram(program.code, f"rule {each.code!r}: {why}")
    _continues(program, earlier)
    if earlier is not None and is_retroactive(program.effective_on, stamp.recorded_at):
        raise InvalidProgram(program.code, "rules do not change for days gone by; give a day from today on")
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
            program.expires_after is not None and not is_span(program.expires_after),
            f"points expire after at most {EXPIRES_AFTER_YEARS_MAX} years, or never",
        ),
        (
            not is_whole(program.refund_grace_days, 0, REFUND_GRACE_DAYS_MAX),
            f"grace is 0 to {REFUND_GRACE_DAYS_MAX} days",
        ),
        *_rules_of_undoing(program),
        *of_validity(program),
        (not (len(program.currency) == 3 and program.currency.isupper()), "the currency is an ISO 4217 code"),
        (not _is_zone(program.zone), "the zone is a name of the time zone database, such as Asia/Seoul"),
    )


def _rules_of_undoing(program: Program) -> tuple[tuple[bool, str], ...]:
    """The same, of refunds, clawbacks, holds, adjustments and of what leaves for money or another program."""
    fault, conversions = program.fault_grace_days, program.conversions
    return (
        (
            fault is not None and not is_whole(fault, 0, REFUND_GRACE_DAYS_MAX),
            f"grace for a fault is 0 to {REFUND_GRACE_DAYS_MAX} days",
        ),
        *(
            (value not in get_args(known), f"{what} is one of {', '.join(get_args(known))}")
            for what, value, known in (
                ("rounding", program.rounding, ExpiryRounding),
                ("spending order", program.spending_order, SpendingOrder),
                ("refund split", program.refund_split, RefundSplit),
                ("clawback policy", program.clawback_policy, ClawbackPolicy),
                ("clawback reach", program.clawback_reach, ClawbackReach),
                ("expiry start", program.expiry_starts, ExpiryStart),
                ("expiry from", program.expiry_from, ExpiryFrom),
            )
        ),
        (
            not is_whole(program.hold_minutes, 1, HOLD_MINUTES_MAX),
            f"a hold lasts 1 to {HOLD_MINUTES_MAX} minutes",
        ),
        (
            not is_whole(program.adjust_alone_max, 0, POINTS_MAX),
            f"one person adjusts none to {POINTS_MAX} points",
        ),
        (
            not is_whole(program.cash_out_fee, 0, HUNDREDTHS_OF_A_PERCENT),
            f"the fee of a cash-out is 0 to {HUNDREDTHS_OF_A_PERCENT} hundredths of a percent",
        ),
        (
            not all(is_whole(rate, 1, POINTS_MAX) for each in conversions for rate in (each.given, each.received)),
            f"a conversion gives and receives 1 to {POINTS_MAX} points",
        ),
        (
            len({each.program for each in conversions}) < len(conversions) or len(conversions) > CONVERSIONS_MAX,
            f"a program has one rate into each other program, and into at most {CONVERSIONS_MAX}",
        ),
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


def _is_zone(key: str) -> bool:
    try:
        ZoneInfo(key)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
