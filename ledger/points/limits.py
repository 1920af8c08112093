"""Limits of what an account takes, each with its reason, and the checks that every decision begins with."""

import re
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from ledger.calendar import Span, day_of, zone_of
from ledger.errors import AccountNotActive, InvalidAmount, InvalidText, InvalidTime, LimitReached, UnknownAccount
from ledger.points.account import Account, Status
from ledger.points.movements import Money
from ledger.points.program import Program

POINTS_MAX = 1_000_000_000
"""In one movement: a billion won is a typing error in any shop. Nine billion such movements still fit a `bigint`."""

MONEY_MAX = 1_000_000_000_000_000
"""Minor units beside points, or that points are worth: a quadrillion won is half of what Korea makes in a year. Nine
thousand of them fit a `bigint`."""

PRIORITY_MAX = 1_000_000
"""Either way from 0: a rank, of which nobody has so many."""

OPEN_LOTS_MAX = 15_000
"""Lots with points left: eight accruals on every day of the usual validity (five years) are 14,610. What one decision
does with all of them still fits a batch of the store: a gift, which tells each lot twice, has seven of its eight MB."""

EXPIRES_AFTER_YEARS_MAX = 100
"""Longer than any membership; for longer there is never. So every last day lies within the calendar."""

WORD_CHARACTERS_MAX = 64
"""A category, a tender, a rule, a store, who acts: names that the business chose, not texts."""
REASON_CHARACTERS_MAX = 40
"""A code of a list such as "till error" or "card lost", in no language in which anybody's name is written."""

REASON = re.compile(rf"[a-z0-9][a-z0-9 -]{{0,{REASON_CHARACTERS_MAX - 1}}}")

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""Instants outside are slips. Every day counted from one within lies within the calendar, in every zone."""

CLOCK_SKEW_MAX = timedelta(minutes=5)
"""How far two clocks may be apart: a shop terminal's that is set once a day drifts by seconds."""


ACTIVE: frozenset[Status] = frozenset({"active"})
"""In which an account takes new business."""

STOPPED: frozenset[Status] = frozenset({"active", "suspended"})
"""In which it takes what is earned, and what finishes a payment that had begun."""

NOT_LEFT: frozenset[Status] = frozenset({"active", "suspended", "frozen"})
"""In which its member may still leave, or have it suspended, frozen and reinstated."""

ALWAYS: frozenset[Status] = frozenset({"active", "suspended", "frozen", "left"})
"""In which it takes what undoes, settles or ends something: also after the member has left."""

UNREGISTERED = "unregistered"
"""What an account is called that nobody has claimed yet."""


def active(account: Account | None, account_id: UUID, taken: frozenset[Status] = ACTIVE) -> Account:
    """The account, if it takes such a command. Raises, in this order: `UnknownAccount`, `AccountNotActive`.

    One that nobody has claimed earns, and takes what undoes, settles or ends; who found the card may not spend.
    """
    if account is None:
        raise UnknownAccount(account_id)
    if account.holder is None and taken is ACTIVE:
        raise AccountNotActive(account_id, UNREGISTERED)
    if account.status not in taken:
        raise AccountNotActive(account_id, account.status)
    return account


def has_room(account: Account, lots: int = 1) -> None:
    """Raises `LimitReached` where so many more lots are too many."""
    if len(account.open_lots) + len(account.aside.pending) + lots > OPEN_LOTS_MAX:
        raise LimitReached("lots with points left", OPEN_LOTS_MAX)


def happened(occurred_at: datetime, recorded_at: datetime) -> None:
    """Raises `InvalidTime` for what has not happened yet, and for what is no instant."""
    instant(occurred_at)
    if occurred_at > recorded_at and occurred_at - recorded_at > CLOCK_SKEW_MAX:
        raise InvalidTime(occurred_at, f"lies after {recorded_at.isoformat()}, when it would be recorded")


def instant(at: datetime) -> None:
    """Raises `InvalidTime` for a time without a zone, and for one of which days cannot be counted."""
    if at.tzinfo is None:
        raise InvalidTime(at, "an instant needs a time zone")
    if not EARLIEST <= at < LATEST:
        raise InvalidTime(at, f"lies before {EARLIEST.year} or not before {LATEST.year}")


def last_day(expires_on: date | None) -> None:
    """Raises `InvalidTime` for a stated last day of which days cannot be counted; what never expires has none."""
    if expires_on is not None and expires_on.year >= LATEST.year:
        raise InvalidTime(expires_on, f"lies not before {LATEST.year}; points that never expire have no last day")


