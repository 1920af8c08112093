"""The fingerprint of a command's content, by which a key that comes back with other content is told.

Content is every attribute but the key and the personal texts: also who asks and when it occurred, since a payment of
another day is another payment. Personal texts stay out, because a hash of one could be matched against guesses after it
was erased. An attribute that has its default is left out as well, so that commands may grow attributes without changing
the fingerprints of keys that are stored already.
"""

from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson

from ledger.calendar import utc
from ledger.points.commands import Command

FINGERPRINT_BYTES = 16
_ATOMS = frozenset((str, int, UUID, date))


def fingerprint(command: Command) -> bytes:
    """Sixteen bytes of SHA-256 over the kind of command and its content; equal instants in two zones are equal."""
    content = _content(command)
    content[""] = type(command).__name__
    try:
        told = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # A number beyond 64 bits or half of a surrogate pair: what will be refused, by a rule and not here.
        told = repr(content).encode(errors="backslashreplace")
    return sha256(told).digest()[:FINGERPRINT_BYTES]


def _content(value: Any) -> dict[str, Any]:
    content: dict[str, Any] = {}
    value_type: Any = type(value)
    for name, default in _attributes_of(value_type):
        part = getattr(value, name)
        if part is default or (default is not None and part == default):
            continue
        kind = type(part)
        if kind is datetime:
            with suppress(ValueError, OverflowError):  # without a zone, or none that the calendar has: refused later
                part = utc(part)
        elif kind not in _ATOMS and is_dataclass(kind):
            part = _content(part)
        elif kind is tuple:
            part = [_content(each) if is_dataclass(each) else each for each in part]
        content[name] = part
    return content


@cache
def _attributes_of(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The attributes that count, each with its default (None where it has none: what is None says nothing)."""
    return tuple(
        (each.name, None if each.default is MISSING else each.default)
        for each in fields(kind)
        if each.repr and each.name != "key"
    )
