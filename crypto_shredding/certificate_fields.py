"""Frozen dataclasses as JSON values and back, by the types of their fields; nothing is guessed or left out."""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID

from crypto_shredding.certificate_json import JsonValue

T = TypeVar("T")

TEXT_MAX: Final = 2_000  # characters: a legal basis or a provider's note has a few sentences
_INSTANT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
_INSTANT_LENGTH: Final = 27
_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")


def to_json(value: Any) -> JsonValue:
    """The JSON value of a dataclass, or of a field's value. Raises ValueError for what no field may hold."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return _text(value)
        case bytes():
            return value.hex()
        case UUID():
            return str(value)
        case datetime():
            return instant_text(value)
        case date():
            return value.isoformat()
        case tuple():
            return [to_json(each) for each in value]
        case _ if is_dataclass(value):
            return {each.name: to_json(getattr(value, each.name)) for each in fields(value)}
    raise ValueError(f"a {type(value).__name__} has no place in a certificate")


def from_json(kind: type, value: Any) -> Any:
    """The dataclass of a JSON object. Raises ValueError, saying which field; values are never quoted."""
    if type(value) is not dict:
        raise ValueError(f"{kind.__name__} is not an object")
    hints = _hints(kind)
    if lacking := hints.keys() - value.keys():
        raise ValueError(f"{kind.__name__} lacks {min(lacking)}")
    if len(value) > len(hints):
        raise ValueError(f"{kind.__name__} has a field too many")
    return kind(**{name: _read(hint, value[name], f"{kind.__name__}.{name}") for name, hint in hints.items()})


def instant_text(at: datetime) -> str:
    """UTC with six digits. Raises ValueError for an instant without a zone."""
    if at.tzinfo is None:
        raise ValueError("an instant needs its time zone")
    utc = at.astimezone(UTC)
    return f"{utc.year:04}{utc.strftime(_INSTANT[2:])}"  # %Y has no leading zeros on every system


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(hint: Any, value: Any, where: str) -> Any:
    if get_origin(hint) is types.UnionType:
        # Only `X | None` is used.
        return None if value is None else _read(get_args(hint)[0], value, where)
    if get_origin(hint) is tuple:
        if type(value) is not list:
            raise ValueError(f"{where} is not an array")
        return tuple(_read(get_args(hint)[0], each, where) for each in value)
    if is_dataclass(hint):
        return from_json(hint, value)  # type: ignore[arg-type]
    read, written = READERS[hint]
    if type(value) is not written:
        raise ValueError(f"{where} is not of type {hint.__name__}")
    try:
        return read(value)
    except ValueError:
        raise ValueError(f"{where} is not written as a {hint.__name__} is") from None


def _text(value: str) -> str:
    if not 1 <= len(value) <= TEXT_MAX or _CONTROL.search(value):
        raise ValueError(f"a text has 1 to {TEXT_MAX} characters, none of them a control character")
    return value


def _bytes(value: str) -> bytes:
    if not _HEX.fullmatch(value):
        raise ValueError
    return bytes.fromhex(value)


def _uuid(value: str) -> UUID:
    return _only_as(value, UUID(value), str)


def _day(value: str) -> date:
    return _only_as(value, date.fromisoformat(value), date.isoformat)


def _instant(value: str) -> datetime:
    if len(value) != _INSTANT_LENGTH:
        raise ValueError
    return _only_as(value, datetime.strptime(value, _INSTANT).replace(tzinfo=UTC), instant_text)


def _only_as(value: str, read: T, write: Callable[[T], str]) -> T:
    """What was read, if this is how we write it: parsers accept more than one way of writing."""
    if write(read) != value:
        raise ValueError
    return read


READERS: Final[dict[Any, tuple[Callable[[Any], Any], type]]] = {
    bool: (bool, bool),
    int: (int, int),
    str: (_text, str),
    bytes: (_bytes, str),
    UUID: (_uuid, str),
    datetime: (_instant, str),
    date: (_day, str),
}
