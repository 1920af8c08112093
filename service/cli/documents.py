"""JSON documents for what does not fit into options: terms of a program, stores of a partner, an order.

A document has the names of the ledger's own dataclasses, and everything in it has to be one of them: a name that is
misspelled must not be taken for one that was left out.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeVar

import orjson

from service.cli.failures import BadInput

T = TypeVar("T")

BYTES_MAX = 16 << 20
"""The stores of the largest chain, each with a hundred terminals, are 20 MB of JSON at most, and usually one."""

STDIN = Path("-")

WORDS = {
    str: "a text",
    int: "a whole number",
    bool: "true or false",
    date: "a day like 2026-03-01",
    type(None): "null",
}


def read_document(path: Path) -> Any:
    """What the file has, or standard input for ``-``. Raises BadInput."""
    name = _name(path)
    try:
        data = sys.stdin.buffer.read(BYTES_MAX + 1) if path == STDIN else _read(path)
    except OSError as error:
        raise BadInput(f"{name} cannot be read: {error.strerror}") from None
    if len(data) > BYTES_MAX:
        raise BadInput(f"{name} is larger than {BYTES_MAX:,} bytes; such a document is none")
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadInput(f"{name} is no JSON: {error}") from None


def read_as(path: Path, kind: type[T]) -> T:
    """The document as a dataclass of the ledger's. Raises BadInput, which names the place in it."""
    made: T = made_of(read_document(path), kind, _name(path))
    return made


def list_of(path: Path, kind: type[T]) -> tuple[T, ...]:
    """The document as a list of a dataclass. Raises BadInput, which names the place in it."""
    made: tuple[T, ...] = made_of(read_document(path), tuple[kind, ...], _name(path))  # type: ignore[valid-type]
    return made


def fields_of(path: Path, kind: type[Any]) -> dict[str, Any]:
    """Some fields of a dataclass, as an object of JSON has them. Raises BadInput."""
    name = _name(path)
    return _fields(_object(read_document(path), kind, name), kind, name)


def made_of(value: Any, hint: Any, place: str) -> Any:
    """A value of JSON as what an annotation says. Raises BadInput."""
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in parts:
            return None
        (hint,) = (each for each in parts if each is not type(None))
        return made_of(value, hint, place)
    if origin is Literal:
        if value not in parts:
            raise BadInput(f"{place} is one of {', '.join(parts)}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise BadInput(f"{place} is a list, not {_told(value)}")
        return tuple(made_of(each, parts[0], f"{place}[{number}]") for number, each in enumerate(value))
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(value, hint, place)
    if hint is date and isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise BadInput(f"{place} is {WORDS[date]}") from None
    if type(value) is not hint:
        raise BadInput(f"{place} is {WORDS[hint]}, not {_told(value)}")
    return value


def _dataclass(value: Any, kind: type[Any], place: str) -> Any:
    found = _fields(_object(value, kind, place), kind, place)
    missing = [each.name for each in fields(kind) if each.name not in found and not _has_default(each)]
    if missing:
        raise BadInput(f"{place} lacks {', '.join(missing)}")
    try:
        return kind(**found)
    except ValueError as why:
        raise BadInput(f"{place}: {why}") from None


def _fields(value: Mapping[str, Any], kind: type[Any], place: str) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    join = "." if ": " in place else ": "  # behind the name of the file
    return {name: made_of(each, hints[name], f"{place}{join}{name}") for name, each in value.items()}


def _object(value: Any, kind: type[Any], place: str) -> Mapping[str, Any]:
    known = [each.name for each in fields(kind)]
    if not isinstance(value, dict):
        raise BadInput(f"{place} is an object with {', '.join(known)}; not {_told(value)}")
    if unknown := [name for name in value if name not in known]:
        raise BadInput(f"{place} has {', '.join(unknown)[:100]}; known are {', '.join(known)}")
    return value


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _name(path: Path) -> str:
    return "standard input" if path == STDIN else str(path)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(BYTES_MAX + 1)


def _told(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", float: "a number with a fraction"}
    return kinds.get(type(value)) or WORDS.get(type(value), type(value).__name__)
