"""The fingerprint of a command's content, by which a key that comes back with other content is told.

Content is every attribute but the key and the personal texts: also who asks and when it occurred, since a payment of
another day is another payment. Personal texts stay out, because a hash of one could be matched against guesses after it
was erased. An attribute that has its default is left out as well, so that commands may grow attributes without changing
the fingerprints of keys that are stored already.
"""

from dataclasses import fields
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

import orjson

from ledger.calendar import utc
from ledger.points.commands import Command

FINGERPRINT_BYTES = 16


def fingerprint(command: Command) -> bytes:
    """Sixteen bytes of SHA-256 over the kind of command and its content; equal instants in two zones are equal."""
    content = _content(command)
    content[""] = type(command).__name__
    return sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()[:FINGERPRINT_BYTES]


def _content(value: Any) -> dict[str, Any]:
    content: dict[str, Any] = {}
    value_type: Any = type(value)
    for name, default in _attributes_of(value_type):
        part = getattr(value, name)
        if part != default:
            kind = type(part)
            if kind is datetime:
                part = utc(part)
            elif hasattr(kind, "__dataclass_fields__"):
                part = _content(part)
            content[name] = part
    return content


@cache
def _attributes_of(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The attributes that count, each with its default (or what equals nothing, where it has none)."""
    return tuple((each.name, each.default) for each in fields(kind) if each.repr and each.name != "key")
