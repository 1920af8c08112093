"""The one way in which a certificate is written: JSON without floats, without white space, with ascending names.

docs/spec/certificate.md has the rules. Both directions are strict: equal contents have equal bytes, and the reverse.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

JsonValue = None | bool | int | str | list[Any] | dict[str, Any]

CERTIFICATE_BYTES_MAX: Final = 4 * 1024 * 1024  # some 30,000 slots; a reader of untrusted files must stop somewhere
DEPTH_MAX: Final = 8  # ours have 4; a parser recurses, and must not be made to run out of stack
INTEGER_MAX: Final = 2**53 - 1  # what every JSON reader keeps exact (RFC 7493)
_NAME: Final = re.compile(r"[a-z0-9_]{1,40}")
# Possessive, and one without an end is one too: nothing here is ever tried in a second way, whatever the bytes are.
_STRINGS: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKETS: Final = re.compile(rb"[\[\]{}]")


class NotCanonical(ValueError):
    """The value or the bytes have no canonical form. The text says which rule; it quotes nothing."""


def canonical(value: JsonValue) -> bytes:
    """The bytes of a value. Raises NotCanonical."""
    _check(value, 1)
    try:
        # RFC 8785 escapes what Python escapes; it sorts by UTF-16 units, for these names the same as by code point.
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True)
        written = text.encode("utf-8")
    except UnicodeEncodeError:
        raise NotCanonical("a string is not Unicode text") from None
    if len(written) > CERTIFICATE_BYTES_MAX:
        raise NotCanonical(f"larger than {CERTIFICATE_BYTES_MAX} bytes")
    return written


def parsed(data: bytes) -> JsonValue:
    """The value of canonical bytes. Raises NotCanonical, and nothing else, whatever the bytes are."""
    if len(data) > CERTIFICATE_BYTES_MAX:
        raise NotCanonical(f"larger than {CERTIFICATE_BYTES_MAX} bytes")
    if _depth(data) > DEPTH_MAX:
        raise NotCanonical(f"nested deeper than {DEPTH_MAX}")
    try:
        value: JsonValue = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
    except NotCanonical:
        raise
    except (ValueError, RecursionError):
        raise NotCanonical("not JSON in UTF-8") from None
    if canonical(value) != data:
        raise NotCanonical("not in canonical form")
    return value


def _check(value: Any, depth: int) -> None:
    """Refuse what has no canonical form, before the encoder bends it into one."""
    if value is None or type(value) in (bool, str):
        return
    if type(value) is int:
        if abs(value) > INTEGER_MAX:
            raise NotCanonical("an integer is out of range")
        return
    if depth > DEPTH_MAX:
        raise NotCanonical(f"nested deeper than {DEPTH_MAX}")
    if type(value) is list:
        for each in value:
            _check(each, depth + 1)
    elif type(value) is dict:
        for name, each in value.items():
            if type(name) is not str or not _NAME.fullmatch(name):
                raise NotCanonical("a member has a name that is not allowed")
            _check(each, depth + 1)
    else:
        raise NotCanonical(f"a {type(value).__name__} is not allowed")


def _depth(data: bytes) -> int:
    """How deep brackets are nested outside of strings; of bytes that are no JSON, any number."""
    deepest = depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotCanonical("a member comes twice")
    return found


def _refuse_number(_: str) -> None:
    raise NotCanonical("a number is not an integer")