def due_day(as_of: date, occurred_at: datetime, recorded_at: datetime, program: Program) -> None:
    """Raises `InvalidTime` for a sweep of a day to come: it would take or tell what may still change."""
    today = day_of(min(occurred_at, recorded_at), zone_of(program.zone))
    if as_of > today:
        raise InvalidTime(as_of, f"a sweep is for today, {today.isoformat()}, or an earlier day")


def is_retroactive(effective_on: date | None, recorded_at: datetime) -> bool:
    """Whether rules would come into force on a day that is over: what was done by others then would be wrong."""
    return effective_on is not None and effective_on < day_of(recorded_at)


def not_before(earliest: datetime, occurred_at: datetime, what: str) -> datetime:
    """The instant, or the earliest where a clock is behind it by no more than the skew of two clocks.

    Raises `InvalidTime` where it lies further back: ``what`` would be undone before it was done.
    """
    if occurred_at >= earliest:
        return occurred_at
    if earliest - occurred_at > CLOCK_SKEW_MAX:
        raise InvalidTime(occurred_at, f"lies before {what}, {earliest.isoformat()}")
    return earliest


def storable(
    *,
    actor: str,
    store: str | None = None,
    redeemer: str | None = None,
    funder: str | None = None,
    supplier: str | None = None,
    own_use: str | None = None,
    coupon: str | None = None,
    approver: str | None = None,
    **texts: str | None,
) -> None:
    """Raises `InvalidText` for a name of the business that is no word, and for a text that PostgreSQL does not hold.

    At such a text the read models would stop for ever.
    """
    names = (
        ("actor", actor), ("store", store), ("redeemer", redeemer), ("funder", funder), ("supplier", supplier),
        ("own_use", own_use), ("coupon", coupon), ("approver", approver or None),  # no name: nobody has approved
    )  # fmt: skip
    for field, name in names:
        if isinstance(name, str) and not is_word(name):
            raise InvalidText(field, WORD if is_storable(name) else STORABLE)
    for field, text in texts.items():
        # Printable text has neither; asking is much cheaper than looking.
        if isinstance(text, str) and not text.isprintable() and not is_storable(text):
            raise InvalidText(field, STORABLE)


def reason_code(reason: str) -> None:
    """Raises `InvalidText` for a reason that is a sentence.

    It is stored in plain for ever, so it may say nothing of anybody. Such text belongs in a memo, which is sealed.
    """
    if not REASON.fullmatch(reason):
        raise InvalidText("reason", f"is a code: 1 to {REASON_CHARACTERS_MAX} of a-z, 0-9, space and hyphen")


WORD = f"is 1 to {WORD_CHARACTERS_MAX} printable characters"
STORABLE = "a text has no U+0000 and no half of a surrogate pair"


def is_storable(text: str) -> bool:
    """Whether PostgreSQL's text can hold it."""
    return "\0" not in text and not any("\ud800" <= each <= "\udfff" for each in text)


def is_whole(number: int, least: int, most: int) -> bool:
    """Whether it is a whole number between the two, inclusive; a bool is none, nor is a float."""
    return type(number) is int and least <= number <= most


def money_of(program: Program, money: Money | None, points: int) -> None:
    """Raises `InvalidAmount` for money that is negative or of another currency than the program's."""
    if money is None:
        return
    if not is_whole(money.amount, 0, MONEY_MAX):
        raise invalid_money(money, f"money is a whole number, 0 to {MONEY_MAX}", points)
    if money.currency != program.currency:
        raise invalid_money(money, f"the program's currency is {program.currency}", points)


def invalid_money(money: Money, rule: str, points: int = 0) -> InvalidAmount:
    """The refusal of an amount of money; ``points`` are those of the command, if it has any."""
    return InvalidAmount(points, rule, minor_units=money.amount, currency=money.currency)


def whole_points(points: int) -> int:
    """The points, if they are a whole positive number within the limit. Raises `InvalidAmount`."""
    if type(points) is not int or points < 1:
        raise InvalidAmount(points, "points are a whole number, one or more")
    if points > POINTS_MAX:
        raise InvalidAmount(points, f"one movement has at most {POINTS_MAX} points")
    return points


def word(field: str, text: str) -> None:
    """Raises `InvalidText` for what is no code of the business."""
    if not is_word(text):
        raise InvalidText(field, WORD)


def is_word(text: object) -> bool:
    """Whether it can be a code of the business."""
    # Printable text is storable as well.
    return isinstance(text, str) and 0 < len(text) <= WORD_CHARACTERS_MAX and text.isprintable()


def is_span(span: Span) -> bool:
    """Whether it is a span within which every last day lies within the calendar."""
    years = EXPIRES_AFTER_YEARS_MAX
    return (
        is_whole(span.years, 0, years) and is_whole(span.months, 0, 12 * years) and is_whole(span.days, 0, 366 * years)
    )
