"""Defining a program: a new one, or the next version of one."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.calendar import Span
from ledger.errors import InvalidProgram
from ledger.points.commands import DefineProgram
from ledger.points.earning_rule import EarningRule
from ledger.points.events import ProgramDefined
from ledger.points.facts import facts
from ledger.points.limits import (
    MONEY_MAX,
    POINTS_MAX,
    PRIORITY_MAX,
    happened,
    is_retroactive,
    is_whole,
    is_word,
    storable,
)
from ledger.points.movements import OPERATOR
from ledger.points.partner import is_business_number
from ledger.points.program import NoticeStage, Program
from ledger.points.stamp import Stamp

REFUND_GRACE_DAYS_MAX = 3_660
"""Ten years: more than any claim for points lives."""

CODE_CHARACTERS_MAX = 64
"""A code is an index's entry, and PostgreSQL's hold less than 2,704 bytes."""

UNIT_VALUE_MAX = MONEY_MAX // POINTS_MAX
"""A million minor units: what one movement is worth stays within the money that a movement may have."""

EXPIRES_AFTER_YEARS_MAX = 100
"""Longer than any membership; for longer there is never. So every last day lies within the calendar."""

RULES_MAX = 100
"""A decision prices an order by each of them, some microseconds a line."""

RATES_MAX = 20
CATEGORIES_MAX = 1_000

NOTICES_MAX = 10
LEAD_DAYS_MAX = 30
"""Stages, and channels of one notice; and how early a notice may go out."""

UNNOTICED_DAYS_MAX = 366


def define_program(earlier: Program | None, command: DefineProgram, stamp: Stamp) -> tuple[ProgramDefined]:
    """The definition, which decides from its day on; what was earned before keeps the terms that it was earned on.

    Raises, in this order: `InvalidTime`, `InvalidText`, `InvalidProgram`.
    """
    happened(command.occurred_at, stamp.recorded_at)
    program = command.program
    storable(actor=command.actor, code=program.code, name=program.name)
    for wrong, rule in _rules(program):
        if wrong:
            raise InvalidProgram(program.code, rule)
    for each in program.rules:
        for wrong, why in _earning_rules(each):
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
            program.expires_after is not None and not _is_span(program.expires_after),
            f"points expire after at most {EXPIRES_AFTER_YEARS_MAX} years, or never",
        ),
        (
            not is_whole(program.refund_grace_days, 0, REFUND_GRACE_DAYS_MAX),
            f"grace is 0 to {REFUND_GRACE_DAYS_MAX} days",
        ),
        (
            program.fixed_expiry_on is not None
            and program.effective_on is not None
            and program.fixed_expiry_on < program.effective_on,
            "the fixed last day lies before the day on which the version comes into force",
        ),
        (
            program.expiry_from == "activity"
            and (program.expires_after is None or program.fixed_expiry_on is not None),
            "points that live from activity to activity need a span",
        ),
        (
            len(program.rules) > RULES_MAX or len({each.code for each in program.rules}) < len(program.rules),
            f"a program has at most {RULES_MAX} earning rules, each with a code of its own",
        ),
        (
            len(program.expiry_notices) > NOTICES_MAX or not _are_stages(program.expiry_notices),
            f"at most {NOTICES_MAX} notices, each so many months or days before the last day, the earliest first",
        ),
        (
            not (0 < len(program.notice_channels) <= NOTICES_MAX and all(map(is_word, program.notice_channels))),
            f"notices go out by one to {NOTICES_MAX} channels",
        ),
        (not is_whole(program.unnoticed_days, 0, UNNOTICED_DAYS_MAX), f"0 to {UNNOTICED_DAYS_MAX} days more"),
        (not (len(program.currency) == 3 and program.currency.isupper()), "the currency is an ISO 4217 code"),
        (not _is_zone(program.zone), "the zone is a name of the time zone database, such as Asia/Seoul"),
    )


def _earning_rules(rule: EarningRule) -> tuple[tuple[bool, str], ...]:
    caps = (rule.order_max, rule.day_max, rule.campaign_max)
    words = (rule.code, *(each.tender for each in rule.rates), *rule.excluded)
    day = rule.first_day
    return (
        (not all(map(is_word, words)), "codes, tenders and categories are 1 to 64 printable characters"),
        (not (rule.funder == OPERATOR or is_business_number(rule.funder)), "is paid by the operator or a partner"),
        (rule.own_use is not None and not is_business_number(rule.own_use), "own use is a partner's business number"),
        (not 0 < len(rule.rates) <= RATES_MAX, f"has one to {RATES_MAX} rates"),
        (len({each.tender for each in rule.rates}) < len(rule.rates), "has one rate a tender"),
        (
            not all(is_whole(each.points, 0, POINTS_MAX) and is_whole(each.per, 1, MONEY_MAX) for each in rule.rates),
            f"a rate is points, none to {POINTS_MAX}, per money, 1 to {MONEY_MAX}",
        ),
        (not is_whole(rule.reward, 0, POINTS_MAX), f"a reward is 0 to {POINTS_MAX} points"),
        (not is_whole(rule.minimum, 0, MONEY_MAX), f"a minimum is 0 to {MONEY_MAX} minor units"),
        (not all(each is None or is_whole(each, 1, POINTS_MAX) for each in caps), f"a cap is 1 to {POINTS_MAX} points"),
        (day is not None and rule.last_day is not None and rule.last_day < day, "ends no earlier than it begins"),
        (not is_whole(rule.priority, -PRIORITY_MAX, PRIORITY_MAX), f"priority is within {PRIORITY_MAX} of 0"),
        (rule.expires_after is not None and not _is_span(rule.expires_after), "points expire within a hundred years"),
        (
            rule.expires_on is not None and (rule.last_day is None or rule.last_day > rule.expires_on),
            "points that expire on a day are earned until that day at the latest: give the campaign's last day",
        ),
        (len(rule.excluded) > CATEGORIES_MAX, f"excludes at most {CATEGORIES_MAX} categories"),
    )


def _are_stages(stages: Sequence[NoticeStage]) -> bool:
    """Whether each is one span, and they come in the order in which they fall due."""
    days = [each.days or each.months * 30 for each in stages]
    return (
        all(is_word(each.name) and bool(each.months) != bool(each.days) for each in stages)
        and all(is_whole(each.months, 0, 12) and is_whole(each.days, 0, 366) for each in stages)
        and all(is_whole(each.lead_days, 0, LEAD_DAYS_MAX) for each in stages)
        and days == sorted(set(days), reverse=True)
        and len({each.name for each in stages}) == len(stages)
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
