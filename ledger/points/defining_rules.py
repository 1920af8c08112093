"""What is wrong with a program's earning rules, its validity and its notices, each with the rule that says so."""

from collections.abc import Sequence

from ledger.points.earning_rule import EarningRule
from ledger.points.limits import MONEY_MAX, POINTS_MAX, PRIORITY_MAX, is_span, is_whole, is_word
from ledger.points.movements import OPERATOR
from ledger.points.partner import is_business_number
from ledger.points.program import NoticeStage, Program

RULES_MAX = 100
"""A decision prices an order by each of them, some microseconds a line."""

RATES_MAX = 20
CATEGORIES_MAX = 1_000

NOTICES_MAX = 10
LEAD_DAYS_MAX = 30
"""Stages, and channels of one notice; and how early a notice may go out."""

UNNOTICED_DAYS_MAX = 366


def of_validity(program: Program) -> tuple[tuple[bool, str], ...]:
    """Of the rules that say how long points live, what orders earn and what members are told."""
    return (
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
    )


def of_earning(rule: EarningRule) -> tuple[tuple[bool, str], ...]:
    """Of one earning rule."""
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
        (rule.expires_after is not None and not is_span(rule.expires_after), "points expire within a hundred years"),
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
