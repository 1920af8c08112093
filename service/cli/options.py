"""Options that several commands share, and how their texts are read."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from ledger import SEOUL, BusinessReference, Money
from service.cli.failures import BadInput

Account = Annotated[UUID, typer.Argument(help="The account's id.", show_default=False)]
Key = Annotated[
    UUID | None,
    typer.Option(
        help="Idempotency key: sent again with the same content it has one effect. Needs --at, which is content.",
        show_default="random",
    ),
]
At = Annotated[
    str | None,
    typer.Option(help="When it happened, ISO 8601; without a zone it is time in Seoul.", show_default="now"),
]
Actor = Annotated[str, typer.Option(help="Who does this, for the record; not a personal value.")]
Memo = Annotated[str | None, typer.Option(help="A personal note. It is sealed.", show_default=False)]
Detail = Annotated[str | None, typer.Option(help="The record of the transaction. It is sealed.", show_default=False)]
Reference = Annotated[
    tuple[str, str, str, str, str] | None,
    typer.Option(
        metavar="SOURCE STORE TERMINAL RECEIPT DATE",
        help="The business's name for it; a receipt that comes twice on an account counts once.",
        show_default=False,
    ),
]
LastDay = Annotated[str | None, typer.Option(help="Last usable day.", show_default="by the program")]
UsableAt = Annotated[
    str | None, typer.Option(help="From when they are usable, ISO 8601.", show_default="when they are earned")
]
Cash = Annotated[str | None, typer.Option(help="What is paid beside them, e.g. 4500KRW.", show_default=False)]
Store = Annotated[str | None, typer.Option(help="Where.", show_default=False)]
Redeemer = Annotated[
    str | None, typer.Option(help="Business number of who takes the points and is compensated.", show_default=False)
]
Instrument = Annotated[
    str | None, typer.Option(help="What paid the cash, masked, e.g. **** 4821. It is sealed.", show_default=False)
]
Reason = Annotated[str, typer.Option(help="A code of your own list, such as lost-card; no sentence, no name.")]
ACTOR = "cli"

EARLIEST = datetime(2000, 1, 1, tzinfo=SEOUL)
"""No points ledger of ours is older: an earlier instant is a slip, and would begin every report with empty years."""
LATEST = datetime(9000, 1, 1, tzinfo=SEOUL)
"""Far enough from the end of the calendar for every count of days."""
SECRET_BYTES_MAX = 256
"""A card or account number, or a coupon's code: no such thing is as long."""
AMOUNT_DIGITS_MAX = 15
"""What a `bigint` holds in any currency, with room for sums."""


def instant(text: str | None) -> datetime:
    """The instant that an option names, from 2000 to 8999; now if it was not given. Raises BadInput."""
    if text is None:
        return datetime.now(UTC)
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no instant; write it like 2026-03-01T14:30 or 2026-03-01T05:30Z") from None
    named = parsed if parsed.tzinfo else parsed.replace(tzinfo=SEOUL)
    if not EARLIEST <= named < LATEST:
        raise BadInput(f"{text!r} lies outside of {EARLIEST.year} to {LATEST.year - 1}; look at the year")
    return named


def today() -> date:
    """The day in Seoul."""
    return datetime.now(UTC).astimezone(SEOUL).date()


def uuid(text: str, name: str) -> UUID:
    """An id that an argument names. Raises BadInput."""
    try:
        return UUID(text)
    except ValueError:
        raise BadInput(f"{name} is the id of a member, a UUID, or -") from None


def secret_line() -> str:
    """One line of standard input, which appears in no history and no list of processes. Raises BadInput."""
    try:
        line = sys.stdin.buffer.readline(SECRET_BYTES_MAX + 1).decode().strip()
    except UnicodeDecodeError:
        raise BadInput("standard input is not text in UTF-8") from None
    if not line or len(line) > SECRET_BYTES_MAX:
        raise BadInput(f"give one line of standard input, of at most {SECRET_BYTES_MAX} characters")
    return line


def day(text: str | None) -> date | None:
    """The day that an option names. Raises BadInput."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text!r} is no day; write it like 2026-03-01") from None


def reference(parts: tuple[str, str, str, str, str] | None) -> BusinessReference | None:
    """The business reference of five texts. Raises BadInput."""
    if parts is None:
        return None
    source, store, terminal, receipt, on = parts
    business_date = day(on)
    assert business_date is not None
    try:
        return BusinessReference(
            source=source, store=store, terminal=terminal, receipt=receipt, business_date=business_date
        )
    except ValueError as error:
        raise BadInput(f"--reference: {error}") from None


def money(text: str | None) -> Money | None:
    """Minor units and a currency, such as ``4500KRW`` or ``1299USD``; won if no currency is named. Raises BadInput."""
    if text is None:
        return None
    digits, currency = text.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), text.lstrip("0123456789") or "KRW"
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= AMOUNT_DIGITS_MAX) or len(currency) != 3:
        raise BadInput(
            f"{text[:40]!r} is no amount; write minor units and a currency, like 4500KRW or 1299USD (12.99 dollars)"
        )
    return Money(int(digits), currency)


def stamp(key: UUID | None, at: str | None, actor: str, **made: object) -> dict[str, Any]:
    """Key, instant and actor of a command; the key is new unless it was given.

    Whoever gives a key wants to be able to send the command again, so what would else be drawn anew (the instant, and
    ids that the command ``made``) must be given as well. Raises BadInput.
    """
    if key is not None:
        missing = [f"--{name.replace('_', '-')}" for name, value in {"at": at, **made}.items() if value is None]
        if missing:
            raise BadInput(f"--key is for sending the same command again; give {' and '.join(missing)} with it")
    return {"key": key or uuid4(), "occurred_at": instant(at), "actor": actor}
